from __future__ import annotations

from functools import cache

import pytest

from lode.app.components.formula import _part
from lode.app.queries.workbench import read_grounds
from lode.app.views import workbench
from lode.errors import EvidenceError
from lode.evaluation import SheetOptions, evidence_sheet
from lode.language import parse
from lode.panel import Panel
from lode.simulate import simulate
from lode.warehouse import open_warehouse
from lode.warehouse.stores.snapshots import SnapshotRecord, record_snapshot
from lode.workflow.sheet_record import sheet_record
from lode.workflow.workbench import Workbench
from tests.app.conftest import Visit
from tests.app.hostile import MARKUP, NOW, write_home

META = '{"panel": {"label": "simulated", "knowledge": {"close": "assumed", "volume": "assumed", "sector": "recorded"}}}'
FORMULA = "rank(close)"


class Answers:
    """A worker's answers by formula; `asked` are the tries that it was given, `prepared` the snapshots."""

    def __init__(self) -> None:
        self.asked: list[dict] = []
        self.prepared: list[str] = []

    def start(self, _settings, _module):
        return self

    def ask(self, event, hear):
        if "prepare" in event:
            self.prepared.append(event["prepare"])
            return {"result": event}
        self.asked.append(event)
        if event.get("keep"):
            return {"result": {"factor": "ab" * 8, "run": "manual-5a5a"}}
        if "open" in event["formula"]:
            return {"error": "unknown field `open`\n  rank(open)\n       ^", "kind": "ExpressionError"}
        hear(found("first"))
        return {"result": found("passed")}

    def kill(self):
        """Nothing runs for longer than its answer."""

    end = kill


@cache
def whole() -> dict:
    panel = Panel.from_frame(simulate(30, 160, seed=1))
    return sheet_record(evidence_sheet(parse(FORMULA), panel, SheetOptions()))


def found(leak_check: str) -> dict:
    record = whole()
    return {
        "record": record | {"sheet": record["sheet"] | {"leak_check": leak_check, "expression": MARKUP}},
        "ledger": {"run": "manual-5a5a", "by_hand": 3, "on_vault": 1234},
    }


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, lode_settings):
    made = Answers()
    bench = made.bench = Workbench(lode_settings, start=made.start)
    monkeypatch.setattr(workbench, "bench_of", lambda _settings: bench)
    yield made
    bench.close()


@pytest.fixture
def at_bench(visit_page: Visit, answers: Answers, lode_settings):
    """The workbench of a home with two snapshots, `5a5a` and the older `4b4b`."""

    def opened(*, snapshots: bool = True, **query):
        if snapshots:
            write_home(lode_settings)
            with open_warehouse(lode_settings) as warehouse:
                for snapshot in ("4b4b", "5a5a"):
                    record_snapshot(warehouse, _snapshot(snapshot))
        return visit_page("workbench", **query)

    return opened


def _snapshot(snapshot: str) -> SnapshotRecord:
    days = (NOW.date().replace(year=2020), NOW.date())
    return SnapshotRecord(snapshot, "market", "own", ["close", "volume"], NOW, *days, 900, 60, 1.0, META)


def texts(page) -> list[str]:
    return [element.value for element in (*page.text, *page.code)]


def evaluated(page):
    page.button(key="evaluate").click().run()
    page.session_state["asked_try"].wait(20, whole=True)
    return page.run()


def test_a_home_without_a_snapshot_names_the_commands_that_make_one(at_bench):
    page = at_bench(snapshots=False)
    assert not page.exception
    assert "No snapshot yet" in page.info[0].value
    assert "lode run\nlode snapshot" in texts(page)


def test_a_link_fills_the_field_and_tries_nothing(at_bench, answers):
    page = at_bench(formula=FORMULA, snapshot="4b4b")
    assert not page.exception
    assert not page.error
    assert answers.asked == []
    assert "Opening a link tries nothing" in page.info[0].value
    assert "4b4b" in page.selectbox[0].format_func(page.selectbox[0].value)
    assert any("Tries by hand on this snapshot so far: 0." in text for text in texts(page))
    assert any("Sample or simulated data" in element.value for element in page.markdown)


