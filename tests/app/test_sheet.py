from __future__ import annotations

import json
from collections.abc import Sequence

import altair as alt
import numpy as np
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from lode.app import charts
from lode.app import sheet_frames as frames
from lode.evaluation import SheetOptions, evidence_sheet
from lode.language import parse
from lode.panel import Panel
from lode.simulate import simulate
from lode.workflow.sheets import sheet_record
from tests.app.conftest import Visit
from tests.app.finished import Finished
from tests.app.test_factor import specs, texts

PICTURES = {"Rank IC": 6, "Returns": 6, "Book": 8, "Turnover": 2, "Exposures": 1, "Names": 2, "Gates": 0}


def page_of_record(record: dict) -> None:
    from lode.app.views.sheet import draw

    draw(record)


@pytest.fixture(scope="module")
def record() -> dict:
    sheet = evidence_sheet(
        parse("rank(-ts_delta(close, 5))"), Panel.from_frame(simulate(30, 160, seed=1)), SheetOptions()
    )
    days = sheet.daily.sessions
    splits = {"train": (days[0].item(), days[99].item()), "validation": (days[105].item(), days[150].item())}
    return json.loads(json.dumps(sheet_record(sheet, splits=splits), sort_keys=True))


@pytest.mark.parametrize("part", PICTURES)
def test_every_part_of_a_sheet_is_drawn_from_its_record_alone(record: dict, part: str):
    page = AppTest.from_function(page_of_record, args=(record,), default_timeout=120)
    page.query_params["sheet"] = part
    page.run()
    assert not page.exception
    assert len(specs(page)) == PICTURES[part]
    for spec in specs(page):
        assert spec["title"]["text"]
        assert len(spec["title"]["subtitle"]) <= 62
        assert spec["usermeta"]["embedOptions"]["renderer"] == "svg"


def test_a_sheet_says_what_it_judged_and_an_earlier_one_goes_without(record: dict):
    page = AppTest.from_function(page_of_record, args=(record,), default_timeout=120).run()
    assert page.text[0].value.startswith(f"Source {record['sheet']['source']}, snapshot –: ")
    sheet = {name: told for name, told in record["sheet"].items() if name not in {"source", "snapshot"}}
    earlier = AppTest.from_function(page_of_record, args=(record | {"sheet": sheet},), default_timeout=120).run()
    assert not earlier.exception
    assert not earlier.text[0].value.startswith("Source")


def test_quantiles_that_are_never_all_filled_are_said_and_not_drawn(record: dict):
    empty = [dict.fromkeys(("mean", "low", "high"))] * 5
    page = AppTest.from_function(page_of_record, args=(record | {"quantile_excess": empty},), default_timeout=120)
    page.query_params["sheet"] = "Returns"
    page.run()
    assert not page.exception
    assert page.info[0].value.startswith("Mean return by quantile: no session has a return in every quantile")
    assert len(specs(page)) == PICTURES["Returns"] - 1


def test_horizons_are_in_their_order(record: dict):
    page = AppTest.from_function(page_of_record, args=(record,), default_timeout=120).run()
    assert page.dataframe[1].value["horizon"].tolist() == [1, 2, 5, 10, 20, 60]


def test_quantiles_by_horizon_are_less_their_mean_and_missing_in_earlier_sheets(record: dict):
    def table(of: dict) -> list:
        page = AppTest.from_function(page_of_record, args=(of,), default_timeout=120)
        page.query_params["sheet"] = "Returns"
        page.run()
        assert not page.exception
        return [each.value for each in page.dataframe if "q1" in each.value]

    (shown,) = table(record)
    means = record["sheet"]["horizons"]["5"]["mean_return"]
    row = shown[shown["horizon"] == 5].iloc[0]
    assert row["q5"] == pytest.approx(1e4 * (means[-1] - np.mean(means)) / 5)
    earlier = json.loads(json.dumps(record))
    for found in earlier["sheet"]["horizons"].values():
        del found["mean_return"]
    assert table(earlier) == []


