from dataclasses import replace

import numpy as np
import pytest

from lode.engine import Evaluator
from lode.evidence.leaks import check_rescale
from lode.language import parse


def outcome(market, text):
    panel = replace(market, fields={**market.fields, "returns": market.fields["close"] / 100})

    def evaluate(panel):
        return Evaluator(panel.fields, panel.groups, mask=panel.tradable).value(parse(text))

    return check_rescale(evaluate, panel, evaluate(panel), rng=np.random.default_rng(0)).outcome


@pytest.mark.parametrize(
    "text",
    [
        "rank(close / ts_mean(close, 20))",
        "ts_corr(close, volume, 10)",
        "ts_rank(close, 20)",
        "ts_delta(log(close), 5)",
        "rank(ts_delta(log(close), 5))",
        "volume",
        "returns",
    ],
)
def test_what_does_not_depend_on_the_level_of_prices_passes(market, text):
    assert outcome(market, text) == "passed"


@pytest.mark.parametrize("text", ["close", "rank(close)", "log(close)", "ts_delta(close, 5)", "rank(close * volume)"])
def test_what_depends_on_the_level_of_prices_is_not_checkable(market, text):
    assert outcome(market, text) == "not checkable"
