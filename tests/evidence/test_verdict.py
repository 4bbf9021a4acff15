import math

import numpy as np
import pytest

from lode.evaluation import newey_west_t
from lode.evidence.leaks import LeakCheck
from lode.evidence.vault import alpha_k
from lode.evidence.verdict import direction_of, entitled_to_vault, survivors_of_validation, verdicts

PASSED = (LeakCheck("cut", "passed"),)
FAILED = (LeakCheck("cut", "failed", "rebuilt as of 2015-03-02: 3 values moved"), LeakCheck("scramble", "passed"))
UNKNOWN = (LeakCheck("knowledge", "not checkable", "no knowledge times for mine"),)


def test_direction_is_the_sign_of_t_on_train():
    assert (direction_of(2.0), direction_of(-2.0), direction_of(0.0)) == (1, -1, 1)


def test_only_what_passes_all_four_conditions_is_proven():
    p = {"good": 1e-6, "weak": 0.4, "leaky": 1e-6, "silent": 1e-6, "lucky": 1e-6, "gone": math.nan}
    validation = survivors_of_validation(p)
    assert validation.survivors == ("good", "leaky", "silent", "lucky")
    leaks = {"good": PASSED, "leaky": FAILED, "silent": UNKNOWN, "lucky": PASSED}
    assert entitled_to_vault(validation, leaks) == ("good", "lucky")
    found = verdicts(validation, leaks, vault_p={"good": 0.001, "lucky": 0.2}, alpha=0.0304)
    assert {factor: verdict.state for factor, verdict in found.items()} == {
        "good": "proven",
        "weak": "refused",
        "leaky": "refused",
        "silent": "candidate",
        "lucky": "refused",
        "gone": "refused",
    }
    assert found["good"].reason == ""
    assert found["good"].vault_adjusted_p == 0.002
    assert found["leaky"].reason == "leak check failed: cut rebuilt as of 2015-03-02: 3 values moved"
    assert found["silent"].reason == "leak check not checkable: knowledge no knowledge times for mine"
    assert found["lucky"].reason == "vault: p 0.2, after Holm 0.2 > 0.0304"
    assert found["weak"].reason == "validation: q 1 > 0.05"
    assert found["gone"].reason == "validation: too few sessions with a rank IC, or it does not vary"


def test_reason_shows_why_a_value_just_above_the_limit_is_above_it():
    found = verdicts(survivors_of_validation({"x": 0.31, "y": 0.0500004}), {})
    assert found["x"].reason == "validation: q 0.46 > 0.05"
    (only,) = verdicts(survivors_of_validation({"y": 0.0500004}), {}).values()
    assert only.reason == "validation: q 0.0500004 > 0.05"


def test_validation_corrects_over_all_finalists_and_not_the_testable_ones():
    harmonic = sum(1 / i for i in range(1, 41))
    p = {"best": 0.05 / 40 / harmonic} | {f"n{i}": math.nan for i in range(39)}
    assert survivors_of_validation(p).survivors == ("best",)
    assert survivors_of_validation(p | {"best": p["best"] * 1.001}).survivors == ()


def test_vault_is_corrected_over_those_that_reach_it():
    validation = survivors_of_validation({"a": 1e-9, "b": 1e-9})
    found = verdicts(validation, {"a": PASSED, "b": PASSED}, vault_p={"a": 0.016, "b": 0.029}, alpha=0.0304)
    assert [v.state for v in found.values()] == ["refused", "refused"]  # .016 · 2 > .0304, and Holm stops there
    found = verdicts(validation, {"a": PASSED, "b": PASSED}, vault_p={"a": 0.015, "b": 0.03}, alpha=0.0304)
    assert [v.state for v in found.values()] == ["proven", "proven"]


def test_vault_that_cannot_be_tested_refuses():
    found = verdicts(survivors_of_validation({"a": 1e-9}), {"a": PASSED}, vault_p={"a": math.nan}, alpha=0.03)
    assert found["a"].reason.startswith("vault: too few sessions")


