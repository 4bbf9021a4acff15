from __future__ import annotations

import json

import numpy as np
import pytest

from lode.errors import NotFoundError
from lode.evaluation import SheetOptions, evidence_sheet
from lode.language import parse
from lode.panel import Panel
from lode.simulate import simulate
from lode.workflow.context import Context
from lode.workflow.kept_sheets import read_sheet, sheet_key
from lode.workflow.sheets import OTHERS, make_sheet, sheet_record, with_sheet
from tests.workflow.homes import Mined

SERIES = {
    *("session", "rank_ic", "spread", "net_spread", "turnover", "autocorrelation"),
    *("market", "brain", "brain_net", "long_short", "long_only"),
}


@pytest.fixture
def context(mined: Mined):
    with mined.home.context() as opened:
        yield opened


@pytest.fixture(scope="module")
def sheet():
    return evidence_sheet(
        parse("rank(-ts_delta(close, 5))"), Panel.from_frame(simulate(30, 120, seed=1)), SheetOptions()
    )


def test_a_record_is_plain_json_with_every_daily_series(sheet):
    record = sheet_record(sheet)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert set(record["series"]) == SERIES
    assert {len(each) for each in (*record["series"].values(), *record["quantiles"])} == {120}
    assert record["sheet"] == sheet.to_dict()
    assert record["series"]["rank_ic"][40] == pytest.approx(sheet.daily.rank_ic[40], rel=1e-5)
    assert record["series"]["turnover"][0] is None


def test_the_spread_of_the_record_is_top_less_bottom_less_cost(sheet):
    record = sheet_record(sheet)
    top, bottom, spread, net = (
        np.array(each, dtype=float)
        for each in (
            *(record["quantiles"][place] for place in (-1, 0)),
            *(record["series"][name] for name in ("spread", "net_spread")),
        )
    )
    known = np.isfinite(spread)
    assert np.allclose((top - bottom)[known], spread[known], atol=1e-7)
    assert (net[known] < spread[known]).all()
    assert (spread - net)[known].max() <= 4 * 10e-4 + 1e-9


def test_moments_are_told_by_split(sheet):
    days = sheet.daily.sessions
    record = sheet_record(sheet, splits={"train": (days[0].item(), days[79].item())})
    whole, train = record["rank_ic"]
    known = sheet.daily.rank_ic[:80]
    known = known[np.isfinite(known)]
    assert (whole["split"], train["split"], train["sessions"]) == ("all", "train", known.size)
    assert train["mean"] == pytest.approx(known.mean())
    assert train["positive"] == pytest.approx((known > 0).mean())
    assert record["splits"] == [{"split": "train", "first": str(days[0]), "last": str(days[79])}]


def test_a_run_keeps_the_sheets_of_the_proven_and_of_the_first_others(mined: Mined, context: Context):
    run, proven = mined.result["run"], [factor["id"] for factor in mined.result["proven"]]
    kept = [key.rpartition("/")[2].removesuffix(".json") for key in context.lake.list(f"runs/{run}/sheets")]
    assert set(proven) <= set(kept)
    for factor in kept:
        record = read_sheet(context.lake, run, factor)
        assert record is not None
        spans = [span["split"] for span in record["splits"]]
        assert spans == (["train", "validation", "vault"] if factor in proven else spans)
        assert record["series"]["session"][-1] >= record["splits"][-1]["last"]


def test_no_session_of_a_vault_that_stayed_closed_is_read(mined: Mined, context: Context):
    run = mined.result["run"]
    refused = next(row["id"] for row in mined.result["refused"] if row["reason"].startswith("validation"))
    record = make_sheet(context, run, refused)
    vault_first = context.load(f"runs/{run}/plan.json")["vault_sessions"][0]
    assert [span["split"] for span in record["splits"]] == ["train", "validation"]
    assert max(record["series"]["session"]) < vault_first
    assert record["sheet"]["last_session"] < vault_first


def test_a_sheet_is_made_once(mined: Mined, context: Context):
    run, factor = mined.result["run"], mined.result["refused"][-1]["id"]
    first = make_sheet(context, run, factor)
    before = context.lake.get(sheet_key(run, factor))
    assert make_sheet(context, run, factor) == first == read_sheet(context.lake, run, factor)
    assert context.lake.get(sheet_key(run, factor)) == before


def test_a_sheet_shows_the_bet(mined: Mined, context: Context):
    proven = mined.result["proven"][0]
    record = read_sheet(context.lake, mined.result["run"], proven["id"])
    assert record is not None
    by_split = {row["split"]: row["mean"] for row in record["rank_ic"]}
    for split in ("train", "validation", "vault"):
        assert by_split[split] == pytest.approx(proven["direction"] * proven[split]["rank_ic"], rel=1e-6)


def test_a_sheet_is_compared_with_the_library_and_the_other_proven_factors(mined: Mined, context: Context):
    run, proven = mined.result["run"], [row["id"] for row in mined.result["proven"]]
    refused = next(row["id"] for row in mined.result["refused"] if row["reason"].startswith("validation"))
    for factor in (proven[0], refused):
        sheet = make_sheet(context, run, factor)["sheet"]
        known = [each["name"] for each in sheet["pool"]]
        assert factor not in known
        assert set(known) <= set(proven)
        assert "technical.weekly_reversal" in {each["name"] for each in sheet["library"]}
        assert {"pbo", "spa_p"} <= {name for name, value in sheet["verdicts"].items() if value is not None}
        gate = next(each for each in sheet["gates"] if each["name"] == "self-correlation")
        assert gate["value"] == (pytest.approx(max(abs(each["returns"]) for each in sheet["pool"])) if known else None)


def test_a_factor_that_the_run_did_not_judge_is_said(mined: Mined, context: Context):
    with pytest.raises(NotFoundError, match="did not judge factor 'abc'"):
        make_sheet(context, mined.result["run"], "abc")


def test_sheets_are_for_the_proven_candidates_and_a_few_others_where_memory_allows():
    states = ["refused"] * 12 + ["proven", "candidate"]
    judged = [{"id": str(place), "state": state} for place, state in enumerate(states)]
    assert with_sheet(judged, 1000, 100, 1 << 30) == {*map(str, range(OTHERS)), "12", "13"}
    assert with_sheet(judged, 2520, 3000, 1 << 30) == set()
