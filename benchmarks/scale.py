"""What the largest runs need, from this project's own rates: vCPU-hours, requests, rows, dollars; what breaks first.

    python -m benchmarks.scale             # the tables, from the rates of benchmarks/scale.json
    python -m benchmarks.scale --measure   # measure the rates anew, on a machine with nothing else to do
    python -m benchmarks.scale --write     # put the tables into docs/explanation/scale.md

A figure is measured here, published by whoever sets the limit, or assumed; the page says which. What lies beyond what
was measured is extrapolated in proportion to the panel's cells from the largest panel that was measured.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.parts import put
from lode.deploy.deployment import SIZES, Deployment
from lode.deploy.prices import PRICES
from lode.lake import Lake
from lode.settings import load_settings
from lode.simulate import simulate, write_market
from lode.warehouse import open_warehouse, stop
from lode.workflow.context import Context, Event
from lode.workflow.gathering import BATCH
from lode.workflow.mining import GENERATION, mine_recorded
from lode.workflow.plan import EPOCHS, load_plan
from lode.workflow.run import execute

FOLDER = Path(__file__).parent
RATES, PAGE = FOLDER / "scale.json", FOLDER.parent / "docs" / "explanation" / "scale.md"
HOUR, DAY = 3600.0, 86400.0
YEAR = 252  # sessions
MINUTES = 390  # of a session

# --- measuring


class CountingLake(Lake):
    """A lake that counts what each call would ask of S3, by the kind that S3 prices and by the step."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.asked: Counter[str] = Counter()

    def claim(self, key: str, body: bytes) -> bool:
        self.asked["write"] += 1
        return super().claim(key, body)

    def get(self, key: str) -> bytes:
        self.asked["read"] += 1
        return super().get(key)

    def exists(self, key: str) -> bool:
        self.asked["read"] += 1
        return super().exists(key)

    def list(self, prefix: str) -> list[str]:
        self.asked["write"] += 1  # priced as one
        return super().list(prefix)

    def _copy(self, key: str, path: Path) -> None:
        self.asked["copy"] += 1
        super()._copy(key, path)


@dataclass
class InProcess:
    """Runs shards one after the other in this process, so that its lake counts what they ask."""

    context: Context
    asked: Counter[str]

    def run(self, events: Sequence[Event], report: Any) -> list[Event]:  # noqa: ANN401  the protocol's
        lake = self.context.lake
        assert isinstance(lake, CountingLake)
        before = lake.asked.copy()
        results = [mine_recorded(event, self.context) for event in events]
        self.asked.update(lake.asked - before)
        report(0, "")
        return results


def mining_requests(candidates: int, shards: int) -> tuple[int, int]:
    """Return the (writes, reads) of a run's shards, in all epochs, as the code makes them; the panel's copies aside.

    A shard reads its plan twice and the panel's description, looks whether it is done, and writes and reads back its
    result; a generation is looked for, written and read back. From the second epoch on every shard reads every
    generation that was before.
    """
    writes = reads = 0
    generations: list[int] = []
    for epoch in range(EPOCHS):
        budgets = [_budget(candidates, shards, epoch, shard) for shard in range(shards)]
        own = sum(math.ceil(budget / GENERATION) for budget in budgets)
        writes += own + shards
        reads += 2 * own + 5 * shards + shards * sum(shards + before for before in generations)
        generations.append(own)
    return writes, reads


def _budget(candidates: int, shards: int, epoch: int, shard: int) -> int:
    parts = EPOCHS * shards
    return candidates // parts + (epoch * shards + shard < candidates % parts)


def count_requests(home: Path, prices: Path, candidates: int, shards: int) -> dict[str, int]:
    """Run once in this process; return the requests of the shards and of everything else."""
    settings = load_settings(home=home, warehouse_url=None, lake_url=None, log_level="warning")
    lake = CountingLake(settings.lake)
    request = {"source": str(prices), "options": {"candidates": candidates, "shards": shards}}
    with open_warehouse(settings) as warehouse:
        context = Context(settings, lake, warehouse)
        executor = InProcess(context, Counter())
        result = execute(request, context, executor)
        assert load_plan(context, result["run"]).options.shards == shards
    mined = executor.asked
    rest = lake.asked - mined
    return {
        "mine writes": mined["write"],
        "mine reads": mined["read"],
        "other writes": rest["write"],
        "other reads": rest["read"],
    }


PANELS = ((100, 2520), (500, 630), (500, 2520), (2000, 1260))
_CANDIDATES = 400


