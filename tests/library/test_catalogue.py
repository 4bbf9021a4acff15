from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.engine import Evaluator
from lode.errors import UsageError
from lode.language import UnitError, canonical, check, expression_id, lookback, parse, unit
from lode.library import FAMILIES, LIBRARY, Definition, available, family
from lode.panel.fundamentals import FUNDAMENTAL_FIELDS
from lode.panel.fundamentals.texts import TEXT_FIELDS

FUNDAMENTAL = ("valuation", "profitability", "growth", "health", "efficiency", "issuance", "sentiment")
SETS = ("alpha101", "alpha158", "alpha360")
WRITTEN = {key: d for key, d in LIBRARY.items() if d.family not in SETS}
EVERY = pytest.mark.parametrize("definition", WRITTEN.values(), ids=list(WRITTEN))
NAN = float("nan")
PRICES = ("open", "high", "low", "close", "raw_close", "vwap")


def test_the_families_and_their_sizes():
    assert list(FAMILIES) == [*FUNDAMENTAL, "fama_french", "technical", *SETS]
    assert [len(family(name)) for name in SETS] == [101, 158, 360]
    assert sum(len(family(name)) for name in FUNDAMENTAL) >= 45
    assert all(len(family(name)) >= 9 for name in FUNDAMENTAL)
    assert [d.name for d in family("fama_french")] == [
        "size", "book_to_market", "operating_profitability", "investment", "momentum",
    ]  # fmt: skip
    assert sum(len(family(name)) for name in FAMILIES) == len(LIBRARY)


@EVERY
def test_each_parses_to_known_fields_with_a_unit_and_a_finite_lookback(definition, units):
    tree = parse(definition.expression, units)
    check(tree, units)
    assert unit(tree, units).dimensionless, "a factor that is money or a price compares nothing between names"
    assert 0 <= lookback(tree) <= 1260
    assert definition.fields <= units.keys()


def test_each_names_its_source_and_year():
    for definition in LIBRARY.values():
        assert re.search(r"\((19|20)\d\d\)", definition.source)
        assert definition.sign in {-1, 0, 1}
        assert definition.key == f"{definition.family}.{definition.name}"
        assert not definition.note or definition.note.endswith(".")


def test_each_of_the_sets_parses_to_known_fields_with_a_finite_lookback(units):
    for name in SETS:
        for definition in family(name):
            check(parse(definition.expression, units), units)
            assert 0 <= lookback(definition.tree) <= 1260


@EVERY
def test_each_computes_on_a_panel(definition, units):
    rng = np.random.default_rng(0)
    shape = (lookback(definition.tree) + 3, 12)
    fields = {
        name: np.exp(rng.normal(0, 0.3, shape)).astype(np.float32) for name in sorted(definition.fields - {"sector"})
    }
    groups = {"sector": np.tile(np.arange(12, dtype=np.int32) % 3, (shape[0], 1))}
    values = Evaluator(fields, groups).value(definition.tree)
    assert values.shape == shape
    assert np.isfinite(values[-1]).all()
    assert np.isfinite(values[lookback(definition.tree)]).all(), "the lookback suffices"


def test_a_panel_can_have_every_field():
    bars = {"open", "high", "low", "close", "vwap", "volume", "dollar_volume", "returns", "sector"}
    assert {name for d in LIBRARY.values() for name in d.fields} <= {*FUNDAMENTAL_FIELDS, *TEXT_FIELDS, *bars}


@pytest.mark.parametrize("name", FAMILIES)
def test_no_two_of_a_family_are_the_same_formula(name):
    ids = [expression_id(d.tree) for d in family(name)]
    assert len(set(ids)) == len(ids)


def test_none_is_the_negative_or_a_multiple_of_another():
    forms = {str(canonical(d.tree)) for d in WRITTEN.values()}
    assert not [key for key, d in WRITTEN.items() if str(canonical(parse(f"-({d.expression})"))) in forms]


@pytest.mark.parametrize(
    ("key", "fields", "expected"),
    [
        # a company worth 200 with 40 of debt and 20 of cash earns 22 from operations: 22 / 220
        (
            "valuation.operating_income_to_enterprise_value",
            {"operating_income": 22, "market_cap": 200, "long_term_debt": 40, "cash": 20},
            0.1,
        ),
        # equity 50 + debt 40 - cash 20 = 70 over 200 + 40 - 20 = 220
        (
            "valuation.enterprise_book_to_market",
            {"equity": 50, "market_cap": 200, "long_term_debt": 40, "cash": 20},
            70 / 220,
        ),
        # (-10 - 30) / |-10|: a loss in spite of cash coming in
        ("profitability.percent_accruals", {"net_income": -10, "operating_cash_flow": 30}, -4.0),
        # 1.2 * .2 + 3.3 * .1 + .6 * 4 + 1 * .8
        (
            "health.z_score",
            {
                "current_assets": 40, "current_liabilities": 20, "assets": 100, "operating_income": 10,
                "market_cap": 200, "liabilities": 50, "revenue": 80,
            },
            0.24 + 0.33 + 2.4 + 0.8,
        ),
        # 365 * (10 / 50 + 20 / 100)
        (
            "efficiency.operating_cycle",
            {"inventory": 10, "cost_of_revenue": 50, "receivables": 20, "revenue": 100},
            146.0,
        ),
        ("issuance.net_payout_yield", {"dividends_paid": 6, "market_cap": 200, "net_issuance": 0.05}, -0.02),
    ],
)  # fmt: skip
def test_values_worked_by_hand(key, fields, expected):
    assert last(key, {name: [value] for name, value in fields.items()}) == pytest.approx(expected, rel=1e-5)


