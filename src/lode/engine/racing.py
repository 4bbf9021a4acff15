"""Racing: a cheap look at every candidate, the exact score only for those that may still be among the best.

1. Until there are enough exact scores to tell what a good one is, every candidate is scored exactly and looked at too.
2. Then each candidate is looked at over a few names, and if it may still win over more (`lode.engine.looks`). What the
   look missed is corrected by what it missed of candidates that are known (`lode.engine.variates`). The corrected
   daily series gives an estimate of the candidate's t with a standard error: from the noise that is left in its mean,
   and from that in its own standard error, both times a scale that the race measures.
3. A candidate whose |t| plus `CAUTION` standard errors does not reach the `keep`-th largest exact |t| so far is raced
   out: its estimate is its score. Every other one is scored exactly.
4. One in `AUDITED` of those that would be raced out, by lot, is scored exactly all the same. How far the estimates
   were off for everything that was scored exactly, in standard errors, is the scale.

The same candidates in the same order, in whatever batches that end where these do, give the same race.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from heapq import heappush, heappushpop
from math import inf, isfinite, nan, sqrt
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from lode.engine.variates import ControlVariates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lode.engine.looks import Look, Looked
    from lode.engine.scoring import Scores
    from lode.language import Expr

KEEP = 100
CAUTION = 4.0
AUDITED = 50
_T_SHARE, _T_SHARE_OF_NOISE = 0.02, 0.25  # standard error of the estimated standard error, as a share; measured
_LEAST_VARIANCE = 0.3  # of the looked-at series' variance: what is left of it when the noise is taken out
_ASSUMED_SCALE, _ASSUMED_FROM = 1.5, 20


class Tested(Protocol):
    """The mean of a daily series with its standard error; `n` sessions have a value."""

    @property
    def mean(self) -> float: ...
    @property
    def se(self) -> float: ...
    @property
    def n(self) -> int: ...


class Exact(Protocol):
    """An exact score."""

    @property
    def t_nw(self) -> float: ...
    @property
    def series(self) -> Scores: ...


Score = TypeVar("Score", bound=Exact)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A look's word on the score over all names: mean daily rank IC and its t, each with its standard error."""

    rank_ic: float
    rank_ic_error: float
    t: float
    t_error: float
    coverage: float

    @property
    def known(self) -> bool:
        """Whether the look saw enough to say anything."""
        return isfinite(self.t) and isfinite(self.t_error)


@dataclass(slots=True)
class _Runner:
    """A candidate in the race: what each stage saw of it and said, whether it is out, whether it was let through."""

    place: int
    expression: Expr
    looked: list[Looked]
    said: list[Estimate]
    out: bool = False
    audited: bool = False


class _Stage:
    """One look, its control variates and how far its estimates were off so far."""

    def __init__(self, look: Look, test: Callable[[Scores], Tested]) -> None:
        self.look, self._test = look, test
        self.variates = ControlVariates()
        self._squares, self._count = _ASSUMED_SCALE**2 * _ASSUMED_FROM, _ASSUMED_FROM

    @property
    def scale(self) -> float:
        """What standard errors are to be multiplied by."""
        return sqrt(self._squares / self._count)

    def estimate(self, seen: Looked) -> Estimate:
        """Estimate a candidate's score from its look."""
        series, left = self.variates.corrected(seen.series)
        found, noise = self._test(series[self.look.rows]), seen.noise * left
        if not (isfinite(found.se) and isfinite(noise)):
            return Estimate(found.mean, inf, nan, inf, seen.coverage)
        variance = found.se**2
        own = max(variance - noise / found.n, _LEAST_VARIANCE * variance)
        t, error = found.mean / sqrt(own), sqrt(noise / found.n)
        share = _T_SHARE + _T_SHARE_OF_NOISE * min(error**2 / variance, 1.0)
        t_error = sqrt(error**2 / own + (share * t) ** 2)
        return Estimate(found.mean, self.scale * error, t, self.scale * t_error, seen.coverage)

    def learn(self, seen: Looked, said: Estimate, exact: Exact) -> None:
        """Take in a candidate that was looked at and then scored exactly."""
        if self.variates.fitted and said.known and isfinite(exact.t_nw):
            self._squares += ((said.t - exact.t_nw) / (said.t_error / self.scale)) ** 2
            self._count += 1
        self.variates.learn(seen.series, exact.series)


