from __future__ import annotations

import re

import numpy as np
import pytest

from lode.engine import Evaluator
from lode.library import LIBRARY, family
from tests.library.paper import FORMULAS, Paper, read
from tests.library.prices import real_fields

# Covariances and correlations of ranks tie exactly in theory; in floating point their order is decided by rounding.
TIED = {13, 15, 16, 75, 79, 85}


@pytest.fixture(scope="module")
def market(shared_data):
    return real_fields(shared_data)


@pytest.fixture(scope="module")
def paper(market):
    fields, sectors = market
    return Paper(fields | {"cap": fields["market_cap"]}, sectors)


@pytest.fixture(scope="module")
def computed(market):
    fields, sectors = market
    definitions = family("alpha101")
    values = Evaluator(fields, {"sector": sectors}).values([d.tree for d in definitions])
    return [value.copy() for value in values]


@pytest.mark.parametrize("number", range(1, 102))
def test_each_equals_the_paper_s_text_computed_slowly_on_real_prices(number, paper, computed):
    ours = computed[number - 1]
    theirs = np.broadcast_to(paper.value(read(FORMULAS[number - 1])), ours.shape)
    assert (np.isnan(ours) == np.isnan(theirs)).all()
    present = ours[np.isfinite(ours)], theirs[np.isfinite(theirs)]
    off = ~np.isclose(*present, rtol=1e-4, atol=1e-5 * np.abs(present[1]).max(initial=0))
    assert off.sum() <= (off.size / 100 if number in TIED else 2)


def test_all_but_one_have_values_on_real_prices(computed):
    empty = [number for number, values in enumerate(computed, start=1) if not np.isfinite(values).any()]
    assert empty == [96]
    assert "hardly ever" in LIBRARY["alpha101.alpha_096"].note


def test_the_text_reads_like_the_paper_s():
    def names(text):
        return sorted(re.findall(r"open|close|high|low|vwap|volume|returns|adv", text.lower()))

    for definition, text in zip(family("alpha101"), FORMULAS, strict=True):
        said = definition.expression.replace("ts_mean(dollar_volume", "(adv").replace("_delay", "")
        assert names(said) == names(text.replace("delay", "")), definition.key


def test_windows_are_floored_and_said_in_the_note():
    alpha = LIBRARY["alpha101.alpha_058"]
    assert alpha.expression == (
        "-1 * ts_rank(ts_decay_linear(ts_corr(group_neutralize(vwap, sector), volume, 3), 7), 5)"
    )
    assert alpha.note == "Printed with the windows 3.92795, 7.89291, 5.50322."


def test_finer_industries_are_sectors_and_said_in_the_note():
    alpha = LIBRARY["alpha101.alpha_067"]
    assert "group_neutralize(ts_mean(dollar_volume, 20), sector)" in alpha.expression
    assert "by subindustry in the paper" in alpha.note


def test_the_last_one_by_hand():
    fields = {"open": 10, "high": 12, "low": 9.5, "close": 11}
    fields = {name: np.full((1, 1), value, np.float32) for name, value in fields.items()}
    value = Evaluator(fields).value(LIBRARY["alpha101.alpha_101"].tree)
    assert value[0, 0] == pytest.approx(1 / 2.501)
