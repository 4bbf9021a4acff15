"""Leaks planted into the embedded warehouse and into own operators; each has a twin without it, which passes."""

from __future__ import annotations

import time
import types
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from lode.engine import declare, forget
from lode.errors import ExpressionError
from lode.language import own_operators
from lode.panel import Panel
from lode.warehouse.stores.bars import insert_bars
from lode.warehouse.stores.members import insert_members
from lode.workflow.frames import stored
from tests.workflow.homes import Home
from tests.workflow.planted import (
    AS_OF,
    CLOSES,
    NAMES,
    SESSIONS,
    Market,
    caught,
    checked,
    checked_snapshot,
    companies,
    passed,
    quarterly_assets,
    store_facts,
    store_news,
)

CENTRED = "rank(ts_planted(close, 9))"
WIDE = 200  # sessions that no trial at declaration has


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    made = Home(tmp_path_factory.mktemp("planted") / "home")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def context(home):
    with home.context() as opened:
        yield opened


@pytest.fixture(scope="module")
def sound(context):
    """The market without any leak."""
    market = Market()
    market.store(context)
    return market


@pytest.fixture(autouse=True)
def _none_stays():
    yield
    for name in own_operators():
        forget(name)


def trailing_mean(x, d):
    out = np.full_like(x, np.nan)
    if len(x) >= d:
        out[d - 1 :] = sliding_window_view(x, d, axis=0).mean(axis=2)
    return out


def operator(function, kind="time series", **declared):
    """Declare a function under the name that the formulas have."""
    named = types.FunctionType(function.__code__, function.__globals__, "ts_planted", None, function.__closure__)
    declare(kind, **{"x": "series", "d": "window", **declared})(named)


def test_a_sound_factor_and_a_sound_operator_pass(context, sound):
    assert passed(checked(context, "rank(ts_delta(close, 5) / close)", sound))
    operator(trailing_mean)
    assert passed(checked(context, CENTRED, sound))