def measure() -> dict[str, Any]:
    """Run small markets, each in processes of its own; read from the warehouse what they took and what they weigh."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        settings = load_settings(home=folder / "home", warehouse_url=None, lake_url=None)
        for names, sessions in PANELS:
            prices = folder / f"n{names}x{sessions}.parquet"
            write_market(simulate(names, sessions, plant=[("-returns", 0.1)], seed=3), prices)
            _lode(settings.home, "run", "--source", prices, "--candidates", _CANDIDATES, "--shards", 1)
        with open_warehouse(settings) as warehouse:
            steps = warehouse.query(
                "SELECT r.source AS source, s.step AS step, sum(s.cpu_seconds) AS cpu, sum(s.rows) AS rows, "
                "max(s.peak_memory) AS memory "
                "FROM run_steps AS s FINAL JOIN runs AS r FINAL ON r.run = s.run GROUP BY source, step"
            ).to_dicts()
            parts = warehouse.query(
                "SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes FROM system.parts "
                "WHERE active AND database = currentDatabase() GROUP BY table HAVING rows > 500"
            ).to_dicts()
        counted = count_requests(settings.home, folder / "n100x2520.parquet", 2 * _CANDIDATES, 2)
        stop(settings)
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "requests": counted,
        "panels": _by_panel(steps),
        "bytes a row": {part["table"]: round(part["bytes"] / part["rows"], 1) for part in parts},
    }


def _lode(home: Path, *words: object) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LODE_")}
    environment = kept | {"LODE_HOME": str(home), "LODE_LOG_LEVEL": "warning"}
    command = [sys.executable, "-m", "lode.cli", *map(str, words), "--json"]
    subprocess.run(command, env=environment, cwd=home.parent, stdout=subprocess.DEVNULL, check=True)


def _by_panel(steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each panel took: seconds of processor a candidate and of the light steps, MB of a shard and of them."""
    panels = []
    for names, sessions in PANELS:
        own = {s["step"]: s for s in steps if s["source"] == f"n{names}x{sessions}"}
        light = {step: own[step] for step in LIGHT}
        panels.append(
            {
                "names": names,
                "sessions": sessions,
                "candidate": round(own["mine"]["cpu"] / own["mine"]["rows"], 5),
                "shard MB": round(own["mine"]["memory"] / 2**20),
                "step MB": round(max(step["memory"] for step in light.values()) / 2**20),
                **{name: round(step["cpu"], 2) for name, step in light.items()},
            }
        )
    return panels


# --- extrapolating


class Rates:
    """The measured rates, as functions of a panel's cells (names × sessions)."""

    def __init__(self, measured: dict[str, Any]) -> None:
        self.measured = measured
        self._panels = sorted(measured["panels"], key=_cells)

    def bytes_a_row(self, table: str) -> float:
        """Return what a row takes on disk."""
        return float(self.measured["bytes a row"][table])

    def of(self, what: str, cells: float) -> float:
        """Return a figure of the nearest panel above, or of the largest in proportion to the cells."""
        above = [panel for panel in self._panels if _cells(panel) >= cells]
        if above:
            return float(above[0][what])
        largest = self._panels[-1]
        return float(largest[what]) * cells / _cells(largest)

    def memory(self, what: str, cells: float) -> float:
        """Return MB: what a process has anyway, and in proportion what the two largest panels differ by."""
        smallest, largest = self._panels[0], self._panels[-1]
        slope = (largest[what] - smallest[what]) / (_cells(largest) - _cells(smallest))
        return float(smallest[what] + slope * max(0.0, cells - _cells(smallest)))


def _cells(panel: dict[str, Any]) -> int:
    return int(panel["names"] * panel["sessions"])


@dataclass(frozen=True)
class Case:
    """A run: its panel, candidates and shards; documents: filings a company."""

    name: str
    names: int
    sessions: int
    candidates: int
    shards: int
    years: int
    bars_a_session: int = 1

    @property
    def cells(self) -> int:
        """Of the panel."""
        return self.names * self.sessions * self.bars_a_session


