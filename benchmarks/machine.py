"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.processes import NEWER_PYTHON, PYTHON
from lode.engine import instruction_set

PEERS = (
    "KunQuant",
    "pyqlib",
    "polars",
    "polars_ta",
    "expr_codegen",
    "gplearn",
    "pyoperon",
    "bottleneck",
    "numpy",
    "numba",
)


def describe() -> dict[str, Any]:
    """Processor, caches, memory, system, compiler, versions, load and time."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "instruction set": instruction_set(),
        "caches": caches(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB",
        "system": platform.platform(),
        "compiler": _first_line(["g++", "--version"]),
        "python": platform.python_version(),
        "numpy": metadata.version("numpy"),
        "peers": ", ".join(versions(*each) for each in ((PYTHON, PEERS), (NEWER_PYTHON, ("py-alpha-lib",)))),
        "measured": now(),
        "load before": load(),
    }


def of_searches() -> dict[str, str]:
    """When and on what searches are measured: they are a part that is often measured alone."""
    peers = ", ".join(
        f"{name} {versions(PYTHON, (name,)).rpartition(name)[2].strip()}" for name in ("gplearn", "pyoperon")
    )
    return {"measured": now(), "machine": f"{processor()}, {instruction_set()}", "peers": peers}


def of_visits() -> dict[str, str]:
    """When and on what the dashboard is measured."""
    memory = f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"
    where = {"processor": processor(), "cores": str(os.cpu_count()), "memory": memory, "measured": now()}
    return where | {"streamlit": metadata.version("streamlit"), "chdb": metadata.version("chdb")}


def now() -> str:
    """The time in UTC, to the minute."""
    return datetime.now(UTC).isoformat(timespec="minutes")


def load() -> str:
    """Processes that ran or waited in the last minute, on average: other work beside the measured."""
    return f"{os.getloadavg()[0]:.1f}"


def processor() -> str:
    """The processor's name, which Linux keeps in a file of its own."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def caches() -> str:
    """Sizes of the first core's caches: `L1 32K, L2 1024K, L3 32768K`."""
    found = {}
    for place in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        if (place / "type").read_text().strip() != "Instruction":
            found[f"L{(place / 'level').read_text().strip()}"] = (place / "size").read_text().strip()
    return ", ".join(f"{level} {size}" for level, size in found.items()) or "unknown"


def versions(python: Path, names: tuple[str, ...]) -> str:
    """Versions of the packages in another environment."""
    code = "import sys, importlib.metadata as m; print(', '.join(f'{n} {m.version(n)}' for n in sys.argv[1:]))"
    return _first_line([str(python), "-c", code, *names])


def _first_line(command: list[str]) -> str:
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "not there"
    return ended.stdout.partition("\n")[0] if ended.returncode == 0 else "not there"


if __name__ == "__main__":
    print(describe(), file=sys.stderr)
