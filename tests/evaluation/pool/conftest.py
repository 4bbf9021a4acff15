"""Members that are independent signals, and a return that is a known combination of them."""

import numpy as np

from lode.evaluation.pool import MemberRanks, Outcomes, Training
from lode.evidence.cross_validation import Spans, purged_k_fold

SESSIONS, NAMES = 150, 60


def make_values(count, *, sessions=SESSIONS, names=NAMES, seed=0):
    """`count` independent members by name."""
    rng = np.random.default_rng(seed)
    return {f"m{at}": rng.standard_normal((sessions, names)).astype(np.float32) for at in range(count)}


def make_forward(values, weights, *, noise=1.0, seed=1):
    """Returns that are Σ w x and noise."""
    shape = next(iter(values.values())).shape
    signal = sum(weight * values[member] for member, weight in weights.items())
    return (signal + noise * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def ranked(values):
    ranks = MemberRanks(next(iter(values.values())).shape)
    for member, each in values.items():
        ranks.add(member, each)
    return ranks


def make_training(values, forward, **options):
    folds = purged_k_fold(Spans.of(len(forward)), 5, embargo=5)
    return Training(ranked(values), forward, [(fold.train, fold.test) for fold in folds], **options)


def outcomes_of(forward):
    return Outcomes(forward, forward)