CASES = (
    Case("500 names × 10 years, 20,000 candidates", 500, 10 * YEAR, 20_000, 4, 10),
    Case("60,000 names × 30 years, daily; 20,000 candidates", 60_000, 30 * YEAR, 20_000, 64, 30),
    Case("500 names × 5 years of minutes; 20,000 candidates", 500, 5 * YEAR, 20_000, 64, 5, MINUTES),
    Case("500 names × 10 years, 10⁹ candidates", 500, 10 * YEAR, 1_000_000_000, 1_000, 10),
)
LIGHT = ("collect", "snapshot", "select", "prove", "publish")
DESK = Deployment(**SIZES["desk"])
_FINALISTS = 40
# Assumed: companies among the names (the SEC knows about so many that file), and documents a company and year.
_COMPANIES, _DOCUMENTS = 10_000, 25
_PANEL_OBJECTS = 2  # that a shard copies before it begins
_TRIAL_MEMORY = 700  # bytes of a trial as a Python object, with its texts: sys.getsizeof of one and its parts
_SELECT_SECONDS = 1e-5  # a trial, beside the panel's values: read, parsed, sorted
_EVENTS_A_BATCH = 11  # of the execution's history: counted in the machine's definition
_BYTES_A_BATCH = 180  # of the machine's state: {collector, place, symbols, since, until}


def needs(case: Case, rates: Rates) -> dict[str, float]:
    """Return what a run needs; times in seconds, memory in GB."""
    writes, reads = mining_requests(case.candidates, case.shards)
    other = rates.measured["requests"]
    cpu = case.candidates * rates.of("candidate", case.cells)
    memory = rates.memory("shard MB", case.cells) / 1024
    bars = float(case.cells)
    series = float(_FINALISTS * case.sessions * case.bars_a_session)
    disk = (
        bars * rates.bytes_a_row("bars")
        + case.candidates * rates.bytes_a_row("trials")
        + series * rates.bytes_a_row("factor_series")
    )
    select = rates.of("select", case.cells) + _SELECT_SECONDS * case.candidates
    return {
        "vCPU-hours": cpu / HOUR,
        "hours (1,024 vCPUs at most)": cpu / HOUR / min(case.shards, DESK.max_vcpus),
        "S3 writes": writes + other["other writes"],
        "S3 reads": reads + other["other reads"] + EPOCHS * case.shards * _PANEL_OBJECTS,
        "rows": bars + case.candidates + series,
        "warehouse GB": disk / 1e9,
        "GB of a shard": memory,
        "GB of a step": rates.memory("step MB", case.cells) / 1024 + case.candidates * _TRIAL_MEMORY / 2**30,
        "seconds of a step": max(select, *(rates.of(step, case.cells) for step in LIGHT)),
    }


def dollars(need: dict[str, float]) -> dict[str, float]:
    """Return what a run costs once (Fargate spot, requests) and its rows a month (three replicas' gp3)."""
    hours = need["vCPU-hours"]
    compute = hours * (
        PRICES["fargate spot vcpu"].dollars + need["GB of a shard"] * PRICES["fargate spot memory"].dollars
    )
    requests = need["S3 writes"] * PRICES["s3 write"].dollars + need["S3 reads"] * PRICES["s3 read"].dollars
    disk = DESK.replicas * need["warehouse GB"] * PRICES["gp3"].dollars
    return {"$ compute": compute, "$ requests": requests, "$ disk a month": disk}


@dataclass(frozen=True)
class Limit:
    """Something that ends growth: what a run needs of it, how much there is, whose limit it is, what moves it."""

    name: str
    needed: float
    allowed: float
    whose: str
    moved_by: str

    @property
    def used(self) -> float:
        """The share of what there is that a run needs; above 1 it breaks."""
        return self.needed / self.allowed


