"""The library's values beside the peers', factor by factor: what agrees, and why the rest does not.

    python benchmarks/values.py [--names 64] [--sessions 400] [--seed N] [--prices FILE] [--all]

The panel is a random market, or real bars with --prices (parquet: date, symbol, open, high, low, close, volume). Each
peer runs in `.venv-bench` in a process of its own. The peers' Alpha101 settle some things otherwise than the library
(alpha101.py says which): their conventions are written into our expressions before the comparison, so that what is
compared is the formula. A line per peer and set as JSON; the factors that disagree, or with --all every factor, before
it on standard error.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.engine import Evaluator
from lode.engine.arrays import Floats
from lode.language import Call, Constant, Expr, lookback, parse, postorder
from lode.library import LIBRARY, Definition, family
from lode.library.alpha101_formulas import FORMULAS

FOLDER = Path(__file__).parent
PYTHON = FOLDER.parent / ".venv-bench" / "bin" / "python"
NEWER_PYTHON = FOLDER.parent / ".venv-bench-312" / "bin" / "python"
PYTHONS = {"alpha_lib": NEWER_PYTHON}
BARS = ("open", "high", "low", "close", "volume")
CLOSE_ENOUGH = 1e-3
RARE = 0.03


@dataclass(frozen=True)
class Comparison:
    """A factor beside a peer's: cells that both have, cells that one lacks, cells that differ, the largest difference.

    largest: relative to the peer's value, or to a thousandth of the factor's largest value where that is more.
    """

    factor: str
    cells: int
    one_sided: int
    differ: int
    largest: float

    @property
    def verdict(self) -> str:
        """Of the cells that both have: `agrees`; `mostly` where up to 3 % differ; `disagrees`; `empty`."""
        if not self.cells:
            return "empty"
        return "agrees" if not self.differ else "mostly" if self.differ <= RARE * self.cells else "disagrees"


def compare(name: str, ours: Floats, theirs: Floats, skipped: int) -> Comparison:
    """Both (sessions, names); the first `skipped` sessions, where windows are not full yet, do not count."""
    a, b = (np.where(np.isfinite(v), v, np.nan)[skipped:].astype(np.float64) for v in (ours, theirs))
    both = np.isfinite(a) & np.isfinite(b)
    floor = 1e-3 * np.abs(b[both]).max(initial=0) + 1e-30
    apart = np.abs(a - b)[both] / np.maximum(np.abs(b[both]), floor)
    one_sided = int((np.isfinite(a) != np.isfinite(b)).sum())
    largest = float(apart.max(initial=0))
    return Comparison(name, int(both.sum()), one_sided, int((apart > CLOSE_ENOUGH).sum()), largest)


# KunQuant's conventions --------------------------------------------------------------------------------------------


def as_kunquant(expr: Expr, names: int) -> Expr:
    """rank is r / n, ts_rank r from 1 to d, ts_arg_max and ts_arg_min the place from 1, the oldest, to d."""
    known: dict[int, Expr] = {}
    for node in postorder(expr):
        if not isinstance(node, Call):
            known[id(node)] = node
            continue
        call = Call(node.op, tuple(known[id(arg)] for arg in node.args))
        days = call.args[-1].value if isinstance(call.args[-1], Constant) else 0.0
        known[id(node)] = _CONVENTIONS.get(node.op, lambda call, *_: call)(call, days, names)
    return known[id(expr)]


def _affine(x: Expr, times: float, plus: float, over: float = 1.0) -> Expr:
    return Call("add", (Call("multiply", (x, Constant(times / over))), Constant(plus / over)))


def rounded(number: int) -> Expr:
    """An alpha of the paper with its windows rounded instead of floored."""
    formula = re.sub(r", (\d+\.\d+)\)", lambda found: f", {int(float(found[1]) + 0.5)})", FORMULAS[number - 1])
    formula = re.sub(r"\badv(\d+)\b", r"ts_mean(dollar_volume, \1)", formula)
    return parse(re.sub(r", (industry|subindustry)\)", ", sector)", formula))


def without_flat(expr: Expr) -> Expr:
    """The same with 0 for a correlation that is missing."""
    known: dict[int, Expr] = {}
    for node in postorder(expr):
        if not isinstance(node, Call):
            known[id(node)] = node
            continue
        call = Call(node.op, tuple(known[id(arg)] for arg in node.args))
        flat = Call("if_else", (Call("is_nan", (call,)), Constant(0.0), call))
        known[id(node)] = flat if node.op == "ts_corr" else call
    return known[id(expr)]


_CONVENTIONS: Mapping[str, Callable[[Call, float, int], Expr]] = {
    "rank": lambda call, _, names: _affine(call, names - 1, 1, names),
    "ts_rank": lambda call, days, _: _affine(call, days - 1, 1),
    "ts_arg_max": lambda call, days, _: _affine(call, -1, days),
    "ts_arg_min": lambda call, days, _: _affine(call, -1, days),
}


_TIES = "ties that rounding breaks, here or there, before a rank or a comparison"
_PLACES = "of equal values the first counts there, the last here"


_TIED = {"013", "015", "016"}
_ALPHA_LIB = {
    "group_neutralize(": "another neutralisation there",
    "scale(": "the sum of scale runs over all sessions there, and is missing with any of its values",
    "ts_rank(": "equal values have the lowest of their ranks there",
}


def reason(script: str, one: Comparison) -> str:
    """Why a factor does not agree; what is not a matter of the set stands in the definition's note."""
    if one.factor.startswith(("imax", "imin", "imxd")):
        return _PLACES
    if one.factor.startswith(("cor", "vsum", "beta", "resi", "rsqr")):
        return (
            "float32 sums there; ours are qlib's"
            if script == "kunquant"
            else "a correlation within float32's rounding of flat"
        )
    if script == "alpha_lib":
        tree = LIBRARY[f"alpha101.{one.factor}"].expression
        said = next((said for op, said in _ALPHA_LIB.items() if op in tree), "not looked into")
        return said if one.verdict not in {"mostly", "agrees"} and one.factor[-3:] not in _TIED else _TIES
    note = LIBRARY[f"alpha101.{one.factor}"].note if one.factor.startswith("alpha_") else ""
    return note if one.verdict == "disagrees" else _TIES


