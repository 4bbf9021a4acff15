from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

import polars as pl
import pytest

from lode.warehouse import open_warehouse
from lode.warehouse.stores.bars import insert_bars
from lode.warehouse.stores.collections import Collection, record_collections
from lode.warehouse.stores.findings import record_findings
from lode.warehouse.stores.imports import Watermark, insert_quarantine, insert_watermarks
from tests.app.conftest import Visit
from tests.app.hostile import MARKUP

NOW = datetime(2024, 6, 14, 21, tzinfo=UTC)
DAYS = [date(2024, 6, 3), date(2024, 6, 4), date(2024, 6, 6), date(2024, 6, 7)]


@pytest.fixture
def data(visit_page: Visit):
    """The data page of the test's home."""
    return partial(visit_page, "data")


def write(settings, *, text="a", severity="warning"):
    with open_warehouse(settings) as warehouse:
        bars = pl.DataFrame({"instrument": text, "session": DAYS, "close": [1.0] * 4, "volume": [1.0, None, 2, 3]})
        insert_bars(
            warehouse,
            bars.with_columns(
                pl.lit(NOW).alias("knowledge_time"),
                pl.lit(value=False).alias("adjusted"),
                pl.lit(value=True).alias("backfilled"),
            ),
            source=text,
            collected_at=NOW,
        )
        refused = pl.DataFrame({"symbol": text, "session": DAYS[:2], "row_number": [1, 2], "row_json": "{}"})
        insert_quarantine(
            warehouse, refused.with_columns(pl.lit(text).alias("reason")), source=text, batch="b", collected_at=NOW
        )
        insert_watermarks(warehouse, [Watermark(text, text, DAYS[0], DAYS[-1], "key", NOW)])
        record_collections(
            warehouse,
            [Collection(text, "B", NOW, "collected", rows=4), Collection(text, text, NOW, "failed", message=text)],
        )
        found = pl.DataFrame([(text, text, DAYS[0], severity, text), ("gap", "B", None, "notice", "a gap")],
                             orient="row", schema=["rule", "instrument", "session", "severity", "detail"])  # fmt: skip
        record_findings(warehouse, found, source=text, rules=[], at=NOW)


def texts(page):
    return [element.value for element in (*page.text, *page.code)]


def test_an_empty_home_names_the_commands_that_bring_data(data):
    page = data()
    assert not page.exception
    assert page.title[0].value == "Data"
    assert "No data yet" in page.info[0].value
    assert any("lode collect market" in text for text in texts(page))
    assert not page.dataframe


def test_the_page_shows_what_is_stored(data, lode_settings):
    write(lode_settings)
    page = data()
    assert not page.exception
    assert not page.error
    assert [e.value for e in page.header] == ["Freshness", "Last collections", "Coverage", "Gaps", "Findings",
                                              "Quarantine", "Restatements"]  # fmt: skip
    reach, outcomes, failures, coverage, gaps, counts, findings, refusals, refused = (e.value for e in page.dataframe)
    assert gaps[["instrument", "missing"]].to_numpy().tolist() == [["a", 1]]
    assert [str(day.date()) for day in gaps.loc[0, ["before", "after"]]] == ["2024-06-04", "2024-06-06"]
    assert len(page.get("vega_lite_chart")) == 1
    assert reach[["source", "brought", "names", "rows", "quarantined", "findings"]].to_numpy().tolist() == [
        ["a", "collected", 1, 4, 2, 2]
    ]
    assert reach["age_sessions"][0] > 100
    assert outcomes[["outcome", "subjects"]].to_numpy().tolist() == [["✔ collected", 1], ["✘ failed", 1]]
    assert failures[["subject", "message"]].to_numpy().tolist() == [["a", "a"]]
    assert counts[["severity", "rule", "count"]].to_numpy().tolist() == [["▲ warning", "a", 1], ["◦ notice", "gap", 1]]
    assert set(findings["detail"]) == {"a", "a gap"}
    assert refusals[["reason", "rows"]].to_numpy().tolist() == [["a", 2]]
    assert refused[["symbol", "row_number", "row_json"]].to_numpy().tolist() == [["a", 1, "{}"], ["a", 2, "{}"]]
    assert coverage[["year", "names", "sessions", "bars", "coverage", "with_volume"]].to_numpy().tolist() == [
        [2024, 1, 4, 4, 1.0, 0.75]
    ]
    assert {metric.label: metric.value for metric in page.metric}["In quarantine"] == "2"


def test_findings_are_chosen_by_rule_and_name(data, lode_settings):
    write(lode_settings)
    page = data()
    page.selectbox(key="rule").set_value("gap").run()
    assert page.dataframe[6].value["detail"].tolist() == ["a gap"]
    page.selectbox(key="instrument").set_value("a").run()
    assert page.dataframe[6].value.empty


def test_what_later_knowledge_changed_is_shown(visit_page, papers):
    page = visit_page("data", papers, of="mine", in_year="2024")
    assert not page.exception
    assert not page.error
    changed = [e.value for e in page.dataframe if "value_before" in e.value.columns]
    assert [table[["value_before", "value_after"]].to_numpy().tolist() for table in changed] == [
        [[100.0, 101.0]], [[5e9, 6e9]],
    ]  # fmt: skip
    assert changed[1]["symbol"].tolist() == ["A"]
    assert "by session" in page.get("vega_lite_chart")[0].proto.spec


def test_a_simulated_source_is_marked(visit_page, finished):
    page = visit_page("data", finished.home)
    assert any("market: simulated" in text for text in texts(page))


def test_prices_without_faults_say_so(data, lode_settings):
    with open_warehouse(lode_settings) as warehouse:
        bars = pl.DataFrame({"instrument": "A", "session": DAYS, "close": [1.0] * 4})
        flags = {"adjusted": False, "backfilled": True, "knowledge_time": NOW}
        insert_bars(warehouse, bars.with_columns(pl.lit(v).alias(k) for k, v in flags.items()), source="mine",
                    collected_at=NOW)  # fmt: skip
    page = data()
    assert not page.exception
    assert [e.value for e in page.success] == ["No row was refused.", "No bar of this source was changed."]
    assert any("No finding is stored" in e.value for e in page.info)
    assert "Nothing was collected yet" in page.info[0].value
    assert page.dataframe[0].value["brought"].tolist() == ["imported"]


def test_markup_in_stored_texts_stays_text(data, lode_settings):
    write(lode_settings, text=MARKUP, severity=MARKUP)
    page = data()
    assert not page.exception
    assert page.dataframe[2].value["message"].tolist() == [MARKUP]
    drawn = [e.value for e in (*page.markdown, *page.caption, *page.info, *page.error, *page.success)]
    assert not any("<" in text or "**" in text for text in drawn)


def test_a_warehouse_out_of_reach_is_said_without_its_password(data, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LODE_WAREHOUSE_URL", "http://somebody:pass%77ord@127.0.0.1:9/lode")
    page = data()
    assert not page.exception
    assert page.error[0].value == "This cannot be shown."
    assert "127.0.0.1:9" in page.code[0].value
    assert not any("pass" in text for text in texts(page))
