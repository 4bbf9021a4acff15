import numpy as np
import pytest

from lode.engine import Evaluator
from lode.language import parse

DAY = np.array([[15, 7, 0, -20, np.nan]], np.float32)
NAN = np.nan


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("scale_down(x)", [1, 27 / 35, 20 / 35, 0, NAN]),
        ("scale_down(x, constant=1)", [0, -8 / 35, -15 / 35, -1, NAN]),
        ("scale(x, scale=4)", [60 / 42, 28 / 42, 0, -80 / 42, NAN]),
        ("scale(x, longscale=4, shortscale=3)", [60 / 22, 28 / 22, 0, -3, NAN]),
        ("scale(max(x, 0), longscale=4, shortscale=3)", [60 / 22, 28 / 22, 0, 0, NAN]),
        ("scale(x, longscale=1, shortscale=1)", [15 / 42, 7 / 42, 0, -20 / 42, NAN]),
        ("rank_by_side(x)", [1 / 1.5, 0, 0, -0.5 / 1.5, NAN]),  # ranks 1 and 0 of the longs, .5 of a single short
        ("rank_by_side(x, rate=0, scale=3)", [2, 0, 0, -1, NAN]),
        ("generalized_rank(x)", [8 + 15 + 35, -8 + 7 + 27, -15 - 7 + 20, -35 - 27 - 20, NAN]),
        ("generalized_rank(x, m=0)", [3, 1, -1, -3, NAN]),
        ("generalized_rank(open=x, m=2)", [64 + 225 + 1225, -64 + 49 + 729, -225 - 49 + 400, -1225 - 729 - 400, NAN]),
        ("normalize(x)", [14.5, 6.5, -0.5, -20.5, NAN]),
        ("normalize(x, limit=2)", [2, 2, -0.5, -2, NAN]),
    ],
)  # fmt: skip
def test_of_one_day(text, want):
    np.testing.assert_allclose(Evaluator({"x": DAY}).value(parse(text))[0], want, rtol=1e-6)


def test_published_examples():
    x = np.array([[15, 7, 0, 20]], np.float32)
    found = Evaluator({"x": x}).value(parse("scale_down(x, constant=1)"))[0]
    np.testing.assert_allclose(found, [-0.25, -0.65, -1, 0])
    x = np.array([[3, 5, 6, 2]], np.float32)
    found = Evaluator({"x": x}).value(parse("normalize(x, useStd=true, limit=0.0)"))[0]
    np.testing.assert_allclose(found, [-0.55, 0.55, 1.1, -1.1], atol=0.005)


def over_time(text, **columns):
    fields = {name: np.array(values, np.float32)[:, None] for name, values in columns.items()}
    return Evaluator(fields).value(parse(text))[:, 0]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("hump_decay(x, p=1)", [NAN, 1, 4, 4, NAN, NAN, -1]),
        ("hump_decay(x)", [NAN, 1.5, 4, 5, NAN, NAN, -1]),
        ("hump_decay(x, p=0.2, relative=true)", [NAN, 1, 4, 4, NAN, NAN, -1]),  # |2-1.5| .5 ≤ .2*2.5; 1 ≤ .2*9
        ("inst_tvr(x, 2)", [NAN, NAN, 3 / 5.5, 3.5 / 9, NAN, NAN, NAN]),
        ("ts_delta_limit(x, 1, limit_volume=1)", [1, 1.5, 2.5, 3.5, NAN, 2.5, 1.5]),
        ("ts_delta_limit(x, 1, limit_volume=1, d=2)", [1, 1.5, 2.5, 5, NAN, 1, 0]),
        ("ts_delta_limit(x, y, limit_volume=0.5)", [1, 1.5, 3.5, 3.5, NAN, 1.5, NAN]),
    ],
)
def test_of_several_days(text, want):
    found = over_time(text, x=[1, 1.5, 4, 5, NAN, 1, -1], y=[1, 1, 4, 0, 1, -4, NAN])
    np.testing.assert_allclose(found, want, rtol=1e-6)
