import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evaluation import forward_returns
from lode.evidence.splits import FEWEST_LABELS, Splits, fewest_sessions


def test_bounds_by_hand():
    splits = Splits.of(1000, delay=1, horizon=1)
    assert splits.train == slice(0, 593)  # label 592 needs the price of row 594; embargo 595 to 599
    assert splits.train_stop == 595
    assert splits.validation == slice(600, 793)
    assert splits.validation_stop == 795
    assert splits.vault == slice(800, 998)


timings = st.tuples(st.integers(0, 3), st.integers(1, 60), st.integers(0, 10))
shares = st.tuples(*[st.integers(10, 60)] * 3).map(lambda s: tuple(float(x) for x in s))


@given(sessions=st.integers(0, 5000), timing=timings, shares=shares)
def test_splits_never_share_a_price_and_keep_purge_and_embargo(sessions, timing, shares):
    delay, horizon, embargo = timing
    try:
        splits = Splits.of(sessions, shares=shares, delay=delay, horizon=horizon, embargo=embargo)
    except UsageError:
        assume(False)
    gap = delay + horizon + embargo
    assert splits.train.start == 0
    assert splits.validation.start - splits.train.stop == gap
    assert splits.vault.start - splits.validation.stop == gap
    assert splits.vault.stop + delay + horizon == sessions
    assert splits.train.stop + delay + horizon == splits.train_stop <= splits.validation.start
    assert splits.validation.stop + delay + horizon == splits.validation_stop <= splits.vault.start
    assert splits.shortest >= FEWEST_LABELS


@given(timing=timings, shares=shares)
def test_fewest_sessions_is_the_least_that_passes(timing, shares):
    delay, horizon, embargo = timing
    options = {"shares": shares, "delay": delay, "horizon": horizon, "embargo": embargo}
    needed = fewest_sessions(**options)
    for sessions in range(needed, needed + 30):
        Splits.of(sessions, **options)
    with pytest.raises(UsageError, match=f"at least {needed} are needed"):
        Splits.of(needed - 1, **options)


def test_train_labels_are_the_same_with_and_without_later_rows():
    prices = np.random.default_rng(0).uniform(1, 2, (300, 3))
    splits = Splits.of(300, horizon=5)
    whole = forward_returns(prices, horizon=5)
    alone = forward_returns(prices[: splits.train_stop], horizon=5)
    np.testing.assert_array_equal(alone[splits.train], whole[splits.train])
    assert np.isnan(alone[splits.train.stop :]).all()


@pytest.mark.parametrize("bad", [(60, 40), (0, 60, 40), (60, -20, 60), (np.nan, 20, 20)])
def test_impossible_shares_are_a_usage_error(bad):
    with pytest.raises(UsageError, match="three positive shares"):
        Splits.of(1000, shares=bad)


@pytest.mark.parametrize("timing", [{"horizon": 0}, {"delay": -1}, {"embargo": -1}])
def test_impossible_timing_is_a_usage_error(timing):
    with pytest.raises(UsageError):
        Splits.of(1000, **timing)


def test_splits_can_be_stored():
    stored = json.loads(json.dumps(Splits.of(1000).to_dict()))
    assert stored["vault"] == [800, 998]
    assert stored["embargo"] == 5
