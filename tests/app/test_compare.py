from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import partial

import numpy as np
import polars as pl
import pytest

from lode.app import charts
from lode.app.charts.comparing import _apart
from lode.app.clustering import clusters_of
from lode.app.queries.compare import MOST, chosen_factors, read_comparison
from lode.app.queries.overview import Overview
from lode.app.series import split_spans
from lode.errors import NotFoundError, UsageError
from lode.lake import open_lake
from lode.warehouse import open_warehouse
from lode.warehouse.stores.pool import GrowthRecord, record_growth, record_weights
from lode.workflow.likeness import read_likeness
from tests.app.conftest import Visit
from tests.app.finished import Finished
from tests.app.hostile import FACTOR, MARKUP, RUN, write_home

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def at_compare(visit_page: Visit):
    return partial(visit_page, "compare")


def texts(page) -> list[str]:
    return [element.value for element in (*page.text, *page.code)]


def overview(**states: str) -> Overview:
    runs = pl.DataFrame({"run": list(states), "state": list(states.values())})
    rows = [("a", "new", 2), ("b", "new", 2), ("a", "old", 1), ("c", "old", 3)]
    factors = pl.DataFrame(rows, schema=["factor", "run", "updated_at"], orient="row")
    return Overview(runs, factors, NOW)


def test_without_a_choice_the_newest_finished_run_is_compared():
    run, rows = chosen_factors(overview(new="failed", old="succeeded"), (), "")
    assert (run, rows["factor"].to_list()) == ("old", ["a", "c"])
    run, rows = chosen_factors(overview(new="succeeded", old="succeeded"), (), "")
    assert (run, rows["factor"].to_list()) == ("new", ["a", "b"])


def test_factors_stand_as_the_run_that_is_named_or_the_newest_judged_them():
    found = overview(new="succeeded", old="succeeded")
    assert chosen_factors(found, ("a", "b", "a"), "")[1]["run"].to_list() == ["new", "new"]
    run, rows = chosen_factors(found, ("a", "b"), "old")
    assert (run, rows["run"].to_list()) == ("old", ["old", "new"])
    assert chosen_factors(found, ("a", "c"), "")[0] == ""
    assert chosen_factors(found, ("a@old", "b"), "")[1]["run"].to_list() == ["old", "new"]


def test_what_is_unknown_or_too_much_is_said():
    found = overview(new="succeeded", old="succeeded")
    with pytest.raises(NotFoundError, match="no factor 'z'"):
        chosen_factors(found, ("z",), "")
    with pytest.raises(NotFoundError, match="run 'z' has judged no factor"):
        chosen_factors(found, (), "z")
    with pytest.raises(UsageError, match=f"at most {MOST}"):
        chosen_factors(found, tuple(map(str, range(MOST + 1))), "")


def test_an_empty_home_names_the_command_that_mines(at_compare):
    page = at_compare()
    assert not page.exception
    assert "No runs yet" in page.info[0].value


def test_the_finalists_of_the_newest_run_are_compared(at_compare, finished: Finished):
    page = at_compare(finished.home)
    assert not page.exception
    assert not page.error
    assert [element.value for element in page.header] == [
        "Figures", "How alike they are", "Over time", "The pool", "Pool weights over time",
    ]  # fmt: skip
    table = page.dataframe[0].value
    judged = {row["id"] for row in (*finished.result["proven"], *finished.result["refused"])}
    assert set(table["factor"]) == judged
    assert table["number"].tolist() == list(range(1, len(judged) + 1))
    pool = {member["id"]: member for member in finished.result["pool"]["members"]}
    proven = table[table["factor"] == finished.proven["id"]].iloc[0]
    assert proven["weight"] == pytest.approx(pool[finished.proven["id"]]["weight"])
    assert proven["adds"] == pytest.approx(pool[finished.proven["id"]]["adds"])
    specs = [json.loads(chart.proto.spec)["title"] for chart in page.get("vega_lite_chart")]
    assert [title["text"] for title in specs] == [
        "Correlation", "Cumulative rank IC", "Marginal contribution", "The pool as it grows", "Pool weights over time",
    ]  # fmt: skip
    assert "Spearman" in specs[0]["subtitle"]
    assert any(text.startswith("The most alike") for text in texts(page))
    assert any("Sample or simulated data" in element.value for element in page.markdown)


def test_a_run_keeps_how_alike_its_finalists_are(finished: Finished):
    kept = read_likeness(open_lake(finished.settings), finished.result["run"])
    assert kept is not None
    compared = read_comparison(finished.settings, (), finished.result["run"])
    assert compared.measure == "values"
    assert set(kept.factors) == set(compared.factors["factor"])
    assert np.nanmax(np.abs(kept.correlation - np.eye(len(kept.factors)))) < 0.75  # copies are no finalists
    order = [kept.factors.index(factor) for factor in compared.factors["factor"]]
    drawn = compared.correlation[np.ix_(compared.clusters.order, compared.clusters.order)]
    np.testing.assert_array_equal(kept.correlation[np.ix_(order, order)], drawn)


