"""py-alpha-lib's Alpha101: its own translator makes Python of the paper's text, which runs on its context."""

from __future__ import annotations

import time
from pathlib import Path
from types import CodeType

import alpha
import exchange
import numpy as np
import pandas as pd
from alpha.context import ExecContext
from alpha.lang.to_python import AlphaTransformer, parser

PAPER = Path(__file__).parents[2] / "tests" / "library" / "alpha101_paper.txt"
SECTORS = 11
SECTOR_STEP = 1_000_000  # its industry codes: the sector is the code over a million


def compiled() -> dict[str, CodeType]:
    """Each alpha as its translator writes it. The text is the paper's, from this repository."""
    codes = {}
    for number, formula in enumerate(PAPER.read_text().splitlines(), start=1):
        source = AlphaTransformer(str.upper).transform(parser.parse(formula))
        codes[f"alpha{number:03}"] = compile(str(source), f"alpha{number:03}", "eval")
    return codes


def context(fields: exchange.Fields) -> ExecContext:
    """Its columns run through the sessions of one name after the other; volume is in shares, as is its adv."""
    sessions, names = fields["close"].shape
    columns = {name: fields[name].T.ravel().astype(float) for name in ("open", "high", "low", "close", "vwap")}
    columns |= {"vol": fields["volume"].T.ravel().astype(float), "cap": columns["close"]}
    columns["indclass"] = np.repeat((np.arange(names) % SECTORS + 1) * SECTOR_STEP, sessions).astype(float)
    keys = {"securityid": np.repeat(np.arange(names), sessions), "tradetime": np.tile(np.arange(sessions), names)}
    return ExecContext(pd.DataFrame(keys | columns))


def main() -> None:
    """Translate, run, write; an alpha that it cannot run is left out."""
    asked = exchange.arguments(("alpha101",))
    _, symbols, fields = exchange.read_panel(asked.panel)
    began = time.perf_counter()
    codes = compiled()
    translated = time.perf_counter() - began
    alpha.set_ctx(flags=0)
    ready = context(fields)
    shape = len(symbols), -1
    values: dict[str, np.ndarray] = {}

    def run() -> None:
        for name, code in codes.items():
            try:
                found = eval(code, {"np": np, "ctx": ready})  # noqa: S307  code of its own translator
            except (AttributeError, TypeError, ValueError):
                continue
            values[name] = np.broadcast_to(np.asarray(found, float), ready.CLOSE.shape).reshape(shape).T

    times = exchange.timed(run, asked.rounds)
    exchange.report(asked.values, values, compile=translated, **times)


if __name__ == "__main__":
    main()