def test_spent_vault_refuses_everything_that_is_left():
    found = verdicts(
        survivors_of_validation({"a": 1e-9, "b": 0.5}), {"a": PASSED}, spent="vault spent: 7 more sessions"
    )
    assert {f: (v.state, v.reason) for f, v in found.items()} == {
        "a": ("refused", "vault spent: 7 more sessions"),
        "b": ("refused", "validation: q 0.75 > 0.05"),
    }


def test_without_survivors_no_vault_p_is_needed():
    validation = survivors_of_validation({"a": 0.5, "b": 1e-9})
    assert entitled_to_vault(validation, {"b": FAILED}) == ()
    assert {v.state for v in verdicts(validation, {"b": FAILED}).values()} == {"refused"}
    assert verdicts(survivors_of_validation({}), {}) == {}


def test_vault_p_of_another_family_is_refused():
    validation = survivors_of_validation({"a": 1e-9, "b": 1e-9})
    with pytest.raises(ValueError, match="Holm takes them all"):
        verdicts(validation, {"a": PASSED, "b": PASSED}, vault_p={"a": 0.01}, alpha=0.03)


def noise_run(rng, *, finalists=40, sessions=190):
    """Proven factors of a run whose finalists have, after the search, no edge at all: half of them move together."""
    common = rng.standard_normal((2, sessions, 1))
    loading = np.where(np.arange(finalists) < finalists // 2, 0.7, 0)
    series = common * loading + np.sqrt(1 - loading**2) * rng.standard_normal((2, sessions, finalists))
    validation_p, vault_p = ([newey_west_t(column).p_one_sided for column in part.T] for part in series)
    validation = survivors_of_validation({str(i): p for i, p in enumerate(validation_p)})
    leaks = dict.fromkeys(validation.survivors, PASSED)
    tested = {factor: vault_p[int(factor)] for factor in entitled_to_vault(validation, leaks)}
    found = verdicts(validation, leaks, vault_p=tested or None, alpha=alpha_k(0.05, 1))
    return len(validation.survivors), sum(v.state == "proven" for v in found.values())


def test_noise_is_proven_at_most_at_the_stated_rate():
    rng = np.random.default_rng(0)
    runs = 150
    outcomes = np.array([noise_run(rng) for _ in range(runs)])
    assert (outcomes[:, 0] > 0).sum() <= 0.05 * runs  # the rate of each stage on its own
    assert (outcomes[:, 1] > 0).sum() <= 1  # both together


def test_vault_stage_alone_keeps_its_level_on_noise():
    rng = np.random.default_rng(1)
    runs, alpha = 400, alpha_k(0.05, 1)
    validation = survivors_of_validation({str(i): 1e-9 for i in range(5)})
    leaks = dict.fromkeys(validation.survivors, PASSED)
    false = 0
    for _ in range(runs):
        p = {f: newey_west_t(rng.standard_normal(190)).p_one_sided for f in validation.survivors}
        false += any(v.state == "proven" for v in verdicts(validation, leaks, vault_p=p, alpha=alpha).values())
    assert false <= alpha * runs + 3 * math.sqrt(alpha * runs)


def test_edge_is_proven_more_often_than_not():
    rng = np.random.default_rng(2)
    proven = 0
    for _ in range(20):
        p, q = (newey_west_t(rng.normal(0.05, 0.14, 497)).p_one_sided for _ in range(2))
        validation = survivors_of_validation({"edge": p} | {str(i): 0.5 for i in range(39)})
        leaks = dict.fromkeys(validation.survivors, PASSED)
        tested = dict.fromkeys(validation.survivors, q) or None
        proven += verdicts(validation, leaks, vault_p=tested, alpha=alpha_k(0.05, 1))["edge"].state == "proven"
    assert proven >= 19
