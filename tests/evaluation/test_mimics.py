from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evaluation.mimics import SORTS, factor_mimics, published_correlations
from lode.panel import Panel, PanelMeta

NAN = float("nan")
CAPS = [1, 2, 3, 4, 10, 20, 30, 40]
# A to H: small are A to D (the median is 7); low are A, B, E, middle C, F, high D, G, H
BOOK_TO_MARKET = [0.1, 0.2, 0.4, 0.6, 0.3, 0.5, 0.7, 0.8]
EARNED = [0.03, 0.06, 0.01, 0.02, 0.04, -0.01, 0.07, 0.0]


def panel_of(sessions, tradable=None, **fields):
    sessions = np.asarray(sessions, dtype="datetime64[D]")
    every = {name: np.ascontiguousarray(values, dtype=np.float32) for name, values in fields.items()}
    shape = next(iter(every.values())).shape
    meta = PanelMeta(
        source="test", universe="test", exchange="XNYS", as_of=datetime(2030, 1, 1, tzinfo=UTC), adjusted=False,
        knowledge=dict.fromkeys(every, "recorded"),
    )  # fmt: skip
    return Panel(
        sessions=sessions,
        names=tuple(f"N{i:03}" for i in range(shape[1])),
        fields=every,
        tradable=np.ones(shape, dtype=bool) if tradable is None else np.ascontiguousarray(tradable),
        label_price=np.ones(shape),
        meta=meta,
    )


def toy(**changes):
    """Sorted at the close of 2024-06-28; what EARNED says comes on 07-01."""
    rows = {
        "market_cap": [CAPS] * 3,
        "book_to_market": [BOOK_TO_MARKET] * 3,
        "returns": [[0.5] * 8, EARNED, [0.1, *[0.0] * 7]],
    }
    return panel_of(["2024-06-28", "2024-07-01", "2024-07-02"], **(rows | changes))


def test_the_six_portfolios_by_hand():
    # small: low (1 * .03 + 2 * .06) / 3 = .05, middle .01, high .02; big: low .04, middle -.01, high 2.1 / 70 = .03
    got = factor_mimics(toy(), min_names=8)
    assert got["HML"][1] == pytest.approx((0.02 + 0.03) / 2 - (0.05 + 0.04) / 2, abs=1e-8)
    assert got["SMB"][1] == pytest.approx((0.05 + 0.01 + 0.02) / 3 - (0.04 - 0.01 + 0.03) / 3, abs=1e-8)
    assert got["market"][1] == pytest.approx((0.03 + 0.12 + 0.03 + 0.08 + 0.4 - 0.2 + 2.1) / 110, abs=1e-8)
    assert list(got) == ["market", "SMB", "HML"]


def test_nothing_is_earned_on_the_session_of_the_sort():
    got = factor_mimics(toy(), min_names=8)
    assert all(np.isnan(series[0]) for series in got.values())


def test_weights_follow_the_close_before_and_portfolios_stay():
    caps = [CAPS, [4, 2, *CAPS[2:]], CAPS]  # A is worth 4 at the close of 07-01: 4 of the 6 in its portfolio
    got = factor_mimics(toy(market_cap=caps), min_names=8)
    assert got["HML"][2] == pytest.approx(-(4 / 6) * 0.1 / 2, abs=1e-8)
    assert got["market"][2] == pytest.approx(0.4 / 113, abs=1e-8)


def test_with_market_value_alone_there_are_two_portfolios():
    panel = toy()
    panel = replace(panel, fields={name: panel.fields[name] for name in ("market_cap", "returns")})
    got = factor_mimics(panel, min_names=8)
    assert list(got) == ["market", "SMB"]
    assert got["SMB"][1] == pytest.approx(0.26 / 10 - 2.3 / 100, abs=1e-8)


def test_conservative_less_aggressive_and_robust_less_weak():
    as_value = factor_mimics(toy(), min_names=8)
    got = factor_mimics(
        toy(operating_profitability=[BOOK_TO_MARKET] * 3, asset_growth=[BOOK_TO_MARKET] * 3), min_names=8
    )
    assert list(got) == ["market", "SMB", "HML", "RMW", "CMA"]
    np.testing.assert_array_equal(got["RMW"], as_value["HML"])
    np.testing.assert_array_equal(got["CMA"], -as_value["HML"])
    np.testing.assert_allclose(got["SMB"], as_value["SMB"], rtol=1e-12)


