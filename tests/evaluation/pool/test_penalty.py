import numpy as np

from lode.evaluation.pool import Training, fit_pool
from lode.evaluation.pool.moments import Moments
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
    moments = Moments.of(ranked(values), make_forward(values, {"m0": 1.0}))
    rows = np.arange(150)
    chosen = choose_penalty(moments, [(rows, rows)], np.array([0]), lambda gram, target, penalty: np.ones(1))
    assert chosen == PENALTIES[-1]


def test_a_fold_is_judged_on_its_test_alone():
    """Training rows in which a member works for a penalty's weights alone: only the test decides."""
    values = make_values(2)
    forward = make_forward(values, {"m0": 1.0}, noise=0.1)
    forward[75:] = make_forward(values, {"m1": 1.0}, noise=0.1)[75:]
    moments = Moments.of(ranked(values), forward)

    def solve(gram, target, penalty):
        return np.array([1.0, 0.0]) if penalty < 1 else np.array([0.0, 1.0])

    first, last = np.arange(75), np.arange(75, 150)
    assert choose_penalty(moments, [(last, first)], np.arange(2), solve, (0.1, 2.0)) == 0.1
    assert choose_penalty(moments, [(first, last)], np.arange(2), solve, (0.1, 2.0)) == 2.0


def test_sessions_outside_of_the_folds_training_do_not_count():
    values = make_values(3)
    forward = make_forward(values, {"m0": 0.5, "m1": 0.2})
    folds = [(np.arange(0, 60), np.arange(70, 100))]
    poisoned = forward.copy()
    poisoned[100:] = -poisoned[100:]
    chosen = [
        choose_penalty(Moments.of(ranked(values), labels), folds, np.arange(3), lambda g, c, p: c / (1 + p))
        for labels in (forward, poisoned)
    ]
    assert chosen[0] == chosen[1]
    assert Training(ranked(values), forward, folds).moments.used.all()
