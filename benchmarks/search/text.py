"""benchmarks/search.md, and what the benchmark's page says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from benchmarks.search.part import LODE, Line, lines_of

BASES = {
    "candidates": "At an equal number of scored candidates: {candidates:,}",
    "seconds": "At equal processor time: {seconds:g} s",
}
RANK_ICS = ("ten_train", "ten_validation", "pool_train", "pool_validation")
COLUMNS = (
    "method",
    "best ten, train",
    "best ten, validation",
    "pool, train",
    "pool, validation",
    "planted, recovered",
    "candidates",
    "processor s",
)
OPENING = """# The search beside its peers

`make bench ARGS="{mode} --only search"` measured this ({measured}; {machine}; {peers}).

{seeds} a method, mean ± standard deviation over them; the markets stay the same. The real panel is searched in
{stretches} stretches of time, each with names of its own, and a figure is the mean over them. Splits are 60/20/20
with purge and embargo, horizon 1, delay 1. No method gets a session of the vault; a search gets labels of train alone.

**Figures** are mean daily rank ICs. *Best ten*: the ten candidates with the largest |t| on train, in train's
direction. *Pool*: the 40 finalists (chosen on train as a run chooses them, whoever made the candidates), joined by
ridge weights that are fitted on train. *Recovered*: planted factors whose values have a |mean rank correlation| of .7
or more with a finalist's. Every method's values are judged by the same code; what a peer computes comes as arrays from
a process of its own.

The deviation is over seeds alone. Validation is the same sessions for all of them: a rank IC over it has a standard
error of its own, about .12 over the root of its sessions (.009 for 190 of them, .005 for the stretches of the real
panel together), and differences below that tell little.

**Methods.** Lode's searchers run as a run drives them, one shard, no racing, every candidate scored whole; all but
random begin, as a run does, with published formulas, at most a tenth of their candidates. The 101
formulas are those that the panel has the fields for, once, without any search, in both comparisons. gplearn breeds in
ten generations at an equal number of candidates, and goes on from there until its time is over. *flat*: as it comes,
on the panel's fields as columns, one row a session and name, its own functions and its pooled Spearman correlation.
*rolling*: with the mean, deviation, least, largest, rank, change, lag and correlation over 5, 10, 20 and 60 sessions
and the rank over names added by `make_function` (the flat vector is shaped to sessions × names and back), the |mean
daily rank IC| of train as its fitness, and a tenth of its usual charge for length, which is made for larger
fitnesses. pyoperon (Operon) takes no fitness of ours: it regresses the standardised daily ranks of returns on the
same columns, and offers its last population. A peer hands over its best {kept} candidates of distinct fitness, by its
own fitness, from all generations where it keeps them. Time is processor seconds of the search without start-up and
without judging; gplearn ends with the generation in which they run out, and Operon is given as many evaluations as
they should suffice for by its first run. PySR is not here: it needs Julia, which is no part of the package index.
"""
ABSENT = "_{method}: {note}_"


def page(stored: Mapping[str, Any]) -> str:
    """The page's text."""
    lines, plan = lines_of(stored), stored["plan"]
    seeds = f"{plan['seeds']} seeds" if plan["seeds"] > 1 else "One seed"
    parts = [
        OPENING.format(
            mode=stored["mode"], seeds=seeds, stretches=plan.get("stretches", 1), kept=plan["kept"], **_where(stored)
        )
    ]
    parts.append("## Where Lode's pool is ahead\n\n" + verdicts(lines))
    for basis, title in BASES.items():
        parts.append(f"## {title.format(**plan)}")
        for panel in _panels(lines):
            here = [line for line in lines if (line.panel, line.basis) == (panel, basis)]
            parts += [f"### {panel}", _table(here)]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _where(stored: Mapping[str, Any]) -> dict[str, str]:
    return {name: stored[name] for name in ("measured", "machine", "peers")}


def section(stored: Mapping[str, Any]) -> str:
    """What README.md says: the verdicts, and where the tables are."""
    if not stored:
        return "Not measured yet (`--only search`)."
    said = f"The tables, and what each method is, stand in [search.md](search.md) ({stored['mode']})."
    return f"{said}\n\n{verdicts(lines_of(stored))}"


def verdicts(lines: Sequence[Line]) -> str:
    """A line a panel and kind of budget: whom Lode's pool is ahead of on validation, and whom not."""
    found = []
    for panel in _panels(lines):
        for basis in BASES:
            here = [line for line in lines if (line.panel, line.basis) == (panel, basis)]
            found.append(f"- **{panel}**, equal {basis}: {verdict(here)}")
    return "\n".join(found)


def verdict(lines: Sequence[Line]) -> str:
    """Whom the pool of Lode's default search is ahead of, by the mean rank IC of validation."""
    pools = {line.method: line.figures["pool_validation"][0] for line in lines if line.figures}
    own = pools.pop(LODE, None)
    if own is None:
        return "; ".join(dict.fromkeys(line.note for line in lines if line.note)) or "not measured"
    # A pool that could not be made says nothing, and so is behind.
    ahead = [name for name, other in pools.items() if not other >= own]
    behind = [f"{name} ({other:+.4f})" for name, other in pools.items() if other >= own]
    parts = [f"the pool of {LODE} has {own:+.4f}"]
    parts += [f"ahead of {', '.join(ahead)}"] if ahead else []
    parts += [f"**not** of {', '.join(behind)}"] if behind else []
    parts += [f"{line.method} {line.note.partition(':')[0]}" for line in lines if line.note]
    return "; ".join(parts) + "."


def _panels(lines: Sequence[Line]) -> list[str]:
    return list(dict.fromkeys(line.panel for line in lines))


def _table(lines: Sequence[Line]) -> str:
    rows = [COLUMNS, ("---",) * len(COLUMNS), *(_cells(line) for line in lines if line.figures)]
    text = "\n".join(f"| {' | '.join(row)} |" for row in rows) if any(line.figures for line in lines) else ""
    notes = [ABSENT.format(method=line.method, note=line.note) for line in lines if line.note]
    return "\n\n".join(part for part in (text, *notes) if part)


def _cells(line: Line) -> tuple[str, ...]:
    figures = line.figures
    return (
        line.method,
        *(_spread(figures[name], ".4f", line.seeds) for name in RANK_ICS),
        _spread(figures["recovered"], ".1f", line.seeds),
        f"{figures['scored'][0]:,.0f}",
        f"{figures['seconds'][0]:.1f}",
    )


def _spread(figure: tuple[float, float], digits: str, seeds: int) -> str:
    mean, deviation = figure
    if not isfinite(mean):
        return "–"
    return f"{mean:{digits}} ± {deviation:{digits}}" if seeds > 1 else f"{mean:{digits}}"
