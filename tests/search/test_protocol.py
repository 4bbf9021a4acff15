import math

import pytest

from lode.errors import UsageError
from lode.language import parse
from lode.search import OPERATIONS, Assignment, Origin, Scored


def test_what_is_not_known_of_a_score_is_missing():
    scored = Scored(parse("close"), 0.01, 2.0, 1.0)
    assert math.isnan(scored.added_t)
    assert math.isnan(scored.turnover)


def test_an_origin_is_a_value():
    assert Origin("hoist", (parse("close"),)) == Origin("hoist", (parse("close"),))
    assert Origin("random").parents == ()
    assert all(OPERATIONS.values())


def test_a_shard_is_one_of_how_many():
    with pytest.raises(UsageError, match="from 0 to 1"):
        Assignment(1, 2, 2)