def test_a_choice_stands_in_the_url_and_can_be_changed(at_compare, finished: Finished):
    chosen = [finished.proven["id"], finished.refused["id"]]
    page = at_compare(finished.home, factors=",".join(chosen))
    assert set(page.dataframe[0].value["factor"]) == set(chosen)
    page.multiselect[0].set_value(chosen[:1]).run()
    assert not page.exception
    assert page.query_params["factors"] in (chosen[0], [chosen[0]])
    assert page.dataframe[0].value["factor"].tolist() == chosen[:1]
    assert any("nothing to be like" in info.value for info in page.info)


def test_an_unknown_factor_is_said(at_compare, finished: Finished):
    page = at_compare(finished.home, factors="<b>no</b>")
    assert not page.exception
    assert any("no factor '<b>no</b>'" in text for text in texts(page))


def test_markup_stays_text_and_a_run_without_a_pool_is_said(at_compare, lode_settings):
    write_home(lode_settings)
    page = at_compare()
    assert not page.exception
    assert page.dataframe[0].value["expression"].tolist() == [MARKUP]
    drawn_as_markdown = [e.value for e in (*page.markdown, *page.caption, *page.info, *page.error)]
    assert not any("<" in text or "**" in text for text in drawn_as_markdown)
    assert any("No pool is stored" in info.value for info in page.info)


def test_pools_of_the_same_universe_are_columns_of_the_weights(at_compare, lode_settings):
    write_home(lode_settings)
    with open_warehouse(lode_settings) as warehouse:
        record_weights(warehouse, RUN, date(2020, 1, 6), {FACTOR: -0.4})
        record_growth(warehouse, RUN, [GrowthRecord(1, FACTOR, 0.03, 0.01)])
    page = at_compare()
    assert not page.exception
    row = page.dataframe[0].value.iloc[0]
    assert (row["weight"], row["adds"]) == (-0.4, pytest.approx(0.02))
    assert any("One fit so far" in caption.value for caption in page.caption)


def test_the_matrix_is_centred_on_zero_and_its_tree_stands_above_it():
    correlation = np.array([[1.0, -0.5], [-0.5, 1.0]])
    cells = pl.DataFrame(
        {
            "across": [1.0, 2, 1, 2],
            "down": [1.0, 1, 2, 2],
            "correlation": [1.0, -0.5, -0.5, None],
            "first": "f",
            "second": "s",
        }
    )
    spec = charts.correlation_matrix(cells, clusters_of(correlation), "mean").to_dict()
    squares, branches = spec["layer"]
    assert squares["encoding"]["color"]["scale"]["domain"] == [-1.0, 0, 1.0]
    assert squares["encoding"]["x"]["axis"]["values"] == [1, 2]
    assert all(row["y1"] <= 0.5 for row in spec["datasets"][branches["data"]["name"]])


def test_lines_have_numbers_that_do_not_cover_each_other_and_marked_splits():
    days = pl.DataFrame(
        {"session": [date(2020, 1, day) for day in (2, 3)] * 3, "number": [n for n in "123" for _ in range(2)],
         "sum_rank_ic": [0.1, 1.0, 0.1, 1.001, 0.0, -1.0]}
    )  # fmt: skip
    ends = _apart(days.group_by("number", maintain_order=True).last())
    assert ends["label"].diff().drop_nulls().min() >= 0.04 * 2
    spans = split_spans(
        pl.DataFrame({"session": [date(2020, 1, 2), date(2020, 1, 3)], "split": ["train", "validation"]})
    )
    spec = charts.cumulative_rank_ics(days, spans).to_dict()
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["rect", "text", "rule", "line", "text"]
    assert spec["resolve"] == {"scale": {"color": "independent"}}
    assert len(charts.cumulative_rank_ics(days, spans.clear()).layer) == 3


def test_weights_share_a_scale_centred_on_zero():
    weights = pl.DataFrame({"fit": ["2020-01-02  ab"], "number": ["1"], "weight": [-0.3], "expression": ["close"]})
    scale = charts.weights_over_time(weights).to_dict()["encoding"]["color"]["scale"]
    assert scale["domain"] == [-0.3, 0, 0.3]


def test_factors_of_several_runs_keep_the_runs_that_the_address_names(at_compare, finished: Finished):
    first, second = finished.proven["id"], finished.refused["id"]
    run = finished.result["run"]
    page = at_compare(finished.home, factors=f"{first}@{run},{second}@another")
    assert not page.exception
    assert page.query_params["factors"] in ((named := f"{first}@{run},{second}@another"), [named])
    chosen = next(widget for widget in page.multiselect if widget.label == "Factors")
    assert chosen.value == [f"{first}@{run}", f"{second}@another"]
