import numpy as np
import pytest

from lode.evidence.finalists import choose_finalists, select_finalists
from lode.evidence.likeness import daily_rank_correlation
from lode.evidence.shortlist import Candidate

SESSIONS, NAMES = 300, 60


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def noise(rng):
    return rng.standard_normal((SESSIONS, NAMES)).astype(np.float32)


def choose(values, t, **options):
    return select_finalists(t.items(), values.__getitem__, **options)


def test_best_by_absolute_t_come_first_and_ties_go_by_id(rng):
    values = {name: noise(rng) for name in "abcd"}
    assert choose(values, {"b": 2.0, "a": -2.0, "c": -5.0, "d": 1.0}, count=3) == ["c", "a", "b"]


def test_order_of_the_candidates_does_not_matter(rng):
    values = {f"{i:02}": noise(rng) for i in range(9)}
    t = {name: float(i % 4) for i, name in enumerate(values)}
    assert choose(values, t, count=5) == choose(values, dict(reversed(t.items())), count=5)


def test_copies_monotone_transforms_and_negatives_are_left_out(rng):
    base = noise(rng)
    values = {"base": base, "twice": 2 * base, "exp": np.exp(base), "minus": -base, "other": noise(rng)}
    assert choose(values, {"base": 5, "twice": 4, "exp": 3, "minus": -4.5, "other": 1}) == ["base", "other"]


@pytest.mark.parametrize(("correlation", "kept"), [(0.6, True), (0.69, True), (0.74, False), (0.8, False)])
def test_limit_is_the_mean_daily_rank_correlation(rng, correlation, kept):
    base, other = noise(rng), noise(rng)
    mixed = correlation * base + np.sqrt(1 - correlation**2) * other  # its rank correlation is about .02 lower
    values = {"base": base, "mixed": mixed.astype(np.float32)}
    measured = daily_rank_correlation(values["base"], values["mixed"])
    assert (measured < 0.7) == kept
    assert ("mixed" in choose(values, {"base": 3, "mixed": 2})) == kept


def test_candidates_without_a_t_are_never_asked_for(rng):
    values = {"good": noise(rng)}
    assert choose(values, {"bad": np.nan, "worse": np.inf, "good": 1.0}) == ["good"]


def test_values_are_asked_for_only_as_far_as_needed(rng):
    asked = []

    def values(factor):
        asked.append(factor)
        return noise(rng)

    select_finalists([(f"{i:02}", 100.0 - i) for i in range(50)], values, count=3)
    assert asked == ["00", "01", "02"]


def test_factors_that_cover_other_names_are_compared_over_common_ones(rng):
    base = noise(rng)
    early, late = base.copy(), base.copy()
    early[:, : NAMES // 4] = np.nan
    late[:, -NAMES // 4 :] = np.nan
    assert choose({"early": early, "late": late}, {"early": 2, "late": 1}) == ["early"]


def test_sessions_before_a_long_lookback_do_not_hide_a_copy(rng):
    base = noise(rng)
    slow = base.copy()
    slow[:200] = np.nan
    assert choose({"base": base, "slow": slow}, {"base": 2, "slow": 1}) == ["base"]


def test_reused_buffers_do_no_harm(rng):
    kept = {name: noise(rng) for name in "ab"}
    kept["c"] = (0.7 * kept["a"] + 0.714 * kept["b"]).astype(np.float32)  # near the limit: every session is used
    buffer = np.empty((SESSIONS, NAMES), dtype=np.float32)

    def values(factor):
        buffer[:] = kept[factor]
        return buffer

    t = {"a": 3, "b": 2, "c": 1}
    assert select_finalists(t.items(), values) == choose(kept, t)


def test_constant_or_empty_values_raise_no_warning():
    empty, constant = np.full((SESSIONS, NAMES), np.nan, np.float32), np.ones((SESSIONS, NAMES), np.float32)
    assert set(choose({"e": empty, "c": constant}, {"e": 1, "c": 2})) == {"e", "c"}
    assert np.isnan(daily_rank_correlation(empty, constant))
    assert choose({}, {}) == []


def test_parts_take_the_place_of_a_stronger_mixture_of_them(rng):
    first, second = noise(rng), noise(rng)
    values = {"first": first, "second": second, "mixture": (first + second).astype(np.float32)}
    candidates = [
        Candidate("mixture", 14.0, 0.07, 9),
        Candidate("first", 10.0, 0.05, 3),
        Candidate("second", 10.0, 0.05, 3),
    ]
    assert list(choose_finalists(candidates, values.__getitem__, count=2).ids) == ["first", "second"]
    assert choose(values, {candidate.id: candidate.t for candidate in candidates}, count=1) == ["mixture"]


def test_others_take_what_places_are_left_and_all_stand_in_order_of_t(rng):
    values = {name: noise(rng) for name in ("long", "short", "weak")}
    candidates = [Candidate("long", 3.3, 0.03, 5), Candidate("short", 3.25, 0.03, 3), Candidate("weak", 2.0, 0.02, 3)]
    chosen = choose_finalists(candidates, values.__getitem__)
    assert list(chosen.ids) == ["long", "short", "weak"]
    assert chosen.spanning == {"short"}
    assert [sample.ranks.shape for sample in chosen.samples] == [(128, NAMES)] * 3
    assert list(choose_finalists(candidates, values.__getitem__, count=1).ids) == ["short"]
