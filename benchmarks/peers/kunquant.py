"""KunQuant's Alpha101 or Alpha158: compiled once, then run on the panel in one of its memory layouts."""

from __future__ import annotations

import time
from typing import Any

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
PARTITION = 4
ALIGNED = 16  # names; its blocks of 8 or 16 fill it
QUANTILES = ("qtlu", "qtld")


def graph(factors: str, *, quantiles: bool) -> tuple[Function, list[str]]:
    """The set's expressions as one function."""
    builder = Builder()
    kept = []
    with builder:
        inputs = {name: Input(name) for name in (*FIELDS, PRICE[factors])}
        named = alpha101(inputs) if factors == "alpha101" else alpha158(inputs, quantiles=quantiles)
        for name, value in named.items():
            Output(value, name)
            kept.append(name)
    return Function(builder.ops), kept


def alpha101(inputs: dict[str, OpBase]) -> dict[str, OpBase]:
    """Its 82 alphas: those without industries."""
    data = Alpha101.AllData(**inputs)
    return {function.__name__: function(data) for function in Alpha101.all_alpha}


def alpha158(inputs: dict[str, OpBase], *, quantiles: bool) -> dict[str, OpBase]:
    """All of Alpha158 under qlib's names, or all but the quantiles."""
    data = Alpha158.AllData(**inputs)
    today = [("OPEN", data.open), ("HIGH", data.high), ("LOW", data.low), ("VWAP", data.vwap)]
    rolling: dict[str, Any] = {"windows": WINDOWS, "exclude": [] if quantiles else [q.upper() for q in QUANTILES]}
    values, names = data.build({"kbar": {}, "price": {"windows": [0], "feature": today}, "rolling": rolling})
    return {name.lower(): value for name, value in zip(names, values, strict=True)}


def compiled(function: Function, layout: str, block: int, machine: str) -> KunRunner.Module:
    """The function's module; `machine` is `native`, or `avx2` for a processor that has no more."""
    flags = cfake.X64CPUFlags() if machine == "avx2" else cfake.NativeCPUFlags()
    config = KunCompilerConfig(
        input_layout=layout, output_layout=layout, partition_factor=PARTITION, blocking_len=block, options={}
    )
    library = cfake.compileit([("factors", function, config)], "factors", cfake.CppCompilerConfig(machine=flags))
    return library.getModule("factors"), library


def arranged(field: np.ndarray, layout: str, block: int) -> np.ndarray:
    """A field as a layout has it, names beyond a multiple of the block filled with missing ones."""
    padded = np.pad(field, ((0, 0), (0, -field.shape[1] % ALIGNED)), constant_values=np.nan)
    if layout == "TS":
        return padded
    return np.ascontiguousarray(padded.reshape(len(field), -1, block).transpose(1, 0, 2))


def plain(values: np.ndarray, layout: str, names: int) -> np.ndarray:
    """(sessions, names) of what a layout has."""
    flat = values if layout == "TS" else values.transpose(1, 0, 2).reshape(values.shape[1], -1)
    return flat[:, :names]


def executor(threads: int) -> KunRunner.Executor:
    """Its runner: multi-threading is off for one thread."""
    return KunRunner.createSingleThreadExecutor() if threads == 1 else KunRunner.createMultiThreadExecutor(threads)


def main() -> None:
    """Compile, run, write."""
    parser = exchange.parser(("alpha158", "alpha101"))
    parser.add_argument("--layout", choices=("TS", "STs"), default="TS")
    parser.add_argument("--block", type=int, choices=(8, 16), default=8)
    parser.add_argument("--machine", choices=("native", "avx2"), default="native")
    parser.add_argument("--without-quantiles", action="store_true")
    asked = parser.parse_args()
    _, symbols, fields = exchange.read_panel(asked.panel)
    fields["amount"] = fields["vwap"] * fields["volume"]
    given = {name: arranged(fields[name], asked.layout, asked.block) for name in (*FIELDS, PRICE[asked.set])}
    began, used = time.perf_counter(), exchange.processor_seconds()
    function, names = graph(asked.set, quantiles=not asked.without_quantiles)
    module, _library = compiled(function, asked.layout, asked.block, asked.machine)
    spent = {"compile": time.perf_counter() - began, "compile_processor": exchange.processor_seconds() - used}
    runner, sessions = executor(asked.threads), len(fields["close"])
    # What it writes to is there before the first round, as it is for ours.
    values = {name: np.full(given["close"].shape, 0, np.float32) for name in names}
    times = exchange.timed(lambda: KunRunner.runGraph(runner, module, given, 0, sessions, values), asked.rounds)
    kept = {name: plain(values[name], asked.layout, len(symbols)) for name in names}
    exchange.report(asked.values, kept, **spent, **times)


if __name__ == "__main__":
    main()
