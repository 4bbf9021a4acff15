"""What an unknown name was probably meant to be."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from lode.language.operators import ALIASES, OPERATORS
from lode.language.units import FIELD_UNITS, Unit

if TYPE_CHECKING:
    from collections.abc import Collection

# What WorldQuant's paper of 101 formulas and NumPy call the same thing.
_ELSEWHERE = {
    "correlation": "ts_corr", "corr": "ts_corr", "covariance": "ts_covariance", "cov": "ts_covariance",
    "stddev": "ts_std_dev", "std": "ts_std_dev", "delta": "ts_delta", "delay": "ts_delay", "sum": "ts_sum",
    "product": "ts_product", "mean": "ts_mean", "decay_linear": "ts_decay_linear", "ts_argmax": "ts_arg_max",
    "ts_argmin": "ts_arg_min", "indneutralize": "group_neutralize", "signedpower": "signed_power",
    "median": "ts_median", "skewness": "ts_skewness", "kurtosis": "ts_kurtosis", "where": "if_else",
    "cap": "market_cap",
}  # fmt: skip
_DOLLAR_VOLUME = re.compile(r"adv([1-9][0-9]{0,3})")


# What WorldQuant publishes and is not here, by the beginning of its name.
_LEFT_OUT = {
    "vec_": "it is of fields with several values a day, which a panel does not have",
    "reduce_": "it is of sets of alphas, not of a panel",
    "ts_target_tvr_": "it tunes itself to later days; `hump` and `ts_delta_limit` take the limit",
    "multi_regression": "what it returns is not published; `ts_regression` has one x",
    "group_multi_regression": "what it returns is not published; `group_vector_neut` has one y",
    "replace": "write if_else(x == 1, 2, x)",
    "keep": "write if_else(days_from_last_change(f, d=7) >= 0, x, x)",
}  # fmt: skip


def unknown_operator(name: str) -> str:
    """The message for an operator that does not exist."""
    for beginning, reason in _LEFT_OUT.items():
        if name.lower().startswith(beginning):
            return f"`{name}` is published by WorldQuant and left out here: {reason}"
    return f"unknown operator `{name}`{nearest(name, (*OPERATORS, *ALIASES))}"


def unknown_field(name: str, present: Collection[str]) -> str:
    """The message for a field that is not present; lists those that are."""
    listed = ", ".join(sorted(present)) or "none"
    if FIELD_UNITS.get(name) == Unit.GROUP:
        return (
            f"the group `{name}` is absent here: no name has one. `lode collect filings`, or a column {name} of your "
            f"bars, brings it; fields present: {listed}"
        )
    average = _DOLLAR_VOLUME.fullmatch(name.lower())
    if average:
        return f"unknown field `{name}`; did you mean `ts_mean(dollar_volume, {average[1]})`? fields present: {listed}"
    return f"unknown field `{name}`{nearest(name, present)}; fields present: {listed}"


def nearest(name: str, names: Collection[str]) -> str:
    """What `name` was probably meant to be, to stand at the end of a clause; empty where nothing is near."""
    elsewhere = _ELSEWHERE.get(name.lower(), "")
    if elsewhere in names:
        return f"; did you mean `{elsewhere}`?"
    found = difflib.get_close_matches(name.lower(), sorted(names), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(f'`{near}`' for near in found)}?" if found else ""
