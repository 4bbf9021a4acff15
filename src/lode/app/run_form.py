"""What the form that starts a run asks for, and how it is read: fields, defaults and rules are the command line's."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from os.path import isfile
from pathlib import Path
from typing import Any, get_args

from lode.errors import UsageError
from lode.evaluation.pool import METHODS, require_method
from lode.search import SEARCHERS
from lode.settings import Settings
from lode.workflow.collecting import AUTO, SAMPLE, YAHOO, days_of
from lode.workflow.language_model.terms import terms_of
from lode.workflow.options import MiningOptions, Neutralize
from lode.workflow.own_formulas import formulas_of

FIRST = ("candidates", "searcher", "shards", "seed")
"""Options that stand in the form's first rows; the others are one click away."""

_DATA = ("source", "universe", "start", "end")
_SECTION = re.compile(r"^(\w+)\n((?: {4}.*\n?)+)", re.MULTILINE)
_FLAG = re.compile(r"--([a-z-]+)")
_FILES = (".csv", ".parquet", ".txt")


@dataclass(frozen=True)
class Field:
    """A mining option. kind: int, float, str or bool; choices: all that is allowed, none where it is not a choice."""

    name: str
    kind: str
    default: Any
    about: str
    choices: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name as a reader sees it."""
        return self.name.replace("_", " ").replace("bps", "(basis points)").capitalize()


def option_fields() -> tuple[Field, ...]:
    """Return the mining options in the order of the command line, each with what its help says there."""
    about = dict(_SECTION.findall(inspect.getdoc(MiningOptions) or ""))
    choices = {"searcher": tuple(SEARCHERS), "neutralize": get_args(Neutralize), "pool": tuple(METHODS)}
    return tuple(
        Field(
            option.name,
            "str" if option.name in choices else str(option.type),
            option.default,
            " ".join(about.get(option.name, "").split()),
            choices.get(option.name, ()),
        )
        for option in fields(MiningOptions)
    )


def source_choices(stored: Sequence[str]) -> list[str]:
    """Return the sources that can be chosen: those outside, the sample, and what is in the warehouse."""
    return [AUTO, YAHOO, SAMPLE, *(name for name in stored if name not in {AUTO, YAHOO, SAMPLE})]


def read_form(values: Mapping[str, Any], settings: Settings, today: date) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the request of the form's values, as `lode run` makes it, and by field what is not allowed.

    Every field that is off is named, each with the message of the command line.
    """
    options, wrong = _options({f.name: values.get(f.name, f.default) for f in option_fields()})
    data = {name: _text(values.get(name)) for name in _DATA}
    checks = (
        ("start", lambda: days_of(data)),
        ("source", lambda: _require_no_file("--source", data["source"], settings)),
        ("universe", lambda: _require_no_file("--universe", data["universe"], settings)),
        ("searcher", lambda: terms_of(options, settings, today)),
        ("pool", lambda: require_method(options.pool)),
        ("formulas", lambda: formulas_of(options)),
    )
    for name, check in checks:
        try:
            check()
        except UsageError as error:
            wrong.setdefault(name, str(error))
    return data | {"source": data["source"] or AUTO, "options": options.to_dict()}, wrong


def _options(given: dict[str, Any]) -> tuple[MiningOptions, dict[str, str]]:
    """Take the options one fault after the other: what is off is noted and replaced by its default."""
    wrong: dict[str, str] = {}
    defaults = MiningOptions().to_dict()
    while True:
        try:
            return MiningOptions(**given), wrong
        except UsageError as error:
            flag = _FLAG.search(str(error))
            name = flag[1].replace("-", "_") if flag else ""
            if name not in defaults or name in wrong:  # a default that another value does not allow
                return MiningOptions(), {name or "candidates": str(error)} | wrong
            wrong[name], given = str(error), given | {name: defaults[name]}


def _require_no_file(flag: str, text: str | None, settings: Settings) -> None:
    """Refuse files of the server to who reaches it from elsewhere: whoever sits at the machine may name them."""
    if not text or settings.sign_in == "none":
        return
    is_there = isfile(text)  # noqa: PTH113  Path's own raises where fifty symbols are too long for a name
    if Path(text).suffix.lower() in _FILES or "/" in text or "\\" in text or is_there:
        raise UsageError(f"{flag} {text!r}: files are not read from here; `lode import` brings them into the warehouse")


def _text(value: object) -> str | None:
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip() or None if value is not None else None
