"""The examples of a page, as they stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tools.failure import SetupError

_BLOCK = re.compile(
    r"(?P<comments>(?:^[ ]*<!--.*?-->\n+)*)^(?P<indent>[ ]*)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(r"<!--\s*(exit|not run):?\s+(.*?)\s*-->", re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """A fenced block: where its text begins and ends in the page, and what it is."""

    page: Path
    line: int
    start: int
    end: int
    language: str
    text: str
    title: str | None = None
    exit_code: int = 0
    left_out: str | None = None
    indent: str = ""


@dataclass(frozen=True)
class Command:
    """A command of a console block with the lines that it is said to print."""

    source: str
    expected: tuple[str, ...]


def blocks(page: Path, text: str | None = None) -> list[Block]:
    """Return a page's fenced blocks in their order."""
    text = page.read_text() if text is None else text
    return [_block(page, text, found) for found in _BLOCK.finditer(text)]


def _block(page: Path, text: str, found: re.Match[str]) -> Block:
    said = dict(_COMMENT.findall(found["comments"]))
    info, indent = found["info"].strip(), found["indent"]
    title = _TITLE.search(info)
    lines = found["text"].splitlines()
    return Block(
        page=page,
        line=text.count("\n", 0, found.start("text")),
        start=found.start("text"),
        end=found.end("text"),
        language=info.split()[0] if info else "",
        text="".join(f"{line.removeprefix(indent)}\n" for line in lines),
        title=title[1] if title else None,
        exit_code=int(said.get("exit", 0)),
        left_out=said.get("not run"),
        indent=indent,
    )


def commands(block: Block) -> list[Command]:
    """Split a console block into its commands, each with what it prints.

    Raises SetupError for a block that begins with something else.
    """
    found: list[tuple[str, list[str]]] = []
    goes_on = False
    for line in block.text.splitlines():
        if goes_on:
            found[-1] = (f"{found[-1][0]}\n{line}", found[-1][1])
        elif line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
        else:
            raise SetupError(f"{block.page.name}:{block.line}: {line!r} stands before any command; begin with `$ `")
        goes_on = line.endswith("\\") and (goes_on or line.startswith("$ "))
    return [Command(source, tuple(_trimmed(lines))) for source, lines in found]


def _trimmed(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines
