"""Items, capitalisation and ratios over sessions and names."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from lode.calendar import close_time
from lode.language.units import OBSERVED_FIELDS
from lode.panel import Observations, build_panel
from lode.panel.fundamentals import FUNDAMENTAL_FIELDS, RATIOS, STALE_DAYS, Axis, fundamental_fields
from lode.panel.fundamentals.texts import TEXT_FIELDS
from tests.panel.rows import AS_OF, CLOSES, SESSIONS, action, bar, column, frame
from tests.panel.statements import fact, facts

YEAR, BEFORE = ("2017-10-01", "2018-09-29"), ("2016-10-01", "2017-09-30")
KNOWN = "2018-11-05"
T = len(SESSIONS)


def panel_of(*rows, price=50.0, actions=None, names=("A",), **options):
    bars = frame([bar(name, t, price, volume=10.0) for name in names for t in range(T)])
    given = Observations(facts=facts(*rows)) if rows else Observations()
    return build_panel(bars, actions, as_of=AS_OF, observed=given, **options)


def balance(**items):
    """Facts of one balance sheet and year, by the tag's name."""
    flows = {"Revenues", "NetIncomeLoss", "OperatingIncomeLoss", "CostOfRevenue", "InterestExpense", "GrossProfit"}
    return [
        fact(name, value, YEAR[0] if name in flows else None, YEAR[1], KNOWN, unit=_unit(name))
        for name, value in items.items()
    ]


def _unit(name):
    return "shares" if "Shares" in name else "USD"


def test_a_value_is_there_from_the_session_at_whose_close_it_was_known():
    at_close, after = CLOSES[3], CLOSES[6] + timedelta(microseconds=1)
    zone = AS_OF.tzinfo
    panel = panel_of(
        fact("Assets", 10, None, "2018-09-29", at_close.replace(tzinfo=zone)),
        fact("Assets", 11, None, "2018-12-29", after.replace(tzinfo=zone)),
    )
    assert column(panel, "assets", "A")[2:8].tolist() == pytest.approx([np.nan, 10, 10, 10, 10, 11], nan_ok=True)
    assert column(panel, "assets_age", "A")[2:9].tolist() == pytest.approx([np.nan, 0, 1, 2, 3, 0, 1], nan_ok=True)
    assert panel.meta.knowledge["assets"] == "recorded"


def test_an_age_counts_sessions_before_the_panel_too():
    panel = panel_of(fact("Assets", 10, None, "2018-09-29", "2018-12-28"))
    assert column(panel, "assets_age", "A")[0] == 2  # 28 and 31 December


def test_a_period_that_ended_long_ago_is_stale():
    panel = panel_of(fact("Assets", 10, None, "2017-08-17", "2017-09-01"))
    days = SESSIONS - np.datetime64("2017-08-17")
    assert np.isfinite(column(panel, "assets", "A")).tolist() == (days.astype(int) <= STALE_DAYS).tolist()
    assert 0 < np.isfinite(column(panel, "assets", "A")).sum() < T


def test_a_foreign_year_stands_until_the_next_is_due():
    """One report a year, due four months after it ends: that of 2017 is followed on 30 April 2019 at the latest."""
    session = np.array(["2019-04-30"], "datetime64[D]")
    axis = Axis.of("XNYS", ("A",), session, close_time("XNYS", session))
    rows = facts(fact("ifrs-full/Revenue", 10, "2017-01-01", "2017-12-31", "2018-04-30"))
    actions = frame([action("A", 1, "split", 2)]).clear()
    assert fundamental_fields(rows, actions, axis, raw_close=None).fields["revenue"].tolist() == [[10]]


def test_the_capitalisation_is_the_price_as_traded_times_shares_of_the_day():
    cover = fact("dei/EntityCommonStockSharesOutstanding", 100, None, "2018-10-20", KNOWN, unit="shares")
    panel = panel_of(cover, actions=frame([action("A", 5, "split", 2)]))
    assert column(panel, "shares_outstanding", "A")[4:6].tolist() == [100, 200]
    assert column(panel, "market_cap", "A")[4:6].tolist() == [5000, 10000]


def test_ratios_by_hand():
    rows = [
        *balance(
            Revenues=400,
            NetIncomeLoss=40,
            OperatingIncomeLoss=60,
            CostOfRevenue=240,
            GrossProfit=160,
            InterestExpense=12,
            Assets=500,
            AssetsCurrent=150,
            LiabilitiesCurrent=100,
            CashAndCashEquivalentsAtCarryingValue=25,
            InventoryNet=48,
            StockholdersEquity=200,
            LongTermDebt=120,
            CommonStockSharesOutstanding=20,
        ),
        fact("NetCashProvidedByUsedInOperatingActivities", 65, *YEAR, KNOWN),
        fact("PaymentsToAcquirePropertyPlantAndEquipment", 30, *YEAR, KNOWN),
        fact("ResearchAndDevelopmentExpense", 80, *YEAR, KNOWN),
        fact("Revenues", 320, *BEFORE, KNOWN),
        fact("NetIncomeLoss", 32, *BEFORE, KNOWN),
        fact("Assets", 400, None, BEFORE[1], KNOWN),
        fact("CommonStockSharesOutstanding", 25, None, BEFORE[1], KNOWN, unit="shares"),
    ]
    panel = panel_of(*rows)
    expected = {
        "market_cap": 1000,
        "pe": 25,
        "pb": 5,
        "ps": 2.5,
        "peg": 1,  # 25 by 25 %
        "earnings_yield": 0.04,
        "book_to_market": 0.2,
        "roe": 0.2,
        "roa": 0.08,
        "gross_margin": 0.4,
        "operating_margin": 0.15,
        "gross_profitability": 0.32,
        "operating_profitability": 0.24,
        "asset_growth": 0.25,
        "accruals": -0.05,
        "current_ratio": 1.5,
        "cash_ratio": 0.25,
        "debt_to_equity": 0.6,
        "interest_coverage": 5,
        "inventory_turnover": 5,
        "asset_turnover": 0.8,
        "revenue_growth": 0.25,
        "earnings_growth": 0.25,
        "net_issuance": np.log(20 / 25),
        "rd_to_market": 0.08,
        "capex_to_assets": 0.06,
    }
    assert {name: column(panel, name, "A")[0] for name in expected} == pytest.approx(expected, rel=1e-6)
    assert set(expected) == {"market_cap", *(ratio.name for ratio in RATIOS)}