def test_smb_is_the_mean_over_the_sorts():
    turned = [[0.8, 0.7, 0.5, 0.3, 0.6, 0.4, 0.2, 0.1]] * 3
    alone = toy(operating_profitability=turned)
    alone = replace(alone, fields={n: v for n, v in alone.fields.items() if n != "book_to_market"})
    both = factor_mimics(toy(operating_profitability=turned), min_names=8)["SMB"]
    first, second = (factor_mimics(panel, min_names=8)["SMB"] for panel in (toy(), alone))
    np.testing.assert_allclose(both[1:], (first[1:] + second[1:]) / 2, rtol=1e-12)


def test_a_sort_without_enough_names_leaves_the_other_sorts():
    bare = np.full((3, 8), NAN)
    bare[:, 0] = 0.1
    got = factor_mimics(toy(operating_profitability=bare), min_names=8)
    assert np.isnan(got["RMW"]).all()
    np.testing.assert_array_equal(got["SMB"], factor_mimics(toy(), min_names=8)["SMB"])


def test_too_few_names_are_missing_and_so_is_an_empty_portfolio():
    assert all(np.isnan(series).all() for series in factor_mimics(toy(), min_names=9).values())
    same = factor_mimics(toy(book_to_market=[[0.5] * 8] * 3), min_names=8)  # all low: no middle, no high
    assert np.isnan(same["HML"]).all()
    assert np.isnan(same["SMB"]).all()
    assert np.isfinite(same["market"][1:]).all()


def test_negative_book_values_stay_out_of_the_value_sort_alone():
    nine = {
        "market_cap": [[*CAPS, 50]] * 3,
        "book_to_market": [[*BOOK_TO_MARKET, -0.4]] * 3,
        "returns": [[0.0] * 9, [*EARNED, 0.2], [0.0] * 9],
    }
    got = factor_mimics(toy(**nine), min_names=8)
    # the size median is 10 now, and E is small: low A, B, E = (.03 + .12 + .4) / 13; no big one is low
    assert np.isnan(got["HML"][1])
    assert got["market"][1] == pytest.approx((2.56 + 50 * 0.2) / 160, abs=1e-8)


def test_a_held_name_without_a_return_earns_nothing():
    earned = [*EARNED[:6], NAN, 0.0]  # G
    got = factor_mimics(toy(returns=[[0.5] * 8, earned, [NAN] * 8]), min_names=8)
    assert got["HML"][1] == pytest.approx((0.02 + 0.0) / 2 - (0.05 + 0.04) / 2, abs=1e-8)
    assert got["market"][1] == pytest.approx((2.56 - 2.1) / 110, abs=1e-8)
    assert np.isnan(got["market"][2])  # a session without any return


def test_who_is_no_member_at_the_close_before_is_not_held():
    tradable = np.ones((3, 8), dtype=bool)
    tradable[1, 0] = False
    got = factor_mimics(replace(toy(), tradable=tradable), min_names=7)
    assert got["HML"][1] == factor_mimics(toy(), min_names=8)["HML"][1]
    assert got["HML"][2] == 0  # A's .1 of that session is not earned
    assert np.isnan(factor_mimics(replace(toy(), tradable=tradable), min_names=8)["HML"][2])


@pytest.mark.parametrize(("reconstituted", "first"), [("yearly", "2024-07-01"), ("monthly", "2024-05-01")])
def test_sorts_are_at_the_last_session_of_june_or_of_every_month(reconstituted, first):
    sessions = np.arange("2024-04-10", "2024-08-10", dtype="datetime64[D]")
    sessions = sessions[np.is_busday(sessions)]
    shape = (len(sessions), 8)
    panel = panel_of(sessions, market_cap=np.tile(CAPS, (shape[0], 1)), returns=np.zeros(shape))
    got = factor_mimics(panel, reconstituted=reconstituted, min_names=8)
    assert sessions[np.isfinite(got["SMB"])][0] == np.datetime64(first)
    assert np.isfinite(got["SMB"][sessions >= np.datetime64(first)]).all()
    assert np.isfinite(got["market"][1:]).all()


def random_panel(seed, sessions=90, names=30):
    rng = np.random.default_rng(seed)
    shape = (sessions, names)
    fields = {
        "market_cap": np.exp(rng.normal(3, 1, shape)),
        "returns": 0.02 * rng.standard_normal(shape),
        **{field: rng.normal(0.5, 0.5, shape) for field, _ in SORTS.values()},
    }
    for values in fields.values():
        values[rng.random(shape) < 0.05] = NAN
    days = np.arange("2024-04-15", "2025-04-15", dtype="datetime64[D]")
    return panel_of(days[np.is_busday(days)][:sessions], rng.random(shape) < 0.97, **fields)


