from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from lode.collect.quality import REPEATED_HEADER, bar_rules, with_reasons, with_sessions

COLUMNS = {
    "symbol": "A",
    "session": date(2024, 6, 10),
    "open": 10.0,
    "high": 11.0,
    "low": 9.0,
    "close": 10.0,
    "volume": 5.0,
}
KINDS = {
    "symbol": pl.String,
    "session": pl.Date,
    **dict.fromkeys(("open", "high", "low", "close", "volume"), pl.Float64),
}


def reasons(*rows, **extra):
    frame = pl.DataFrame([COLUMNS | row for row in rows], schema=KINDS)
    frame = frame.with_columns(pl.Series(name, values) for name, values in extra.items())
    return with_reasons(with_sessions(frame, "XNYS").with_row_index("row_number"), "XNYS")["reason"].to_list()


@pytest.mark.parametrize("field", ["open", "high", "low", "volume"])
def test_a_missing_number_breaks_no_rule(field):
    assert reasons({field: None}) == [None]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"symbol": None}, "no symbol"),
        ({"session": None}, "unreadable date"),
        ({"session": date(2024, 6, 9)}, "not a session of XNYS"),
        ({"close": None}, "close is not a number"),
        ({"volume": -1.0}, "negative volume"),
        ({"low": 10.5}, "low above open, high or close"),
        ({"high": 9.5}, "high below open or close"),
        ({"low": 0.0}, "a price of 0 or less"),
        ({"high": 8.0}, "low above open, high or close; high below open or close"),
    ],
)
def test_every_rule_names_itself(row, reason):
    assert reasons(row) == [reason]


def test_the_second_of_two_rows_is_refused():
    assert reasons({}, {"close": 10.5}) == [None, "a second row for the same symbol and session"]


def test_a_header_among_the_rows_breaks_that_rule_alone():
    header = {"symbol": "SYMBOL", "session": None, "close": None}
    assert reasons({}, header, **{REPEATED_HEADER: [False, True]}) == [None, REPEATED_HEADER]


def test_a_bar_cannot_be_known_before_its_close():
    close = datetime(2024, 6, 10, 20, tzinfo=UTC)
    known = {"knowledge_time": [close, close.replace(hour=19)]}
    assert reasons({}, {"symbol": "B"}, **known) == [None, "known before the session's close"]


def test_rules_are_those_of_the_columns_that_there_are():
    few = {rule.reason for rule in bar_rules(frozenset({"symbol", "session", "close"}), "XNYS")}
    assert not few & {"negative volume", "high below open or close", "known before the session's close"}
