"""Formulas of one's own in a run: read, checked before anything is mined, tried by every kind of search, told of."""

import pytest

from lode.errors import LodeError, UsageError
from lode.language import Unit, expression_id, parse
from lode.warehouse.stores.ledger import Trial
from lode.workflow.options import MiningOptions
from lode.workflow.own_formulas import became, check_formulas, formulas_of
from tests.workflow.homes import Home

UNITS = {"close": Unit.PRICE, "volume": Unit.SHARES, "sector": Unit.GROUP}
REVERSAL, VOLUME = "rank(-ts_delta(close, 5))", "ts_mean(volume, 10)"


@pytest.fixture(scope="module")
def stored(tmp_path_factory, market):
    home = Home(tmp_path_factory.mktemp("formulas") / "home")
    assert home.lode("import", "bars", market).code == 0
    yield home
    home.stop()


def test_formulas_stand_apart_by_semicolons_or_lines_each_once():
    options = MiningOptions(formulas=f" {REVERSAL};\n{VOLUME}\n\n; {REVERSAL} ;")
    assert [str(formula) for formula in formulas_of(options)] == [REVERSAL, VOLUME]
    assert formulas_of(MiningOptions()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rank(clos)", "unknown field `clos`; did you mean `close`"),
        ("rank(close", "rank\\(close"),
        ("ts_mean(close, 400)", "--formulas ts_mean.* at most 50 sessions"),
        ("sector", "--formulas sector: .* whose value is a number"),
        (f"{REVERSAL}; {VOLUME}; rank(close)", "--formulas has 3, which count as candidates, and --candidates is 2"),
    ],
)
def test_what_cannot_be_tried_is_refused_before_anything_is(text, message):
    with pytest.raises(LodeError, match=message):
        check_formulas(MiningOptions(formulas=text, candidates=2, shards=1), UNITS, history=200)


def test_nothing_is_asked_of_a_run_without_formulas():
    check_formulas(MiningOptions(), {}, history=10)


def test_what_became_of_each_is_told():
    options = MiningOptions(formulas=f"{REVERSAL}; {VOLUME}; -ts_delta(close, 5)")
    proven, weak, same = map(expression_id, formulas_of(options))
    trials = [Trial(proven, REVERSAL, 4, 0.08, 9.0, 1.0), Trial(weak, VOLUME, 3, 0.0, -0.5, 1.0)]
    told = became(options, trials, [{"id": proven, "state": "proven", "reason": ""}])
    assert [(each["id"], each["state"], each["t_nw"]) for each in told] == [
        (proven, "proven", 9.0),
        (weak, "trial", -0.5),
        (same, "trial", None),
    ]
    assert "stronger on train" in told[1]["reason"]
    assert "says the same" in told[2]["reason"]


@pytest.mark.parametrize("searcher", ["genetic", "surrogate", "tree", "enumeration", "random"])
def test_every_searcher_tries_them_whatever_the_shards(stored, searcher):
    asked = (REVERSAL, "ts_rank(volume, 20)", "rank(ts_corr(close, volume, 10))", "ts_std_dev(returns, 30)")
    words = ("--formulas", "; ".join(asked), "--searcher", searcher, "--candidates", "20", "--shards", "3")
    told = stored.lode("run", "--source", "market", *words, "--json").json["formulas"]
    assert [each["id"] for each in told] == [expression_id(parse(text)) for text in asked]
    assert all(each["t_nw"] is not None for each in told)


def test_exactly_ones_own_are_judged_where_there_is_room_for_no_other(stored):
    words = ("--formulas", f"{REVERSAL}\n{VOLUME}", "--candidates", "2", "--shards", "1")
    told = stored.lode("run", "--source", "market", *words, "--json").json
    assert told["trials"] == told["finalists"] == 2
    assert {each["state"] for each in told["formulas"]} <= {"proven", "refused", "candidate"}


def test_a_formula_that_cannot_be_tried_leaves_no_run(stored):
    outcome = stored.lode("run", "--source", "market", "--formulas", "rank(clos)", "--json")
    assert outcome.code != 0
    assert "did you mean `close`" in outcome.err


def test_the_option_takes_a_text():
    with pytest.raises(UsageError, match="--formulas"):
        MiningOptions(formulas=["rank(close)"])
