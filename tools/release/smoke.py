"""Uses an installed Lode as a user would: `python -P smoke.py base|run`, in an environment that has it.

base: the package without extras; what needs one must say which, in one line. run: with the extra `run`, the bundled
sample is mined, a formula evaluated, the dashboard opened. This script needs nothing but Python and the package, and
writes into a temporary folder alone.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from importlib.metadata import version
from pathlib import Path

LODE = str(Path(sys.executable).with_name("lode.exe" if os.name == "nt" else "lode"))
FORMULA = "rank(-ts_delta(close, 5))"
_PROGRAM = f"""
import lode, polars as pl
panel = lode.Panel.from_frame(pl.read_parquet("market.parquet"))
print(lode.compute({FORMULA!r}, panel).height)
"""


class Home:
    """A new LODE_HOME in a temporary folder, and the commands that use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LODE_")}
        self.env = kept | {"LODE_HOME": str(folder / "home")}

    def lode(self, *words: str, code: int = 0) -> str:
        """Run a command; return what it said. Ends the script when its exit code is not the one expected."""
        done = self._run(LODE, *words)
        if done.returncode != code:
            sys.exit(f"`lode {' '.join(words)}` ended with {done.returncode}, not {code}:\n{done.stdout}{done.stderr}")
        print(f"lode {' '.join(words)}: as expected", flush=True)
        return done.stdout + done.stderr

    def python(self, program: str) -> str:
        """Run a program; return what it printed."""
        done = self._run(sys.executable, "-P", "-c", program)
        if done.returncode:
            sys.exit(f"{program}\nfailed:\n{done.stderr}")
        return done.stdout.strip()

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)


def expect(holds: bool, what: str) -> None:  # noqa: FBT001  reads as an assertion
    """End the script where something does not hold."""
    if not holds:
        sys.exit(f"not so: {what}")


def base(home: Home) -> None:
    """What works without an extra, and what says that it needs one."""
    expect(home.lode("--version").strip() == version("lode-factors"), "the version is the package's")
    expect("simulate" in home.lode("--help"), "the help lists the commands")
    home.lode("simulate", "market.parquet", "--names", "20", "--sessions", "300", "--seed", "1")
    expect(home.python(_PROGRAM) == "300", "lode.compute gives one row a session")
    doctor = home.lode("doctor")
    if "absent" in doctor:
        said = home.lode("run", "--source", "sample", code=2)
        expect(
            said.count("\n") == 1 and "pip install 'lode-factors[warehouse]'" in said,
            f"one line says what to do: {said}",
        )


def run(home: Home) -> None:
    """The whole way from the bundled sample to the dashboard."""
    base(home)
    try:
        expect("absent" not in home.lode("doctor"), "every part of `run` is installed")
        told = json.loads(home.lode("run", "--source", "sample", "--candidates", "60", "--json").splitlines()[0])
        expect(told["trials"] > 0 and bool(told["refused"] or told["proven"]), "a run judges what it found")
        sheet = json.loads(home.lode("evaluate", FORMULA, "--json").splitlines()[0])
        expect(sheet["expression"] == FORMULA, "the sheet is the formula's")
        home.lode("import", "bars", "market.parquet", "--source", "mine")
        home.lode("runs", "list")
        opens(home)
    finally:
        home.lode("warehouse", "stop")


def opens(home: Home, patience: float = 60) -> None:
    """Open the dashboard and ask it for its page."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [LODE, "app", "--port", str(port)]
    app = subprocess.Popen(command, cwd=home.folder, env=home.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + patience
        while not _answers(f"http://127.0.0.1:{port}/"):
            expect(app.poll() is None and time.monotonic() < until, f"the dashboard answers within {patience:.0f} s")
            time.sleep(0.5)
        print("lode app: answers", flush=True)
    finally:
        app.terminate()
        app.wait(timeout=30)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  loopback
            return b"<html" in answer.read().lower()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def main(level: str) -> None:
    """Smoke-test the package that this Python has."""
    with tempfile.TemporaryDirectory(prefix="lode-smoke-", ignore_cleanup_errors=True) as folder:
        home = Home(Path(folder))
        place = home.python("import lode; print(lode.__file__)")
        expect("site-packages" in place, f"the installed package is used, not {place}")
        {"base": base, "run": run}[level](home)
    print(f"lode {version('lode-factors')} works ({level})")


if __name__ == "__main__":
    main(sys.argv[1])
