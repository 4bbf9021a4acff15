from __future__ import annotations

from lode.language import OPERATORS
from lode.language.vocabulary import vocabulary


def test_fields_come_with_units_and_operators_with_signatures():
    words = {word.name: word for word in vocabulary({"volume", "close", "sector", "my_score"})}
    assert list(words)[:4] == ["close", "my_score", "sector", "volume"]
    assert (words["close"].kind, words["close"].meaning) == ("field", "price")
    assert (words["sector"].kind, words["sector"].meaning) == ("group", "")
    assert words["my_score"].meaning == "number"
    assert words["ts_delta"].signature == "ts_delta(x, d)"
    assert words["ts_delta"].kind == "time series"
    assert set(words) >= set(OPERATORS)
    assert all(words[name].meaning for name in OPERATORS)