def limits(case: Case, rates: Rates) -> list[Limit]:
    """Return every limit that the run comes near, the first to break first. Of a day where it is about time."""
    need = needs(case, rates)
    batches = sum(math.ceil(case.names / size) for size in BATCH.values())
    companies = min(case.names, _COMPANIES)
    inserts = min(case.shards, DESK.max_vcpus) / (GENERATION * rates.of("candidate", case.cells))
    filings = companies * (2 + _DOCUMENTS * case.years)
    busy = max(need["hours (1,024 vCPUs at most)"] * HOUR, 1.0)
    return sorted(
        [
            Limit("array job's children", case.shards, 10_000, "AWS Batch", "--shards"),
            Limit(
                "GB of a shard", need["GB of a shard"], 120, "Fargate, 16 vCPUs", 'job_memory; above it compute = "ec2"'
            ),
            Limit("GB of a light step", need["GB of a step"], 10, "AWS Lambda", _ELSEWHERE),
            Limit("seconds of a light step", need["seconds of a step"], 900, "AWS Lambda", _ELSEWHERE),
            Limit("bytes of the machine's state", batches * _BYTES_A_BATCH, 256 * 1024, "AWS Step Functions", _BATCHES),
            Limit("events of an execution", batches * _EVENTS_A_BATCH, 25_000, "AWS Step Functions", _BATCHES),
            Limit(
                "days of Yahoo's first collection",
                case.names / 4 / DAY,
                1,
                "this project's rate (assumed polite)",
                "yahoo_rate",
            ),
            Limit(
                "days of SEC's first collection",
                filings / 8 / DAY,
                1,
                "SEC: 10 requests a second",
                "nothing: a first `lode collect filings` over days, then the daily index",
            ),
            Limit("days of web searches", case.names / 1 / DAY, 1, "the provider", "news_rate, another provider"),
            Limit(
                "inserts a second",
                inserts,
                20,
                "ClickHouse: parts are merged slower (assumed)",
                "max_vcpus; GENERATION in lode.workflow.mining",
            ),
            Limit(
                "S3 reads a second of one prefix",
                need["S3 reads"] / busy,
                5_500,
                "Amazon S3",
                "fewer --shards: every shard reads all of the epoch before",
            ),
            Limit("warehouse GB", need["warehouse GB"], DESK.volume, "the volume of desk", "volume"),
            Limit(
                "days of mining",
                need["hours (1,024 vCPUs at most)"] / 24,
                1,
                "a run's limit in the machine",
                "max_vcpus and --shards",
            ),
        ],
        key=lambda limit: -limit.used,
    )


_ELSEWHERE = "`lode run` on one large machine with the deployment's lake and warehouse, shards by ray"
_BATCHES = "BATCH in lode.workflow.gathering; `lode collect` by parts of the universe before the run"


# --- the page


def inputs_table(rates: Rates) -> str:
    """Return what was measured, with its date."""
    head = ["names × sessions", "ms a candidate", "MB a shard", "MB a step", *(f"{step} s" for step in LIGHT)]
    rows = [
        [
            f"{p['names']:,} × {p['sessions']:,}",
            f"{1000 * p['candidate']:.1f}",
            f"{p['shard MB']:,}",
            f"{p['step MB']:,}",
            *(f"{p[step]:.1f}" for step in LIGHT),
        ]
        for p in rates.measured["panels"]
    ]
    weights = ", ".join(f"{table} {size:g}" for table, size in sorted(rates.measured["bytes a row"].items()))
    return (
        f"Measured here on {rates.measured['measured']}, processor seconds of one core:\n\n{_table(head, rows)}\n\n"
        f"Bytes a row in ClickHouse: {weights}. Requests of a run beside its shards: "
        f"{rates.measured['requests']['other writes']} writes, {rates.measured['requests']['other reads']} reads."
    )


def cases_table(rates: Rates) -> str:
    """Return what each case needs and costs."""
    found = [needs(case, rates) for case in CASES]
    lines = [need | dollars(need) for case, need in zip(CASES, found, strict=True)]
    return _table(
        ["run", *lines[0]], [[case.name, *map(_short, line.values())] for case, line in zip(CASES, lines, strict=True)]
    )


def limits_table(rates: Rates) -> str:
    """Return of each case the limits that break, or the one that is nearest."""
    head = ["run", "limit", "needs", "there is", "×", "whose", "moved by"]
    rows = []
    for case in CASES:
        every = limits(case, rates)
        for limit in [one for one in every if one.used > 1] or every[:1]:
            numbers = [_short(limit.needed), _short(limit.allowed), _short(limit.used)]
            rows.append([case.name, limit.name, *numbers, limit.whose, limit.moved_by])
    return _table(head, rows)


def _short(number: float) -> str:
    if number >= 1e9:
        return f"{number / 1e9:,.1f} billion"
    if number >= 1e6:
        return f"{number / 1e6:,.1f} million"
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def main(arguments: Sequence[str]) -> int:
    """Print the cases as JSON lines; measure or write what is asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.measure:
        RATES.write_text(json.dumps(measure(), indent=1) + "\n")
    rates = Rates(json.loads(RATES.read_text()))
    for case in CASES:
        need = needs(case, rates)
        first = limits(case, rates)[0]
        line = {"run": case.name, **need, **dollars(need), "first": first.name, "times": first.used}
        print(json.dumps({name: round(v, 3) if isinstance(v, float) else v for name, v in line.items()}))
    if asked.write:
        page = PAGE.read_text()
        for name, table in (("rates", inputs_table), ("cases", cases_table), ("limits", limits_table)):
            page = put(page, name, table(rates))
        PAGE.write_text(page)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
