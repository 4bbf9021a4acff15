import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal

import lode.simulate
from lode import calendar
from lode.engine import Evaluator, Scorer
from lode.errors import ExpressionError, StorageError, UsageError
from lode.language import parse
from lode.panel import Panel
from lode.simulate import LAST_SESSION, simulate, write_market

TYPICAL = [
    "rank(-ts_delta(close, 5))",
    "ts_delta(close, 20) / close",
    "returns",
    "close",
    "volume",
    "volume / ts_mean(volume, 20)",
    "ts_std_dev(returns, 20)",
    "close / open",
    "(high - low) / close",
]


def daily_rank_ics(panel, expressions):
    """(sessions,) rank ICs of each expression with the return from the next close to the one after it."""
    forward = np.full(panel.shape, np.nan, np.float32)
    forward[:-2] = panel.label_price[2:] / panel.label_price[1:-1] - 1
    scorer = Scorer(forward, rows=slice(0, len(forward)))
    evaluator = Evaluator(panel.fields, panel.groups, mask=panel.tradable)
    for text in expressions:
        ics = scorer.rank_ic(evaluator.value(parse(text)))
        yield text, ics[np.isfinite(ics)]


@pytest.fixture(scope="module")
def null_market():
    return simulate(500, 600, seed=7)


@pytest.fixture(scope="module")
def null_panel(null_market):
    return Panel.from_frame(null_market)


def test_without_a_plant_nothing_predicts_and_the_noise_is_that_of_real_markets(null_panel):
    for text, ics in daily_rank_ics(null_panel, TYPICAL):
        assert abs(ics.mean()) < 3 * ics.std() / np.sqrt(len(ics)), text
        assert 0.10 < ics.std() < 0.17, text


@pytest.mark.parametrize(
    ("text", "ic", "seed"),
    [
        ("rank(-ts_delta(close, 5))", 0.05, 1),
        ("ts_std_dev(returns, 20)", 0.05, 2),
        ("group_rank(-returns, sector)", -0.05, 3),
        ("close / vwap", 0.25, 4),
    ],
)
def test_a_planted_factor_has_the_rank_ic_that_was_asked_for(text, ic, seed):
    panel = Panel.from_frame(simulate(200, 500, plant=[(text, ic)], seed=seed))
    ((_, ics),) = daily_rank_ics(panel, [text])
    assert abs(ics.mean() - ic) < 3 * ics.std() / np.sqrt(len(ics))


def test_several_plants_add():
    plants = [("rank(volume / ts_mean(volume, 20))", 0.1), ("-returns", 0.1)]
    panel = Panel.from_frame(simulate(200, 400, plant=plants, seed=5))
    for _, ics in daily_rank_ics(panel, [text for text, _ in plants]):
        assert abs(ics.mean() - 0.1) < 3 * ics.std() / np.sqrt(len(ics))


