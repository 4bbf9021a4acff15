from __future__ import annotations

import pytest

from lode.app.formulas import parts_of
from lode.language import OPERATORS


def test_operators_come_before_fields_in_the_words_of_their_declarations():
    parts = parts_of("rank(-ts_delta(close, 5)) * volume")
    assert [part.name for part in parts] == ["multiply", "rank", "reverse", "ts_delta", "close", "volume"]
    assert parts[3].meaning == OPERATORS["ts_delta"].formula
    assert parts[3].lookback == "the window and one session before: d"
    assert parts[4].unit == "price"


def test_each_stands_once():
    assert [part.name for part in parts_of("rank(close) + rank(close)")] == ["add", "rank", "close"]


@pytest.mark.parametrize("text", ["", "<img src=x>", "no_such_operator(close)"])
def test_what_cannot_be_read_is_not_explained(text: str):
    assert parts_of(text) == ()
