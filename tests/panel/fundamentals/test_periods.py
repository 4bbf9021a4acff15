"""Durations and what is derived from them."""

from __future__ import annotations

from datetime import date

import pytest

from lode.panel.fundamentals.periods import Part, kind_of, quarter, stated, trailing_year, year_before


def number(text):
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def span(start, end):
    return (None if start is None else number(start), number(end))


def view(*rows):
    """View of (start, end, value); the number of a row is its fact."""
    made = {}
    for row, (start, end, value) in enumerate(rows):
        key = span(start, end)
        made.setdefault(kind_of(key), {})[key] = Part(float(value), ((row, 1),))
    return made


@pytest.mark.parametrize(
    ("start", "end", "kind"),
    [
        (None, "2016-09-24", "instant"),
        ("2016-06-26", "2016-09-24", "quarter"),  # 13 weeks
        ("2016-09-25", "2016-12-31", "quarter"),  # 14 weeks
        ("2017-01-01", "2017-03-25", "quarter"),  # 12 weeks (PepsiCo)
        ("2016-01-01", "2016-06-30", "half"),
        ("2016-12-25", "2017-06-10", "half"),  # 24 weeks
        ("2016-01-01", "2016-09-30", "nine months"),
        ("2016-12-25", "2017-09-02", "nine months"),  # 36 weeks
        ("2015-09-27", "2016-09-24", "year"),  # 52 weeks
        ("2011-09-25", "2012-09-29", "year"),  # 53 weeks
        ("2016-01-01", "2016-12-31", "year"),
        ("2016-01-01", "2016-01-31", None),
        ("2012-01-01", "2016-12-31", None),
    ],
)
def test_periods_are_told_by_their_length(start, end, kind):
    assert kind_of(span(start, end)) == kind


def test_a_reported_quarter_is_taken_as_it_is():
    given = view(("2016-01-01", "2016-03-31", 10), ("2016-04-01", "2016-06-30", 12), ("2016-01-01", "2016-06-30", 30))
    assert quarter(given, number("2016-06-30")) == Part(12.0, ((1, 1),))


def test_a_quarter_is_the_year_less_nine_months():
    given = view(("2016-01-01", "2016-12-31", 100), ("2016-01-01", "2016-09-30", 70))
    assert quarter(given, number("2016-12-31")) == Part(30.0, ((0, 1), (1, -1)))


def test_a_last_quarter_of_sixteen_weeks_is_a_quarter():
    given = view(("2016-12-25", "2017-12-30", 63), ("2016-12-25", "2017-09-09", 44))
    assert quarter(given, number("2017-12-30")).value == 19


def test_nine_months_of_another_year_are_not_subtracted():
    given = view(("2016-01-01", "2016-12-31", 100), ("2015-01-01", "2015-09-30", 70))
    assert quarter(given, number("2016-12-31")) is None


def test_twelve_months_are_a_fiscal_year_where_one_ends():
    given = view(("2016-01-01", "2016-12-31", 100), ("2016-10-01", "2016-12-31", 30))
    assert trailing_year(given, number("2016-12-31")) == Part(100.0, ((0, 1),))


def test_twelve_months_are_a_year_and_the_difference_of_the_years_to_date():
    given = view(("2015-01-01", "2015-12-31", 100), ("2016-01-01", "2016-06-30", 60), ("2015-01-01", "2015-06-30", 45))
    assert trailing_year(given, number("2016-06-30")) == Part(115.0, ((0, 1), (1, 1), (2, -1)))


def test_the_year_to_date_of_53_weeks_is_a_year_apart():
    given = view(
        ("2011-09-25", "2012-09-29", 156508), ("2012-09-30", "2012-12-29", 54512), ("2011-09-25", "2011-12-31", 46333)
    )
    assert trailing_year(given, number("2012-12-29")).value == 156508 + 54512 - 46333


def test_twelve_months_are_four_quarters_otherwise():
    quarters = [
        ("2015-07-01", "2015-09-30", 1),
        ("2015-10-01", "2015-12-31", 2),
        ("2016-01-01", "2016-03-31", 3),
        ("2016-04-01", "2016-06-30", 4),
    ]
    assert trailing_year(view(*quarters), number("2016-06-30")) == Part(10.0, ((3, 1), (2, 1), (1, 1), (0, 1)))
    assert trailing_year(view(*quarters[1:]), number("2016-06-30")) is None
    gap = [("2015-04-01", "2015-06-30", 9), *quarters[1:]]
    assert trailing_year(view(*gap), number("2016-06-30")) is None


def test_a_derived_quarter_may_be_one_of_the_four():
    given = view(
        ("2015-01-01", "2015-12-31", 100),
        ("2015-01-01", "2015-09-30", 70),
        ("2015-07-01", "2015-09-30", 25),
        ("2016-01-01", "2016-03-31", 40),
        ("2016-04-01", "2016-06-30", 50),
    )
    assert trailing_year(given, number("2016-06-30")).value == 50 + 40 + (100 - 70) + 25


def test_half_a_year_is_no_year():
    assert trailing_year(view(("2016-01-01", "2016-06-30", 60)), number("2016-06-30")) is None


def test_what_is_held_is_stated_at_a_day_and_averages_by_their_shortest_period():
    end = number("2016-12-31")
    averages = view(("2016-01-01", "2016-12-31", 100), ("2016-10-01", "2016-12-31", 110))
    assert stated(averages, end).value == 110
    assert stated(view((None, "2016-12-31", 120), ("2016-10-01", "2016-12-31", 110)), end).value == 120
    assert stated(averages, end - 1) is None


def test_a_year_before_is_the_nearest_day():
    ends = {number(text) for text in ("2015-09-26", "2015-10-03", "2015-06-27", "2014-09-27")}
    assert year_before(ends, number("2016-09-24")) == [number("2015-09-26"), number("2015-10-03")]
