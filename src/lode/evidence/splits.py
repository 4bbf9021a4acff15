"""Train, validation and vault: three stretches of time that share no price.

With T sessions, shares 60/20/20, delay d, horizon h and embargo e, validation begins at row v = ⌊.6 T⌋ and the vault
at row w = ⌊.8 T⌋. The label of session t needs the prices of t + d and t + d + h, so the last label sessions are

    train        t < v - e - (d + h)        prices up to row v - e - 1
    validation   t < w - e - (d + h)        prices up to row w - e - 1
    vault        t < T - (d + h)

Between the last label session of a split and the first of the next lie d + h purged sessions and e embargoed ones.
The panel that the search gets ends with row v - e - 1, the panel of selection and validation with row w - e - 1: a
label that would cross a boundary, of whatever horizon, has no price there and is missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from lode.errors import UsageError
from lode.evaluation.labels import check_timing
from lode.evaluation.newey_west import fewest_observations

EMBARGO_SESSIONS = 5
FEWEST_LABELS = 30
SHARES = (60.0, 20.0, 20.0)


@dataclass(frozen=True)
class Splits:
    """Rows of a panel by their use.

    train, validation, vault: slices of label sessions. train_stop: the search's panel is rows [0, train_stop);
    validation_stop: the panel of selection and validation is rows [0, validation_stop). Neither has a vault session.
    """

    sessions: int
    train: slice
    validation: slice
    vault: slice
    train_stop: int
    validation_stop: int
    delay: int
    horizon: int
    embargo: int

    @classmethod
    def of(
        cls,
        sessions: int,
        *,
        shares: tuple[float, float, float] = SHARES,
        delay: int = 1,
        horizon: int = 1,
        embargo: int = EMBARGO_SESSIONS,
    ) -> Splits:
        """Split a panel of `sessions`; UsageError, with the sessions it takes, where a split would have too few."""
        check_timing(horizon, delay)
        _check_shares(shares, embargo)
        splits = cls._cut(sessions, shares, delay, horizon, embargo)
        if splits.shortest < _fewest_labels(horizon):
            needed = fewest_sessions(shares=shares, delay=delay, horizon=horizon, embargo=embargo)
            raise UsageError(
                f"{sessions} sessions are too few for the splits {'/'.join(f'{s:g}' for s in shares)} at horizon "
                f"{horizon} and delay {delay}: at least {needed} are needed; take a longer range or a shorter horizon"
            )
        return splits

    @classmethod
    def _cut(cls, sessions: int, shares: tuple[float, float, float], delay: int, horizon: int, embargo: int) -> Splits:
        whole, tiny = sum(shares), 1e-9
        validation = int(sessions * shares[0] / whole + tiny)
        vault = int(sessions * (shares[0] + shares[1]) / whole + tiny)
        train_stop, validation_stop = max(validation - embargo, 0), max(vault - embargo, 0)
        label = delay + horizon
        return cls(
            sessions=sessions,
            train=slice(0, max(train_stop - label, 0)),
            validation=slice(validation, max(validation_stop - label, validation)),
            vault=slice(vault, max(sessions - label, vault)),
            train_stop=train_stop,
            validation_stop=validation_stop,
            delay=delay,
            horizon=horizon,
            embargo=embargo,
        )

    @property
    def shortest(self) -> int:
        """Label sessions of the shortest split."""
        return min(int(part.stop - part.start) for part in (self.train, self.validation, self.vault))

    def to_dict(self) -> dict[str, Any]:
        """JSON form: the bounds [start, stop) of each split's label sessions, and what made them."""
        return {
            "sessions": self.sessions,
            **{name: [part.start, part.stop] for name, part in self.parts().items()},
            "train_stop": self.train_stop,
            "validation_stop": self.validation_stop,
            "delay": self.delay,
            "horizon": self.horizon,
            "embargo": self.embargo,
        }

    def parts(self) -> dict[str, slice]:
        """Label sessions by the split's name."""
        return {"train": self.train, "validation": self.validation, "vault": self.vault}


def fewest_sessions(
    *,
    shares: tuple[float, float, float] = SHARES,
    delay: int = 1,
    horizon: int = 1,
    embargo: int = EMBARGO_SESSIONS,
) -> int:
    """Sessions that a panel needs so that each split has enough labels."""
    low, high = 1, 2
    while not _enough(high, shares, delay, horizon, embargo):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _enough(middle, shares, delay, horizon, embargo) else (middle, high)
    # Rounding can make the count of labels waver by one session: step up to where larger panels pass as well.
    while not all(_enough(high + more, shares, delay, horizon, embargo) for more in range(50)):
        high += 1
    return high


def _enough(sessions: int, shares: tuple[float, float, float], delay: int, horizon: int, embargo: int) -> bool:
    return Splits._cut(sessions, shares, delay, horizon, embargo).shortest >= _fewest_labels(horizon)  # noqa: SLF001


def _fewest_labels(horizon: int) -> int:
    """Labels below which a split tells nothing: 30, or what Newey-West asks at this horizon."""
    return max(FEWEST_LABELS, fewest_observations(horizon))


def _check_shares(shares: tuple[float, float, float], embargo: int) -> None:
    if len(tuple(shares)) != 3 or not all(0 < share < math.inf for share in shares):
        raise UsageError(f"splits {shares}: three positive shares are allowed, for example 60/20/20")
    if embargo < 0:
        raise UsageError(f"embargo {embargo}: allowed is 0 sessions or more")