class Race(Generic[Score]):
    """Scores candidates a generation at a time; remembers what it needs to be as fast as it can be.

    looks: from the cheapest to the dearest. exact: exact scores of expressions, in order. test: of a series over the
    scored sessions. keep: how many of the best are to be exact. seed: of the audits' lots.
    """

    def __init__(
        self,
        looks: Sequence[Look],
        exact: Callable[[Sequence[Expr]], Iterator[Score]],
        test: Callable[[Scores], Tested],
        *,
        keep: int = KEEP,
        seed: int = 0,
    ) -> None:
        self._stages = [_Stage(look, test) for look in looks]
        self._exact, self._keep, self._seed = exact, keep, seed
        self._best: list[float] = []

    @property
    def mark(self) -> float:
        """|t| that a candidate has to reach: the `keep`-th largest exact one; 0 where there are not as many."""
        return self._best[0] if len(self._best) >= self._keep else 0.0

    @property
    def running(self) -> bool:
        """Whether anything can be raced out yet."""
        return self.mark > 0 and all(stage.variates.fitted for stage in self._stages)

    def know(self, ts: Sequence[float]) -> None:
        """Take in exact t's of candidates that another race scored."""
        for t in ts:
            self._note(t)

    def scores(self, expressions: Sequence[Expr]) -> list[Score | Estimate]:
        """Score a generation, in order: exactly, or by an estimate where a candidate was raced out."""
        runners = self._looked_at(expressions)
        chosen = [runner for runner in runners if not runner.out or runner.audited]
        exact = self._exact([runner.expression for runner in chosen])
        results: list[Score | Estimate] = [runner.said[-1] for runner in runners]
        for runner, score in zip(chosen, exact, strict=True):
            results[runner.place] = score
            self._learn(runner, score)
        return results

    def relive(self, expressions: Sequence[Expr], exact: Sequence[bool], ts: Sequence[float]) -> None:
        """Become what `scores` of this generation made of the race, from what it recorded.

        exact: which were scored exactly; ts: their t's. Only these are looked at again, and they are scored again only
        as long as the race learns from their daily series.
        """
        runners = self._looked_at([e for e, known in zip(expressions, exact, strict=True) if known])
        known = [t for t, counts in zip(ts, exact, strict=True) if counts]
        if all(stage.variates.full for stage in self._stages):
            for runner, t in zip(runners, known, strict=True):
                self._learn(runner, _Recorded(t, runner.looked[0].series))
            return
        for runner, score in zip(runners, self._exact([r.expression for r in runners]), strict=True):
            self._learn(runner, score)

    def _looked_at(self, expressions: Sequence[Expr]) -> list[_Runner]:
        """Run the looks, each over those that the one before left in."""
        runners = [_Runner(place, expression, [], []) for place, expression in enumerate(expressions)]
        racing, mark = self.running, self.mark
        for stage in self._stages:
            left = [runner for runner in runners if not runner.out]
            for runner, seen in zip(left, stage.look.looked([r.expression for r in left]), strict=True):
                said = stage.estimate(seen)
                runner.looked.append(seen)
                runner.said.append(said)
                runner.out = racing and said.known and abs(said.t) + CAUTION * said.t_error < mark
                runner.audited = runner.audited or (runner.out and self._audited(runner.expression))
        return runners

    def _audited(self, expression: Expr) -> bool:
        lot = sha256(f"{self._seed} {expression}".encode()).digest()
        return int.from_bytes(lot[:8], "big") % AUDITED == 0

    def _learn(self, runner: _Runner, score: Exact) -> None:
        self._note(score.t_nw)
        for stage, seen, said in zip(self._stages, runner.looked, runner.said, strict=False):
            stage.learn(seen, said, score)

    def _note(self, t: float) -> None:
        if isfinite(t):
            (heappush if len(self._best) < self._keep else heappushpop)(self._best, abs(t))


@dataclass(frozen=True, slots=True)
class _Recorded:
    """An exact score whose daily series nobody needs any more."""

    t_nw: float
    series: Scores