def last(key, histories):
    """Value at the end of one name's histories, the last entry of each held from today, the first one before."""
    definition = LIBRARY[key]
    length = lookback(definition.tree) + 1
    held = {}
    for name, history in histories.items():
        column = np.full((length, 1), history[0], np.float32)
        column[-1] = history[-1]
        held[name] = column
    return Evaluator(held, {}).value(definition.tree)[-1, 0]


def test_changes_compare_with_a_year_ago():
    # inventory 10 → 16, assets 100 → 140: 6 / 120
    assert last("growth.inventory_change", {"inventory": [10, 16], "assets": [100, 140]}) == pytest.approx(0.05)
    # twice the value on a total return of 25 %: log 2 - log 1.25
    got = last("issuance.composite_equity_issuance_one_year", {"market_cap": [50, 100], "close": [8, 10]})
    assert got == pytest.approx(np.log(1.6), rel=1e-5)
    # equity rose by 30, of which 12 were earned, debt by 2: 20 / 125
    got = last(
        "issuance.external_financing",
        {"equity": [50, 80], "net_income": [12], "long_term_debt": [10, 12], "assets": [100, 150]},
    )
    assert got == pytest.approx(0.16, rel=1e-5)


def test_the_f_score_counts_nine_signs():
    best = {
        "roa": [0.05, 0.08], "operating_cash_flow": [20], "net_income": [10], "long_term_debt": [30, 20],
        "assets": [100], "current_ratio": [1.5, 1.8], "net_issuance": [0.0], "gross_margin": [0.3, 0.4],
        "asset_turnover": [0.9, 1.0],
    }  # fmt: skip
    assert last("profitability.f_score", best) == 9
    # losing money at falling margins while borrowing and issuing: cash from operations alone speaks for it, and twice
    worst = best | {
        "roa": [0.05, -0.08], "net_income": [-10], "long_term_debt": [20, 30], "current_ratio": [1.8, 1.5],
        "net_issuance": [0.1], "gross_margin": [0.4, 0.3], "asset_turnover": [1.0, 0.9],
    }  # fmt: skip
    assert last("profitability.f_score", worst) == 2


def test_the_o_score_follows_the_paper():
    # healthy: no negative equity, no loss; the last term is (10 - 5) / (10 + 5)
    fields = {
        "assets": [100], "liabilities": [50], "current_assets": [40], "current_liabilities": [20],
        "net_income": [5, 10], "operating_cash_flow": [15],
    }  # fmt: skip
    expected = (
        -1.32 - 0.407 * np.log(100) + 6.03 * 0.5 - 1.43 * 0.2 + 0.0757 * 0.5
        - 2.37 * 0.1 - 1.83 * 0.3 - 0.521 * (5 / 15)
    )  # fmt: skip
    assert last("health.o_score", fields) == pytest.approx(expected, rel=1e-5)


def test_reversal_and_drift_share_the_names_by_their_news():
    fields = {"returns": [0.01], "news_count": [0]}
    assert last("sentiment.reversal_without_news", fields) == pytest.approx(0.21, rel=1e-5)
    assert last("sentiment.drift_after_news", fields) == 0
    fields["news_count"] = [0, 2]
    assert last("sentiment.reversal_without_news", fields) == 0
    assert last("sentiment.drift_after_news", fields) == pytest.approx(0.21, rel=1e-5)


def test_dividends_that_are_not_stated_are_none_where_the_paper_says_so():
    first = {"dividends_paid": [NAN, 4], "assets": [90, 100]}
    assert last("issuance.dividend_initiation", first) == 1
    assert last("issuance.dividend_initiation", first | {"dividends_paid": [0, 4]}) == 1
    assert last("issuance.dividend_initiation", first | {"dividends_paid": [3, 4]}) == 0
    assert np.isnan(last("issuance.dividend_initiation", first | {"assets": [NAN, 100]})), "nothing was known of it"
    assert np.isnan(last("issuance.dividend_initiation", first | {"dividends_paid": [NAN, NAN]}))
    paid = {"dividends_paid": [NAN], "market_cap": [200], "net_issuance": [-0.03]}
    assert last("issuance.net_payout_yield", paid) == pytest.approx(0.03)
    assert np.isnan(last("valuation.dividend_yield", paid | {"dividends_paid": [NAN]}))