@pytest.mark.parametrize(
    ("field", "rows"),
    [
        ("pe", balance(NetIncomeLoss=-5, CommonStockSharesOutstanding=20)),
        ("roe", balance(NetIncomeLoss=5, StockholdersEquity=-2)),
        ("debt_to_equity", balance(LongTermDebt=5, StockholdersEquity=0)),
        ("operating_margin", balance(OperatingIncomeLoss=5, Revenues=0)),
        ("interest_coverage", balance(OperatingIncomeLoss=5)),
        ("earnings_growth", [*balance(NetIncomeLoss=5), fact("NetIncomeLoss", -1, *BEFORE, KNOWN)]),
    ],
)
def test_a_ratio_without_a_meaning_is_missing(field, rows):
    assert field not in panel_of(*rows).fields


def test_statements_of_different_times_make_no_ratio():
    old = fact("LongTermDebt", 5, None, "2018-03-31", "2018-05-01")
    assert "debt_to_equity" not in panel_of(*balance(StockholdersEquity=10), old).fields


def test_shares_of_an_amendment_in_spring_price_the_year_before():
    """The annual report's third part is filed late, with shares of a day 118 days after the year."""
    rows = [fact("NetIncomeLoss", 5, *YEAR, KNOWN), fact("StockholdersEquity", 10, None, YEAR[1], KNOWN)]
    cover = fact("dei/EntityCommonStockSharesOutstanding", 20, None, "2019-01-25", "2019-01-28", unit="shares")
    panel = panel_of(*rows, cover)
    assert column(panel, "pe", "A")[-1] == pytest.approx(50 * 20 / 5)
    assert column(panel, "book_to_market", "A")[-1] == pytest.approx(10 / (50 * 20))


def test_a_small_change_of_large_numbers_is_not_lost():
    """In single precision 351,002,000,000 and 351,002,012,345 differ by a fifth more."""
    rows = [
        fact("Assets", 351_002_000_000, None, BEFORE[1], KNOWN),
        fact("Assets", 351_002_012_345, None, *YEAR[1:], KNOWN),
    ]
    growth = column(panel_of(*rows), "asset_growth", "A")[-1]
    assert growth == pytest.approx(12_345 / 351_002_000_000, rel=1e-6)


def test_what_no_field_can_hold_is_missing():
    panel = panel_of(*balance(Assets=1e39, Revenues=1e38, NetIncomeLoss=1, StockholdersEquity=1))
    assert "assets" not in panel.fields
    assert "roa" not in panel.fields
    assert column(panel, "revenue", "A")[-1] == pytest.approx(1e38)


def test_a_source_of_adjusted_prices_has_no_field_that_needs_a_price():
    rows = balance(NetIncomeLoss=5, StockholdersEquity=10, CommonStockSharesOutstanding=20)
    rows.append(fact("CommonStockSharesOutstanding", 25, None, BEFORE[1], KNOWN, unit="shares"))
    adjusted, traded = panel_of(*rows, adjusted=True), panel_of(*rows)
    lost = {"raw_close", "dollar_volume", "market_cap", "pe", "pb", "earnings_yield", "book_to_market", "net_issuance"}
    lost |= {f"{name}_age" for name in lost} & set(traded.fields)
    assert set(traded.fields) - set(adjusted.fields) == lost
    assert "roe" in adjusted.fields


def test_timing_is_assumed_where_an_acceptance_is_missing():
    rows = [*balance(NetIncomeLoss=5), fact("StockholdersEquity", 10, None, YEAR[1], KNOWN, accepted=False)]
    knowledge = panel_of(*rows).meta.knowledge
    assert knowledge["net_income"] == "recorded"
    assert knowledge["equity"] == knowledge["roe"] == knowledge["roe_age"] == "assumed"


def test_other_names_facts_are_not_mixed_in():
    panel = panel_of(fact("Assets", 10, None, "2018-09-29", KNOWN), names=("A", "B"))
    assert np.isnan(column(panel, "assets", "B")).all()
    assert panel_of(fact("Assets", 10, None, "2018-09-29", KNOWN, name="C")).fields.keys() == panel_of().fields.keys()


def test_every_field_has_a_unit_and_every_ratio_a_formula():
    assert {*FUNDAMENTAL_FIELDS, *TEXT_FIELDS} == set(OBSERVED_FIELDS)
    assert all(ratio.formula and ratio.source for ratio in RATIOS)
