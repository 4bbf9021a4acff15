from __future__ import annotations

from uuid import uuid4

import pytest

from lode.warehouse import Warehouse
from lode.warehouse.stores import lineage
from lode.warehouse.stores.ledger import Trial, record_trials, trials_frame
from lode.warehouse.stores.lineage import lineage_frame, read_ancestry, record_lineage


def born(factor: str, operation: str, *parents: str) -> Trial:
    return Trial(factor, f"rank({factor})", 2, 0.01, 2.0, 1.0, operation=operation, parents=parents)


def enter(warehouse: Warehouse, run: str, *trials: Trial) -> None:
    record_trials(warehouse, trials_frame(trials, run=run, epoch=0, shard=0, horizon=1, delay=1))
    record_lineage(warehouse, lineage_frame(trials, run=run))


@pytest.mark.parametrize("at_once", [0, 300_000])
def test_ancestors_come_nearest_first_and_once(
    writer: Warehouse, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(lineage, "_AT_ONCE", at_once)
    run = uuid4().hex
    family = [
        born("a", "sweep"),
        born("b", "random"),
        born("c", "crossover", "a", "b"),
        born("d", "hoist", "c"),
        born("e", "crossover", "d", "a"),
    ]
    for _ in range(2):
        enter(writer, run, *family)
    got = read_ancestry(writer, run, "e")
    assert got.select("depth", "factor", "parent", "operation").rows() == [
        (0, "e", "a", "crossover"),
        (0, "e", "d", "crossover"),
        (1, "a", "", "sweep"),
        (1, "d", "c", "hoist"),
        (2, "c", "a", "crossover"),
        (2, "c", "b", "crossover"),
        (3, "b", "", "random"),
    ]
    assert got["expression"][0] == "rank(e)"
    assert read_ancestry(writer, run, "e", generations=1).height == 2


def test_a_trial_that_nobody_knows_has_no_ancestors(writer: Warehouse) -> None:
    assert read_ancestry(writer, uuid4().hex, "nothing").is_empty()
    assert lineage_frame([Trial("a", "close", 1, 0.0, 0.0, 1.0)], run="r").is_empty()


def test_the_walk_ends_with_the_generation_that_is_one_too_many(writer: Warehouse) -> None:
    run = uuid4().hex
    enter(writer, run, born("a", "sweep"), born("b", "hoist", "a"), born("c", "hoist", "b"), born("d", "hoist", "c"))
    assert read_ancestry(writer, run, "d", most=1)["factor"].to_list() == ["d", "c"]


def test_an_ancestor_without_a_trial_has_no_score(writer: Warehouse) -> None:
    run = uuid4().hex
    record_lineage(writer, lineage_frame([born("a", "sweep")], run=run))
    assert read_ancestry(writer, run, "a").select("expression", "t_nw").row(0) == ("", None)