def test_a_record_without_splits_or_any_value_is_drawn_around():
    panel = Panel.from_frame(simulate(30, 160, seed=1))
    nothing = sheet_record(evidence_sheet(parse("close * 0"), panel, SheetOptions()))
    for of in (nothing, sheet_record(evidence_sheet(parse("rank(volume)"), panel, SheetOptions()))):
        page = AppTest.from_function(page_of_record, args=(of,), default_timeout=120).run()
        assert not page.exception
    empty = AppTest.from_function(page_of_record, args=(nothing,), default_timeout=120).run()
    assert empty.info[0].value.startswith("No session has a rank IC")


def test_splits_are_marked_behind_lines_and_scales_are_centred_on_zero(record: dict):
    days = frames.sessions_of(record)
    drawn = charts.lines_over_time(
        frames.book_days(days), ["BRAIN", "long-short"], "Books", "%", axis="%", form=".1f"
    ).to_dict()
    band = drawn["layer"][0]
    assert band["mark"]["type"] == "rect"
    assert [row["split"] for row in drawn["datasets"][band["data"]["name"]]] == ["train", "validation"]
    months = charts.month_colors(frames.months_of(days, "rank_ic", how="mean"), "Months", "x", form=".1f").to_dict()
    low, zero, high = months["layer"][0]["encoding"]["color"]["scale"]["domain"]
    assert (low, zero) == (-high, 0)


def luminance(color: Sequence[float]) -> float:
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in color]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def test_numbers_of_months_can_be_read_on_every_colour(record: dict):
    days = frames.sessions_of(record)
    drawn = charts.month_colors(frames.months_of(days, "rank_ic", how="mean"), "Months", "x", form=".1f").to_dict()
    cells, numbers = (layer["encoding"]["color"] for layer in drawn["layer"])
    low, middle, high = (np.array(list(bytes.fromhex(each[1:]))) / 255 for each in cells["scale"]["range"])
    largest = cells["scale"]["domain"][-1]
    white_from = float(numbers["condition"]["test"].split(">")[1]) / largest
    assert (numbers["condition"]["value"], numbers["value"]) == ("#ffffff", "#000000")
    for share in np.linspace(-1, 1, 401):
        ground = luminance(middle + abs(share) * ((high if share > 0 else low) - middle))
        contrast = 1.05 / (ground + 0.05) if share > white_from else (ground + 0.05) / 0.05
        assert contrast > 4.4, share  # where the two meet


def test_a_legend_of_long_names_fits_a_narrow_window(record: dict):
    days = frames.book_days(frames.sessions_of(record))
    for columns, beside in ((["BRAIN", "long-only less market"], 2), (["BRAIN", "long-short"], 3)):
        drawn = charts.lines_over_time(days, columns, "Books", "%", axis="%", form=".1f").to_dict()
        legends = [layer["encoding"].get("color", {}).get("legend") for layer in drawn["layer"] if "encoding" in layer]
        assert [legend["columns"] for legend in legends if legend] == [beside]


def test_every_chart_holds_to_the_schema_without_rows():
    rows = pl.DataFrame({"at": ["a"], "mean": [np.nan], "low": [None], "high": [None]}).with_columns(
        pl.col("low", "high").cast(pl.Float64)
    )
    made: list[alt.LayerChart] = [
        charts.bars_with_intervals(rows, "t", "a", by="b", axis="c"),
        charts.centred_bars(rows.clear(), "t", "a"),
        charts.distribution(frames.histogram(pl.Series([], dtype=pl.Float64)), "t", "a", axis="b"),
    ]
    assert all(chart.to_dict() for chart in made)


def test_a_proven_factor_shows_its_sheet_with_the_vault(visit: Visit, finished: Finished):
    page = visit(finished.home, factor=finished.proven["id"], run=finished.result["run"])
    assert not page.exception
    assert len(specs(page)) == PICTURES["Rank IC"]
    assert any("the vault included" in text for text in texts(page))
