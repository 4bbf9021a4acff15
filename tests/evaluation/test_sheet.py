import json
import math
from dataclasses import replace

import numpy as np
import pytest

from lode.engine import Evaluator
from lode.errors import UsageError
from lode.evaluation import (
    Bench,
    Identity,
    evidence_at,
    evidence_sheet,
    forward_returns,
    newey_west_t,
    quantile_returns,
    sheet_of,
)
from lode.evaluation.ic import daily_rank_ic
from lode.language import Field, parse
from tests.evidence.conftest import make_panel

REVERSAL = parse("rank(-ts_delta(close, 1) / ts_delay(close, 1))")
KEYS = {
    "expression", "canonical", "id", "lookback", "unit", "fields", "coverage", "horizons", "quantiles", "turnover",
    "rank_autocorrelation", "half_life_sessions", "portfolio", "exposures", "neutral_rank_ic", "fama_macbeth",
    "leak_check", "options", "sessions", "names", "first_session", "last_session", "books", "gates", "costs", "years",
    "per_name", "market_factors", "library", "pool", "verdicts", "source", "snapshot",
}  # fmt: skip


def test_json_has_the_keys_of_the_interface(reversal_market, options):
    told = json.loads(json.dumps(evidence_sheet(REVERSAL, reversal_market, options).to_dict(), allow_nan=False))
    assert set(told) == KEYS
    assert list(told["horizons"]) == ["1", "2", "5", "10", "20", "60"]
    assert {"ic", "rank_ic", "icir", "t_nw"} <= set(told["horizons"]["1"])
    assert set(told["portfolio"]) == {"sharpe", "return", "drawdown", "turnover", "fitness", "net_sharpe"}
    assert {"count", "mean_return", "spread", "spread_t_nw"} <= set(told["quantiles"])
    assert set(told["exposures"]) == {"beta", "momentum", "short_term_reversal", "size", "sector"}
    assert (told["fields"], told["lookback"], told["unit"], told["leak_check"]) == (
        ["close"],
        1,
        "rank",
        "not checkable",
    )


def test_planted_reversal_shows_everywhere(reversal_market, options):
    sheet = evidence_sheet(REVERSAL, reversal_market, options)
    assert sheet.horizons[1][1].mean > 0.15
    assert sheet.horizons[1][1].t_nw > 10
    assert list(sheet.quantiles.mean_returns) == sorted(sheet.quantiles.mean_returns)
    assert sheet.quantiles.spread.t > 8
    assert sheet.portfolio.sharpe > 5
    assert sheet.portfolio.sharpe > sheet.portfolio.net_sharpe
    assert sheet.neutral_rank_ic > 0.1
    assert sheet.fama_macbeth.t > 8
    assert sheet.half_life_sessions < 1
    assert 0.7 < sheet.turnover <= 1


def test_figures_are_those_of_the_pieces(reversal_market, options):
    values = np.random.default_rng(0).standard_normal(reversal_market.shape).astype(np.float32)
    identity = Identity.of(Field("close"), reversal_market)
    sheet = sheet_of(values, reversal_market, identity, options)
    rank_ic = daily_rank_ic(values, forward_returns(reversal_market, horizon=5), min_names=10)
    assert sheet.horizons[5][1].t_nw == newey_west_t(rank_ic, horizon=5).t
    assert sheet.coverage == pytest.approx(1)


def test_horizon_of_the_run_is_added(reversal_market, options):
    chosen = type(options)(**vars(options) | {"horizon": 3})
    sheet = evidence_sheet(REVERSAL, reversal_market, chosen)
    assert list(sheet.horizons) == [1, 2, 3, 5, 10, 20, 60]
    assert sheet.quantiles.spread.horizon == 3


def test_rows_that_are_not_given_do_not_matter(reversal_market, options):
    part = evidence_sheet(REVERSAL, reversal_market.slice(0, 300), options).to_dict()
    close = reversal_market.fields["close"].copy()
    close[300:] = 1e6
    poisoned = make_panel(close, volume=reversal_market.fields["volume"], groups=dict(reversal_market.groups))
    assert evidence_sheet(REVERSAL, poisoned.slice(0, 300), options).to_dict() == part


@pytest.mark.parametrize(
    "values",
    [
        np.ones((80, 30)),
        np.full((80, 30), np.nan),
        np.where(np.arange(30) == 3, 1.0, np.nan) * np.ones((80, 1)),  # one name
        np.where(np.arange(80)[:, None] < 20, np.arange(30) % 3, np.nan),  # ties, then nothing
        np.tile(np.arange(30.0), (80, 1)),
        np.where(np.arange(30) < 15, np.inf, np.arange(30)) * np.ones((80, 1)),
    ],
)
@pytest.mark.parametrize("market", ["walk", "still", "empty"])
def test_degenerate_factors_give_numbers_or_nothing(values, market, options):
    walk = np.exp(np.cumsum(0.02 * np.random.default_rng(0).standard_normal((80, 30)), axis=0))
    panel = make_panel({"walk": walk, "still": np.ones((80, 30)), "empty": np.full((80, 30), np.nan)}[market])
    sheet = sheet_of(values.astype(np.float32), panel, Identity.of(Field("close"), panel), options)
    told = json.dumps(sheet.to_dict(), allow_nan=False)
    assert "leak_check" in told
    assert "nan" not in str(sheet)
    for _, rank_ic in sheet.horizons.values():
        assert math.isnan(rank_ic.t_nw) or abs(rank_ic.t_nw) < 100