def test_the_return_of_the_session_after_the_value_knows_nothing_of_it():
    panel = Panel.from_frame(simulate(200, 500, plant=[("close / open", 0.2)], seed=6))
    value = Evaluator(panel.fields, mask=panel.tradable).value(parse("close / open"))
    next_return = np.full(panel.shape, np.nan, np.float32)
    next_return[:-1] = panel.fields["returns"][1:]
    ics = Scorer(next_return, rows=slice(0, 500)).rank_ic(value)
    ics = ics[np.isfinite(ics)]
    assert abs(ics.mean()) < 3 * ics.std() / np.sqrt(len(ics))


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    plant = [("rank(-returns)", 0.05)]
    for name in ("one", "two"):
        write_market(simulate(30, 60, plant=plant, seed=3), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_symbols_carry_the_hash_of_the_arguments():
    def market(*sizes, **options):
        (prefix,) = simulate(*sizes, **options)["symbol"].str.slice(0, 9).unique()
        return prefix

    markets = [
        market(5, 30, seed=1),
        market(5, 30, seed=2),
        market(6, 30, seed=1),
        market(5, 31, seed=1),
        market(5, 30, seed=1, plant=[("close", 0.01)]),
    ]
    assert len(set(markets)) == len(markets)
    assert market(5, 30, seed=1) == markets[0]
    assert simulate(5, 30, seed=1)["symbol"].str.contains(r"^SIM[0-9A-F]{6}-000[1-5]$").all()


def test_a_plant_changes_returns_and_nothing_else_of_the_noise():
    plain = simulate(50, 40, seed=8)
    planted = simulate(50, 40, plant=[("rank(close)", 0.1)], seed=8)
    first = plain["date"].unique().sort()[:2]
    columns = ["date", "open", "close", "volume"]
    early = [frame.filter(pl.col("date").is_in(first.implode())).select(columns) for frame in (plain, planted)]
    assert early[0].equals(early[1])
    assert not plain.select(columns).equals(planted.select(columns))


def test_bars_are_as_a_market_has_them(null_market, null_panel):
    price = pl.col("open", "high", "low", "close")
    assert null_market.select(price.is_finite() & (price > 0)).to_numpy().all()
    assert (null_market["high"] >= null_market.select(pl.max_horizontal("open", "close", "low")).to_series()).all()
    assert (null_market["low"] <= null_market.select(pl.min_horizontal("open", "close")).to_series()).all()
    assert (null_market["volume"] >= 100).all()
    assert null_market["sector"].n_unique() == 11
    returns = null_panel.fields["returns"]
    standard = np.nanstd(returns)
    assert 0.01 < standard < 0.04
    assert np.nanmean((returns / standard) ** 4) > 5  # fat tails
    assert np.nanmax(np.abs(returns)) <= 0.5


def test_names_come_go_and_miss_days(null_panel):
    there = null_panel.tradable
    first, last = there.argmax(axis=0), len(there) - 1 - there[::-1].argmax(axis=0)
    assert 0.03 < (first > 10).mean() < 0.15  # listed later
    assert 0.01 < (last < len(there) - 10).mean() < 0.10  # delisted
    inside = (np.arange(len(there))[:, None] > first) & (np.arange(len(there))[:, None] < last)
    assert 0.0005 < (~there & inside).sum() / inside.sum() < 0.02


def test_sessions_end_with_2019(null_panel):
    assert null_panel.sessions[-1] == LAST_SESSION
    assert_array_equal(null_panel.sessions, calendar.sessions("XNYS", null_panel.sessions[0], LAST_SESSION))
    assert null_panel.meta.label == "simulated"


def test_a_plant_sees_the_fields_that_a_panel_of_the_bars_has(monkeypatch):
    seen = []
    frame = lode.simulate._frame
    monkeypatch.setattr(lode.simulate, "_frame", lambda history, *rest: seen.append(history) or frame(history, *rest))
    panel = Panel.from_frame(simulate(40, 80, plant=[("ts_mean(vwap, 5) / close", 0.1)], seed=9))
    (history,) = seen
    assert panel.fields.keys() == history.fields.keys()
    columns = [int(name[-4:]) - 1 for name in panel.names]
    for name, values in panel.fields.items():
        assert_array_equal(values, history.fields[name][:, columns], err_msg=name)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: simulate(1, 100), UsageError, "allowed are 2 to 9999 names"),
        (lambda: simulate(10, 10**6), UsageError, "sessions: allowed are"),
        (lambda: simulate(10, 10, seed=-1), UsageError, "seed -1"),
        (lambda: simulate(10, 10, plant=[("close", 0.9)]), UsageError, r"planted rank IC 0\.9 of close"),
        (lambda: simulate(10, 10, plant=[("cloze", 0.1)]), ExpressionError, "close"),
    ],
)
def test_refusals_name_what_is_allowed(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(StorageError, match="cannot write"):
        write_market(simulate(3, 5), tmp_path / "absent" / "market.parquet")
