from __future__ import annotations

from dataclasses import fields
from datetime import date

import pytest

from lode.app.run_form import FIRST, option_fields, read_form, source_choices
from lode.workflow.options import MiningOptions

TODAY = date(2026, 11, 20)


def test_every_mining_option_is_a_field_with_the_default_and_the_help_of_the_command_line():
    found = {field.name: field for field in option_fields()}
    assert list(found) == [option.name for option in fields(MiningOptions)]
    assert {name: field.default for name, field in found.items()} == MiningOptions().to_dict()
    assert set(FIRST) <= set(found)
    assert all(field.about for field in found.values())
    assert found["cost_bps"].label == "Cost (basis points)"
    assert found["neutralize"].choices == ("none", "market", "sector")
    assert "genetic" in found["searcher"].choices


def test_what_is_not_filled_in_is_the_request_of_a_bare_run(lode_settings):
    request, wrong = read_form({}, lode_settings, TODAY)
    assert wrong == {}
    assert request == {
        "source": "auto",
        "universe": None,
        "start": None,
        "end": None,
        "options": MiningOptions().to_dict(),
    }


def test_values_become_the_request_of_the_command_line(lode_settings):
    values = {"source": " mine ", "universe": "", "start": date(2020, 1, 2), "candidates": 50, "shards": 2}
    request, wrong = read_form(values, lode_settings, TODAY)
    assert wrong == {}
    assert (request["source"], request["universe"], request["start"]) == ("mine", None, "2020-01-02")
    assert request["options"] == MiningOptions(candidates=50, shards=2).to_dict()


def test_every_field_that_is_off_is_named_with_the_message_of_the_command_line(lode_settings):
    values = {
        "candidates": 0,
        "splits": "1/2",
        "alpha": 3.0,
        "start": date(2021, 1, 1),
        "end": date(2020, 1, 1),
        "searcher": "language_model",
    }
    _, wrong = read_form(values, lode_settings, TODAY)
    assert set(wrong) == {"candidates", "splits", "alpha", "start", "searcher"}
    assert wrong["candidates"] == "--candidates 0: allowed is 1 to 100,000,000"
    assert wrong["start"] == "--start 2021-01-01 is after --end 2020-01-01"
    assert "LODE_PROPOSER" in wrong["searcher"]


@pytest.mark.parametrize("values", [{"candidates": 2}, {"candidates": 2, "shards": 9}, {"shards": None}, {"seed": "x"}])
def test_options_that_do_not_go_together_are_named(lode_settings, values):
    _, wrong = read_form(values, lode_settings, TODAY)
    assert len(wrong) == 1
    assert set(wrong) <= {"shards", "seed"}


@pytest.mark.parametrize("text", ["/etc/passwd", "names.txt", "../x", "prices.parquet", "\\\\host\\x"])
def test_who_comes_from_elsewhere_may_not_name_files_of_the_server(lode_settings, text):
    elsewhere = lode_settings.model_copy(update={"sign_in": "balancer"})
    _, wrong = read_form({"source": text, "universe": text}, elsewhere, TODAY)
    assert set(wrong) == {"source", "universe"}
    assert read_form({"source": text, "universe": text}, lode_settings, TODAY)[1] == {}


def test_a_formula_that_is_none_is_named_before_a_run_begins(lode_settings):
    request, wrong = read_form({"formulas": "rank(close); rank(close"}, lode_settings, TODAY)
    assert set(wrong) == {"formulas"}
    assert "rank(close" in wrong["formulas"]
    assert read_form({"formulas": "rank(close); rank(volume)"}, lode_settings, TODAY)[1] == {}
    assert request["options"]["formulas"]


def test_sources_are_those_outside_and_those_that_are_stored_each_once():
    assert source_choices(["mine", "sample"]) == ["auto", "yahoo", "sample", "mine"]
