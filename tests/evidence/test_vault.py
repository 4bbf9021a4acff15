from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evidence.vault import Opening, admit, alpha_k, shares_vault

DAYS = np.arange("2020-01-01", "2025-01-01", dtype="datetime64[D]")


def day(i):
    return DAYS[i].item()


def opening(number, first, last, instruments="AB"):
    return Opening(number, f"run{number}", day(first), day(last), frozenset(instruments))


def admitted(earlier, first, last, instruments="AB", **options):
    return admit(earlier, vault_sessions=DAYS[first : last + 1], instruments=instruments, **options)


def test_level_falls_with_each_opening():
    assert alpha_k(0.05, 1) == pytest.approx(0.030396, abs=1e-6)
    assert alpha_k(0.05, 2) == pytest.approx(0.030396 / 4, abs=1e-6)
    assert sum(alpha_k(0.05, k) for k in range(1, 10_000)) == pytest.approx(0.05, rel=1e-3)


@pytest.mark.parametrize(("alpha", "k"), [(0, 1), (1, 1), (0.05, 0)])
def test_impossible_levels_are_a_usage_error(alpha, k):
    with pytest.raises(UsageError):
        alpha_k(alpha, k)


@pytest.mark.parametrize(
    ("second", "shared"),
    [
        (opening(2, 100, 200, "AB"), True),
        (opening(2, 101, 201, "BC"), True),  # one more session is the same vault
        (opening(2, 200, 300, "B"), True),  # one session in common
        (opening(2, 201, 300, "AB"), False),
        (opening(2, 100, 200, "CD"), False),
    ],
)
def test_vault_is_shared_when_sessions_overlap_and_an_instrument_is_in_both(second, shared):
    first = opening(1, 100, 200, "AB")
    assert shares_vault(first, second) == shares_vault(second, first) == shared


def test_k_counts_the_earlier_openings_of_the_same_vault():
    earlier = [opening(1, 0, 50), opening(2, 100, 200, "BC"), opening(3, 100, 200, "XY"), opening(4, 150, 250, "A")]
    got = admitted(earlier, 140, 260)
    assert (got.k, got.spent) == (3, False)
    assert got.alpha == alpha_k(0.05, 3)
    assert admitted([], 0, 9, alpha=0.1).alpha == alpha_k(0.1, 1)


def test_after_ten_openings_the_vault_is_spent_until_252_new_sessions_exist():
    ten = [opening(n, 100, 300) for n in range(10)]
    assert not admitted(ten[:9], 100, 300).spent
    refused = admitted(ten, 100, 300)
    assert refused.spent
    assert refused.sessions_missing == 252
    assert "252 more sessions restore it" in refused.message
    assert day(300).isoformat() in refused.message
    assert admitted(ten, 120, 551).sessions_missing == 1
    restored = admitted(ten, 120, 552)
    assert (restored.spent, restored.message) == (False, "")
    assert restored.alpha == alpha_k(0.05, 11)  # nothing is earned back


def test_new_sessions_count_from_the_latest_that_any_opening_had():
    rolling = [opening(n, 100 + n, 300 + n) for n in range(10)]
    assert admitted(rolling, 120, 309 + 251).sessions_missing == 1
    assert not admitted(rolling, 120, 309 + 252).spent


def test_renewed_vault_has_ten_more_openings():
    openings = [opening(n, 100, 300) for n in range(10)] + [opening(10 + n, 120, 552) for n in range(10)]
    assert not admitted(openings[:-1], 120, 552).spent
    again = admitted(openings, 120, 552)
    assert (again.spent, again.sessions_missing, again.k) == (True, 252, 21)


def test_openings_of_a_later_panel_spend_an_earlier_one_too():
    assert admitted([opening(n, 200, 400) for n in range(10)], 100, 250).spent


def test_order_in_which_openings_are_listed_does_not_matter():
    openings = [opening(n, 100, 300) for n in range(10)] + [opening(10, 120, 552)]
    assert admitted(openings, 120, 552) == admitted(openings[::-1], 120, 552)


def test_panel_without_vault_sessions_is_a_usage_error():
    with pytest.raises(UsageError):
        admit([], vault_sessions=DAYS[:0], instruments="A")


spans = st.tuples(st.integers(0, 40), st.integers(0, 20), st.sets(st.sampled_from("ABC"), min_size=1))


@given(st.lists(spans, max_size=12))
def test_levels_of_all_openings_that_saw_one_price_add_up_to_at_most_alpha(wanted):
    openings = []
    for number, (first, length, names) in enumerate(wanted):
        got = admitted(openings, first, first + length, names)
        if got.spent:
            continue
        openings.append(Opening(number, "r", day(first), day(first + length), frozenset(names), got.k, got.alpha))
    for i in range(61):
        for name in "ABC":
            saw = [o.alpha for o in openings if o.first_session <= day(i) <= o.last_session and name in o.instruments]
            assert sum(saw) <= 0.05
    assert all(isinstance(o.first_session, date) for o in openings)
