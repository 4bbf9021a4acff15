"""benchmarks/README.md, as a run writes it: the machine, the table, the kernels, the growth, the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from benchmarks.growth import Growth
from benchmarks.rows import Row, reason

OPENING = """# Benchmarks

`make bench` measures everything here beside the peers and writes this page ({mode}). Every peer runs in a process of
its own, at the settings that are fastest for it, on the same simulated prices (float32, seed {seed}). One thread is
counted in processor seconds, two in wall seconds; each figure is the median of some rounds. "ratio" is how many times
faster Lode is. What peers compute is compared with ours first: the share that agrees is given below.
"""
COLUMNS = ("work", "panel", "runs on", "threads", "Lode", "peer", "its figure", "ratio", "target", "reached", "note")


def write(
    where: Mapping[str, Any],
    rows: Sequence[Row],
    values: Sequence[Mapping[str, Any]],
    kernels: Sequence[Mapping[str, Any]],
    growth: Sequence[Growth],
    searched: str = "",
) -> str:
    """The page's text. searched: what is said of the search beside its peers."""
    parts = [
        OPENING.format(mode=where.get("mode", ""), seed=where.get("seed", "")),
        "## Machine\n\n" + table(("", ""), [(name, str(value)) for name, value in where.items()]),
        f"## Targets\n\n{AIMED}\n\n{summary(rows)}\n\n" + row_table([row for row in rows if row.target is not None]),
        "## Everything else\n\n" + row_table([row for row in rows if row.target is None]),
        "## Values\n\nFactors whose values are the peer's; the rest `docs/reference/library.md` explains.\n\n"
        + mappings(values),
        "## Kernels\n\n" + KERNELS + mappings(kernels),
        "## Growth\n\n" + GROWTH + growth_table(growth),
        *([f"## Search\n\n{searched}"] if searched else []),
    ]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


AIMED = (
    "The targets are for processor seconds of one thread on a processor with AVX-512; `runs on` says what this one has."
)
KERNELS = (
    "ns a cell, one thread; `x copy` is over copying 256 MB in memory in this run, `ceiling` the most that it may be."
    "\n\n"
)
GROWTH = (
    "Processor seconds, and peak memory beyond the inputs, at each value; the exponent is the slope of the logarithms "
    "(1: in proportion, 0: not at all).\n\n"
)


def summary(rows: Sequence[Row]) -> str:
    """How many targets were reached, and which not."""
    aimed = [row for row in rows if row.target is not None]
    missed = [f"{row.work}{f' beside {row.peer}' if row.peer else ''}" for row in aimed if not row.reached]
    said = f"{len(aimed) - len(missed)} of {len(aimed)} reached."
    return f"{said} Not: {', '.join(missed)}." if missed else said


def row_table(rows: Sequence[Row]) -> str:
    """Rows under the page's columns."""
    return table(COLUMNS, [_cells(row) for row in rows])


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "" if not row.peer or row.judged is None else f"{figure(row.judged)} ×"
    target = (
        "" if row.target is None else f"{'≤ ' if row.at_most else ''}{figure(row.target)}{' ×' if row.peer else ''}"
    )
    reached = {True: "yes", False: "**no**", None: ""}[row.reached]
    return (
        *(row.work, row.panel, row.instructions, str(row.threads), with_unit(row.ours, row.unit), row.peer),
        *(with_unit(row.theirs, row.unit), ratio, target, reached, reason(row)),
    )


def with_unit(value: float | None, unit: str) -> str:
    """`.35 s`, `120 a second`; nothing for None."""
    return "" if value is None else f"{figure(value)} {unit}"


def figure(value: float) -> str:
    """Three significant digits, without an exponent."""
    if isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def growth_table(growth: Sequence[Growth]) -> str:
    """A row a table of measurements."""
    found = []
    for each in growth:
        points = "; ".join(
            f"{v:,}: {figure(s)} s, {figure(m)} MB"
            for v, s, m in zip(each.values, each.seconds, each.megabytes, strict=True)
        )
        found.append((each.what, each.against, points, f"{each.time_exponent:.2f}", f"{each.memory_exponent:.2f}"))
    return table(("what", "against", "measured", "time's exponent", "memory's"), found)


def mappings(found: Sequence[Mapping[str, Any]]) -> str:
    """A table whose columns are the keys, in the order in which they come up."""
    columns = list(dict.fromkeys(name for each in found for name in each))
    return table(columns, [tuple(_text(each.get(name, "")) for name in columns) for each in found])


def _text(value: Any) -> str:  # noqa: ANN401  what JSON gives
    return figure(value) if isinstance(value, float) else str(value)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown; bars within cells are escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
