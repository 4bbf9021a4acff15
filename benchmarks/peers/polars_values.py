"""polars_ta with expr_codegen on Alpha158: its code is generated once, then run on a frame of one row a cell.

133 of the 158: it has no regression on the session's number, which BETA, RSQR and RESI are, and its percentile is the
nearest value where qlib's QTLU and QTLD interpolate.
"""

from __future__ import annotations

import io
import re
import time
from typing import Any

import exchange
import numpy as np
import polars as pl
from expr_codegen.tool import codegen_exec
from polars_ta.prefix.wq import *  # noqa: F403  the generated code asks for it

WINDOWS = (5, 10, 20, 30, 60)
COLUMNS = ("open", "high", "low", "close", "volume", "vwap")
FEW = 100
SPAN = "(high - low + 1e-12)"
UP, DOWN, MOVE = "max_({0} - {0}_1, 0)", "max_({0}_1 - {0}, 0)", "abs_({0} - {0}_1)"
BEFORE = {"close_1": "ts_delay(close, 1)", "volume_1": "ts_delay(volume, 1)"}


def formulas() -> dict[str, str]:
    """Factor to polars_ta's expression, under qlib's names."""
    found = {
        "kmid": "(close - open) / open",
        "klen": "(high - low) / open",
        "kmid2": f"(close - open) / {SPAN}",
        "kup": "(high - max_(open, close)) / open",
        "kup2": f"(high - max_(open, close)) / {SPAN}",
        "klow": "(min_(open, close) - low) / open",
        "klow2": f"(min_(open, close) - low) / {SPAN}",
        "ksft": "(2 * close - high - low) / open",
        "ksft2": f"(2 * close - high - low) / {SPAN}",
        **{f"{name}0": f"{name} / close" for name in ("open", "high", "low", "vwap")},
    }
    for days in WINDOWS:
        found |= {f"{name}{days}": text.replace("DAYS", str(days)) for name, text in rolling().items()}
    return {name: re.sub(r"\b(close|volume)_1\b", lambda m: BEFORE[m[0]], text) for name, text in found.items()}


def rolling() -> dict[str, str]:
    """The same for one window, DAYS."""
    change, turned = "(close / close_1)", "abs_(close / close_1 - 1) * volume"
    volume = "(volume + 1e-12)"
    gains = {
        f"{prefix}{name}": f"({text}) / (ts_sum({MOVE.format(field)}, DAYS) + 1e-12)"
        for prefix, field in (("", "close"), ("v", "volume"))
        for name, text in (
            ("sump", f"ts_sum({UP.format(field)}, DAYS)"),
            ("sumn", f"ts_sum({DOWN.format(field)}, DAYS)"),
            ("sumd", f"ts_sum({UP.format(field)}, DAYS) - ts_sum({DOWN.format(field)}, DAYS)"),
        )
    }
    rises, falls = (f"ts_mean(if_else(close {sign} close_1, 1, 0), DAYS)" for sign in "><")
    return gains | {
        "roc": "ts_delay(close, DAYS) / close",
        "ma": "ts_mean(close, DAYS) / close",
        "std": "ts_std_dev(close, DAYS, 1) / close",
        "max": "ts_max(high, DAYS) / close",
        "min": "ts_min(low, DAYS) / close",
        "rank": "ts_rank(close, DAYS)",
        "rsv": "(close - ts_min(low, DAYS)) / (ts_max(high, DAYS) - ts_min(low, DAYS) + 1e-12)",
        "imax": "(DAYS - ts_arg_max(high, DAYS)) / DAYS",
        "imin": "(DAYS - ts_arg_min(low, DAYS)) / DAYS",
        "imxd": "(ts_arg_min(low, DAYS) - ts_arg_max(high, DAYS)) / DAYS",
        "corr": "ts_corr(close, log(volume + 1), DAYS)",
        "cord": f"ts_corr({change}, log(volume / volume_1 + 1), DAYS)",
        "cntp": rises,
        "cntn": falls,
        "cntd": f"{rises} - {falls}",
        "vma": f"ts_mean(volume, DAYS) / {volume}",
        "vstd": f"ts_std_dev(volume, DAYS, 1) / {volume}",
        "wvma": f"ts_std_dev({turned}, DAYS, 1) / (ts_mean({turned}, DAYS) + 1e-12)",
    }


def main() -> None:
    """Generate, run, write. POLARS_MAX_THREADS in the environment says how many threads it takes."""
    asked = exchange.arguments(("alpha158",))
    sessions, symbols, fields = exchange.read_panel(asked.panel)
    shape = len(symbols), len(sessions)
    columns: dict[str, Any] = {name: fields[name].T.ravel().astype(float) for name in COLUMNS}
    keys = {"asset": np.repeat(np.arange(shape[0]), shape[1]), "date": np.tile(np.arange(shape[1]), shape[0])}
    frame = pl.DataFrame(keys | columns)
    texts = formulas()
    began, used = time.perf_counter(), exchange.processor_seconds()
    source = "\n".join(f"{name.upper()} = {text}" for name, text in texts.items())
    code = codegen_exec(None, source, over_null=None, output_file=io.StringIO())
    scope: dict[str, Any] = {}
    exec(code, scope)  # noqa: S102  its own generated code
    spent = {"compile": time.perf_counter() - began, "compile_processor": exchange.processor_seconds() - used}
    scope["main"](frame.filter(pl.col("date") < FEW), 0)  # numba compiles what it runs first
    found: dict[str, pl.DataFrame] = {}

    def run() -> None:
        found["frame"] = scope["main"](frame, 0)

    times = exchange.timed(run, asked.rounds)
    ordered = found["frame"].sort("asset", "date")
    values = {name: ordered[name.upper()].to_numpy().reshape(shape).T for name in texts}
    exchange.report(asked.values, values, **spent, **times)


if __name__ == "__main__":
    main()
