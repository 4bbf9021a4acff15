"""Snapshots of prices together with facts, filings, news and members, all from the warehouse."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from lode import calendar
from lode.errors import NotFoundError, UsageError
from lode.language import Unit
from lode.panel import load_snapshot
from lode.warehouse.stores.articles import COLUMNS, insert_articles
from lode.warehouse.stores.bars import insert_actions, insert_bars
from lode.warehouse.stores.collections import Collection, record_collections
from lode.warehouse.stores.facts import insert_facts
from lode.warehouse.stores.filings import insert_filing_texts
from lode.warehouse.stores.instruments import insert_instruments
from lode.warehouse.stores.members import insert_members
from lode.workflow.collecting import collect, validate
from lode.workflow.freezing import Selection, freeze, plan, rebuilder, trace_cell
from lode.workflow.observing import NOTHING, Models, observe
from lode.workflow.options import MiningOptions
from lode.workflow.plan import load_plan
from lode.workflow.scoring import searchable_units
from tests.workflow.homes import Home

SESSIONS = calendar.sessions("XNYS", "2018-09-04", "2019-02-15")
CLOSES = [close.item().replace(tzinfo=UTC) for close in calendar.close_time("XNYS", SESSIONS)]
AS_OF = datetime(2019, 3, 1, tzinfo=UTC)
NAMES = {"A": 10.0, "B": 20.0, "C": 500.0}
SOURCE = "own"


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("freezing") / "home")
    with home.context() as opened:
        _fill(opened.warehouse)
        yield opened
    home.stop()


def _fill(warehouse):
    rows = [
        {"instrument": name, "session": day.item(), "knowledge_time": close, "close": price, "volume": 100.0}
        for name, price in NAMES.items()
        for day, close in zip(SESSIONS, CLOSES, strict=True)
    ]
    bars = pl.DataFrame(rows).with_columns(adjusted=False, backfilled=False, currency=pl.lit("USD"))
    insert_bars(warehouse, bars, source=SOURCE, collected_at=AS_OF)
    split = {"instrument": "A", "ex_date": SESSIONS[60].item(), "kind": "split", "value": 2.0}
    insert_actions(warehouse, pl.DataFrame([split | {"knowledge_time": CLOSES[59]}]), source=SOURCE)
    companies = pl.DataFrame({"instrument": ["A", "B"], "cik": [11, 22], "sector": ["Tech", "Tech"]})
    insert_instruments(warehouse, companies, source="sec", known_at=AS_OF)
    insert_facts(warehouse, pl.DataFrame(_facts()))
    texts = [
        _text(11, 0.1, "vader", CLOSES[30]),
        _text(22, 0.2, "vader", CLOSES[30]),
        _text(11, 0.9, "bedrock", CLOSES[30]),
    ]
    insert_filing_texts(warehouse, pl.DataFrame(texts), collected_at=AS_OF)
    insert_articles(warehouse, pl.DataFrame([_article()], schema=list(COLUMNS), orient="row"))
    days = SESSIONS[39].item(), SESSIONS[41].item()
    quiet = Collection("news", "B", CLOSES[41] - timedelta(hours=1), "empty", *days)
    failed = Collection("news", "B", CLOSES[42] - timedelta(hours=1), "failed")
    record_collections(warehouse, [quiet, failed])
    spells = pl.DataFrame({"symbol": ["A", "B"], "first_session": [SESSIONS[5].item(), SESSIONS[0].item()]})
    ended = spells.with_columns(last_session=pl.Series([None, SESSIONS[9].item()], dtype=pl.Date))
    insert_members(warehouse, "mine", ended, source="file", at=AS_OF)


def _facts():
    base = {"form": "10-Q", "filed": date(2018, 10, 1), "fiscal_year": 2018, "fiscal_period": "Q3", "source": "sec"}
    made = [
        (11, "us-gaap/Assets", "USD", 100.0, date(2018, 6, 30), CLOSES[10]),
        (11, "us-gaap/Assets", "USD", 120.0, date(2018, 9, 30), CLOSES[40] + timedelta(seconds=1)),
        (11, "us-gaap/Assets", "USD", 90.0, date(2018, 6, 30), CLOSES[50]),  # an old period, filed later
        (11, "dei/EntityCommonStockSharesOutstanding", "shares", 7.0, date(2018, 8, 31), CLOSES[10]),
        (22, "us-gaap/Assets", "USD", 55.0, date(2018, 6, 30), CLOSES[20]),
    ]
    columns = ("cik", "concept", "unit", "value", "period_end", "accepted")
    rows = [base | dict(zip(columns, fact, strict=True)) for fact in made]
    return [
        row | {"period_start": None, "accession": f"acc-{number}", "knowledge_time": row["accepted"]}
        for number, row in enumerate(rows)
    ]


def _text(cik, tone, model, known):
    names = {"cik": cik, "accession": f"acc-{cik}", "form": "10-Q", "model": model, "knowledge_time": known}
    return names | {"words": 900, "tone": tone, "readability": 15.0, "similarity": 0.9, "previous": "", "lake_key": ""}


def _article():
    known = CLOSES[41] - timedelta(hours=2)
    told = dict.fromkeys(COLUMNS, "") | {"article": "x1", "instrument": "A", "rank": 1, "backfilled": False}
    told |= {"sentiment": 0.5, "sentiment_model": "vader", "published": None}
    return told | {"knowledge_time": known, "collected_at": known}


def frozen(context, universe=SOURCE, as_of=AS_OF, **selection):
    record = freeze(context, Selection(SOURCE, universe, **selection), as_of)
    return record, load_snapshot(record.snapshot, context.lake, context.settings.cache)


def column(panel, field, name):
    return panel.fields[field][:, panel.names.index(name)].astype(float)


def test_facts_enter_through_the_instruments_company(context):
    _, panel = frozen(context)
    assets = column(panel, "assets", "A")
    assert np.isnan(assets[:10]).all()
    assert assets[[10, 40, 41, 60]].tolist() == [100, 100, 120, 120]
    assert np.isnan(column(panel, "assets", "C")).all()
    assert column(panel, "market_cap", "A")[[59, 60]].tolist() == [70, 140]
    assert column(panel, "assets_age", "A")[[10, 11, 41]].tolist() == [0, 1, 0]
    assert panel.meta.knowledge["assets"] == panel.meta.knowledge["market_cap"] == "recorded"


def test_texts_are_of_the_model_that_measured_most_and_news_of_their_session(context):
    record, panel = frozen(context)
    assert record.details["models"] == {"filings": "vader", "news": "vader"}
    assert column(panel, "filing_tone", "A")[[29, 30]].tolist() == pytest.approx([np.nan, 0.1], nan_ok=True)
    assert column(panel, "news_count", "A")[40:43].tolist() == pytest.approx([np.nan, 1, np.nan], nan_ok=True)
    assert column(panel, "news_count", "B")[40:43].tolist() == pytest.approx([np.nan, 0, np.nan], nan_ok=True)
    assert column(panel, "news_tone", "A")[41] == 0.5


def test_a_rebuilt_panel_is_the_panel_up_to_its_cut(context):
    record, panel = frozen(context, "mine", instruments=("A", "B"))
    rebuild = rebuilder(context, record.snapshot, panel)
    for session in (12, 40, 41, 75):
        again = rebuild(panel.sessions[session])
        assert again.fields.keys() == panel.fields.keys()
        for name, values in again.fields.items():
            assert np.array_equal(values, panel.fields[name][: session + 1], equal_nan=True), name
        assert (again.tradable == panel.tradable[: session + 1]).all()


def test_names_are_tradable_as_members_only(context):
    _, panel = frozen(context, "mine", instruments=("A", "B"))
    assert panel.names == ("A", "B")
    assert np.flatnonzero(panel.tradable[:, 0])[0] == 5
    assert np.flatnonzero(panel.tradable[:, 1])[-1] == 9
    assert np.isfinite(column(panel, "close", "B")).all()


def test_a_universe_of_the_warehouse_is_selected_by_its_members_with_bars(context):
    insert_members(
        context.warehouse,
        "wide",
        pl.DataFrame({"symbol": ["A", "GONE"], "first_session": [date(2010, 1, 4)] * 2, "last_session": [None, None]}),
        source="file",
        at=AS_OF,
    )
    event = collect(validate({"source": SOURCE, "universe": "wide"}, context), context)
    assert event["selection"]["instruments"] == ["A"]
    with pytest.raises(NotFoundError, match="none of the"):
        collect(validate({"source": SOURCE, "universe": "dow30"}, context), context)


def test_the_most_traded_name_is_the_panel(context):
    record, panel = frozen(context, "top:1")
    assert panel.names == ("C",)
    assert np.flatnonzero(panel.tradable)[0] == 63
    again = rebuilder(context, record.snapshot, panel)(panel.sessions[70])
    assert (again.tradable == panel.tradable[:71]).all()


def test_a_value_leads_back_to_its_filing(context):
    record, panel = frozen(context)
    used = trace_cell(context, record.snapshot, "market_cap", "A", SESSIONS[70].item())
    assert used.select("item", "concept", "value", "known_value", "accession").rows() == [
        ("shares_outstanding", "dei/EntityCommonStockSharesOutstanding", 7.0, 14.0, "acc-3")
    ]
    early = trace_cell(context, record.snapshot, "assets", "A", SESSIONS[40].item())
    assert early["accession"].to_list() == ["acc-0"]
    assert trace_cell(context, record.snapshot, "assets", "A", SESSIONS[9].item()).is_empty()
    assert np.isnan(column(panel, "assets", "A")[9])
    with pytest.raises(UsageError, match="not made of facts"):
        trace_cell(context, record.snapshot, "close", "A", SESSIONS[40].item())


def test_facts_in_another_currency_are_counted_in_the_snapshot_and_its_runs(tmp_path):
    with Home(tmp_path / "home").context() as context:
        _fill(context.warehouse)
        insert_facts(context.warehouse, pl.DataFrame(_facts()).with_columns(unit=pl.lit("JPY")))
        record = freeze(context, Selection(SOURCE, SOURCE), AS_OF)
        (note,) = record.details["notes"]
        assert note.startswith(f"{len(_facts())} facts in JPY of 2 names (A, B) are in no field")
        options = MiningOptions(min_names=3, splits="34/33/33").to_dict()
        fixed = plan({"snapshot": record.snapshot, "options": options}, context)
        assert load_plan(context, fixed["run"]).warnings == (note,)
    Home(tmp_path / "home").stop()


def test_a_warehouse_without_facts_is_asked_once(tmp_path):
    class Empty:
        asked = 0

        def query(self, sql, **params):
            self.asked += 1
            return pl.DataFrame({"facts": [0], "filing_texts": [0], "articles": [0], "searches": [0]})

    warehouse = Empty()
    assert observe(warehouse, ["A"], as_of=AS_OF) == (NOTHING, Models())
    assert warehouse.asked == 1


def test_a_search_is_given_the_fields_with_their_units_but_not_their_ages(context):
    _, panel = frozen(context)
    units = searchable_units(panel)
    assert {"assets": Unit.MONEY, "market_cap": Unit.MONEY, "news_count": Unit.COUNT}.items() <= units.items()
    assert "assets_age" in panel.fields
    assert not [name for name in units if name.endswith("_age")]