def test_a_click_evaluates_and_the_page_says_what_it_counts_as(at_bench, answers):
    page = evaluated(at_bench(formula=FORMULA, snapshot="5a5a"))
    assert not page.exception
    assert not page.error
    assert answers.asked == [{"formula": FORMULA, "snapshot": "5a5a", "options": {}}]
    ledger = next(text for text in texts(page) if text.startswith("✔ In the ledger"))
    assert "manual-5a5a" in ledger
    assert "on this snapshot: 3; trials of all runs on its vault: 1,234" in ledger
    assert len(page.get("vega_lite_chart")) == 6
    drawn_as_markdown = [e.value for e in (*page.markdown, *page.caption, *page.info, *page.success)]
    assert not any("<img" in text or "**" in text for text in drawn_as_markdown)


def test_another_visit_sees_a_try_that_was_made_without_making_it(at_bench, answers):
    evaluated(at_bench(formula=FORMULA, snapshot="5a5a"))
    again = at_bench(snapshots=False, formula=FORMULA, snapshot="5a5a")
    assert any(text.startswith("✔ In the ledger") for text in texts(again))
    assert len(answers.asked) == 1


def test_what_was_tried_can_be_kept_as_a_candidate(at_bench, answers):
    page = evaluated(at_bench(formula=FORMULA, snapshot="5a5a"))
    page.button(key="keep").click().run()
    assert not page.exception
    assert answers.asked[-1] == {"formula": FORMULA, "snapshot": "5a5a", "options": {}, "keep": True}
    assert page.success[0].value.startswith("Kept as a candidate")
    assert any(button.label == "Open its page" for button in page.button)


def test_a_fault_is_pointed_at_while_it_is_typed(at_bench, answers):
    page = at_bench(formula="rank(clse)", snapshot="5a5a")
    assert answers.asked == []
    assert any("unknown field `clse`; did you mean `close`?" in text for text in texts(page))
    place = next(code.value for code in page.code if "^" in code.value)
    line, caret = place.split("\n")
    assert line[caret.index("^") :].startswith("clse")


def test_units_that_do_not_fit_are_remarked_and_not_refused(at_bench):
    page = at_bench(formula="close + volume", snapshot="5a5a")
    assert any(text.startswith("▲ units do not fit") for text in texts(page))
    assert not page.button(key="evaluate").disabled


def test_names_of_the_library_and_ids_are_no_faults(at_bench):
    for named in ("technical.weekly_reversal", "ab12cd34"):
        page = at_bench(formula=named, snapshot="5a5a")
        assert not any(text.startswith("✘") for text in texts(page))


def test_why_a_try_failed_is_shown_at_its_place(at_bench):
    page = evaluated(at_bench(formula="rank(open)", snapshot="5a5a"))
    assert "could not be evaluated" in page.error[0].value
    assert "✘ unknown field `open`" in texts(page)
    assert not page.exception


def test_a_reader_sees_no_way_to_try_and_the_handler_refuses(at_bench, answers, lode_settings, monkeypatch):
    evaluated(at_bench(formula=FORMULA, snapshot="5a5a"))
    monkeypatch.setattr(workbench.roles, "may_research", lambda _settings: False)
    page = at_bench(snapshots=False, formula=FORMULA, snapshot="5a5a")
    assert page.button(key="evaluate").disabled
    assert [button.key for button in page.button] == ["evaluate"]
    assert any("Readers look at tries" in info.value for info in page.info)
    assert any(text.startswith("✔ In the ledger") for text in texts(page))
    ground = read_grounds(lode_settings).by_id["5a5a"]
    with pytest.raises(EvidenceError, match="readers may not"):
        workbench._ask(lode_settings, ground, FORMULA)
    assert len(answers.asked) == 1


def test_who_may_research_finds_the_process_started_for_the_chosen_snapshot(at_bench, answers):
    at_bench(snapshot="4b4b")
    at_bench(snapshots=False, snapshot="5a5a")
    evaluated(at_bench(snapshots=False, formula=FORMULA, snapshot="5a5a"))
    assert answers.prepared == ["4b4b"]


def test_a_reader_starts_no_process(at_bench, answers, monkeypatch):
    monkeypatch.setattr(workbench.roles, "may_research", lambda _settings: False)
    at_bench(formula=FORMULA, snapshot="5a5a")
    assert answers.bench._thread is None
    assert answers.prepared == []


def test_an_unknown_snapshot_is_said(at_bench):
    page = at_bench(formula=FORMULA, snapshot="<b>no</b>")
    assert not page.exception
    assert any("no snapshot '<b>no</b>'" in text for text in texts(page))


def test_the_component_asks_for_nothing_and_writes_text_only():
    parts = "".join(_part(kind) for kind in ("html", "css", "js"))
    assert "innerHTML" not in parts
    assert not any(reach in parts for reach in ("http", "url(", "fetch", "import(", "@import", "eval("))
