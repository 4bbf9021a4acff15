import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.engine import Blocks, Evaluator, groupings
from lode.errors import ExpressionError
from lode.language import Call, Field, parse

NAN = np.nan


def labels(function, *groups):
    out = np.empty(np.shape(groups[0]), np.float32)
    function(*(np.array(group, np.int32) for group in groups), out)
    return out.tolist()


def buckets(values, edges, skips=(0, 0, 0), missing=0):
    x = np.array([values], np.float32)
    out = np.empty_like(x)
    groupings.bucket(x, np.array(edges, np.float32), skips, missing, out)
    return [None if np.isnan(label) else int(label) for label in out[0]]


def test_the_published_examples_of_buckets():
    assert buckets([-1, 3, 6, 8, 12], [2, 5, 6, 7, 10]) == [0, 1, 2, 4, 5]
    tenths = parse('bucket(rank(x), range="0.1, 1, 0.1")').args[1].values
    assert buckets([0.05, 0.5, 0.9], tenths) == [0, 4, 8]


@pytest.mark.parametrize(
    ("skips", "missing", "want"),
    [
        ((0, 0, 0), 0, [0, 0, 1, 2, 2, None]),
        ((0, 0, 0), 1, [0, 0, 1, 2, 2, 3]),
        ((0, 1, 0), 0, [None, None, 1, 2, 2, None]),
        ((0, 0, 1), 0, [0, 0, 1, None, None, None]),
        ((1, 0, 0), 1, [None, None, 1, None, None, 3]),
    ],
)
def test_the_ends_and_missing_values(skips, missing, want):
    assert buckets([-9, 0, 0.5, 1, 9, NAN], [0, 1], skips, missing) == want


def test_numbers_without_gaps_on_each_day():
    assert labels(groupings.densify, [[7, 99, -1, 7], [3, 3, 3, 3]])[1] == [0, 0, 0, 0]
    np.testing.assert_array_equal(labels(groupings.densify, [[7, 99, -1, 7]]), [[0, 1, NAN, 0]])


def test_pairs_and_what_stands_in():
    one, other = [[0, 0, 1, -1, 1]], [[5, 6, 5, 5, -1]]
    np.testing.assert_array_equal(labels(groupings.cartesian_product, one, other), [[0, 1, 2, NAN, NAN]])
    np.testing.assert_array_equal(labels(groupings.coalesce, one, other), [[0, 0, 1, 2, 1]])
    np.testing.assert_array_equal(labels(groupings.coalesce, other, one), [[0, 1, 0, 0, 2]])


@given(st.integers(0, 999))
def test_members_of_a_bucket_are_a_group_like_any_other(seed):
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(0, 2, (6, 12))).astype(np.float32)
    x[rng.random(x.shape) < 0.1] = NAN
    y = rng.normal(size=x.shape).astype(np.float32)
    bins = np.where(np.isnan(x), -1, (x > -1).astype(int) + (x >= 1)).astype(np.int32)
    ours, theirs = Evaluator({"x": x, "y": y}), Evaluator({"y": y}, {"bins": bins})
    for op in ("group_mean(y, {})", "group_rank(y, {})", "group_count(y, {})", "group_vector_neut(y, y ** 2, {})"):
        made = ours.value(parse(op.format('bucket(x, buckets="-1, 1")')))
        np.testing.assert_array_equal(made, theirs.value(parse(op.format("bins"))))


def test_a_groups_numbers_do_not_matter():
    rng = np.random.default_rng(1)
    fields = {"x": rng.normal(size=(9, 20)).astype(np.float32)}
    groups = {"sector": rng.integers(-1, 99, (9, 20)).astype(np.int32)}
    evaluator = Evaluator(fields, groups)
    for text in ("group_neutralize(x, {})", "group_rank(x, {})", "group_median(x, {})", "group_backfill(x, {}, 3)"):
        plain, dense = (evaluator.value(parse(text.format(group))) for group in ("sector", "densify(sector)"))
        np.testing.assert_array_equal(plain, dense)


def test_a_computed_group_is_used_twice_and_in_blocks():
    rng = np.random.default_rng(2)
    fields = {name: rng.normal(size=(40, 20)).astype(np.float32) for name in "xy"}
    made = 'bucket(ts_mean(y, 5), range="-1, 1, 0.5")'
    expr = parse(f"group_rank(x, {made}) + group_count(y, {made})")
    whole = Evaluator(fields).value(expr)
    assert np.isfinite(whole[4:]).all()
    for height in (1, 7, 40):
        found = np.empty_like(whole)
        Blocks([expr], fields, height=height).fill([found])
        np.testing.assert_array_equal(found, whole)


@pytest.mark.parametrize("expr", [
    parse('bucket(x, buckets="0")'), Call("rank", (parse('bucket(x, buckets="0")'),)),
    Call("add", (Field("x"), parse('bucket(x, buckets="0")')))])  # fmt: skip
def test_a_computed_group_has_no_values(expr):
    with pytest.raises(ExpressionError, match="is a group, which has no values"):
        Evaluator({"x": np.ones((2, 2), np.float32)}).value(expr)
