from __future__ import annotations

import importlib
import json
import os
import re
import stat
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from lode.workflow import handlers
from tests.docker.dockerfile import ROOT, Stage, build, context, read

FILES = {name: ROOT / "docker" / f"Dockerfile.{name}" for name in ("batch", "lambda")}
NOBODY = 10001


@pytest.fixture(params=FILES)
def stages(request) -> list[Stage]:
    return read(FILES[request.param])


def test_every_base_is_pinned_by_one_digest(stages):
    digests = {re.fullmatch(r"python:3\.11-slim-bookworm@sha256:([0-9a-f]{64})", stage.base)[1] for stage in stages}
    assert len(digests) == 1
    assert digests == {re.search(r"sha256:(\w+)", path.read_text())[1] for path in FILES.values()}


def test_the_image_is_no_more_than_the_installed_project_and_a_user_without_rights(stages):
    first, final = stages
    assert (first.name, final.name) == ("build", "")
    assert final.all("COPY") == ["--from=build /opt/lode /opt/lode"]
    assert final.last("USER") == f"{NOBODY}:{NOBODY}"
    assert [command.split()[0] for command in final.all("RUN")] == ["groupadd"]


def test_nothing_is_fetched_but_packages_by_hash(stages):
    for stage in stages:
        assert not stage.all("ADD")
        for command in stage.all("RUN"):
            assert not re.search(r"curl|wget|apt|git\b|://", command)
            for install in re.findall(r"pip install[^&]*", command):
                assert "--no-deps" in install
                assert "--require-hashes" in install or "--no-index" in install


def test_no_secret_is_built_in_and_only_tmp_is_written(stages):
    text = "\n".join(rest for stage in stages for _, rest in stage.steps)
    assert not re.search(r"(?i)secret|password|token|_key|aws_|--mount", text)
    environment = stages[-1].environment
    assert {environment["HOME"], environment["LODE_HOME"]} == {"/tmp", "/tmp/lode"}
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"
    assert not [kind for stage in stages for kind, _ in stage.steps if kind == "ARG"]


def test_both_images_are_built_alike():
    batch, function = (read(FILES[name])[0] for name in ("batch", "lambda"))
    assert function.steps == batch.steps


def test_what_an_image_starts_exists():
    batch, function = (read(FILES[name])[1] for name in ("batch", "lambda"))
    assert batch.entrypoint == ["python", "-P", "-m", "lode.workflow.batch"]
    assert callable(importlib.import_module("lode.workflow.batch").main)
    assert function.entrypoint == ["python", "-P", "-m", "awslambdaric"]
    module, _, name = json.loads(function.last("CMD"))[0].rpartition(".")
    assert (module, callable(getattr(handlers, name))) == ("lode.workflow.handlers", True)
    named = re.findall(r"(?<=[ .])(steps|collect_\w+)(?=[,.])", FILES["lambda"].read_text())
    assert set(named) == {"steps", "collect_market", "collect_filings", "collect_news"}
    assert all(callable(getattr(handlers, name)) for name in named)


def test_what_the_steps_copy_is_in_the_build_and_nothing_that_could_be_private_is(stages):
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    sources = {source for rest in stages[0].all("COPY") for source in rest.split()[:-1]}
    assert sources <= set(kept)
    assert set(kept) == sources | {"docker/aws.lock"} | {f"docker/{path.name}" for path in FILES.values()}
    for private in (".env", "lode.toml", ".git", "infra", "tests"):
        assert not any(fnmatch(private, pattern) for pattern in kept)


def test_the_lock_of_lambda_is_by_hash_and_pins_the_runtime():
    blocks = re.split(r"^(?=[a-z0-9.-]+==)", (ROOT / "docker/aws.lock").read_text(), flags=re.MULTILINE)[1:]
    assert {"awslambdaric", "boto3"} < {block.partition("==")[0] for block in blocks}
    assert all("--hash=sha256:" in block for block in blocks)


def test_an_image_that_is_built_here_runs_as_nobody_and_without_a_job_says_what_is_missing(
    stages, tmp_path: Path, soak_scale: float
):
    """The steps themselves, in a folder: a quarter of an hour on a slow machine."""
    if soak_scale < 1:
        pytest.skip("long: `make soak` takes the steps of both Dockerfiles")
    build(stages[0], context(tmp_path / "context"), tmp_path / "image")
    installed = tmp_path / "image/opt/lode"
    assert not list(installed.glob("lib/python*/site-packages/chdb"))
    assert list(installed.glob("lib/python*/site-packages/lode/engine/*.so"))
    ran = run_as_nobody(stages[-1], tmp_path)
    assert ran.returncode == (2 if "batch" in stages[-1].last("ENTRYPOINT") else 1), ran.stderr
    assert ("LODE_RUN" if "batch" in stages[-1].last("ENTRYPOINT") else "AWS_LAMBDA_RUNTIME_API") in ran.stderr


def run_as_nobody(stage: Stage, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the image's own command with its own environment as another user, who may write to /tmp alone."""
    for path in [folder, *folder.parents]:
        if path.stat().st_uid == os.getuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    environment = {name: value.replace("/opt/", f"{folder}/image/opt/") for name, value in stage.environment.items()}
    command = [*stage.entrypoint, *(json.loads(rest)[0] for rest in stage.all("CMD"))]
    program = f"{folder}/image/opt/lode/bin/{command[0]}"
    interpreter = Path(program).resolve()
    if all(part.stat().st_mode & stat.S_IXOTH for part in interpreter.parents):
        identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        started = [program, *command[1:]]
    else:  # this machine's Python is its owner's alone: root without its privileges, the installation not writable
        subprocess.run(["chmod", "-R", "a-w", f"{folder}/image/opt/lode"], check=True)
        identity, started = {}, ["/usr/bin/setpriv", "--bounding-set=-all", "--no-new-privs", program, *command[1:]]
    return subprocess.run(started, cwd="/", env=environment, capture_output=True, text=True, check=False, **identity)
