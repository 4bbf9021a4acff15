"""Values that were computed elsewhere, judged as a formula's are."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from lode.errors import DataError, NotFoundError
from lode.workflow.context import Context
from lode.workflow.manual import compute_to_file, evaluate_by_hand
from lode.workflow.own_values import evaluate_values
from tests.workflow.homes import Mined

FORMULA = "rank(ts_delta(high, 3))"


@pytest.fixture(scope="module")
def context(mined: Mined):
    with mined.home.context() as opened:
        yield opened


@pytest.fixture(scope="module")
def computed(context: Context, mined: Mined, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("values") / "mine.parquet"
    compute_to_file(FORMULA, context, snapshot=mined.result["snapshot"], out=path)
    return path


def test_a_formulas_own_values_get_its_own_sheet(context: Context, mined: Mined, computed: Path) -> None:
    snapshot = mined.result["snapshot"]
    ours = evaluate_values(computed, context, snapshot=snapshot).to_dict()
    theirs = evaluate_by_hand(FORMULA, context, snapshot=snapshot).to_dict()
    named = {"expression", "canonical", "id", "lookback", "unit", "fields", "leak_check", "verdicts"}
    assert ours["verdicts"].pop("trials") + 1 == theirs["verdicts"]["trials"]
    assert ours["verdicts"].pop("dsr") != theirs["verdicts"]["dsr"]
    assert ours["verdicts"].items() <= theirs["verdicts"].items()
    assert {k: v for k, v in ours.items() if k not in named} == {k: v for k, v in theirs.items() if k not in named}
    assert (ours["expression"], ours["leak_check"]) == ("values of mine.parquet", "not checkable")
    counted = context.warehouse.query(
        "SELECT expression FROM trials FINAL WHERE run = {run:String} AND factor = {factor:String}",
        run=f"manual-{snapshot}",
        factor=ours["id"],
    )
    assert counted["expression"].to_list() == ["values of mine.parquet"]


def test_a_csv_with_other_names_of_columns_is_the_same(context: Context, mined: Mined, computed: Path) -> None:
    rows = pl.read_parquet(computed).rename({"session": "Date", "symbol": "ticker", "value": "signal"})
    path = computed.with_name("mine.csv")
    rows.sample(fraction=1, shuffle=True, seed=1).write_csv(path)
    snapshot = mined.result["snapshot"]
    one, other = (evaluate_values(p, context, snapshot=snapshot).to_dict() for p in (computed, path))
    assert one["horizons"] == other["horizons"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("session,symbol\n2020-01-02,A\n", r"no column value \(or factor, signal\); it has session, symbol"),
        ("session,symbol,value\n02.01.2020,A,1\n", "1 of 1 rows have no ISO date"),
        ("session,symbol,value\n2020-01-02,A,high\n2020-01-03,A,1\n", "1 of 2 rows .* the first is"),
        ("session,symbol,value\n2020-01-02,A,1\n2020-01-02,a,2\n", "2 rows share their session and symbol"),
        ("session,symbol,value\n1990-01-02,NOBODY,1\n", "no value of a name and session of the panel"),
        ("session,symbol,value\n{session},{symbol},inf\n", "nothing is left of its values on the panel of snapshot"),
    ],
)
def test_a_file_that_cannot_be_judged_says_why(
    context: Context, mined: Mined, computed: Path, tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "faulty.csv"
    inside = pl.read_parquet(computed).row(0, named=True)
    path.write_text(text.format(**inside))
    with pytest.raises(DataError, match=message):
        evaluate_values(path, context, snapshot=mined.result["snapshot"])
    with pytest.raises(NotFoundError):
        evaluate_values(tmp_path / "absent.csv", context, snapshot=mined.result["snapshot"])


def test_one_of_both_is_asked_for(mined: Mined, computed: Path) -> None:
    for arguments in ((), (FORMULA, "--values", computed)):
        outcome = mined.home.lode("evaluate", *arguments)
        assert outcome.code == 2
        assert "either EXPRESSION or --values FILE" in outcome.message
    sheet = mined.home.lode("evaluate", "--values", computed, "--snapshot", mined.result["snapshot"], "--json").json
    assert sheet["expression"] == "values of mine.parquet"