# The run -----------------------------------------------------------------------------------------------------------


def simulated(names: int, sessions: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """Bars of a random market in cents and shares, so that ties come up as they do in real ones."""
    rng = np.random.default_rng(seed)
    shape = sessions, names
    close = rng.uniform(15, 200, names) * np.exp(np.cumsum(rng.standard_t(4, shape) * 0.012, axis=0))
    opening = close * np.exp(rng.normal(0, 0.006, shape))
    high = np.maximum(opening, close) * (1 + np.abs(rng.normal(0, 0.006, shape)))
    low = np.minimum(opening, close) * (1 - np.abs(rng.normal(0, 0.006, shape)))
    volume = np.round(np.exp(rng.normal(0, 0.4, shape) + rng.normal(14, 1, names)))
    prices = {"open": opening, "high": high, "low": low, "close": close}
    return {name: np.round(values, 2) for name, values in prices.items()} | {"volume": volume}


def recorded(path: Path, names: int, sessions: int) -> dict[str, NDArray[np.float64]]:
    """Bars of the first names that are whole over the last sessions of a file."""
    bars = pl.read_parquet(path).fill_nan(None).drop_nulls(BARS)
    days = bars["date"].unique().sort()[-sessions:]
    bars = bars.filter(pl.col("date").is_in(days.implode()))
    whole = bars.group_by("symbol").len().filter(pl.col("len") == len(days))["symbol"].sort()[:names]
    bars = bars.filter(pl.col("symbol").is_in(whole.implode())).sort("date", "symbol")
    return {name: bars[name].to_numpy().reshape(len(days), len(whole)) for name in BARS}


def fields_of(bars: Mapping[str, NDArray[np.float64]]) -> dict[str, Floats]:
    """Bars as the panel's fields, float32; adv is of shares, as the peers have it."""
    fields = {name: np.ascontiguousarray(values, np.float32) for name, values in bars.items()}
    close = fields["close"]
    fields["vwap"] = (fields["high"] + fields["low"] + close) / np.float32(3)
    fields["returns"] = np.vstack([np.full((1, close.shape[1]), np.nan, np.float32), close[1:] / close[:-1] - 1])
    fields["dollar_volume"] = fields["volume"]
    fields["market_cap"] = close
    return fields


def peer_values(script: str, factors: str, panel: Path) -> tuple[dict[str, Floats], dict[str, float]]:
    """What a peer makes of the panel, and its seconds."""
    out = panel.with_name(f"{script}-{factors}.npz")
    command = [PYTHONS.get(script, PYTHON), FOLDER / "peers" / f"{script}.py", panel, out, "--set", factors]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{script} failed:\n{ended.stderr[-2000:]}")
    with np.load(out) as values:
        return dict(values), json.loads(ended.stdout.strip().splitlines()[-1])


def write_panel(path: Path, fields: Mapping[str, Floats]) -> None:
    """A row per session and name, sorted; dates and symbols are made up."""
    sessions, names = fields["close"].shape
    days = np.datetime64("2010-01-01") + np.arange(sessions)
    columns = {name: fields[name].ravel() for name in (*BARS, "vwap")}
    keys = {"session": np.repeat(days, names), "symbol": np.tile([f"N{i:05}" for i in range(names)], sessions)}
    pl.DataFrame(keys | columns).write_parquet(path)


def beside(script: str, factors: str, evaluator: Evaluator, panel: Path) -> tuple[list[Comparison], dict[str, float]]:
    """Every factor that the peer has too."""
    theirs, figures = peer_values(script, factors, panel)
    found = []
    for definition in family(factors):
        key = definition.name.replace("alpha_", "alpha")
        if key in theirs:
            trees = spellings(definition, script, evaluator.shape[1])
            tried = [compare(definition.name, evaluator.value(t), theirs[key], lookback(t)) for t in trees]
            found.append(min(tried, key=lambda one: (not one.cells, one.differ)))
    return found, figures


def spellings(definition: Definition, script: str, names: int) -> list[Expr]:
    """Our formula; for Alpha101 with the scales that the peers share: as it is, and with 0 for flat correlations.

    py-alpha-lib floors windows, as the paper says.
    """
    if definition.family != "alpha101":
        return [definition.tree]
    floored = script == "alpha_lib"
    mapped = as_kunquant(definition.tree if floored else rounded(int(definition.name[-3:])), names)
    return [mapped, without_flat(mapped)]


RUNS = (
    ("qlib_values", "alpha158"),
    ("qlib_values", "alpha360"),
    ("polars_values", "alpha158"),
    ("kunquant", "alpha158"),
    ("kunquant", "alpha101"),
    ("alpha_lib", "alpha101"),
)


def main() -> None:
    """Run every peer and print what agrees."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--names", type=int, default=64, help="a multiple of 16, which KunQuant wants")
    parser.add_argument("--sessions", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--prices", type=Path)
    parser.add_argument("--sets", nargs="+", default=[], choices=sorted({factors for _, factors in RUNS}))
    parser.add_argument("--all", action="store_true")
    asked = parser.parse_args()
    if not PYTHON.exists():
        raise SystemExit("the peers are not installed; run: python -m tools.bench")
    bars = (
        recorded(asked.prices, asked.names, asked.sessions)
        if asked.prices
        else simulated(asked.names, asked.sessions, asked.seed)
    )
    fields = fields_of(bars)
    sectors = np.broadcast_to(np.arange(fields["close"].shape[1], dtype=np.int32) % 11, fields["close"].shape)
    evaluator = Evaluator(fields, {"sector": np.ascontiguousarray(sectors)})
    with tempfile.TemporaryDirectory() as temporary:
        panel = Path(temporary) / "panel.parquet"
        write_panel(panel, fields)
        for script, factors in RUNS:
            if asked.sets and factors not in asked.sets:
                continue
            if not PYTHONS.get(script, PYTHON).exists():
                print(f"{script} is left out: {PYTHONS[script]} is not there", file=sys.stderr)
                continue
            found, figures = beside(script, factors, evaluator, panel)
            for one in found:
                if asked.all or one.verdict != "agrees":
                    print(f"{script} {one.verdict}: {one}; {reason(script, one)}", file=sys.stderr)
            counts = {said: sum(one.verdict == said for one in found) for said in ("agrees", "mostly", "disagrees")}
            figures = {name: figures[name] for name in ("compile", "wall", "processor") if name in figures}
            print(json.dumps({"peer": script, "set": factors, "compared": len(found), **counts, **figures}))


if __name__ == "__main__":
    main()
