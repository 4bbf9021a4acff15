from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from lode.errors import NotFoundError, UsageError
from lode.workflow import collecting
from lode.workflow.collecting import collect, validate
from lode.workflow.context import Context
from lode.workflow.freezing import Selection, freeze
from lode.workflow.freezing import plan as plan_step
from lode.workflow.options import MiningOptions
from tests.workflow.homes import Home

OPTIONS = MiningOptions().to_dict()


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    home = Home(tmp_path_factory.mktemp("collecting") / "home")
    with home.context() as context:
        yield context
    home.stop()


@pytest.fixture
def stored(context: Context, market: Path) -> str:
    collect(validate({"source": str(market)}, context), context)
    return "market"


def _asked(context: Context, **request: object) -> dict[str, object]:
    checked = validate(dict(request), context)
    return {name: checked.get(name) for name in ("source", "universe")}


def test_a_free_request_takes_yahoo_where_it_answers_and_else_the_sample(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for answers, source, universe in ((True, "yahoo", "dow30"), (False, "sample", "sample")):
        monkeypatch.setattr(collecting, "probe", lambda _, answers=answers: answers)
        for request in ({}, {"source": "auto"}, {"source": None}):
            assert _asked(context, **request) == {"source": source, "universe": universe}


def test_a_request_that_names_a_universe_or_dates_is_never_answered_with_the_sample(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "probe", lambda _: pytest.fail("probed"))
    for request in ({"universe": "AAPL,MSFT"}, {"start": "2019-01-02"}, {"end": "2019-01-02"}, {"source": "yahoo"}):
        assert _asked(context, **request)["source"] == "yahoo"


def test_a_stored_source_is_taken_by_its_name_and_the_only_one_without(context: Context, stored: str) -> None:
    assert _asked(context, source=stored) == {"source": stored, "universe": stored}
    assert _asked(context, stored=True) == {"source": stored, "universe": stored}
    assert collecting._only(["a"]) == "a"
    with pytest.raises(NotFoundError, match="the warehouse has no bars yet"):
        collecting._only([])
    with pytest.raises(UsageError, match="several sources: choose one of them with --source: a, b"):
        collecting._only(["a", "b"])
    with pytest.raises(UsageError, match=r"--source 'mrket': allowed are .* \(in the warehouse: market"):
        validate({"source": "mrket"}, context)


def test_options_are_checked_first(context: Context) -> None:
    with pytest.raises(UsageError, match="--searcher 'luck': allowed are enumeration, genetic"):
        validate({"options": OPTIONS | {"searcher": "luck"}}, context)
    with pytest.raises(UsageError, match="--horizon 0"):
        validate({"options": OPTIONS | {"horizon": 0}, "source": "nosuch"}, context)
    assert validate({"snapshot": "latest"}, context)["options"] == OPTIONS


def test_names_and_dates_choose_the_rows_of_a_panel(context: Context, stored: str) -> None:
    whole = freeze(context, Selection(stored, stored), context.clock())
    assert (whole.names, whole.sessions) == (40, 420)
    some = tuple(sorted(context.warehouse.query("SELECT DISTINCT instrument FROM bars LIMIT 3")["instrument"]))
    part = freeze(context, Selection(stored, "x", some, date(2019, 1, 2), date(2019, 6, 28)), context.clock())
    assert (part.names, part.sessions, part.first_session, part.last_session) == (
        3,
        124,
        date(2019, 1, 2),
        date(2019, 6, 28),
    )
    selection = Selection(stored, "x", some, date(2019, 1, 2), None, "a label")
    assert Selection.from_event(selection.to_event()) == selection


def test_what_is_not_there_is_explained(context: Context, stored: str) -> None:
    with pytest.raises(NotFoundError, match=r"no bars of source 'market' .* from 2024-01-02"):
        freeze(context, Selection(stored, stored, start=date(2024, 1, 2)), context.clock())
    with pytest.raises(NotFoundError, match="has no bars of NOBODY"):
        freeze(context, Selection(stored, "x", ("NOBODY",)), context.clock())


def test_the_same_rows_are_the_same_snapshot_and_plan(context: Context, stored: str) -> None:
    first, second = (freeze(context, Selection(stored, stored), context.clock()) for _ in range(2))
    assert first.snapshot == second.snapshot
    event = {"snapshot": first.snapshot, "options": OPTIONS}
    assert plan_step(event, context) == plan_step(event, context)
    with pytest.raises(UsageError, match="--min-names 41: the panel has 40 names"):
        plan_step(event | {"options": OPTIONS | {"min_names": 41}}, context)
