from __future__ import annotations

import json

import pytest

from tests.app.conftest import Visit
from tests.app.finished import Finished
from tests.app.hostile import FACTOR, MARKUP, RUN, write_home

CHARTS = 5


def texts(page) -> list[str]:
    return [element.value for element in (*page.text, *page.code)]


def specs(page) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in page.get("vega_lite_chart")]


def figures(page) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def test_a_proven_factor_with_its_evidence(visit: Visit, finished: Finished):
    proven = finished.proven
    page = visit(finished.home, factor=proven["id"], run=finished.result["run"])
    assert not page.exception
    assert not page.error
    assert page.title[0].value == "Factor"
    assert page.success[0].value.startswith("Proven")
    assert proven["expression"] in texts(page)
    assert figures(page)["Rank IC vault"] == f"{proven['vault']['rank_ic']:.4f}"
    assert figures(page)["Trials on vault"] == f"{finished.result['trials_on_vault']:,}"
    gates, evidence = (tables(page, name) for name in ("gate", "coverage"))
    family = tables(page, "operation")
    assert (family["depth"][0], family["expression"][0]) == (0, proven["expression"])
    assert family["operation"].str.len().min() > 0
    assert evidence["split"].tolist() == ["train", "validation", "vault"]
    assert evidence["rank_ic"].tolist() == pytest.approx(
        [proven[split]["rank_ic"] for split in ("train", "validation", "vault")]
    )
    assert evidence["q"][1] == pytest.approx(proven["validation"]["q"])
    assert evidence["p_holm"][2] == pytest.approx(proven["vault"]["p_holm"])
    assert {f"leak check: {name}" for name in ("cut", "scramble", "shifted labels")} <= set(gates["gate"])
    assert "✘ failed" not in set(gates["outcome"])
    assert evidence["added_t"][0] == pytest.approx(proven["train"]["added_t"])
    assert proven["spanning"]
    assert any(text.startswith("One of the run's spanning set") for text in texts(page))
    figures_of = dict(zip(gates["gate"], gates["figure"], strict=True))
    assert figures_of["q on validation"] == f"{proven['validation']['q']:.3g}"
    assert figures_of["p on the vault, after Holm"] == f"{proven['vault']['p_holm']:.3g}"


def tables(page, column: str):
    """The first table with a column of this name."""
    return next(element.value for element in page.dataframe if column in element.value.columns)


def test_the_run_of_an_older_program_has_its_stored_series_drawn(visit: Visit, lode_settings):
    write_home(lode_settings)
    page = visit(factor=FACTOR)
    assert any("kept no evidence sheet" in info.value for info in page.info)
    assert [button.label for button in page.button] == ["Make the sheet"]
    assert len(specs(page)) == CHARTS
    for spec in specs(page):
        assert spec["usermeta"]["embedOptions"]["renderer"] == "svg"
        assert spec["title"]["text"]
        assert spec["title"]["subtitle"]


def test_a_refused_factor_gives_the_reason_and_keeps_its_vault_closed(visit: Visit, finished: Finished):
    refused = next(row for row in finished.result["refused"] if row["reason"].startswith("validation"))
    page = visit(finished.home, factor=refused["id"])
    assert page.error[0].value == "Refused."
    assert refused["reason"] in texts(page)
    assert figures(page)["Rank IC vault"] == "–"
    assert any(text.startswith("The vault, ") and "was not opened" in text for text in texts(page))
    gates = tables(page, "gate")
    assert gates["outcome"].tolist()[:2] == ["✔ passed", "✘ failed"]
    assert set(gates["outcome"][2:4]) == {"– not made"}
    spans = next(rows for rows in _inline_rows(page) if rows and "start" in rows[0])
    assert [row["split"] for row in spans] == ["train", "validation"]


def _inline_rows(page) -> list[list[dict]]:
    """Rows of the charts' small data sets, which travel as Arrow."""
    import pyarrow as pa

    return [
        pa.ipc.open_stream(dataset.data.data).read_all().to_pylist()
        for chart in page.get("vega_lite_chart")
        for dataset in chart.proto.datasets
    ]


