from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from lode.evaluation import SheetOptions
from lode.evaluation.known import known_library
from lode.language import expression_id, parse
from lode.warehouse.stores.market_factors import insert_market_factors
from lode.workflow.context import Context
from lode.workflow.manual import evaluate_by_hand, open_panel
from lode.workflow.referring import judged_subject, references
from tests.evidence.conftest import make_panel
from tests.workflow.homes import Mined


@pytest.fixture
def context(mined: Mined):
    with mined.home.context() as opened:
        yield opened


def test_market_factors_stop_where_the_panel_does(mined: Mined, context: Context) -> None:
    panel = open_panel(context, mined.result["snapshot"])
    days = pl.Series(panel.sessions).cast(pl.Date)
    after = pl.date_range(days[-1], days[-1].replace(year=days[-1].year + 1), eager=True)[1:]
    rows = pl.DataFrame({"session": pl.concat([days[1:], after])}).with_columns(
        factor=pl.lit("smb"), value=pl.lit(0.01), vintage=pl.lit("202601")
    )
    insert_market_factors(context.warehouse, rows, source="french", known_at=datetime(2026, 1, 2, tzinfo=UTC))
    series = references(context, panel, "").market_factors["smb"]
    assert np.isnan(series[0])
    assert (series[1:] == 0.01).all()
    assert series.shape == panel.sessions.shape
    assert evaluate_by_hand("rank(volume)", context, snapshot=mined.result["snapshot"]).market_factors is not None


def test_nothing_is_compared_with_itself(mined: Mined, context: Context) -> None:
    panel = open_panel(context, mined.result["snapshot"])
    proven = [factor["id"] for factor in mined.result["proven"]]
    assert sorted(references(context, panel, "").pool) == sorted(proven)
    weekly = known_library(panel)["technical.weekly_reversal"]
    assert "technical.weekly_reversal" not in references(context, panel, expression_id(weekly)).library
    assert proven[0] not in references(context, panel, proven[0]).pool


def test_what_is_taken_out_is_checked_for_leaks_too() -> None:
    rng = np.random.default_rng(0)
    close = np.exp(rng.normal(0, 0.02, (400, 12)).cumsum(axis=0))
    panel = make_panel(close, volume=rng.lognormal(9, 1, close.shape))
    plain, asked = parse("rank(volume)"), SheetOptions(neutralize="beta")
    subject = judged_subject(plain, asked)
    assert set(subject.fields) == {"close", "volume"}
    assert subject.lookback > 250
    past = subject.evaluate(panel.slice(0, 300))
    np.testing.assert_array_equal(past, subject.evaluate(panel)[:300])
    assert judged_subject(plain, SheetOptions()).lookback == 0
