"""KunQuant's Alpha101 or Alpha158: compiled once, then run on the panel in its own memory layout."""

from __future__ import annotations

import time

import exchange
import numpy as np
from KunQuant.Driver import KunCompilerConfig
from KunQuant.jit import cfake
from KunQuant.Op import Builder, Input, OpBase, Output
from KunQuant.predefined import Alpha101, Alpha158
from KunQuant.runner import KunRunner
from KunQuant.Stage import Function

FIELDS = ("open", "high", "low", "close", "volume")
# Its Alpha158 has no vwap but amount / volume; its Alpha101 takes either.
PRICE = {"alpha101": "vwap", "alpha158": "amount"}
WINDOWS = [5, 10, 20, 30, 60]
BLOCK = 16


def graph(factors: str) -> tuple[Function, list[str]]:
    """The set's expressions as one function."""
    builder = Builder()
    with builder:
        inputs = {name: Input(name) for name in (*FIELDS, PRICE[factors])}
        named = alpha101(inputs) if factors == "alpha101" else alpha158(inputs)
        for name, value in named.items():
            Output(value, name)
    return Function(builder.ops), list(named)


def alpha101(inputs: dict[str, OpBase]) -> dict[str, OpBase]:
    """Its 82 alphas: those without industries."""
    data = Alpha101.AllData(**inputs)
    return {function.__name__: function(data) for function in Alpha101.all_alpha}


def alpha158(inputs: dict[str, OpBase]) -> dict[str, OpBase]:
    """All of Alpha158 under qlib's names."""
    data = Alpha158.AllData(**inputs)
    today = [("OPEN", data.open), ("HIGH", data.high), ("LOW", data.low), ("VWAP", data.vwap)]
    values, names = data.build(
        {"kbar": {}, "price": {"windows": [0], "feature": today}, "rolling": {"windows": WINDOWS}}
    )
    return {name.lower(): value for name, value in zip(names, values, strict=True)}


def main() -> None:
    """Compile, run, write. Names beyond a multiple of the block are filled with missing ones, which some alphas see."""
    asked = exchange.arguments(("alpha158", "alpha101"))
    _, symbols, fields = exchange.read_panel(asked.panel)
    fields["amount"] = fields["vwap"] * fields["volume"]
    padding = -len(symbols) % BLOCK
    wanted = (*FIELDS, PRICE[asked.set])
    given = {name: np.pad(fields[name], ((0, 0), (0, padding)), constant_values=np.nan) for name in wanted}
    began = time.perf_counter()
    function, names = graph(asked.set)
    config = KunCompilerConfig(input_layout="TS", output_layout="TS", partition_factor=4)
    library = cfake.compileit([("factors", function, config)], asked.set, cfake.CppCompilerConfig())
    compiled = time.perf_counter() - began
    module = library.getModule("factors")
    threads = asked.threads
    executor = KunRunner.createSingleThreadExecutor() if threads == 1 else KunRunner.createMultiThreadExecutor(threads)
    sessions = len(given["close"])
    values: dict[str, np.ndarray] = {}
    times = exchange.timed(
        lambda: values.update(KunRunner.runGraph(executor, module, given, 0, sessions)), asked.rounds
    )
    kept = {name: values[name][:, : len(symbols)] for name in names}
    exchange.report(asked.values, kept, compile=compiled, **times)


if __name__ == "__main__":
    main()
