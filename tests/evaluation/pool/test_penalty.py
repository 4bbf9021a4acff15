import numpy as np
import pytest

from lode.evaluation.pool import Training, fit_pool
from lode.evaluation.pool.penalty import PENALTIES, choose_penalty
from tests.evaluation.pool.conftest import make_forward, make_training, make_values, ranked


def test_signals_that_stand_out_are_hardly_held_back_and_noise_is():
    """Members that say much the same: where each has a part of its own that predicts, and where none has."""
    own = make_values(8, sessions=60, names=30)
    values = {member: (own["m0"] + 0.4 * each).astype(np.float32) for member, each in own.items()}
    clear = fit_pool(make_training(values, make_forward(own, {"m1": 1.0, "m2": -0.5}, noise=0.1)), "ridge")
    held = fit_pool(make_training(values, make_forward(own, {"m0": 0.2})), "ridge")
    assert clear.penalty <= 0.01
    assert held.penalty >= 1


def test_of_penalties_that_do_equally_well_the_largest_is_taken():
    values = make_values(1)
    training = make_training(values, make_forward(values, {"m0": 1.0}))
    chosen = choose_penalty(training, np.array([0]), lambda gram, target, penalties: np.ones((len(penalties), 1)))
    assert chosen == PENALTIES[-1]


@pytest.mark.parametrize(("tested", "best"), [(slice(0, 75), 0.1), (slice(75, 150), 2.0)])
def test_a_fold_is_judged_on_its_test_alone(tested, best):
    """One member predicts in the first half, another in the second; each penalty's weights hold one of them."""
    values = make_values(2)
    forward = make_forward(values, {"m0": 1.0}, noise=0.1)
    forward[75:] = make_forward(values, {"m1": 1.0}, noise=0.1)[75:]
    rows = np.arange(150)
    training = Training(ranked(values), forward, [(np.delete(rows, tested), rows[tested])])
    assert choose_penalty(training, np.arange(2), lambda *_: np.eye(2), (0.1, 2.0)) == best


def test_a_fold_learns_from_its_training_rows_alone():
    values = make_values(3)
    forward = make_forward(values, {"m0": 0.5, "m1": 0.2})
    poisoned = forward.copy()
    poisoned[60:70], poisoned[100:] = 9 * forward[60:70] ** 2, -forward[100:]
    seen = []

    def solve(gram, target, penalties):
        seen.append((gram, target))
        return np.ones((len(penalties), 3))

    for labels in (forward, poisoned):
        training = Training(ranked(values), labels, [(np.arange(60), np.arange(70, 100))])
        choose_penalty(training, np.arange(3), solve)
    np.testing.assert_array_equal(seen[0][0], seen[1][0])
    np.testing.assert_array_equal(seen[0][1], seen[1][1])
