from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evidence.cross_validation import Spans, backtest_paths, combinatorial_purged, purged_k_fold


def test_folds_by_hand():
    # horizon 2, delay 1: the label of row t is earned in sessions t + 2 and t + 3
    folds = purged_k_fold(Spans.of(9, horizon=2), 3, embargo=1)
    assert [fold.test.tolist() for fold in folds] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    # the labels of rows 0 to 2 end in session 5, the embargo in 6: rows 3 and 4 begin in 5 and 6
    assert [fold.train.tolist() for fold in folds] == [[5, 6, 7, 8], [0, 1, 8], [0, 1, 2, 3, 4]]


def test_labels_of_one_session_need_no_purge():
    folds = purged_k_fold(Spans.of(10), 5)
    assert all(len(fold.train) == 8 for fold in folds)
    assert folds[1].train.tolist() == [0, 1, 4, 5, 6, 7, 8, 9]


sizes = st.tuples(st.integers(2, 7), st.integers(7, 60), st.integers(1, 12), st.integers(0, 3), st.integers(0, 8))


@given(sizes, st.data())
def test_train_never_shares_a_session_of_labels_with_test(sizes, data):
    groups, rows, horizon, delay, embargo = sizes
    spans = Spans.of(rows, horizon=horizon, delay=delay)
    for fold in combinatorial_purged(spans, groups, data.draw(st.integers(1, groups - 1)), embargo=embargo):
        tested = {s for t in fold.test for s in range(spans.first[t], spans.last[t] + 1)}
        for row in fold.train:
            assert tested.isdisjoint(range(spans.first[row], spans.last[row] + 1))
            after = spans.first[row] - spans.last[fold.test[fold.test < row]]
            assert (after > embargo).all()


@given(sizes)
def test_every_row_is_tested_once_in_k_fold(sizes):
    groups, rows, horizon, delay, embargo = sizes
    folds = purged_k_fold(Spans.of(rows, horizon=horizon, delay=delay), groups, embargo=embargo)
    assert np.concatenate([fold.test for fold in folds]).tolist() == list(range(rows))
    assert max(len(fold.test) for fold in folds) - min(len(fold.test) for fold in folds) <= 1


def test_no_more_is_purged_than_has_to_be():
    spans = Spans.of(40, horizon=5)
    for fold in combinatorial_purged(spans, 4, 2):
        left_out = set(range(40)) - set(fold.train) - set(fold.test)
        for row in left_out:
            block = [t for t in fold.test if spans.first[t] <= spans.last[row] and spans.last[t] >= spans.first[row]]
            assert block


def test_labels_of_uneven_length():
    spans = Spans(np.arange(6), np.array([0, 9, 2, 3, 4, 5]))
    folds = purged_k_fold(spans, 3)
    assert folds[0].train.tolist() == []  # row 1 runs over all that follow
    assert folds[2].train.tolist() == [0, 2, 3]


@pytest.mark.parametrize(("groups", "tested", "paths"), [(6, 2, 5), (10, 2, 9), (5, 1, 1), (6, 3, 10)])
def test_paths_of_lopez_de_prado(groups, tested, paths):
    folds = combinatorial_purged(Spans.of(60), groups, tested)
    taken = backtest_paths(groups, tested)
    assert len(folds) == comb(groups, tested)
    assert taken.shape == (paths, groups)
    assert paths == tested / groups * comb(groups, tested)
    for path in taken:
        assert all(group in folds[fold].groups for group, fold in enumerate(path))
    used = [(group, fold) for path in taken for group, fold in enumerate(path)]
    assert len(set(used)) == len(used) == sum(len(fold.groups) for fold in folds)


@pytest.mark.parametrize("options", [{"folds": 1}, {"folds": 11}, {"folds": 3, "embargo": -1}])
def test_impossible_folds_are_usage_errors(options):
    with pytest.raises(UsageError):
        purged_k_fold(Spans.of(10), **options)


def test_impossible_spans_are_usage_errors():
    for call in (
        lambda: Spans.of(10, horizon=0),
        lambda: Spans(np.arange(3), np.arange(2)),
        lambda: Spans(np.arange(3), np.arange(3) - 1),
        lambda: Spans(np.array([1, 0]), np.array([2, 2])),
        lambda: combinatorial_purged(Spans.of(10), 4, 4),
        lambda: backtest_paths(40, 20),
    ):
        with pytest.raises(UsageError):
            call()
