from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lode.errors import EvidenceError, ExpressionError
from lode.evaluation import SheetOptions, evidence_sheet
from lode.language import parse
from lode.settings import Settings, load_settings
from lode.simulate import simulate, write_market
from lode.warehouse import stop
from lode.warehouse.stores.factors import read_evidence, read_factor, read_series, record_factors
from lode.warehouse.stores.ledger import count_trials
from lode.workflow.collecting import import_file
from lode.workflow.freezing import Selection, freeze
from lode.workflow.keeping import keep_candidate
from lode.workflow.options import MiningOptions
from lode.workflow.plan import splits_of
from lode.workflow.trying import Warm, prepare, tried_in_stages
from lode.workflow.workbench import Workbench

FORMULA = "rank(-ts_delta(close, 3))"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a home with one small snapshot."""
    made = load_settings(home=tmp_path_factory.mktemp("tries"), warehouse_url=None, lake_url=None)
    yield made
    stop(made)


@pytest.fixture(scope="module")
def warm(settings: Settings) -> Iterator[Warm]:
    opened = Warm(settings)
    yield opened
    opened.forget()


@pytest.fixture(scope="module")
def snapshot(warm: Warm, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> str:
    bars: Path = tmp_path_factory.mktemp("bars") / "market.parquet"
    write_market(simulate(20, 300, plant=[("-returns", 0.1)], seed=1), bars)
    context = warm.context()
    import_file(bars, context, source="market")
    return freeze(context, Selection("market", "market", label="simulated"), context.clock()).snapshot


def event(snapshot: str, formula: str = FORMULA) -> dict:
    return {"formula": formula, "snapshot": snapshot, "options": {}}


def test_the_sheet_comes_before_what_takes_longer_and_the_ledger_before_both(warm: Warm, snapshot: str):
    context, told = warm.context(), []

    def hear(found: dict) -> None:
        told.append((count_trials(context.warehouse, [f"manual-{snapshot}"]), found))

    whole = tried_in_stages(event(snapshot), warm, hear)
    ((entered, first),) = told
    assert entered == 1
    assert first["ledger"] == {"run": f"manual-{snapshot}", "by_hand": 1, "on_vault": 1}
    assert (first["record"]["sheet"]["library"], first["record"]["sheet"]["verdicts"]) == ([], {})
    assert whole["record"]["sheet"]["library"]
    assert whole["record"]["sheet"]["verdicts"]["trials"] == 1
    assert whole["record"]["sheet"]["horizons"] == first["record"]["sheet"]["horizons"]
    sessions = whole["record"]["series"]["session"]
    assert len(sessions) == splits_of(300, MiningOptions()).validation_stop  # never the vault
    again = tried_in_stages(event(snapshot), warm, hear)
    assert again["ledger"]["by_hand"] == 1


def test_a_prepared_snapshot_is_tried_on_its_bench_and_nothing_is_entered(warm: Warm, snapshot: str):
    def tries() -> int:
        return count_trials(warm.context().warehouse, [f"manual-{snapshot}"])

    before = tries()
    assert prepare(snapshot, warm) == {"prepared": snapshot}
    assert tries() == before
    (bench,) = warm._benches.values()
    assert {"scorer", "styles", "market", "rates"} <= set(vars(bench))
    whole = tried_in_stages(event(snapshot, FORMULA), warm, lambda _: None)
    assert list(warm._benches.values()) == [bench]
    own = evidence_sheet(parse(FORMULA), bench.panel, SheetOptions())
    assert whole["record"]["sheet"]["costs"] == own.to_dict()["costs"]


def test_a_large_panel_has_no_bench_kept(snapshot: str, settings: Settings):
    small = Warm(settings.model_copy(update={"memory": 1e-6}))
    prepare(snapshot, small)
    assert small._benches == {}
    small.forget()


def test_a_try_that_cannot_be_read_enters_nothing(warm: Warm, snapshot: str):
    with pytest.raises(ExpressionError, match="unknown field `clse`"):
        tried_in_stages(event(snapshot, "rank(clse)"), warm, lambda _: None)
    assert count_trials(warm.context().warehouse, [f"manual-{snapshot}"]) <= 1


def test_what_was_tried_is_kept_as_a_candidate_without_a_p(warm: Warm, snapshot: str):
    context = warm.context()
    with pytest.raises(EvidenceError, match="was not tried"):
        keep_candidate("rank(volume)", context, snapshot=snapshot)
    tried_in_stages(event(snapshot), warm, lambda _: None)
    for _ in range(2):
        record = keep_candidate(FORMULA, context, snapshot=snapshot)
    assert read_factor(context.warehouse, record.factor) == [record]
    assert (record.state, record.run, record.direction) == ("candidate", f"manual-{snapshot}", 1)
    evidence = read_evidence(context.warehouse, record.factor, record.run)
    assert set(evidence["metric"]) == {"rank_ic", "t_nw", "coverage"}
    assert set(evidence["split"]) == {"train", "validation"}
    series = read_series(context.warehouse, record.factor, record.run)
    train = series.filter(series["split"] == "train")["rank_ic"].drop_nulls()
    value = evidence.filter(split="train", metric="rank_ic")["value"][0]
    assert np.isclose(train.mean(), value)
    assert set(series["split"]) == {"train", "validation"}


def test_a_verdict_of_a_run_stays(warm: Warm, snapshot: str):
    context = warm.context()
    tried_in_stages(event(snapshot, "rank(volume)"), warm, lambda _: None)
    kept = keep_candidate("rank(volume)", context, snapshot=snapshot)
    record_factors(context.warehouse, [replace(kept, run="r1", state="refused")])
    with pytest.raises(EvidenceError, match="refused by run r1, and that verdict stays"):
        keep_candidate("rank(volume)", context, snapshot=snapshot)


def test_the_process_itself_tries_tells_faults_and_outlives_its_warehouse(settings: Settings, snapshot: str):
    bench = Workbench(settings)
    first = bench.submit(event(snapshot, "rank(close)"))
    first.wait(120, whole=True)
    assert first.state == "done", first.message
    stop(settings)
    wrong, later = bench.submit(event(snapshot, "rank(clse)")), bench.submit(event(snapshot, "rank(low)"))
    later.wait(120, whole=True)
    assert wrong.message.startswith("unknown field `clse`; did you mean `close`")
    assert later.state == "done", later.message
    assert first.found is not None
    assert later.found is not None
    assert later.found["ledger"]["by_hand"] > first.found["ledger"]["by_hand"]
    bench.close()
