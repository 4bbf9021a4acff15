"""What Lode does of the benchmark's work, in a process of its own, so that LODE_SIMD may name the instruction set.

    python -m benchmarks.ours library PANEL --set alpha158 [--without qtl] [--threads 2] [--rounds 5]
    python -m benchmarks.ours score PANEL --population FILE [--threads 2] [--scores FILE]
    python -m benchmarks.ours session PANEL
    python -m benchmarks.ours sheet PANEL [--figures FILE]

A line of JSON: wall and processor seconds, median and each round. Of threads each computes some blocks of the sessions
of a library, and some expressions of a population. `session` is the newest session of 1,000 factors beside all of them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import exchange
from lode.engine import Blocks, Crew, Evaluator, instruction_set
from lode.engine.arrays import Floats, Labels
from lode.language import Call, Constant, Expr, Field, Numbers, parse
from lode.library import family

SECTORS = 11
MEMORY = 8 << 30  # bytes, for common parts of a batch beside the outputs


def sectors(shape: tuple[int, ...]) -> Labels:
    """(sessions, names): the name's number modulo 11."""
    return np.ascontiguousarray(np.broadcast_to(np.arange(shape[1], dtype=np.int32) % SECTORS, shape))


def run_library(trees: Sequence[Expr], fields: exchange.Fields, threads: int, out: Floats) -> None:
    """Every factor's values into `out` (factors, sessions, names)."""
    groups = {"sector": sectors(out[0].shape)}
    Blocks(trees, fields, groups, memory=MEMORY, threads=threads).fill(out)


def run_scores(population: Sequence[Expr], fields: exchange.Fields, forward: Floats, threads: int) -> NDArray[Any]:
    """Daily rank ICs of each expression: (expressions, sessions). Ranking the returns is in the measured time."""
    crew = Crew(fields, forward, rows=slice(None), threads=threads)
    return np.array(crew.rank_ics(population), np.float32)


def from_lists(nested: Any) -> Expr:  # noqa: ANN401  what JSON gives
    """The expression that `to_lists` wrote."""
    if isinstance(nested, list):
        return Call(nested[0], tuple(from_lists(each) for each in nested[1:]))
    return Field(nested) if isinstance(nested, str) else Constant(float(nested))


def to_lists(expr: Expr) -> Any:  # noqa: ANN401  what JSON takes
    """Nested lists that a peer reads: a number, a field's name, or [operator, argument, …]."""
    if isinstance(expr, Call):
        return [expr.op, *(to_lists(each) for each in expr.args)]
    if isinstance(expr, Numbers):
        raise TypeError(f"a peer has no lists of numbers: {expr}")
    return expr.name if isinstance(expr, Field) else expr.value


def main() -> None:
    """Do what was asked and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=("library", "score", "compute", "session", "sheet"))
    parser.add_argument("panel", type=Path)
    parser.add_argument("--set", default="alpha158")
    parser.add_argument("--without", default="")
    parser.add_argument("--without-groups", action="store_true")
    parser.add_argument("--population", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--scores", type=Path)
    parser.add_argument("--figures", type=Path)
    parser.add_argument("--expression", default="")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    _, _, fields = exchange.read_panel(asked.panel)
    jobs: dict[str, Callable[[argparse.Namespace, exchange.Fields], dict[str, Any]]] = {
        "library": _library,
        "score": _score,
        "compute": _compute,
        "session": _session,
        "sheet": _sheet,
    }
    json.dump(jobs[asked.job](asked, fields) | {"instructions": instruction_set()}, sys.stdout)


def _library(asked: argparse.Namespace, fields: exchange.Fields) -> dict[str, Any]:
    names = family(asked.set)
    trees = [each.tree for each in names if not (asked.without and each.name.startswith(asked.without))]
    if asked.without_groups:
        trees = [tree for tree in trees if "sector" not in tree.fields]
    out = np.full((len(trees), *fields["close"].shape), 0, np.float32)  # written once, so that its pages are there
    return {"factors": len(trees)} | exchange.timed(
        lambda: run_library(trees, fields, asked.threads, out), asked.rounds
    )


def _score(asked: argparse.Namespace, fields: exchange.Fields) -> dict[str, Any]:
    population = [from_lists(each) for each in exchange.read_population(asked.population, asked.limit)]
    forward, found = exchange.forward_returns(fields), []
    times = exchange.timed(lambda: found.append(run_scores(population, fields, forward, asked.threads)), asked.rounds)
    if asked.scores:
        np.save(asked.scores, found[-1])
    return {"expressions": len(population), "nodes": sum(e.size for e in population) / len(population)} | times


def _compute(asked: argparse.Namespace, fields: exchange.Fields) -> dict[str, Any]:
    tree = parse(asked.expression)

    def run() -> None:
        for _ in Evaluator(fields).values([tree]):
            pass

    return exchange.timed(run, asked.rounds)


def _session(asked: argparse.Namespace, fields: exchange.Fields) -> dict[str, Any]:
    from benchmarks.blocks import factors, session  # noqa: PLC0415  only this job needs it

    sessions, names = fields["close"].shape
    return session(names, sessions, factors(asked.limit or 1000), "random")


def _sheet(asked: argparse.Namespace, fields: exchange.Fields) -> dict[str, Any]:
    from benchmarks.figures import VALUES, sheet_figures  # noqa: PLC0415  only this job needs it

    prices, found = fields["close"].astype(float), {}
    times = exchange.timed(lambda: found.update(sheet_figures(fields[VALUES], prices)), asked.rounds)
    if asked.figures:
        np.savez(asked.figures, **found)
    return times


if __name__ == "__main__":
    main()
