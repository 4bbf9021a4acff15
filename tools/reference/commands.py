"""The reference page of the command line, written from the declarations that `lode --help` shows."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import cyclopts
from cyclopts import Argument

from lode.cli import COMMANDS, command_line
from lode.evaluation.report.options import BOUNDS as SHEET_BOUNDS
from lode.workflow.options import BOUNDS as MINING_BOUNDS
from tools.reference.markdown import code, table

ANSWERS = Path(__file__).with_name("answers.toml")
_PREFACE = """\
# Commands

*Written by `python -m tools.reference commands` from the command line's declarations in `src/lode/cli`; do not edit.*

What a command reports stands on standard output; progress, the log and errors on standard error. With `--json` standard
output is one JSON object: times are UTC, dates ISO, a number that is not finite or not defined is `null`. Every command
has `--help`. An id may be cut to its first characters where the text says so, `latest` is what an absent snapshot
stands for. Settings come from the environment, `.env` and `lode.toml`: [settings.md](settings.md).

| exit code | means |
|---|---|
| 0 | done; also a run that proved nothing, or found its vault spent |
| 1 | a failure that the last line explains, with the next step |
| 2 | wrong usage: a word, an option, a value, a formula or a setting that is not allowed |
| 130 | interrupted; what was recorded stays, and the same command goes on |
"""
_KINDS = MappingProxyType(
    {int: "whole number", float: "number", bool: "flag", str: "text", Path: "path", date: "date", datetime: "time"}
)
_UNSAID = ("", "()", "None", "False")
_BOUNDS = MappingProxyType({"evaluate": SHEET_BOUNDS} | dict.fromkeys(("run", "mine", "calibrate"), MINING_BOUNDS))


def commands_page() -> str:
    """The page in Markdown: one section per command."""
    app = command_line([name for name, _, _ in COMMANDS])
    return "\n".join([_PREFACE, *(_section(name, found) for name, found in commands(app))])


def commands(app: cyclopts.App, before: str = "") -> Iterator[tuple[str, cyclopts.App]]:
    """Return every command that does something, with its words after `lode`."""
    for word in app:
        if word.startswith("-"):
            continue
        name, found = f"{before} {word}".strip(), app[word]
        if found.default_command:
            yield name, found
        yield from commands(found, name)


def answers() -> dict[str, dict[str, Any]]:
    """Return what is known of the answers in JSON: by command, its keys with their meaning."""
    return tomllib.loads(ANSWERS.read_text())


def _section(name: str, app: cyclopts.App) -> str:
    text, example = _said(app)
    arguments = [a for a in app.assemble_argument_collection(parse_docstring=True) if a.names != ("*",)]
    rows = [_row(name, argument) for argument in arguments]
    parts = [f"## `lode {name}`", text, f"    {example}" if example else ""]
    parts += [table(("argument", "value", "default", "what"), rows).rstrip()] if rows else []
    parts += _answer(answers().get(name, {}))
    return "\n\n".join(part for part in parts if part) + "\n"


def _said(app: cyclopts.App) -> tuple[str, str]:
    """Return a command's help without its parameters, and its example."""
    text = inspect.cleandoc(app.help or "").partition("\nParameters\n---")[0]
    found = re.search(r"Example: (lode .+)", text)
    said = text.replace(found[0] if found else "", "")
    return re.sub(r" +$", "", said, flags=re.MULTILINE).strip(), found[1] if found else ""


def _row(command: str, argument: Argument) -> tuple[str, str, str, str]:
    positional = argument.field_info.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    name = argument.names[0].removeprefix("--")
    default = argument.field_info.default
    needed = argument.required or default is inspect.Parameter.empty
    shown = "required" if needed else "" if str(default) in _UNSAID else code(default)
    what = " ".join((argument.parameter.help or "").split())
    return code(name.upper() if positional else f"--{name}"), _value(command, name, argument), shown, what


def _value(command: str, name: str, argument: Argument) -> str:
    """Return what may be given: the choices, the bounds, or the kind."""
    if choices := argument.get_choices():
        return ", ".join(code(choice) for choice in choices)
    kinds = [kind for kind in (get_args(argument.hint) or (argument.hint,)) if kind is not type(None)]
    text = _KINDS.get(kinds[0], "text")
    if text == "flag" and f"--no-{name}" in argument.names:
        return f"flag, `--no-{name}`"
    if bounds := _BOUNDS.get(command, {}).get(name.replace("-", "_")):
        return f"{text}, {_bound(bounds[0])} to {_bound(bounds[1])}"
    return text


def _bound(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) and value < 2**62 else "2⁶³ − 1" if value > 2**62 else f"{value:g}"


def _answer(answer: dict[str, Any]) -> list[str]:
    if not answer:
        return []
    intro = f"With `--json`{': ' + answer['about'] if 'about' in answer else ''}"
    rows = [(", ".join(code(key) for key in keys.split(", ")), what) for keys, what in answer.get("keys", {}).items()]
    return [f"{intro}{'.' if not rows else ':'}"] + ([table(("key", "what"), rows).rstrip()] if rows else [])