@given(st.integers(0, 1000), st.integers(1, 88), st.sampled_from(["monthly", "yearly"]))
@settings(max_examples=25, deadline=None)
def test_nothing_that_is_known_at_a_close_reaches_the_return_up_to_it(seed, t, reconstituted):
    """A future planted in every field from session t on, returns of t + 1 on among it, moves nothing up to t."""
    panel = random_panel(seed)
    other = random_panel(seed + 1)
    planted = {}
    for name, values in panel.fields.items():
        planted[name] = values.copy()
        since = t + 1 if name == "returns" else t
        planted[name][since:] = other.fields[name][since:]
    tradable = np.vstack([panel.tradable[:t], other.tradable[t:]])
    before = factor_mimics(panel, reconstituted=reconstituted)
    after = factor_mimics(replace(panel, fields=planted, tradable=tradable), reconstituted=reconstituted)
    for name, series in before.items():
        np.testing.assert_array_equal(series[: t + 1], after[name][: t + 1], err_msg=name)


@given(st.integers(0, 1000), st.integers(2, 89))
@settings(max_examples=15, deadline=None)
def test_a_shorter_panel_gives_the_same_beginning(seed, stop):
    panel = random_panel(seed)
    whole, part = (factor_mimics(p, reconstituted="monthly") for p in (panel, panel.slice(0, stop)))
    for name, series in part.items():
        np.testing.assert_array_equal(series, whole[name][:stop], err_msg=name)


@given(st.integers(0, 1000), st.floats(0.25, 4))
@settings(max_examples=15, deadline=None)
def test_units_of_money_and_a_common_return_do_not_matter(seed, scale):
    panel = random_panel(seed)
    full = np.nan_to_num(panel.fields["returns"])
    fields = {**panel.fields, "returns": full}
    dearer = {**fields, "market_cap": panel.fields["market_cap"] * np.float32(4)}
    raised = {**fields, "returns": full + np.float32(scale)}
    base, cheap, up = (
        factor_mimics(replace(panel, fields=f), reconstituted="monthly") for f in (fields, dearer, raised)
    )
    for name, series in base.items():
        np.testing.assert_allclose(series, cheap[name], atol=1e-12)
        there = np.isfinite(series)
        moved = scale if name == "market" else 0.0
        np.testing.assert_allclose(up[name][there], series[there] + moved, atol=1e-6)


def test_a_characteristic_that_is_the_same_sessions_return_earns_nothing():
    """Were a weight known too late, HML would be hundreds of basis points a day here."""
    rng = np.random.default_rng(5)
    shape = (500, 120)
    returns = 0.02 * rng.standard_normal(shape)
    days = np.arange("2020-01-01", "2023-01-01", dtype="datetime64[D]")
    panel = panel_of(
        days[np.is_busday(days)][:500],
        market_cap=np.exp(rng.normal(3, 0.5, (1, 120))).repeat(500, axis=0),
        returns=returns,
        book_to_market=1 + returns,
    )
    hml = factor_mimics(panel, reconstituted="monthly")["HML"]
    assert abs(np.nanmean(hml)) < 4 * np.nanstd(hml) / np.sqrt(np.isfinite(hml).sum())


def test_what_is_absent_or_not_allowed_is_named():
    panel = toy()
    with pytest.raises(UsageError, match=r"need the field `market_cap`; this panel has returns; run `lode collect"):
        factor_mimics(replace(panel, fields={"returns": panel.fields["returns"]}))
    with pytest.raises(UsageError, match="reconstituted 'daily': allowed are yearly, monthly"):
        factor_mimics(panel, reconstituted="daily")


def test_an_empty_panel_and_one_session():
    for stop in (0, 1):
        assert all(len(s) == stop and np.isnan(s).all() for s in factor_mimics(toy().slice(0, stop)).values())


