"""The reference page of the operators, written from their declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lode.language.operators import ALIASES, OPERATORS
from lode.language.printer import INFIX
from lode.language.units import FIELD_UNITS, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from lode.language.operators import Operator, Param

_PREFACE = """\
# Operators

*Written by `python -m lode.language` from the declarations in `src/lode/language/operators`; do not edit.*

A formula is made of fields, numbers and the operators below, `rank(-ts_delta(close, 5))` say. `+ - * / **`, `-x` and
the comparisons may be written as signs, `and`, `or` and `not` as words between values, and bind as in Python:
`-close ** 2` is `-(close ** 2)`, and `a < b < c` is refused: write `(a < b) and (b < c)`. Any parameter may be given by
name (`winsorize(x, std=3)`); capitals do not matter in names of operators and parameters. `true` is 1, `false` 0. The
names are those of WorldQuant's published operators. Options that are published but are short for other operators are
read and written out: `normalize(x, useStd=true)` is `zscore(x)`. Quotes stand around lists of numbers only
(`range="0, 1, 0.1"`), or around a name such as `driver="gaussian"`. Where a formula is typed by hand, qlib's syntax
(`Ref($close, 5)/$close`) and AlphaGen's (`Div(Ref($close,5d),$close)`) are read as well.

A value is a number or missing (NaN). Whatever would be infinite or is not defined (division by zero, the logarithm of
0) is missing. Windows are whole numbers, count sessions and end today. *Lookback* is how many sessions before t the
operator reaches; nested operators add up.
"""
_UNITS = """\
## Units

A price is money a share, so that price × shares is money and price / price is a ratio. Ratios, ranks, counts and
numbers mix freely. Adding or comparing other units that differ (`close + volume`) is refused in a search and warned of
where it is typed by hand. The number 0 compares with anything.
"""
_ABSENT = """\
## Published and not here

- `vec_*`: of fields with several values a day; a field here has one.
- `reduce_*`, `combo_a`, `self_corr`, `generate_stats`, `universe_size`, `in`: of sets of alphas and of a simulation,
  not of a panel.
- `ts_target_tvr_decay`, `ts_target_tvr_hump`, `ts_target_tvr_delta_limit`: they tune a parameter until the whole
  simulation has a turnover, later days included; `hump`, `ts_delta_limit` and `ts_decay_linear` take the parameter.
- `multi_regression`, `group_multi_regression`: what they return is not published. `inst_pnl`, `convert`: they need a
  book and its prices. `filter`: its recursive part has no finite lookback.
- `clamp` with inverse=true: see `tail`. `replace`, `keep`: written `if_else(x == 1, 2, x)`, and
  `if_else(days_from_last_change(f, d=7) >= 0, x, x)` for `keep(x, f, period=5)`.
- `ts_decay_linear` without `dense` and all windows but those that say otherwise are missing where a value in them is;
  many of the published ones pass missing values over.
"""
_KINDS = {
    "elementwise": "Each name on each day by itself.",
    "time series": "The last d sessions of each name, today included.",
    "cross-section": "All names of one day; names that cannot be traded that day are left out.",
    "group": "The names of one day that share a group, such as `sector`.",
    "grouping": "Groups of the names of one day, to stand in group operators; as values they mean nothing.",
}


def reference() -> str:
    """The page in Markdown: one section per kind, one entry per operator."""
    kinds = [_section(kind, [o for o in OPERATORS.values() if o.kind == kind]) for kind in _KINDS]
    return "\n".join([_PREFACE, *kinds, _units(), _ABSENT])


def _section(kind: str, operators: list[Operator]) -> str:
    entries = "\n".join(_entry(operator) for operator in operators)
    return f"## {kind.capitalize()}\n\n{_KINDS[kind]}\n\n{entries}"


def _entry(operator: Operator) -> str:
    facts = [
        ("value", operator.formula),
        ("missing", operator.nan_rule),
        ("ties", operator.tie_rule),
        ("unit", _said(operator.rule)),
        ("lookback", _said(operator.lookback)),
        ("options", _said(operator.meaning) if operator.options else ""),
        ("range", "; ".join(f"{p.name} is {p.range}" for p in (*operator.params, *operator.options) if _has_range(p))),
        ("also written", _spellings(operator)),
        ("example", f"`{operator.example}`"),
    ]
    lines = "\n".join(f"- {name}: {fact}" for name, fact in facts if fact)
    return f"### `{operator.signature}`\n\n{lines}\n"


def _units() -> str:
    units: dict[Unit, list[str]] = {}
    for name, unit in FIELD_UNITS.items():
        units.setdefault(unit, []).append(f"`{name}`")
    rows = "\n".join(f"| {unit} | {', '.join(names)} |" for unit, names in units.items())
    return f"{_UNITS}\n| unit | fields |\n|---|---|\n{rows}\n"


def _said(rule: Callable[..., object] | None) -> str:
    text = ((rule and rule.__doc__) or "").strip().rstrip(".")
    return text[:1].lower() + text[1:]


def _has_range(param: Param) -> bool:
    return param.kind not in {"series", "group"}


_SIGNS = {"reverse": "-x", "and": "x and y", "or": "x or y", "not": "not x"} | {
    name: f"x {sign} y" for name, (sign, _) in INFIX.items()
}


def _spellings(operator: Operator) -> str:
    series = ", ".join(param.name for param in operator.params if param.default is None)
    spellings = [_SIGNS[operator.name]] if operator.name in _SIGNS else []
    spellings += [f"{alias}({series})" for alias, name in ALIASES.items() if name == operator.name]
    last = "".join(f", {param.name}" for param in operator.params if param.kind == "window")
    spellings += [f"{operator.name}(x, y, z, …{last})"] if operator.chains else []
    spellings += [f"{other.name}({series})" for other in OPERATORS.values() if other.overload == operator.name]
    spellings += ['bucket(x, range="start, stop, step")'] if operator.name == "bucket" else []
    return ", ".join(f"`{spelling}`" for spelling in spellings)
