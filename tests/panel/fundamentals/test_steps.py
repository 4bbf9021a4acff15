"""An item followed through its filings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lode.panel.fundamentals.concepts import CONCEPTS, ITEMS
from lode.panel.fundamentals.periods import quarter
from lode.panel.fundamentals.splits import split_schedules
from lode.panel.fundamentals.steps import histories, measure_of, statements
from tests.panel.rows import frame
from tests.panel.statements import day, fact, facts

ITEM = {item.name: item for item in ITEMS}
YEAR = ("2015-01-01", "2015-12-31")


def steps(item, *rows, splits=(), measure=None, currencies=None):
    """(known day, value, period end, facts) of the only instrument's steps."""
    actions = [
        {"instrument": "A", "ex_date": day(ex), "kind": "split", "value": ratio, "knowledge_time": known}
        for ex, ratio, known in splits
    ]
    schedules = split_schedules(frame(actions)) if actions else {}
    found = dict(
        histories(statements(facts(*rows), currencies), ITEM[item], schedules, measure or measure_of(ITEM[item]))
    )
    return found.get("A", [])


def told(found):
    return [(str(moment(step.at).date()), step.value) for step in found]


def moment(micros):
    return datetime.fromtimestamp(micros / 1e6, UTC)


def test_a_value_holds_from_its_acceptance_and_a_restatement_from_its_own():
    found = steps("revenue", fact("Revenues", 100, *YEAR, "2016-02-10"), fact("Revenues", 90, *YEAR, "2016-08-01"))
    assert told(found) == [("2016-02-10", 100.0), ("2016-08-01", 90.0)]


def test_an_amendment_that_corrects_a_start_counts():
    """The same quarter stated with another first day is another period of the same end: the later statement counts."""
    rows = [
        fact("Revenues", 100, "2016-01-02", "2016-03-31", "2016-05-01"),
        fact("Revenues", 120, "2016-01-01", "2016-03-31", "2016-06-01"),
    ]
    assert told(steps("revenue", *rows, measure=quarter)) == [("2016-05-01", 100.0), ("2016-06-01", 120.0)]
    swapped = [row | {"period_start": other["period_start"]} for row, other in zip(rows, rows[::-1], strict=True)]
    assert told(steps("revenue", *swapped, measure=quarter)) == [("2016-05-01", 100.0), ("2016-06-01", 120.0)]


def test_an_older_period_that_is_filed_later_never_replaces_a_newer_one():
    found = steps(
        "assets",
        fact("Assets", 10, None, "2016-03-31", "2016-05-01"),
        fact("Assets", 7, None, "2015-12-31", "2016-06-01"),  # a 10-K/A
    )
    assert told(found) == [("2016-05-01", 10.0)]


def test_the_year_before_is_restated_with_a_step_of_its_own():
    found = steps(
        "assets",
        fact("Assets", 10, None, "2015-12-31", "2016-02-01"),
        fact("Assets", 8, None, "2014-12-31", "2016-02-01"),
        fact("Assets", 9, None, "2014-12-31", "2016-03-01"),
    )
    assert [(step.value, step.prior.value) for step in found] == [(10.0, 8.0), (10.0, 9.0)]


def test_a_value_that_is_stated_again_keeps_its_first_filing():
    found = steps(
        "assets",
        fact("Assets", 10, None, "2015-12-31", "2016-02-01", accession="first"),
        fact("Assets", 10, None, "2015-12-31", "2016-05-01", accession="again"),
    )
    assert len(found) == 1
    assert found[0].facts == ((0, 1),)


def test_the_first_tag_of_the_list_that_has_the_period_counts():
    found = steps(
        "revenue",
        fact("SalesRevenueNet", 80, *YEAR, "2016-02-10"),
        fact("Revenues", 100, *YEAR, "2016-02-10"),
        fact("Revenues", 1, "2012-01-01", "2012-12-31", "2016-02-10"),
        fact("SalesRevenueNet", 120, "2016-01-01", "2016-12-31", "2017-02-10"),
    )
    assert told(found) == [("2016-02-10", 100.0), ("2017-02-10", 120.0)]


def test_the_parts_of_a_trailing_year_come_from_one_tag_where_it_has_them_all():
    both = [("2015-01-01", "2015-12-31", 100, 1000), ("2016-01-01", "2016-03-31", 30, 300)]
    rows = [
        fact(tag, value, start, end, "2016-05-01")
        for start, end, *values in both
        for tag, value in zip(("SalesRevenueNet", "Revenues"), values, strict=True)
    ]
    rows.append(fact("SalesRevenueNet", 25, "2015-01-01", "2015-03-31", "2016-05-01"))
    assert steps("revenue", *rows)[-1].value == 100 + 30 - 25


def test_a_change_of_tags_in_the_middle_of_a_year_is_bridged():
    found = steps(
        "revenue",
        fact("SalesRevenueNet", 100, "2017-01-01", "2017-12-31", "2018-02-10"),
        fact("RevenueFromContractWithCustomerExcludingAssessedTax", 30, "2018-01-01", "2018-03-31", "2018-05-01"),
        fact("RevenueFromContractWithCustomerExcludingAssessedTax", 26, "2017-01-01", "2017-03-31", "2018-05-01"),
    )
    assert told(found) == [("2018-02-10", 100.0), ("2018-05-01", 104.0)]
    assert found[-1].derived