def test_what_is_not_above_zero_divides_nothing():
    assert np.isnan(last("profitability.taxes_to_income", {"income_tax": [3], "net_income": [-10]}))
    assert last("profitability.taxes_to_income", {"income_tax": [3], "net_income": [10]}) == pytest.approx(0.3)
    assert np.isnan(last("growth.book_equity_growth", {"equity": [-5, 10]}))
    assert last("growth.book_equity_growth", {"equity": [8, 10]}) == pytest.approx(0.25)
    debt_free = {"operating_income": [5], "market_cap": [10], "long_term_debt": [0], "cash": [30]}
    assert np.isnan(last("valuation.operating_income_to_enterprise_value", debt_free))


def test_momentum_skips_the_last_month():
    close = np.full((253, 1), 10.0, np.float32)
    close[-22] = 15  # 21 sessions before the last
    close[-1] = 99
    value = Evaluator({"close": close}, {}).value(LIBRARY["fama_french.momentum"].tree)[-1, 0]
    assert value == pytest.approx(0.5)


@EVERY
def test_a_rescaled_price_leaves_the_value_alone(definition):
    """No formula leans on the level of a price that was adjusted."""
    rng = np.random.default_rng(1)
    needed = definition.fields - {"sector"}
    if not needed & set(PRICES):
        return
    shape = (lookback(definition.tree) + 1, 5)
    fields = {name: np.exp(rng.normal(0, 0.3, shape)).astype(np.float32) for name in needed}
    scaled = {name: values * np.float32(4) if name in PRICES else values for name, values in fields.items()}
    before, after = (Evaluator(f, {}).value(definition.tree)[-1] for f in (fields, scaled))
    np.testing.assert_allclose(before, after, rtol=1e-5)


def test_pointed_turns_what_goes_with_lower_returns():
    assert str(LIBRARY["fama_french.size"].pointed()) == "-log(market_cap)"
    assert str(LIBRARY["fama_french.operating_profitability"].pointed()) == "operating_profitability"
    sums = Definition("x", "returns + roe", "own", -1, "Nobody (2020)")
    assert canonical(sums.pointed()) == canonical(parse("-returns - roe"))


def test_with_prices_alone_only_what_needs_no_filing_is_usable():
    usable, skipped = available(["open", "high", "low", "close", "volume", "returns", "sector"], WRITTEN.values())
    assert {d.family for d in usable} == {"fama_french", "technical"}
    assert [d.name for d in usable if d.family == "fama_french"] == ["momentum"]
    assert len(usable) + len(skipped) == len(WRITTEN)
    assert skipped["technical.illiquidity"] == ("dollar_volume",)
    assert skipped["issuance.composite_equity_issuance"] == ("market_cap",)
    assert skipped["valuation.industry_relative_book_to_market"] == ("book_to_market",)


def test_available_looks_at_what_it_is_given():
    usable, skipped = available(["roe"], family("profitability"))
    assert [d.name for d in usable] == ["return_on_equity"]
    assert len(skipped) == len(family("profitability")) - 1
    assert available((), ()) == ((), {})


@given(st.sets(st.sampled_from(sorted({name for d in WRITTEN.values() for name in d.fields}))))
def test_usable_ones_parse_and_skipped_ones_do_not(fields):
    usable, skipped = available(fields, WRITTEN.values())
    assert {d.key for d in usable}.isdisjoint(skipped)
    for definition in usable:
        parse(definition.expression, fields)
    for key, lacking in skipped.items():
        assert lacking
        assert not set(lacking) & fields
        assert set(lacking) <= LIBRARY[key].fields


def test_an_unknown_family_names_the_nearest():
    with pytest.raises(UsageError, match=r"no family 'valuations'.*`valuation`.*families: valuation, profitability"):
        family("valuations")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sign": 2}, "own.mine: sign 2; allowed are 1 and -1"),
        ({"source": " "}, "names its source"),
        ({"name": "My factor"}, "'My factor' must be lower-case"),
    ],
)
def test_a_definition_says_what_is_wrong_with_it(changed, said):
    with pytest.raises(UsageError, match=re.escape(said)):
        Definition(
            **({"name": "mine", "expression": "roe", "family": "own", "sign": 1, "source": "Me (2026)"} | changed)
        )


def test_units_that_do_not_fit_are_pointed_at(units):
    with pytest.raises(UnitError, match=r"money and price cannot be added or compared") as shown:
        unit(parse("rank(assets + close)"), units)
    assert "^" in str(shown.value)
    with pytest.raises(UnitError, match="the unit of field `goodwill` is not known"):
        unit(parse("goodwill / assets"), units)


def test_the_library_cannot_be_changed():
    with pytest.raises(TypeError):
        LIBRARY["valuation.mine"] = LIBRARY["fama_french.size"]
