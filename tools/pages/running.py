"""A page's examples, one after the other, in a folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from lode.engine.simd import INSTRUCTION_SETS, instruction_set
from tools import environment
from tools.pages.matching import matches
from tools.pages.reading import Block, blocks, commands
from tools.pages.session import Session

LONGEST_SECONDS = 300
_NOBODY = "http://127.0.0.1:9"
_KEPT = ("LANG", "TMPDIR", "LD_LIBRARY_PATH", "OPENBLAS_NUM_THREADS")
_SETS = INSTRUCTION_SETS[:2]  # what nearly every machine has, so that pages print the same on all of them


@dataclass
class Outcome:
    """What a page's examples came to: the lines that say what is wrong, and the page as it would be written anew."""

    text: str
    wrong: list[str] = field(default_factory=list)


class Folder:
    """Where a page runs: HOME, an environment without settings, and the process that keeps its doctests' names."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.bin = environment.python().parent
        self._session: Session | None = None
        kept = {name: value for name, value in os.environ.items() if name in _KEPT}
        self.env = kept | {
            "HOME": str(place),
            "PATH": f"{self.bin}:/usr/local/bin:/usr/bin:/bin",
            "COLUMNS": "120",
            "NO_COLOR": "1",
            "PYTHONUTF8": "1",
            "LODE_YAHOO_URL": _NOBODY,
            "LODE_SIMD": instruction_set() if instruction_set() in _SETS else _SETS[-1],
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._session:
            self._session.close()
        if (self.place / ".lode" / "warehouse").exists():
            self.run("lode warehouse stop", 0)

    def run(self, source: str, exit_code: int) -> tuple[int, list[str]]:
        """Run a command in bash; return its exit code and what it printed, the folder called `~`."""
        done = subprocess.run(
            ["bash", "-c", source],
            cwd=self.place,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        shown = done.stdout + (done.stderr if exit_code or done.returncode else "")
        return done.returncode, self._told(shown)

    def write(self, name: str, text: str) -> None:
        """Write a file of the page; one that leads out of the folder is refused."""
        path = (self.place / name).resolve()
        if not path.is_relative_to(self.place.resolve()):
            raise ValueError(f"{name} leads out of the page's folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def doctest(self, source: str) -> list[str]:
        """Run a doctest with the names of the page's earlier ones; return what failed."""
        self._session = self._session or Session(self.place, self.env)
        return self._told(self._session.run(source))

    def _told(self, text: str) -> list[str]:
        """Return lines as a reader would see them, who installed Lode and works in HOME."""
        for path, name in ((f"{self.bin}/", ""), (f"{self.place}/", "~/"), (str(self.place), "~")):
            text = text.replace(path, name)
        return [line.rstrip() for line in text.strip("\n").splitlines()]


def run_page(page: Path, place: Path) -> Outcome:
    """Run the examples of `page` in the empty folder `place`."""
    text = page.read_text()
    outcome = Outcome(text)
    with Folder(place) as folder:
        written = [(block, _run(block, folder, outcome)) for block in blocks(page) if block.left_out is None]
    for block, new in reversed(written):
        if new is not None:
            indented = "".join(f"{block.indent}{line}".rstrip() + "\n" for line in new)
            outcome.text = outcome.text[: block.start] + indented + outcome.text[block.end :]
    return outcome


def _run(block: Block, folder: Folder, outcome: Outcome) -> list[str] | None:
    where = f"{block.page.name}:{block.line}"
    if block.title:
        folder.write(block.title, block.text)
    elif block.language == "console":
        return _run_commands(block, folder, outcome, where)
    elif block.language == "python" and ">>>" in block.text:
        outcome.wrong += [f"{where}: {line}" for line in folder.doctest(block.text)]
    elif block.language == "python":
        folder.write("example.py", block.text)
        code, printed = folder.run("python example.py", 0)
        outcome.wrong += [f"{where}: the program ended with {code}", *printed] if code else []
    return None


def _run_commands(block: Block, folder: Folder, outcome: Outcome, where: str) -> list[str]:
    lines: list[str] = []
    found = commands(block)
    for command in found:
        due = block.exit_code if command is found[-1] else 0
        code, printed = folder.run(command.source, due)
        if code != due:
            outcome.wrong += [f"{where}: $ {command.source}", f"  ended with {code}, not {due}", *printed]
        agrees = matches(command.expected, printed)
        if not agrees:
            outcome.wrong += [f"{where}: $ {command.source}", "  printed", *printed, "  not", *command.expected]
        lines += [*f"$ {command.source}".splitlines(), *(command.expected if agrees else printed)]
    return lines


def main(arguments: list[str]) -> int:
    """Run pages; with `--write` renew what their commands print."""
    wrong: list[str] = []
    for page in (Path(word) for word in arguments if not word.startswith("--")):
        with tempfile.TemporaryDirectory() as place:
            outcome = run_page(page, Path(place))
        if "--write" in arguments:
            page.write_text(outcome.text)
        wrong += outcome.wrong
        print(f"{page}: {'as it says' if not outcome.wrong else 'otherwise than it says'}", flush=True)
    print(*wrong, sep="\n", file=sys.stderr)
    return bool(wrong) and "--write" not in arguments