def test_correlations_are_over_the_sessions_that_both_have():
    sessions = np.array(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"], dtype="datetime64[D]")
    mimics = {"market": np.array([1.0, 2, 3, NAN]), "SMB": np.array([1.0, 2, 4, 3]), "HML": np.ones(4)}
    theirs = sessions[[3, 2, 1, 0]] + np.timedelta64(1, "D")  # 01-06, 01-05, 01-04, 01-03
    published = {"Mkt-RF": np.array([9, 7.0, 5, 4]), "SMB": np.array([9, 6.0, 9, 4]), "RMW": np.ones(4)}
    got = published_correlations(mimics, sessions, published, theirs, min_sessions=2)
    assert set(got) == {"market", "SMB"}
    assert got["market"] == pytest.approx(1)  # (2, 4), (3, 5)
    assert got["SMB"] == pytest.approx(np.corrcoef([2, 4, 3], [4, 9, 6])[0, 1])
    stored = {"mkt_rf": published["Mkt-RF"], "smb": published["SMB"]}
    assert published_correlations(mimics, sessions, stored, theirs, min_sessions=2) == got
    assert np.isnan(published_correlations(mimics, sessions, published, theirs)["SMB"])  # fewer than 60
    flat = published_correlations({"SMB": np.ones(4)}, sessions, published, theirs, min_sessions=2)
    assert np.isnan(flat["SMB"])


def french(path):
    lines = path.read_text().splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(",Mkt-RF"))
    rows = [line.split(",") for line in lines[start + 1 :] if line[:8].isdigit()]
    days = np.array([f"{r[0][:4]}-{r[0][4:6]}-{r[0][6:]}" for r in rows], dtype="datetime64[D]")
    values = np.array([[float(cell) for cell in row[1:]] for row in rows])
    return days, dict(zip(lines[start].split(",")[1:], values.T, strict=True))


def as_known(facts, column, symbols, sessions):
    """(sessions, names), a value from the session after the day on which it became known."""
    wide = facts.filter(pl.col(column).is_finite()).pivot(
        on="symbol", index="snapshot_date", values=column, aggregate_function="last"
    )
    known = np.searchsorted(sessions, wide["snapshot_date"].to_numpy(), side="right")
    values = np.full((len(sessions) + 1, len(symbols)), NAN)
    for at, symbol in enumerate(symbols):
        if symbol in wide.columns:
            column_values = wide[symbol].cast(pl.Float64).fill_null(NAN).to_numpy()
            there = np.isfinite(column_values)
            values[known[there], at] = column_values[there]
    rows = np.where(np.isfinite(values), np.arange(len(values))[:, None], 0)
    np.maximum.accumulate(rows, axis=0, out=rows)
    return np.take_along_axis(values, rows, axis=0)[:-1]


@pytest.fixture(scope="module")
def sp500(shared_data):
    """The S&P 500 of 2015 to 2018 with filings as a collector saw them; shares are income over income per share."""
    bars = pl.read_parquet(shared_data / "prices/sp500_daily_2013_2018.parquet")
    wide = bars.filter(pl.col("date") >= datetime(2015, 1, 1)).pivot(on="symbol", index="date", values="close")  # noqa: DTZ001
    wide = wide.sort("date")
    symbols = wide.columns[1:]
    sessions = wide["date"].to_numpy().astype("datetime64[D]")
    close = wide.drop("date").to_numpy().astype(np.float64)
    facts = pl.read_parquet(shared_data / "pystock/fundamentals_sp500_2015_2017.parquet").sort(
        "snapshot_date", "end_date"
    )
    facts = facts.with_columns(shares=pl.col("net_income") / pl.col("eps_basic"))
    shares, equity, assets = (as_known(facts, column, symbols, sessions) for column in ("shares", "equity", "assets"))
    market_cap = shares * close
    growth = np.full_like(assets, NAN)
    growth[252:] = assets[252:] / assets[:-252] - 1
    returns = np.full_like(close, NAN)
    returns[1:] = close[1:] / close[:-1] - 1
    return panel_of(
        sessions, np.isfinite(close),
        market_cap=market_cap, returns=returns, book_to_market=equity / market_cap, asset_growth=growth,
    )  # fmt: skip


def test_mimics_of_the_sp500_move_with_the_published_factors(sp500, shared_data):
    mimics = factor_mimics(sp500, reconstituted="monthly")
    days, published = french(shared_data / "fama_french/F-F_5_Factors_2x3_daily.202601.csv")
    got = published_correlations(mimics, sp500.sessions, published, days)
    assert set(got) == {"market", "SMB", "HML", "CMA"}
    assert got["market"] > 0.98
    assert got["SMB"] > 0.4
    assert got["HML"] > 0.7
    assert got["CMA"] > 0.5
    late = published_correlations(mimics, sp500.sessions + np.timedelta64(1, "D"), published, days)
    assert max(map(abs, late.values())) < 0.2, "a session beside the published one has nothing to do with it"