def test_the_first_characters_of_an_id_are_enough(visit: Visit, finished: Finished):
    page = visit(finished.home, factor=finished.proven["id"][:10])
    assert finished.proven["expression"] in texts(page)


def test_an_unknown_factor_is_said(visit: Visit, finished: Finished):
    page = visit(finished.home, factor="<b>no</b>")
    assert not page.exception
    assert page.error[0].value == "This cannot be shown."
    assert any("no factor '<b>no</b>'" in text for text in texts(page))


def test_a_run_that_did_not_judge_the_factor_is_said(visit: Visit, finished: Finished):
    page = visit(finished.home, factor=finished.proven["id"], run="nothing")
    assert not page.exception
    assert any("'nothing' did not judge" in text and finished.result["run"] in text for text in texts(page))


def test_markup_in_stored_texts_stays_text(visit: Visit, lode_settings):
    write_home(lode_settings)
    page = visit(factor=FACTOR, run=RUN)
    assert not page.exception
    assert MARKUP in texts(page)
    drawn_as_markdown = [e.value for e in (*page.markdown, *page.caption, *page.info, *page.error)]
    assert not any("<" in text or "**" in text for text in drawn_as_markdown)
    assert f"leak check: {MARKUP}" in tables(page, "gate")["gate"].tolist()


def test_missing_sessions_and_ragged_quantiles_are_drawn_around(visit: Visit, lode_settings):
    write_home(lode_settings)
    page = visit(factor=FACTOR)
    assert not page.exception
    assert figures(page)["Rank IC train"] == "0.0213"
    assert figures(page)["Rank IC validation"] == "–"
    assert len(specs(page)) == CHARTS


def test_quantiles_that_are_never_all_filled_are_said_and_not_drawn(visit: Visit, lode_settings):
    write_home(lode_settings, quantiles=[[-0.01, float("nan"), 0.01]] * 6)
    page = visit(factor=FACTOR)
    assert not page.exception
    assert any("no session has a return in every quantile" in each.value for each in page.info)
    assert len(specs(page)) == CHARTS - 1


def test_a_state_that_nobody_knows_is_shown_as_it_is(visit: Visit, lode_settings):
    write_home(lode_settings, state="transcended")
    page = visit(factor=FACTOR)
    assert not page.exception
    assert "not known" in page.info[0].value


def test_a_factor_whose_run_is_gone_is_said(visit: Visit, lode_settings):
    from lode.warehouse import open_warehouse
    from lode.warehouse.stores.factors import FactorRecord, record_factors

    write_home(lode_settings)
    with open_warehouse(lode_settings) as warehouse:
        record_factors(warehouse, [FactorRecord("ab" * 8, "lost", "close", "", "refused", "", 1, 0, 1, 1, "5a5a")])
    page = visit(factor="ab" * 8)
    assert not page.exception
    assert any("no run 'lost'" in text for text in texts(page))


def test_the_operators_of_a_formula_are_explained_as_text(visit: Visit, finished: Finished):
    page = visit(finished.home, factor=finished.proven["id"])
    explained = tables(page, "written")
    assert set(explained["meaning"].str.len() > 0) == {True}
    tips = [element.proto.help for element in page.text if element.proto.help]
    assert len(tips) == len(explained)
    assert all(r"\(" in tip or tip.isalpha() or ":" in tip for tip in tips)


def test_similar_factors_are_other_factors_of_the_run(visit: Visit, finished: Finished):
    page = visit(finished.home, factor=finished.proven["id"], run=finished.result["run"])
    alike = tables(page, "correlation")
    known = {row["id"] for kind in ("proven", "refused") for row in finished.result[kind]}
    assert set(alike["factor"]) <= known - {finished.proven["id"]}
    sizes = alike["correlation"].abs().tolist()
    assert sizes == sorted(sizes, reverse=True)
