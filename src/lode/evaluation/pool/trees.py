"""A pool of boosted trees: what members say together that their sum does not.

Gradient boosting (Ke et al. 2017, LightGBM) of the label's standardised ranks on the members', every session with the
same weight. The trees are few and shallow, since a day's returns are nearly all noise (Gu, Kelly and Xiu 2020 find the
same); they are not tuned. A member's weight is its share of the gain of all splits: how much it was used, without a
sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.evaluation.pool.members import MemberRanks
from lode.evaluation.pool.moments import labels
from lode.evaluation.pool.training import Training

Floats = NDArray[np.float32]
Rows = NDArray[np.intp]

ROUNDS = 100
_LEAST_SHARE_OF_A_LEAF = 0.005
_FEWEST_IN_A_LEAF = 20
_SETTINGS = {
    "objective": "regression",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "feature_fraction": 0.5,
    "lambda_l2": 1.0,
    "max_bin": 63,
    "seed": 0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


def require_lightgbm() -> ModuleType:
    """Return the module; UsageError that says how to install it where it is not there or cannot be loaded."""
    try:
        import lightgbm  # noqa: PLC0415  needs the extra `lightgbm`
    except (ImportError, OSError) as error:
        raise UsageError(
            f"--pool lightgbm needs LightGBM ({error}): pip install 'lode-factors[lightgbm]', "
            "or take ridge, nonnegative or rank_average"
        ) from error
    module: ModuleType = lightgbm
    return module


@dataclass(frozen=True)
class TreePool:
    """A pool of trees; see `Fitted`. text: LightGBM's own form of the model, over `weights` in their order."""

    weights: Mapping[str, float]
    text: str
    penalty: float | None = None

    def signal(self, ranks: MemberRanks) -> Floats:
        """The trees' prediction, (sessions, names); NaN where no member has a value."""
        signal = np.full(ranks.shape, np.nan, np.float32)
        if not self.text:
            return signal
        model = require_lightgbm().Booster(model_str=self.text)
        places = [ranks.ids.index(member) for member in self.weights]
        for block, z, known in ranks.blocks():
            there = known[places].any(axis=0)
            if there.any():
                signal[block][there] = model.predict(z[places][:, there].T.astype(np.float32), num_threads=1)
        return signal


def boosted_trees(training: Training, members: Rows) -> TreePool:
    """Fit trees on every cell that has a label and a member's value; (cells, members) float32 are in memory."""
    lightgbm = require_lightgbm()
    names = [training.ranks.ids[member] for member in members]
    cells, ranks, weights = _cells(training, members)
    if not len(ranks) or not np.ptp(cells, axis=0).any():
        return TreePool(dict.fromkeys(names, 0.0), "")
    least = max(_FEWEST_IN_A_LEAF, int(_LEAST_SHARE_OF_A_LEAF * len(ranks)))
    settings = _SETTINGS | {"min_data_in_leaf": least}
    data = lightgbm.Dataset(cells, ranks, weight=weights, params=settings, free_raw_data=True)
    model = lightgbm.train(settings, data, ROUNDS)
    gain = np.asarray(model.feature_importance("gain"), dtype=np.float64)
    share = gain / gain.sum() if gain.sum() else gain
    return TreePool(dict(zip(names, share.tolist(), strict=True)), model.model_to_string())


def _cells(training: Training, members: Rows) -> tuple[Floats, Floats, Floats]:
    """Of cells with a label: z (cells, members), the label's standardised rank, a weight that sums alike by session."""
    parts: list[tuple[Floats, Floats, Floats]] = [
        (np.empty((0, len(members)), np.float32), np.empty(0, np.float32), np.empty(0, np.float32))
    ]
    for block, z, known in training.ranks.blocks() if len(members) else ():
        y, there = labels(training.forward[block], known[members], min_names=training.min_names)
        share = np.broadcast_to(1 / np.maximum(there.sum(axis=1, keepdims=True), 1), there.shape)
        parts.append(
            (z[members][:, there].T.astype(np.float32), y[there].astype(np.float32), share[there].astype(np.float32))
        )
    cells, ranks, shares = (np.concatenate(each) for each in zip(*parts, strict=True))
    return cells, ranks, shares * np.float32(len(shares) / max(float(shares.sum()), 1e-30))
