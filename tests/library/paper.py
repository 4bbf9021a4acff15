"""The paper's 101 formulas as printed, computed slowly and in the open with NumPy and pandas.

Nothing of the language or the engine is used: the text in alpha101_paper.txt is read by a reader of its own, and each
operator is written down from the paper's definitions, window by window. Values are rounded to float32 after every
operator, as the engine stores them.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

FORMULAS = (Path(__file__).parent / "alpha101_paper.txt").read_text().splitlines()
_TOKEN = re.compile(r"\s*(\d*\.?\d+\.?|[A-Za-z_][\w.]*|\|\||==|[-+*/^<?:(),])")
_STRENGTH = {"||": 1, "==": 2, "<": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5}


def read(text):
    """Nested tuples: ('+', left, right), ('?', condition, yes, no), ('rank', argument), a name or a number."""
    tokens = _TOKEN.findall(text)
    assert "".join(tokens) == text.replace(" ", "")
    tree, rest = _choice(tokens)
    assert not rest
    return tree


def _choice(tokens):
    tree, tokens = _infix(tokens, 0)
    if tokens[:1] == ["?"]:
        yes, tokens = _choice(tokens[1:])
        no, tokens = _choice(tokens[1:])
        tree = ("?", tree, yes, no)
    return tree, tokens


def _infix(tokens, least):
    tree, tokens = _single(tokens)
    while tokens and _STRENGTH.get(tokens[0], 0) > least:
        sign = tokens[0]
        right, tokens = _infix(tokens[1:], _STRENGTH[sign])
        tree = (sign, tree, right)
    return tree, tokens


def _single(tokens):
    first, tokens = tokens[0], tokens[1:]
    if first == "-":
        number, tokens = _single(tokens)
        return -number, tokens
    if first == "(":
        tree, tokens = _choice(tokens)
        return tree, tokens[1:]
    if first[0].isdigit() or first[0] == ".":
        return float(first), tokens
    if tokens[:1] != ["("]:
        return first.lower(), tokens
    arguments = []
    while tokens[0] != ")":
        argument, tokens = _choice(tokens[1:])
        arguments.append(argument)
    return (first.lower(), *arguments), tokens[1:]


class Paper:
    """The formulas' values on fields of (sessions, names); groups are labels of the same shape."""

    def __init__(self, fields, groups):
        self.fields = {name: np.asarray(values, np.float64) for name, values in fields.items()}
        self.groups = groups
        self.known = {}

    def value(self, tree):
        if tree not in self.known:
            with np.errstate(all="ignore"):
                self.known[tree] = self._rounded(self._computed(tree))
        return self.known[tree]

    @staticmethod
    def _rounded(values):
        values = np.asarray(values, np.float64).astype(np.float32).astype(np.float64)
        return np.where(np.isfinite(values), values, np.nan)

    def _computed(self, tree):
        if isinstance(tree, float):
            return np.array(tree)
        if isinstance(tree, str):
            if tree.startswith("adv"):
                return along(self.fields["dollar_volume"], int(tree[3:])).mean(-1)
            return self.fields[tree]
        name, *arguments = tree
        if name == "indneutralize":
            return neutral(self.value(arguments[0]), self.groups)
        if name in ("min", "max") and isinstance(arguments[1], float):
            name = f"ts_{name}"
        if name in WINDOWED:
            *series, days = arguments
            return WINDOWED[name](*(self.value(one) for one in series), int(days))
        return PLAIN[name](*(self.value(one) for one in arguments))


def along(x, days):
    """(sessions, names, days): each session's window, today last; missing before there are so many sessions."""
    padded = np.concatenate([np.full((days - 1, x.shape[1]), np.nan), x])
    return np.lib.stride_tricks.sliding_window_view(padded, days, axis=0)


def ranks(x):
    """0 to 1 over each row, ties sharing their mean."""
    place = pd.DataFrame(x).rank(axis=1).to_numpy()
    count = np.isfinite(x).sum(1, keepdims=True)
    return np.where(np.isfinite(x), np.where(count > 1, (place - 1) / (count - 1), 0.5), np.nan)


def ts_rank(x, days):
    window, last = along(x, days), x[..., None]
    place = (window < last).sum(-1) + ((window == last).sum(-1) - 1) / 2
    return whole(window, place / (days - 1) if days > 1 else np.full(x.shape, 0.5))


def whole(window, values):
    return np.where(np.isfinite(window).all(-1), values, np.nan)


def ago(window, best):
    """Sessions since the extreme, the most recent of equal ones."""
    return whole(window, (window[..., ::-1] == best[..., None]).argmax(-1))


def covariance(x, y, days):
    a, b = along(x, days), along(y, days)
    return ((a - a.mean(-1, keepdims=True)) * (b - b.mean(-1, keepdims=True))).sum(-1) / (days - 1)


def correlation(x, y, days):
    flat = (np.ptp(along(x, days), -1) == 0) | (np.ptp(along(y, days), -1) == 0)
    product = np.sqrt(covariance(x, x, days) * covariance(y, y, days))
    return np.where(flat, np.nan, np.clip(covariance(x, y, days) / product, -1, 1))


def delay(x, days):
    return np.concatenate([np.full((days, x.shape[1]), np.nan), x[: len(x) - days]])


def neutral(x, groups):
    means = np.full(x.shape, np.nan)
    for label in np.unique(groups):
        held = np.where(groups == label, x, np.nan)
        mean = np.nansum(held, 1) / np.isfinite(held).sum(1)
        means = np.where(groups == label, mean[:, None], means)
    return x - means


def compared(test):
    def missing_where_either_is(x, y):
        return np.where(np.isfinite(x) & np.isfinite(y), test(x, y).astype(float), np.nan)

    return missing_where_either_is


def power(x, y):
    """Missing where either is: NumPy takes 1 ** NaN and NaN ** 0 for 1."""
    return np.where(np.isfinite(x) & np.isfinite(y), np.power(x, y), np.nan)


PLAIN = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": power, "signedpower": power,
    "<": compared(np.less), "==": compared(np.equal), "||": np.maximum, "min": np.minimum, "max": np.maximum,
    "?": lambda condition, yes, no: np.where(np.isfinite(condition), np.where(condition != 0, yes, no), np.nan),
    "abs": np.abs, "log": np.log, "sign": np.sign, "rank": ranks,
    "scale": lambda x: x / np.nansum(np.abs(x), 1, keepdims=True),
}  # fmt: skip
WINDOWED = {
    "sum": lambda x, d: along(x, d).sum(-1),
    "product": lambda x, d: along(x, d).prod(-1),
    "stddev": lambda x, d: along(x, d).std(-1, ddof=1),
    "correlation": correlation,
    "covariance": covariance,
    "delay": delay,
    "delta": lambda x, d: x - delay(x, d),
    "ts_min": lambda x, d: along(x, d).min(-1),
    "ts_max": lambda x, d: along(x, d).max(-1),
    "ts_argmax": lambda x, d: ago(along(x, d), along(x, d).max(-1)),
    "ts_argmin": lambda x, d: ago(along(x, d), along(x, d).min(-1)),
    "ts_rank": ts_rank,
    "decay_linear": lambda x, d: (along(x, d) * np.arange(1, d + 1)).sum(-1) / (d * (d + 1) / 2),
}