def test_debt_is_summed_where_only_its_parts_are_stated():
    found = steps(
        "long_term_debt",
        fact("LongTermDebtNoncurrent", 70, None, "2015-12-31", "2016-02-01"),
        fact("LongTermDebtCurrent", 5, None, "2015-12-31", "2016-02-02"),
        fact("LongTermDebt", 76, None, "2015-12-31", "2016-02-03"),
    )
    assert told(found) == [("2016-02-01", 70.0), ("2016-02-02", 75.0), ("2016-02-03", 76.0)]
    assert [step.derived for step in found] == [False, True, False]


def test_gross_profit_is_revenue_less_cost_where_it_is_not_stated():
    found = steps(
        "gross_profit", fact("Revenues", 100, *YEAR, "2016-02-01"), fact("CostOfRevenue", 60, *YEAR, "2016-02-01")
    )
    assert (found[0].value, found[0].derived) == (40.0, True)


def test_the_latest_quarter_is_derived_from_figures_known_by_then():
    found = steps(
        "net_income",
        fact("NetIncomeLoss", 70, "2015-01-01", "2015-09-30", "2015-11-01"),
        fact("NetIncomeLoss", 25, "2015-07-01", "2015-09-30", "2015-11-01"),
        fact("NetIncomeLoss", 100, *YEAR, "2016-02-01"),
        measure=quarter,
    )
    assert [(step.value, step.derived) for step in found] == [(25.0, False), (30.0, True)]


def test_a_split_multiplies_shares_of_a_day_before_it():
    cover = fact("dei/EntityCommonStockSharesOutstanding", 100, None, "2016-04-20", "2016-05-01", unit="shares")
    after = fact("dei/EntityCommonStockSharesOutstanding", 205, None, "2016-07-20", "2016-08-01", unit="shares")
    late = datetime(2016, 6, 3, 1, tzinfo=UTC)
    found = steps("shares_outstanding", cover, after, splits=[("2016-06-01", 2.0, late)])
    assert [(moment(step.at), step.value) for step in found] == [
        (datetime(2016, 5, 1, 12, tzinfo=UTC), 100.0),
        (late, 200.0),
        (datetime(2016, 8, 1, 12, tzinfo=UTC), 205.0),
    ]


def test_shares_of_a_balance_sheet_are_restated_for_splits_before_it_is_issued():
    sheet = fact("CommonStockSharesOutstanding", 200, None, "2016-05-31", "2016-07-01", unit="shares")
    known = datetime(2016, 6, 1, tzinfo=UTC)
    assert told(steps("shares_outstanding", sheet, splits=[("2016-06-01", 2.0, known)])) == [("2016-07-01", 200.0)]


def test_a_corrected_split_replaces_the_one_before():
    cover = fact("dei/EntityCommonStockSharesOutstanding", 100, None, "2016-04-20", "2016-05-01", unit="shares")
    splits = [("2016-06-01", ratio, datetime(2016, 6, number, tzinfo=UTC)) for number, ratio in ((1, 3.0), (5, 2.0))]
    assert told(steps("shares_outstanding", cover, splits=splits)) == [
        ("2016-05-01", 100.0),
        ("2016-06-01", 300.0),
        ("2016-06-05", 200.0),
    ]


def test_earnings_a_share_are_summed_on_one_basis():
    """Apple's seven for one of 2014: the year before it is in old shares, the quarters after it in new ones."""
    unit = {"unit": "USD/shares"}
    rows = [
        fact("EarningsPerShareDiluted", 39.75, "2012-09-30", "2013-09-28", "2013-10-30", **unit),
        fact("EarningsPerShareDiluted", 5.00, "2013-09-29", "2014-06-28", "2014-07-23", **unit),
        fact("EarningsPerShareDiluted", 4.49, "2012-09-30", "2013-06-29", "2014-07-23", **unit),
    ]
    known = datetime(2014, 6, 9, tzinfo=UTC)
    found = steps("eps", *rows, splits=[("2014-06-09", 7.0, known)])
    assert [round(step.value, 4) for step in found] == [39.75, round(39.75 / 7, 4), round(39.75 / 7 + 5.0 - 4.49, 4)]


def test_money_of_another_currency_is_left_out():
    euro = fact("Assets", 10, None, "2015-12-31", "2016-02-01", unit="EUR")
    assert steps("assets", euro) == []
    assert told(steps("assets", euro, currencies={"A": "EUR"})) == [("2016-02-01", 10.0)]


def test_a_period_that_had_not_ended_is_left_out():
    assert steps("assets", fact("Assets", 10, None, "2016-12-31", "2016-02-01")) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_left_out(value):
    assert steps("assets", fact("Assets", value, None, "2015-12-31", "2016-02-01")) == []


def test_concepts_carry_their_taxonomy():
    assert all(concept.split("/")[0] in {"us-gaap", "ifrs-full", "dei"} for concept in CONCEPTS)
    assert len({item.name for item in ITEMS}) == len(ITEMS) == 22
