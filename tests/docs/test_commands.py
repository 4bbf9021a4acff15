"""Every command that a page names is spelled as `lode` knows it, those that are not run too."""

import re
import shlex
from pathlib import Path

import cyclopts
import pytest

from lode.cli import command_line
from tools.pages.reading import blocks, commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")))
WRONG = (cyclopts.UnknownOptionError, cyclopts.UnknownCommandError, cyclopts.UnusedCliTokensError)


def said(page):
    """Return each `lode …` of a page: in its consoles, between backticks, in an indented line."""
    found = [c.source.replace("\\\n", " ") for b in blocks(page) if b.language == "console" for c in commands(b)]
    text = page.read_text()
    found += re.findall(r"`(lode [^`]+)`", text) + re.findall(r"^    (lode .+)$", text, re.MULTILINE)
    return [line for line in found if re.match(r"(?:\w+=\S+ )*lode ", line)]


def words(line):
    """Return what stands behind `lode`, up to a pipe, a file or a comment, without what is left open."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|>&;")
    lexer.whitespace_split, lexer.commenters = True, "#"
    found = list(lexer)
    found = found[found.index("lode") + 1 :]
    end = next((i for i, word in enumerate(found) if set(word) <= set("|>&;")), len(found))
    return [word for word in found[:end] if word != "…"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_its_commands_are_known(page):
    for line in said(page):
        given = words(line)
        try:
            command_line(given[:1]).parse_args(given, exit_on_error=False, print_error=False)
        except WRONG as error:
            pytest.fail(f"{line}: {error}")
        except cyclopts.CycloptsError:
            pass  # a word left open, or one that stands for a value


@pytest.mark.parametrize("line", ["lode run --bogus 3", "lode bogus", "lode runs bogus RUN"])
def test_a_command_that_is_not_there_is_seen(line):
    given = words(line)
    with pytest.raises(WRONG):
        command_line(given[:1]).parse_args(given, exit_on_error=False, print_error=False)
