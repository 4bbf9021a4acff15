from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from lode.errors import VaultSpentError
from lode.evidence.vault import Opening, alpha_k
from lode.lake import Lake
from lode.warehouse.stores.runs import read_run
from lode.warehouse.stores.vault import list_openings
from lode.workflow.collecting import collect, validate
from lode.workflow.freezing import plan as plan_step
from lode.workflow.freezing import snapshot
from lode.workflow.openings import claim_opening, read_claims
from lode.workflow.plan import Plan, load_plan
from lode.workflow.run import execute
from lode.workflow.vaults import open_vault, trials_on_vault
from tests.workflow.homes import Here, Home, Mined, request_for


def _opening(run: str, earlier: Sequence[Opening]) -> Opening:
    return Opening(len(earlier) + 1, run, date(2019, 1, 2), date(2019, 12, 31), frozenset({"A"}), k=len(earlier) + 1)


def test_claims_are_numbered_in_order_and_read_back(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    claimed = [claim_opening(lake, run, lambda earlier, run=run: _opening(run, earlier)) for run in "abc"]
    assert [opening.number for opening in claimed] == [1, 2, 3]
    assert read_claims(lake) == claimed


def test_a_run_that_claims_again_gets_its_opening_and_nobody_is_asked(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    first = claim_opening(lake, "a", lambda earlier: _opening("a", earlier))
    assert claim_opening(lake, "a", lambda _: pytest.fail("asked again")) == first
    assert read_claims(lake) == [first]


def test_claims_at_the_same_moment_get_numbers_of_their_own_and_a_run_only_one(tmp_path: Path) -> None:
    lake, start = Lake(tmp_path.as_uri()), threading.Barrier(8)
    claimed: list[Opening] = []

    def claim(run: str) -> None:
        start.wait()
        claimed.append(claim_opening(lake, run, lambda earlier: _opening(run, earlier)))

    threads = [threading.Thread(target=claim, args=(run,)) for run in "abcdaabb"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    openings = read_claims(lake)
    assert [opening.number for opening in openings] == [1, 2, 3, 4]
    assert sorted(opening.run for opening in openings) == ["a", "b", "c", "d"]
    assert all(opening in openings for opening in claimed)


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory, market: Path) -> Iterator[tuple[Home, Plan]]:
    home = Home(tmp_path_factory.mktemp("vault") / "home")
    with home.context() as context:
        event = request_for(market)
        for step in (validate, collect, snapshot, plan_step):
            event = step(event, context)
        yield home, load_plan(context, event["run"])
    home.stop()


def test_ten_openings_spend_the_vault_and_a_run_then_refuses_everything(
    planned: tuple[Home, Plan], market: Path
) -> None:
    home, plan = planned
    with home.context() as context:
        for number in range(1, 11):
            opened = open_vault(context, replace(plan, run=f"earlier-{number}"), ["f"])
            assert (opened.k, opened.alpha) == (number, alpha_k(0.05, number))
        with pytest.raises(VaultSpentError, match="vault spent: it was opened 10 times"):
            open_vault(context, plan, ["f"])
        result = execute(request_for(market), context, Here(context))
    assert home.lode("run", "--resume", result["run"], "--json").json == result
    assert result["proven"] == []
    assert result["vault"]["number"] is None
    spent = [factor for factor in result["refused"] if factor["reason"].startswith("vault spent")]
    assert spent
    with home.context() as context:
        assert len(read_claims(context.lake)) == 10
        assert list_openings(context.warehouse).height == 10
        record = read_run(context.warehouse, result["run"])
        vault = context.warehouse.query("SELECT count() AS n FROM evidence FINAL WHERE split = 'vault'")["n"][0]
    assert (record.state, record.proven) == ("succeeded", 0)
    assert record.message.startswith("vault spent")
    assert vault == 0


def test_an_opening_that_was_claimed_but_not_recorded_is_recorded_on_the_next_attempt(
    planned: tuple[Home, Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, plan = planned
    elsewhere = replace(plan, run="elsewhere", instruments=("NOBODY",))
    with home.context() as context:
        with monkeypatch.context() as patch:
            patch.setattr(context.warehouse, "insert", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                open_vault(context, elsewhere, ["f", "g"])
        opened = open_vault(context, elsewhere, ["f", "g"])
        recorded = list_openings(context.warehouse)
    row = recorded.row(by_predicate=pl.col("run") == "elsewhere", named=True)
    assert (row["opening"], row["k"], row["finalists"]) == (opened.number, 1, ["f", "g"])


def test_tries_by_hand_count_on_the_vault_each_form_once(mined: Mined) -> None:
    with mined.home.context() as context:
        plan = load_plan(context, mined.result["run"])
        before = trials_on_vault(context, plan)
        for formula in ("rank(ts_delay(high, 7))", "rank(ts_delay(high, 7))", "ts_delay(low, 11)"):
            assert mined.home.lode("evaluate", formula, "--snapshot", mined.result["snapshot"]).code == 0
        assert trials_on_vault(context, plan) == before + 2
        other = replace(plan, run="other", instruments=("NOBODY",))
        assert trials_on_vault(context, other) == 0
