"""Calibration through the command line, small: the whole procedure on markets made of one panel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lode.simulate import simulate, write_market
from lode.workflow.calibrated_market import calibrate_market
from lode.workflow.calibration import Calibration, calibrate
from lode.workflow.context import Context, Event, Report
from lode.workflow.options import MiningOptions
from tests.workflow.homes import RUN_TABLES, Home, assert_same_rows, table_rows

TINY = ("--markets", "2", "--candidates", "40")


class Here:
    """An executor that makes markets in this process."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def run(self, events: Sequence[Event], report: Report) -> list[Event]:
        return [calibrate_market(event, self.context) for event in events]


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with one snapshot of 30 names × 620 sessions."""
    folder = tmp_path_factory.mktemp("calibrated")
    write_market(simulate(30, 620, seed=5), folder / "market.parquet")
    home = Home(folder / "home")
    assert home.lode("import", "bars", folder / "market.parquet", "--source", "mine").code == 0
    assert home.lode("snapshot", "--source", "mine").code == 0
    yield home
    home.stop()


def test_the_rate_comes_with_its_interval_and_nothing_is_written(calibrated: Home, tmp_path: Path) -> None:
    with calibrated.context() as context:
        before, claims = table_rows(context.warehouse, RUN_TABLES), set(context.lake.list("runs"))
    page = tmp_path / "calibration.html"
    report = calibrated.lode("calibrate", *TINY, "--json", "--html", page).json
    with calibrated.context() as context:
        assert_same_rows(table_rows(context.warehouse, RUN_TABLES), before)
        assert set(context.lake.list("runs")) == claims
    false = report["false_discoveries"]
    assert false["trials"] == report["markets"] == 2
    assert false["interval"][0] <= false["rate"] <= false["interval"][1]
    assert 60 <= report["trials"] <= 80
    assert report["power"] == []
    assert {check["markets"] for check in report["checks"].values()} == {2}
    assert page.read_text().count("<circle") == 1


def test_power_has_a_point_for_every_strength(calibrated: Home) -> None:
    outcome = calibrated.lode("calibrate", "--markets", "1", "--candidates", "20", "--planted", "--json")
    assert [point["rank_ic"] for point in outcome.json["power"]] == [0.01, 0.02, 0.03, 0.05, 0.08]
    assert all(0 <= point["interval"][0] <= point["interval"][1] <= 1 for point in outcome.json["power"])
    deviations = [point["daily_std"] for point in outcome.json["power"]]
    assert max(deviations) < 1.1 * min(deviations)


def test_a_strong_plant_is_found(calibrated: Home) -> None:
    options = MiningOptions(candidates=150, shards=1, seed=1)
    asked = Calibration(1, options, "rank(-ts_delta(close, 5))", planted_ics=(0.25,))
    with calibrated.context() as context:
        report = calibrate(context, Here(context), asked)
        again = calibrate(context, Here(context), asked)
    assert report["power"][0]["hits"] == 1
    assert report == again


def test_a_short_panel_is_told_what_it_lacks(tmp_path: Path) -> None:
    write_market(simulate(12, 400), tmp_path / "market.parquet")
    home = Home(tmp_path / "home")
    try:
        assert home.lode("import", "bars", tmp_path / "market.parquet", "--source", "mine").code == 0
        assert home.lode("snapshot", "--source", "mine").code == 0
        outcome = home.lode("calibrate", *TINY)
    finally:
        home.stop()
    assert outcome.code == 2
    assert "takes 506 sessions; this panel has 400" in outcome.message


def test_the_number_of_markets_is_checked(calibrated: Home) -> None:
    outcome = calibrated.lode("calibrate", "--markets", "0")
    assert outcome.code == 2
    assert "allowed is 1 to 100,000" in outcome.message


@pytest.mark.timeout(7200)
def test_the_rate_holds_at_full_size(soak_scale: float, tmp_path: Path) -> None:
    """200 markets of 100 names × 1,000 sessions with 500 candidates each; the shorter one is 2 with 60."""
    markets, candidates = (200, 500) if soak_scale == 1 else (2, 60)
    write_market(simulate(100, 1000, seed=8), tmp_path / "market.parquet")
    home = Home(tmp_path / "home")
    try:
        assert home.lode("import", "bars", tmp_path / "market.parquet", "--source", "mine").code == 0
        assert home.lode("snapshot", "--source", "mine").code == 0
        report = home.lode("calibrate", "--markets", markets, "--candidates", candidates, "--json").json
    finally:
        home.stop()
    assert report["false_discoveries"]["interval"][0] <= report["stated_rate"]
    assert all(check["passed"] for check in report["checks"].values())
