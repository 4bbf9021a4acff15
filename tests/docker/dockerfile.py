"""Reads a Dockerfile and takes its steps in a folder that stands for the root: no container engine is needed."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass
class Stage:
    """One FROM and what follows: (instruction, rest) with continued lines joined and ARGs put in."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, instruction: str) -> str:
        return next(rest for kind, rest in reversed(self.steps) if kind == instruction)

    def all(self, instruction: str) -> list[str]:
        return [rest for kind, rest in self.steps if kind == instruction]

    @property
    def environment(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for rest in self.all("ENV") for pair in shlex.split(rest))

    @property
    def entrypoint(self) -> list[str]:
        return list(json.loads(self.last("ENTRYPOINT")))


def read(path: Path) -> list[Stage]:
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for line in joined.splitlines():
        kind, rest = line.split(maxsplit=1)
        if kind == "ARG" and not stages:
            name, _, value = rest.partition("=")
            arguments[name] = value
        elif kind == "FROM":
            base, _, name = re.sub(r"\$\{(\w+)\}", lambda found: arguments[found[1]], rest).partition(" AS ")
            stages.append(Stage(base, name))
        else:
            stages[-1].steps.append((kind, rest))
    return stages


def context(target: Path) -> Path:
    """Copy what .dockerignore lets into a build to `target`."""
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            source = ROOT / line[1:]
            copy = target / line[1:]
            copy.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
            else:
                shutil.copy(source, copy)
    return target


def build(stage: Stage, files: Path, prefix: Path) -> None:
    """Take the COPY and RUN steps of a stage with `prefix` before its own folders; raises where a step fails."""
    here = prefix / stage.last("WORKDIR").lstrip("/")
    here.mkdir(parents=True)
    environment = os.environ | stage.environment
    for kind, rest in stage.steps:
        if kind == "COPY":
            *sources, target = rest.split()
            for source in sources:
                to = here / target if len(sources) == 1 else here / target / Path(source).name
                to.parent.mkdir(parents=True, exist_ok=True)
                if (files / source).is_dir():
                    shutil.copytree(files / source, to)
                else:
                    shutil.copy(files / source, to)
        elif kind == "RUN":
            command = re.sub(r"(?<=[\s=])/opt/", f"{prefix}/opt/", " " + rest)
            done = subprocess.run(
                ["sh", "-c", command], cwd=here, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{rest}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
