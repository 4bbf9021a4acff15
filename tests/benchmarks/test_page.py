from __future__ import annotations

import pytest

from benchmarks import page
from benchmarks.ceilings import NOISE, ceiling, judged
from benchmarks.growth import Growth
from benchmarks.rows import Row, beside, reason

PLACE = ("500 × 2,520", "avx512", 1)


def test_seconds_are_better_when_fewer_and_rates_when_more():
    assert beside("w", PLACE, "s", 0.5, "p", 2.0).judged == pytest.approx(4)
    assert beside("w", PLACE, "a second", 120.0, "p", 6.0).judged == pytest.approx(20)


@pytest.mark.parametrize(
    ("judged_at", "at_most", "reached"),
    [(15.0, False, True), (14.9, False, False), (0.02, True, True), (16.0, True, False)],
)
def test_a_target_is_reached_at_it(judged_at, at_most, reached):
    target = 0.02 if judged_at < 1 else 15.0
    assert Row("w", *PLACE, "s", 1.0, judged=judged_at, target=target, at_most=at_most).reached is reached


def test_what_could_not_be_measured_is_not_reached():
    row = Row("w", *PLACE, "s", None, target=2.0, note="FAILED: gone")
    assert row.reached is False
    assert reason(row) == "FAILED: gone"
    assert Row("w", *PLACE, "s", None).reached is None


def test_the_page_by_hand():
    rows = [
        beside("Alpha158", PLACE, "s", 0.1, "KunQuant", 2.0, target=15, note="a | b"),
        beside("Alpha158", PLACE, "s", 0.1, "pyqlib", 3.0, target=200),
        Row("racing", *PLACE, "a second", 600.0, judged=600.0, target=500.0),
    ]
    growth = [Growth("Alpha158", "names", (1, 2), (1.0, 2.0), (5.0, 5.0))]
    text = page.write({"mode": "quick", "seed": 3}, rows, [], [], growth)
    assert "2 of 3 reached. Not: Alpha158 beside pyqlib." in text
    assert "| Alpha158 | 500 × 2,520 | avx512 | 1 | 0.1 s | KunQuant | 2 s | 20 × | 15 × | yes | a \\| b |" in text
    assert "| 30 × | 200 × | **no** |" in text
    assert "| 600 a second |  |  |  | 500 | yes |" in text
    assert "| Alpha158 | names | 1: 1 s, 5 MB; 2: 2 s, 5 MB | 1.00 | 0.00 |" in text
    assert text.endswith("\n")
    assert "## Search" not in text
    assert page.write({}, rows, [], [], growth, "ahead of all").endswith("## Search\n\nahead of all\n")


@pytest.mark.parametrize(
    ("value", "text"), [(1234.5, "1,234"), (99.94, "99.9"), (0.0123, "0.0123"), (float("nan"), "–"), (0.0, "0")]
)
def test_figures_have_three_digits(value, text):
    assert page.figure(value) == text


def test_a_table_of_mappings_has_every_key_once():
    assert page.mappings([{"a": 1}, {"b": 2.5}]) == "| a | b |\n| --- | --- |\n| 1 |  |\n|  | 2.5 |"


def test_ceilings_are_the_trials_over_its_copy():
    assert ceiling("ts_mean 20") == pytest.approx(0.20 / 0.24 * NOISE)
    assert ceiling("ts_mean 20 (2% NaN)") == ceiling("ts_mean 20")
    assert ceiling("something else") is None


def test_a_kernel_over_its_ceiling_has_failed():
    found = judged([{"kernel": "rank", "ns": 9.0}, {"kernel": "log", "ns": 0.1}], copy=0.2)
    assert [each["within"] for each in found] == ["FAILED", "yes"]
    assert found[0]["x copy"] == pytest.approx(45)
    assert judged([{"kernel": "new", "ns": 1.0}], copy=0.2)[0]["within"] == ""
