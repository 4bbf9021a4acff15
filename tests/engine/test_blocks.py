from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.engine import Evaluator
from lode.language import OPERATORS, Call, lookback, parse, postorder
from tests.engine.markets import EVERY_OPERATOR, NESTED, market

EXPRESSIONS = sorted({*EVERY_OPERATOR, *NESTED, "ts_regression(close, volume, 7, lag=3, rettype=2)"})


def bits(values):
    return np.ascontiguousarray(values).view(np.uint32)


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_values_do_not_change_when_later_data_does(text):
    fields, groups = market()
    changed = {name: field.copy() for name, field in fields.items()}
    for field in changed.values():
        field[41:] = np.where(np.isnan(field[41:]), 1e9, np.float32(np.nan))
    expr = parse(text)
    before, after = Evaluator(fields, groups).value(expr), Evaluator(changed, groups).value(expr)
    np.testing.assert_array_equal(bits(before[:41]), bits(after[:41]))
    cut = Evaluator({k: v[:41] for k, v in fields.items()}, {k: v[:41] for k, v in groups.items()}).value(expr)
    np.testing.assert_array_equal(bits(before[:41]), bits(cut))


@given(st.sampled_from(EXPRESSIONS), st.integers(0, 60), st.integers(0, 60), st.integers(0, 2000))
@settings(max_examples=200, deadline=None)
def test_a_block_with_its_lookback_has_the_bits_of_the_whole(text, one, other, first_row):
    fields, groups = market(seed=3)
    expr = parse(text)
    start, stop = sorted((one, other))
    reach = max(0, start - lookback(expr))
    whole = Evaluator(fields, groups, first_row=first_row).value(expr)
    block = Evaluator(
        {name: np.ascontiguousarray(field[reach:stop]) for name, field in fields.items()},
        {name: np.ascontiguousarray(labels[reach:stop]) for name, labels in groups.items()},
        first_row=first_row + reach,
    ).value(expr)
    np.testing.assert_array_equal(bits(block[start - reach :]), bits(whole[start:stop]))


@pytest.mark.parametrize("names", [1, 3, 4, 7, 8, 15, 16, 17, 63, 64, 65, 100])
def test_a_name_does_not_depend_on_its_neighbours_in_the_tile(names):
    fields, _ = market(names=100, seed=5)
    some = {name: np.ascontiguousarray(field[:, :names]) for name, field in fields.items()}
    for text in EXPRESSIONS:
        kinds = {OPERATORS[node.op].kind for node in postorder(parse(text)) if isinstance(node, Call)}
        if kinds <= {"time series", "elementwise"}:
            whole, part = Evaluator(fields).value(parse(text)), Evaluator(some).value(parse(text))
            np.testing.assert_array_equal(bits(part), bits(whole[:, :names]), err_msg=text)


def test_two_threads_have_the_bits_of_one():
    fields, groups = market(names=80, seed=7)
    exprs = [parse(text) for text in EXPRESSIONS]

    def values(chosen):
        return {str(e): bits(v.copy()) for e, v in zip(chosen, Evaluator(fields, groups).values(chosen), strict=True)}

    alone = values(exprs)
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(values, (exprs[::2], exprs[::-1]))
    for part in halves:
        for text, found in part.items():
            np.testing.assert_array_equal(found, alone[text], err_msg=text)
