"""Runs every benchmark beside this file and writes what they measured: `make bench`.

A benchmark is a script that prints its figures, best as one JSON object a line. Names on the command line choose
some: `make bench ARGS=engine`. The results go to benchmarks/results.json and benchmarks/results.md with the machine
and the time they were measured on; a benchmark that fails is named there and fails the command.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Outcome:
    """What one benchmark printed: its JSON lines as `figures`, everything as `output`."""

    name: str
    passed: bool
    seconds: float
    figures: list[dict[str, Any]]
    output: str


def measure(script: Path) -> Outcome:
    """Run one benchmark by itself, its messages shown as they come."""
    print(f"{script.stem} …", flush=True)
    began = time.monotonic()
    ended = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, text=True, check=False, cwd=FOLDER.parent)
    print(ended.stdout)
    figures = [figure for line in ended.stdout.splitlines() if (figure := read_figure(line)) is not None]
    return Outcome(script.stem, ended.returncode == 0, round(time.monotonic() - began, 1), figures, ended.stdout)


def read_figure(line: str) -> dict[str, Any] | None:
    """Return the JSON object that `line` is, None where it is something else."""
    if not line.startswith("{"):
        return None
    try:
        figure = json.loads(line)
    except ValueError:
        return None
    return figure if isinstance(figure, dict) else None


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _processor() -> str:
    """Return the processor's name, which Linux keeps in a file of its own."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def to_markdown(where: dict[str, Any], outcomes: list[Outcome]) -> str:
    """Return the page: the machine, then a table or the printed text for each benchmark."""
    lines = ["# Benchmarks", "", ", ".join(f"{name} {value}" for name, value in where.items()), ""]
    for outcome in outcomes:
        lines += [f"## {outcome.name}{'' if outcome.passed else ' (FAILED)'}", ""]
        lines += _table(outcome.figures) if outcome.figures else ["```", outcome.output.rstrip(), "```"]
        lines += ["", f"took {outcome.seconds} s", ""]
    return "\n".join(lines)


def _table(figures: list[dict[str, Any]]) -> list[str]:
    columns = list(dict.fromkeys(name for figure in figures for name in figure))
    rows = [columns, ["---"] * len(columns), *([str(f.get(c, "")) for c in columns] for f in figures)]
    return ["| " + " | ".join(row) + " |" for row in rows]


def main(wanted: list[str]) -> int:
    """Measure what is wanted, everything by default; return 1 when one failed."""
    scripts = {path.stem: path for path in sorted(FOLDER.glob("*.py")) if path.stem not in {"run", "__init__"}}
    unknown = [name for name in wanted if name not in scripts]
    if unknown or not scripts:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(scripts) or 'none'}", file=sys.stderr)
        return 2
    where = machine()
    outcomes = [measure(path) for name, path in scripts.items() if not wanted or name in wanted]
    results = {"machine": where, "benchmarks": [asdict(outcome) for outcome in outcomes]}
    (FOLDER / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (FOLDER / "results.md").write_text(to_markdown(where, outcomes))
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    print(f"failed: {', '.join(failed)}" if failed else f"written: {FOLDER / 'results.md'}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
