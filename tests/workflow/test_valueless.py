from __future__ import annotations

import numpy as np
import pytest

from lode.language import parse
from lode.panel import Panel
from lode.workflow.valueless import valueless
from tests.evidence.conftest import make_panel


@pytest.fixture
def panel() -> Panel:
    """Ten sessions of three names without a sector, and a field without a value."""
    nobody = np.full((10, 3), -1, np.int32)
    return make_panel(np.ones((10, 3)), groups={"sector": nobody}, news=np.full((10, 3), np.nan))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("group_rank(close, sector)", "no name of it has a sector; leave the group out"),
        ("rank(news)", "the field news has no value in it"),
        ("ts_mean(close, 11)", "it looks back 10 sessions; take shorter windows"),
        ("close / (close - close)", "its parts may say more: try them by themselves"),
    ],
)
def test_the_error_says_what_is_missing(panel: Panel, text: str, says: str) -> None:
    expression = parse(text)
    message = str(valueless([expression], panel))
    assert message.startswith(f"{expression} has no value on the 10 sessions × 3 names of this panel: ")
    assert message.partition(": ")[2].startswith(says)


def test_several_are_counted(panel: Panel) -> None:
    message = str(valueless([parse("rank(news)"), parse("ts_mean(close, 20)")], panel))
    assert message.startswith("none of the 2 formulas has a value on the 10 sessions")
    assert "news" in message