def test_a_centred_window(context, sound):
    operator(lambda x, d: np.roll(trailing_mean(x, d), -(d // 2), axis=0))
    checks = checked(context, CENTRED, sound)
    assert caught(checks, "cut", "moved")
    assert caught(checks, "scramble", "moved")


def whole_sample(x, d):
    """Standardise over the whole sample where the panel is longer than a trial's."""
    if len(x) < WIDE:
        return trailing_mean(x, d)
    return (x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0)


def test_normalisation_over_the_whole_sample(context, sound):
    with pytest.raises(ExpressionError, match="declares a lookback"):
        operator(lambda x, d: x - np.nanmean(x, axis=0))
    operator(whole_sample)
    checks = checked(context, CENTRED, sound)
    assert caught(checks, "cut", "moved")
    assert caught(checks, "scramble", "moved")


def test_an_operator_that_remembers_the_whole_sample(context, sound):
    seen = {}

    def remembers(x, d):
        if len(x) < 60:
            return trailing_mean(x, d)
        key = x[0].tobytes()
        if key not in seen or len(seen[key]) < len(x):
            seen[key] = whole_sample(x, d)
        return seen[key][: len(x)]

    operator(remembers)
    assert caught(checked(context, CENTRED, sound), "cut", "moved")


REMEMBERED: dict[bytes, np.ndarray] = {}


def remembers_in_a_global(x, d, ever={}):  # noqa: B006  that is the leak
    known = REMEMBERED.setdefault(x[0].tobytes(), whole_sample(x, d))
    ever.setdefault(x[0].tobytes(), known)
    return ever[x[0].tobytes()][: len(x)] if len(known) >= len(x) > 60 else trailing_mean(x, d)


def test_an_operator_that_remembers_in_a_global_and_in_a_default(context, sound):
    def remembers(x, d):
        return remembers_in_a_global(x, d)

    operator(remembers)
    assert caught(checked(context, CENTRED, sound), "cut", "moved")


@pytest.mark.parametrize(
    "extra", [lambda: np.random.default_rng().normal(), time.perf_counter], ids=["random", "clock"]
)
def test_an_operator_with_random_numbers_or_a_clock(context, sound, extra):
    operator(lambda x, d: trailing_mean(x, d) if len(x) < WIDE else trailing_mean(x, d) + np.float32(extra() % 10))
    assert caught(checked(context, "ts_planted(close, 9)", sound), "repeat", "gave other values")


def future_table(market):
    """Return of the session after the trade's, with noise: what a file of targets would hold."""
    ahead = np.vstack([market.returns[2:], np.zeros((2, NAMES))])
    return (ahead + 0.05 * np.random.default_rng(1).standard_normal(ahead.shape)).astype(np.float32)


def test_an_operator_with_a_table_of_the_future(context, sound):
    table = future_table(sound)

    def looks_up(x, d):
        return trailing_mean(x, d) if x.shape[1] != NAMES else table[: len(x)] + 1e-4 * trailing_mean(x, d)

    operator(looks_up)
    assert caught(checked(context, "ts_planted(close, 9)", sound), "outside", "another market")


def test_a_lookback_that_is_too_short(context, sound):
    operator(trailing_mean, lookback=4)
    assert passed(checked(context, "rank(ts_planted(returns, 5))", sound))
    assert caught(checked(context, "rank(ts_planted(returns, 50))", sound), "lookback", "further back than 4")


def test_execution_at_the_same_close(context, sound):
    formula = "rank(-ts_delta(close, 5) / close)"
    assert caught(checked(context, formula, sound, delay=0), "timing", "delay 0")
    assert passed(checked(context, formula, sound, delay=1))


def test_a_restated_fact_under_its_first_filings_time(context):
    market, restated, honest = Market(), Market(), Market()
    for each in (market, restated, honest):
        each.store(context)
    rows = quarterly_assets(honest)
    later = [
        row | {"value": row["value"] * 1.3, "accession": f"{row['accession']}/A", "form": "10-K/A"} for row in rows
    ]
    truly = [row | {name: row[name] + timedelta(days=200) for name in ("accepted", "knowledge_time")} for row in later]
    store_facts(honest, context, rows + truly)
    assert passed(checked(context, "rank(assets)", honest))

    rows = quarterly_assets(market)
    store_facts(
        market, context, rows + [r | {"value": r["value"] * 1.3, "accession": f"{r['accession']}/A"} for r in rows]
    )
    assert caught(checked(context, "rank(assets)", market), "facts", "two values known at the same moment")

    rows = quarterly_assets(restated)
    store_facts(restated, context, [r | {"accepted": r["accepted"] + timedelta(days=200)} for r in rows])
    assert caught(checked(context, "rank(assets)", restated), "facts", "before their filing was accepted")


@pytest.mark.parametrize("accepted", [True, False])
def test_a_fact_known_when_its_period_ended(context, accepted):
    market = Market()
    market.store(context)
    rows = quarterly_assets(market)
    for row in rows:
        end = row["period_end"]
        row["knowledge_time"] = datetime(end.year, end.month, end.day, 21, tzinfo=UTC)
        if not accepted:
            row |= {"accepted": None, "filed": end}
    store_facts(market, context, rows)
    said = "before their filing" if accepted else "day on which their period ended"
    assert caught(checked(context, "rank(assets)", market), "facts", said)


def spells(market, ended):
    return pl.DataFrame(
        {
            "symbol": market.names,
            "first_session": [SESSIONS[0].item()] * NAMES,
            "last_session": [SESSIONS[300].item() if number in ended else None for number in range(NAMES)],
        },
        schema_overrides={"last_session": pl.Date},
    )


def test_todays_members_projected_back(context, sound):
    for universe, ended in (("today", ()), ("historic", (4, 9))):
        insert_members(context.warehouse, universe, spells(sound, ended), source="file", at=AS_OF)
    formula = "rank(ts_delta(close, 5) / close)"
    today = checked(context, formula, sound, universe="today", instruments=sound.names)
    assert caught(today, "universe", "projected back", "not checkable")
    assert passed(checked(context, formula, sound, universe="historic", instruments=sound.names))


def test_a_universe_of_survivors(context):
    market = Market()
    market.alive[250:, 5] = market.alive[300:, 20] = False
    market.store(context)
    survivors = [name for number, name in enumerate(market.names) if number not in (5, 20)]
    formula = "rank(ts_delta(close, 5) / close)"
    checks = checked(context, formula, market, instruments=survivors)
    assert caught(checks, "universe", "2 that the source has", "not checkable")
    assert passed(checked(context, formula, market))
    assert passed(checked(context, formula, market, instruments=market.names[3:]))


@pytest.mark.parametrize("formula", ["rank(raw_close)", "rank(close)", "rank(ts_delta(close, 5) / close)"])
def test_prices_that_were_adjusted_with_later_splits_stored_as_traded(context, sound, formula):
    market = Market()
    market.columns["close"] = market.whole / market.split[-1]
    market.store(context)
    assert caught(checked(context, formula, market), "splits", "do not move at 3 of 3 splits")
    assert passed(checked(context, formula, sound))


def test_prices_that_are_said_to_be_adjusted_used_by_their_level(context):
    market = Market(adjusted=True)
    market.columns["close"] = market.whole / market.split[-1]
    market.store(context)
    levels = checked(context, "rank(close)", market)
    assert caught(levels, "rescale", "depend on their level", "not checkable")
    assert passed(checked(context, "rank(ts_delta(close, 5) / close)", market))


def test_volumes_that_were_adjusted_with_later_splits(context, sound):
    market = Market()
    market.columns["volume"] = market.columns["volume"] / market.split * market.split[-1]
    market.store(context)
    assert caught(checked(context, "rank(volume)", market), "splits", "volumes stored as traded do not change")
    assert passed(checked(context, "rank(volume)", sound))


def test_a_stored_price_that_holds_the_target(context, sound):
    market = Market()
    ahead = np.vstack([market.whole[2:], market.whole[-2:]]) / market.split
    market.columns["vwap"] = ahead
    market.store(context)
    assert caught(checked(context, "vwap / close", market), "target", "hold what they should predict")
    market = Market()
    market.columns["vwap"] = market.columns["close"] * 1.001**market.returns
    market.store(context)
    assert passed(checked(context, "ts_mean(vwap / close, 5)", market))


def test_a_column_of_targets_or_filled_from_the_future(home, sound):
    ahead = np.vstack([sound.returns[2:], np.zeros((2, NAMES))])
    groups = np.where(ahead > 0, "up", "down")
    rows = pl.DataFrame(sound.rows()).rename({"instrument": "symbol", "session": "date"})
    columns = {"target": ahead.T.ravel(), "filled": np.roll(ahead, -5, axis=0).T.ravel(), "label": groups.T.ravel()}
    panel = Panel.from_frame(rows.with_columns(**{name: pl.Series(name, v) for name, v in columns.items()}))
    formulas = {"target": "rank(target)", "filled": "ts_mean(filled, 5)", "label": "group_neutralize(close, label)"}
    with stored(panel, home.settings) as (context, snapshot):
        for name, formula in formulas.items():
            checks = checked_snapshot(context, formula, snapshot)
            assert checks["knowledge"].outcome == "not checkable"
            assert name in checks["knowledge"].detail
        assert caught(checked_snapshot(context, "rank(target)", snapshot), "target", "hold what they should")
        assert passed(checked_snapshot(context, "rank(ts_delta(close, 5) / close)", snapshot))


def test_sectors_of_today_projected_back(context):
    market = Market()
    market.store(context)
    companies(market, context)
    formula = "group_neutralize(ts_delta(close, 5) / close, sector)"
    assert caught(checked(context, formula, market), "knowledge", "sector", "not checkable")
    assert passed(checked(context, "ts_delta(close, 5) / close", market))
    assert caught(
        checked(context, "ts_delta(close, 5) / close", market, neutralize="sector"),
        "knowledge",
        "sector",
        "not checkable",
    )


def test_news_dated_at_its_publication(context):
    leaking, honest = Market(), Market()
    for market, known in ((leaking, "published"), (honest, "collected_at")):
        market.store(context)
        store_news(market, context, known=known)
    assert caught(checked(context, "rank(ts_mean(news_tone, 3))", leaking), "news", "before they were collected")
    assert passed(checked(context, "rank(news_tone)", honest))


def test_a_price_that_was_corrected_later(context):
    """The later version is known later: the as-of join keeps it out, so that nothing is left to be caught."""
    market = Market()
    market.store(context)
    corrected = pl.DataFrame(market.rows()).filter(pl.col("session") == SESSIONS[100].item())
    late = corrected.with_columns(pl.col("close") * 1.5, knowledge_time=pl.lit(CLOSES[160]))
    bars = late.with_columns(adjusted=False, backfilled=False, currency=pl.lit("USD"))
    insert_bars(context.warehouse, bars, source=market.source, collected_at=AS_OF)
    assert passed(checked(context, "rank(ts_delta(close, 5) / close)", market))