def test_one_name_has_no_rank_ic(options):
    panel = make_panel(np.exp(np.cumsum(0.02 * np.random.default_rng(0).standard_normal((80, 1)), axis=0)))
    told = evidence_sheet(REVERSAL, panel, options).to_dict()
    assert {told["horizons"]["1"][key] for key in ("ic", "rank_ic", "icir", "t_nw")} == {None}
    assert told["portfolio"]["sharpe"] is None


def test_html_is_escaped(reversal_market, options):
    identity = Identity("<script>alert(1)</script>", "x", "0", 0, "rank", ("close",))
    sheet = sheet_of(reversal_market.fields["close"], reversal_market, identity, options)
    for page in (sheet._repr_html_(), sheet.to_html()):
        assert "<script>" not in page
        assert "&lt;script&gt;" in page
    assert "http" not in sheet.to_html()


def test_leak_check_is_the_callers(reversal_market, options):
    sheet = evidence_sheet(REVERSAL, reversal_market, options).with_leak_check("passed")
    assert sheet.to_dict()["leak_check"] == "passed"


def test_units_that_do_not_fit_are_undefined(reversal_market, options):
    assert evidence_sheet(parse("close + volume"), reversal_market, options).to_dict()["unit"] == "undefined"


def test_columns_of_the_users_own_have_no_unit(options):
    walk = np.exp(np.cumsum(0.02 * np.random.default_rng(0).standard_normal((80, 30)), axis=0))
    panel = make_panel(walk, mine=walk)
    assert evidence_sheet(parse("rank(mine / close)", {"mine", "close"}), panel, options).identity.fields == (
        "close",
        "mine",
    )


def test_books_are_filled_where_it_is_asked(reversal_market, options):
    panel = make_panel(
        reversal_market.fields["close"],
        open=reversal_market.fields["close"] * 1.01,
        volume=reversal_market.fields["volume"],
    )
    close, opened = (evidence_sheet(REVERSAL, panel, replace(options, fill=fill)) for fill in ("close", "open"))
    assert close.horizons[1][1].mean == opened.horizons[1][1].mean
    assert close.books["brain"].sharpe != opened.books["brain"].sharpe
    assert "filled at the open 1 session later" in opened.to_html()


def test_what_is_neutralised_is_gone_from_every_figure(reversal_market, options):
    values = reversal_market.groups["sector"]
    identity = Identity.of(Field("close"), reversal_market)
    sheet = sheet_of(values.astype(np.float32), reversal_market, identity, replace(options, neutralize="sector"))
    assert sheet.coverage == 0
    assert math.isnan(sheet.horizons[1][1].mean)
    by_sector = sheet_of(values.astype(np.float32), reversal_market, identity, options)
    assert by_sector.exposures["sector"] == pytest.approx(1)


def test_quantiles_are_weighed_by_capitalisation(reversal_market, options):
    close = reversal_market.fields["close"]
    panel = make_panel(close, market_cap=close * np.arange(1, 61))
    sheet = evidence_sheet(REVERSAL, panel, replace(options, weighting="cap", quantiles=3))
    equal = evidence_sheet(REVERSAL, panel, replace(options, quantiles=3))
    assert len(sheet.quantiles.mean_returns) == 3
    assert sheet.quantiles.spread.mean != equal.quantiles.spread.mean
    assert sheet.horizons[1][1].mean == equal.horizons[1][1].mean
    with pytest.raises(UsageError, match="market_cap"):
        evidence_sheet(REVERSAL, reversal_market, replace(options, weighting="cap"))


def test_mean_returns_of_the_quantiles_are_told_by_horizon(reversal_market, options):
    sheet = evidence_sheet(REVERSAL, reversal_market, options)
    told = sheet.to_dict()
    assert told["horizons"][str(options.horizon)]["mean_return"] == told["quantiles"]["mean_return"]
    for horizon, means in sheet.mean_returns.items():
        returns = quantile_returns(
            Evaluator(reversal_market.fields).value(REVERSAL), forward_returns(reversal_market, horizon=horizon)
        )
        assert means == pytest.approx(np.nanmean(returns, axis=0), rel=1e-5)


def test_factors_that_share_a_bench_have_the_sheets_that_they_have_alone(reversal_market, options):
    bench = Bench(reversal_market, options)
    for formula in ("rank(-ts_delta(close, 1))", "rank(volume)"):
        shared = evidence_at(bench, parse(formula))
        alone = evidence_sheet(parse(formula), reversal_market, options)
        assert json.dumps(shared.to_dict()) == json.dumps(alone.to_dict())
