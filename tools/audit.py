"""Every checker over every stack: `make audit`.

Each variant of the deployment (infra/audit.py names them) is synthesized with cdk-nag's AwsSolutions and NIST 800-53
R5, then read by infra/rules, by cfn-lint, and by checkov from its own environment, .venv-audit. What cfn-lint and
checkov said of a set of templates is remembered until they or the checker change.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tools import environment, side
from tools.failure import SetupError

FOLDER = environment.ROOT / ".venv-audit"
LOCK = environment.ROOT / "requirements-audit.lock"
OUTPUT = environment.ROOT / "infra" / "cdk.out"


def main(names: list[str]) -> int:
    """Check the named variants, all without a name; print what was found; return the exit code."""
    from infra.audit import VARIANTS  # noqa: PLC0415  starts node

    try:
        side.ensure(FOLDER, LOCK)
        said = {name: audit(name) for name in names or VARIANTS}
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    for name, lines in said.items():
        print(f"{name}: {len(lines) or 'no'} findings", *lines, sep="\n  ")
    return 1 if any(said.values()) else 0


def audit(name: str) -> list[str]:
    """Synthesize a variant into infra/cdk.out and return what the checkers say of it, a line each."""
    from infra.app import build  # noqa: PLC0415  starts node
    from infra.audit import synthesize, variant  # noqa: PLC0415
    from infra.rules import check  # noqa: PLC0415
    from infra.upgrade import read  # noqa: PLC0415

    folder = OUTPUT / f"audit-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    found = [f"cdk-nag {f.rule} {f.construct}: {f.description}" for f in synthesize(build(folder, variant(name)))]
    found += [f"rules {b.rule} {b.stack}/{b.resource}: {b.text}" for b in check(read(folder))]
    paths = sorted(folder.glob("*.template.json"))
    return found + remembered(folder, paths, "cfn-lint", lint) + remembered(folder, paths, "checkov", checkov)


def remembered(folder: Path, paths: list[Path], checker: str, check: Callable[[list[Path]], list[str]]) -> list[str]:
    """Return what a checker says of the templates; asked again only when they, the locks or this file changed."""
    locks = (LOCK, environment.ROOT / "requirements.lock", Path(__file__))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in (*paths, *locks))).hexdigest()
    known = folder / f"{checker}.said"
    if known.exists() and (said := json.loads(known.read_text()))["digest"] == digest:
        return list(said["lines"])
    lines = check(paths)
    known.write_text(json.dumps({"digest": digest, "lines": lines}))
    return lines


def lint(paths: list[Path]) -> list[str]:
    """Return what cfn-lint says."""
    command = [str(environment.python().with_name("cfn-lint")), "--format", "json", "--", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout.strip().startswith("["):
        raise SetupError(f"cfn-lint failed: {done.stderr.strip() or done.stdout.strip()}")
    return [
        f"cfn-lint {f['Rule']['Id']} {Path(f['Filename']).name} {'/'.join(map(str, f['Location']['Path']))}: "
        f"{f['Message']}"
        for f in json.loads(done.stdout)
    ]


def checkov(paths: list[Path]) -> list[str]:
    """Return what checkov says, of the templates alone: it neither calls home nor reads anything else."""
    files = [part for path in paths for part in ("--file", str(path))]
    command = [str(FOLDER / "bin" / "checkov"), "--framework", "cloudformation", "--compact", "--output", "json"]
    command += ["--skip-download", "--quiet", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=paths[0].parent)
    if not done.stdout.strip().startswith(("{", "[")):
        raise SetupError(f"checkov failed: {done.stderr.strip()[-2000:]}")
    told = json.loads(done.stdout)
    if told.get("summary", {}).get("parsing_errors") or not told.get("summary", {}).get("passed"):
        raise SetupError(f"checkov could not read the templates: {told.get('summary')}")
    return [
        f"checkov {f['check_id']} {Path(f['file_path']).name.split('.')[0]}/{f['resource']}: {f['check_name']}"
        for f in told["results"]["failed_checks"]
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
