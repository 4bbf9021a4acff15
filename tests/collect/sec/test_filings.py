"""Collections of filings from a replica of EDGAR into a real warehouse and lake."""

from __future__ import annotations

import copy
import itertools
import json
from datetime import UTC, date, datetime

import pytest
import stamina

from lode.collect.sec.filings import collect_filings, reparse_filings
from lode.errors import UsageError
from lode.lake import Lake
from lode.settings import load_settings
from lode.warehouse import open_warehouse, stop
from lode.warehouse.stores.facts import read_facts
from lode.warehouse.stores.filings import read_filing_texts, read_filings
from lode.warehouse.stores.imports import read_quarantine, read_watermarks
from lode.warehouse.stores.instruments import read_instruments
from tests.replicas.sec import Company, Edgar, columns, fact, filed
from tests.replicas.server import Answer, Replica

LATER = datetime(2027, 1, 1, tzinfo=UTC)
FIRST_RUN, SECOND_RUN = datetime(2026, 11, 18, 17, tzinfo=UTC), datetime(2026, 11, 20, 17, tzinfo=UTC)
SINCE = date(2025, 1, 1)
_NUMBERS = itertools.count(100)


@pytest.fixture(autouse=True)
def _no_waits():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


def words(text):
    return f"<html><body><p>{text}</p></body></html>".encode()


def number(cik, year, n):
    return f"{cik:010d}-{year}-{n:06d}"


@pytest.fixture
def company():
    """Two annual reports and a quarterly one, one older filing; the second report restates the first year."""
    cik = next(_NUMBERS)
    name = [number(cik, 25, 1), number(cik, 25, 2), number(cik, 26, 3), number(cik, 9, 4)]
    revenue = [
        fact("2024-12-31", 100, name[0], "2025-02-03", start="2024-01-01"),
        fact("2025-03-31", 30, name[1], "2025-05-02", start="2025-01-01", form="10-Q"),
        fact("2024-12-31", 90, name[2], "2026-02-02", start="2024-01-01"),
        fact("2008-12-31", 10, name[3], "2009-02-02", start="2008-01-01"),
    ]
    return Company(
        cik,
        [f"C{cik}"],
        [
            filed(name[2], "10-K", "2026-02-02", "2026-02-02T21:30:00.000Z", period="2025-12-31", xbrl=True),
            filed(name[1], "10-Q", "2025-05-02", "2025-05-02T20:10:00.000Z", xbrl=True),
            filed(name[0], "10-K", "2025-02-03", "2025-02-03T22:05:00.000Z", xbrl=True),
            filed(number(cik, 25, 9), "4", "2025-02-03", "2025-02-03T23:05:00.000Z"),
        ],
        {"us-gaap/Revenues": {"USD": revenue}},
        older={
            f"CIK{cik:010d}-submissions-001.json": [filed(name[3], "10-K", "2009-02-02", "2009-02-02T22:00:00.000Z")]
        },
        documents={
            name[0].replace("-", ""): words("Sales rose well. Costs fell."),
            name[1].replace("-", ""): words("A quarter of losses."),
            name[2].replace("-", ""): words("Sales rose well. Costs grew."),
        },
    )


class Place:
    """A lake and a replica; `collect` at a time."""

    def __init__(self, settings, warehouse, lake, replica):
        self.settings, self.warehouse, self.lake, self.replica = settings, warehouse, lake, replica

    def collect(self, *symbols, at=FIRST_RUN, since=SINCE, **more):
        self.replica.asked.clear()
        settings = self.settings.model_copy(
            update={"sec_data_url": self.replica.url, "sec_archives_url": self.replica.url}
        )
        return collect_filings(
            symbols,
            since=since,
            settings=settings,
            warehouse=self.warehouse,
            lake=self.lake,
            now=lambda: at,
            **more,
        )

    def asked(self, part):
        return [path for path in self.replica.asked if part in path]


@pytest.fixture
def place(collect_settings, warehouse, tmp_path):
    def opened(edgar):
        replica = Replica(edgar)
        settings = collect_settings.model_copy(
            update={"sec_contact": "Jane jane@example.org", "sec_rate": 200.0, "http_timeout": 2.0}
        )
        opening.append(replica.__enter__())
        return Place(settings, warehouse, Lake((tmp_path / "lake").as_uri()), replica)

    opening = []
    yield opened
    for replica in opening:
        replica.__exit__()


def test_a_first_collection(place, company):
    here = place(Edgar([company]))
    report = here.collect(company.tickers[0])
    assert (report.failed, report.rows) == ({}, 5 + 4 + 3)  # filings, facts, texts
    facts = read_facts(here.warehouse, ciks=[company.cik], as_of=LATER)
    assert facts.sort("knowledge_time")["value"].to_list() == [10.0, 100.0, 30.0, 90.0]
    assert facts["accepted"].null_count() == 0  # the older file gave the time of 2009
    before = read_facts(here.warehouse, ciks=[company.cik], as_of=datetime(2026, 2, 2, 21, 29, tzinfo=UTC))
    assert 90.0 not in before["value"].to_list()
    filings = read_filings(here.warehouse, ciks=[company.cik], as_of=LATER)
    assert filings.height == 5
    assert (filings["lake_key"] != "").sum() == 3
    texts = read_filing_texts(here.warehouse, ciks=[company.cik], as_of=LATER)
    assert texts.select("form", "words", "previous").rows() == [
        ("10-K", 5, ""),  # its previous one is of 2009, before the range
        ("10-Q", 4, ""),
        ("10-K", 5, number(company.cik, 25, 1)),
    ]
    assert texts["similarity"].to_list() == [None, None, pytest.approx(4 / 5)]
    assert texts["knowledge_time"].to_list() == filings.filter(filings["lake_key"] != "")["knowledge_time"].to_list()
    told = read_instruments(here.warehouse, [company.tickers[0]]).row(0, named=True)
    assert (told["cik"], told["sic"], told["sector"], told["name"]) == (
        company.cik,
        3571,
        "business equipment",
        "ONE INC",
    )
    mark = read_watermarks(here.warehouse, source="sec")[f"{company.cik:010d}"]
    assert (mark.collected_from, mark.collected_to) == (SINCE, date(2026, 11, 17))


def test_a_second_collection_asks_for_what_is_new(place, company):
    """Two companies; the index says that one filed: it alone is asked, and only for its new document."""
    other = copy.deepcopy(company)
    other.cik, other.tickers = next(_NUMBERS), ["OTHER"]
    edgar = Edgar([company, other])
    here = place(edgar)
    symbols = [company.tickers[0], "OTHER"]
    here.collect(*symbols)
    new = number(company.cik, 26, 7)
    company.filings.insert(0, filed(new, "10-Q", "2026-11-19", "2026-11-19T13:00:00.000Z"))
    company.documents[new.replace("-", "")] = words("A quarter of gains.")
    company.facts["us-gaap/Revenues"]["USD"].append(fact("2026-09-30", 35, new, "2026-11-19", start="2026-07-01"))
    edgar.index = {
        date(2026, 11, 17): [(other.cik, "8-K")],  # seen by the first collection
        date(2026, 11, 18): [(other.cik, "4"), (999, "10-K")],
        date(2026, 11, 19): [(company.cik, "10-Q")],
    }
    report = here.collect(*symbols, at=SECOND_RUN)
    assert (report.failed, report.rows, report.unchanged) == ({}, 3, ["OTHER"])
    assert here.asked(f"{other.cik:010d}") == []
    assert len(here.asked("/Archives/edgar/data/")) == 1
    assert len(here.asked("/submissions/")) == 1  # the older file is not asked for again
    texts = read_filing_texts(here.warehouse, ciks=[company.cik], as_of=LATER)
    assert texts.row(-1, named=True)["previous"] == number(company.cik, 25, 2)
    assert texts["similarity"].to_list()[-1] == pytest.approx(3 / 4)  # the earlier document came from the lake
    marks = read_watermarks(here.warehouse, source="sec")
    assert {marks[f"{c.cik:010d}"].collected_to for c in (company, other)} == {date(2026, 11, 19)}
    third = here.collect(*symbols, at=SECOND_RUN)
    assert (third.rows, len(third.unchanged), third.requests) == (0, 2, 0)
    assert here.asked("/submissions/") == []


def test_earlier_documents_are_added(place, company):
    here = place(Edgar([company]))
    symbol = company.tickers[0]
    here.collect(symbol, since=date(2026, 1, 1))
    report = here.collect(symbol)
    assert report.rows == 2 + 1  # two documents, and the similarity that lacked its previous one
    texts = read_filing_texts(here.warehouse, ciks=[company.cik], as_of=LATER)
    assert texts["similarity"].to_list() == [None, None, pytest.approx(4 / 5)]
    assert len(here.asked("/Archives/edgar/data/")) == 2  # the third is in the lake


def test_what_the_lake_holds_gives_the_same_rows(place, company, tmp_path_factory):
    """A changed value under one accession is known from its collection; an empty warehouse gets both, read again."""
    edgar = Edgar([company], {date(2026, 11, 19): [(company.cik, "8-K")]})
    here = place(edgar)
    here.collect(company.tickers[0])
    company.facts["us-gaap/Revenues"]["USD"][0]["val"] = 101
    company.filings.insert(0, filed(number(company.cik, 26, 8), "8-K", "2026-11-19", "2026-11-19T13:00:00.000Z"))
    assert here.collect(company.tickers[0], at=SECOND_RUN).rows == 2  # a filing and the changed value
    found = read_facts(here.warehouse, ciks=[company.cik], as_of=LATER)
    again = load_settings(home=tmp_path_factory.mktemp("again"), warehouse_idle=60)
    try:
        with open_warehouse(again) as empty:
            reparse_filings(settings=here.settings, warehouse=empty, lake=here.lake)
            assert read_facts(empty, ciks=[company.cik], as_of=LATER).equals(found)
            here_texts = read_filing_texts(here.warehouse, ciks=[company.cik], as_of=LATER)
            assert read_filing_texts(empty, ciks=[company.cik], as_of=LATER).equals(here_texts)
            told = read_instruments(empty, company.tickers).row(0, named=True)
            assert told["sector"] == "business equipment"
        rows = reparse_filings(settings=here.settings, warehouse=here.warehouse, lake=here.lake).rows
        assert rows == 0
    finally:
        stop(again)


def test_a_changed_value_is_known_from_its_collection(place, company):
    edgar = Edgar([company])
    here = place(edgar)
    here.collect(company.tickers[0])
    company.facts["us-gaap/Revenues"]["USD"][0]["val"] = 101
    edgar.index = {date(2026, 11, 19): [(company.cik, "8-K")]}
    assert here.collect(company.tickers[0], at=SECOND_RUN).rows == 1
    then = read_facts(here.warehouse, ciks=[company.cik], as_of=datetime(2026, 11, 20, 16, tzinfo=UTC))
    assert 101.0 not in then["value"].to_list()
    assert 101.0 in read_facts(here.warehouse, ciks=[company.cik], as_of=SECOND_RUN)["value"].to_list()


def test_facts_that_lag_hold_the_watermark(place, company):
    """A statement filed on the day before whose facts are not there yet is asked for again."""
    edgar = Edgar([company], {date(2026, 11, 17): [(company.cik, "10-Q")]})
    here = place(edgar)
    new = number(company.cik, 26, 7)
    company.filings.insert(0, filed(new, "10-Q", "2026-11-17", "2026-11-17T22:10:00.000Z", xbrl=True))
    company.documents[new.replace("-", "")] = words("A quarter.")
    report = here.collect(company.tickers[0])
    assert "not there yet" in report.notes[0]
    company.facts["us-gaap/Revenues"]["USD"].append(fact("2026-09-30", 35, new, "2026-11-17", start="2026-07-01"))
    assert here.collect(company.tickers[0]).rows == 1
    assert here.collect(company.tickers[0]).requests == 0


def test_documents_come_after_facts_alone(place, company):
    here = place(Edgar([company]))
    assert here.collect(company.tickers[0], documents=False).rows == 5 + 4
    assert here.collect(company.tickers[0], documents=False).requests == 0
    assert here.collect(company.tickers[0]).rows == 3


def test_a_fresh_document_may_come_late(place, company):
    """It was not there on the day of its filing: the next collection of the company asks for it again."""
    edgar = Edgar([company], {date(2026, 11, 19): [(company.cik, "4/A"), (company.cik, "8-K")]})
    here = place(edgar)
    fresh = number(company.cik, 26, 7)
    company.filings.insert(0, filed(fresh, "8-K", "2026-11-17", "2026-11-17T22:10:00.000Z"))
    assert "1 documents are not at the SEC" in here.collect(company.tickers[0]).notes[0]
    company.documents[fresh.replace("-", "")] = words("It came.")
    assert here.collect(company.tickers[0], at=SECOND_RUN).rows == 1


def test_classes_of_a_company_share_its_filings(place, company):
    company.tickers.append("CLASS-B")
    here = place(Edgar([company]))
    report = here.collect(company.tickers[0], "class.b", documents=False)
    assert report.collected == {f"{company.tickers[0]},class.b": 9}
    assert set(read_instruments(here.warehouse, [company.tickers[0], "class.b"])["cik"]) == {company.cik}


def test_an_older_file_that_is_not_there_is_said(place, company):
    edgar = Edgar([company])
    here = place(lambda path: Answer(404) if "submissions-001" in path else edgar(path))
    assert "file of older filings" in here.collect(company.tickers[0]).failed[company.tickers[0]]


def test_a_foreign_filer_has_no_facts(place):
    cik = next(_NUMBERS)
    foreign = Company(
        cik, ["FRGN"], [filed(number(cik, 26, 1), "20-F", "2026-03-02", "2026-03-02T13:00:00.000Z")], None
    )
    here = place(Edgar([foreign]))
    report = here.collect("FRGN")
    assert (report.failed, report.rows) == ({}, 1)
    assert any("no facts" in note for note in report.notes)
    assert any("1 documents are not at the SEC" in note for note in report.notes)


def test_what_is_unknown_is_a_failure_with_its_reason(place, company):
    gone = Company(next(_NUMBERS), ["GONE"])
    edgar = Edgar([company, gone])
    here = place(lambda path: Answer(404) if f"CIK{gone.cik:010d}" in path else edgar(path))
    report = here.collect("GONER", "GONE", company.tickers[0])
    assert report.unknown == ["GONE", "GONER"]
    assert "near: GONE" in report.failed["GONER"]
    assert report.failed["GONE"].startswith("UnknownSymbolError")
    assert report.subjects == 3
    assert list(report.collected) == company.tickers


def test_a_company_that_is_no_longer_listed_goes_by_its_known_cik(place, company):
    here = place(Edgar([company]))
    here.collect(*company.tickers, documents=False)
    before, company.tickers = company.tickers, []
    assert here.collect(*before, documents=False).unchanged == before


def test_refused_facts_are_kept_with_their_reason(place, company):
    company.facts["us-gaap/Revenues"]["USD"].append(fact("2026-99-99", 1, "a", "2026-01-01"))
    here = place(Edgar([company]))
    assert here.collect(company.tickers[0], documents=False).refused == {"a fact without a usable period": 1}
    rows = read_quarantine(here.warehouse, source="sec").filter(symbol=f"{company.cik:010d}")
    assert "2026-99-99" in rows["row_json"][0]
    assert here.asked("/Archives/edgar/data/") == []


FAULTS = [
    Answer(429, b"<html>", {"Retry-After": "0"}),
    Answer(403, b"<html>", {"Retry-After": "0"}),
    Answer(500, b"down"),
    Answer(200, b"<!DOCTYPE html><html></html>"),
    Answer(200, b'{"cik": 1, "facts": {"us-gaap"', cut=12),
    Answer(200, b"no gzip", {"Content-Encoding": "gzip"}),
]


@pytest.mark.parametrize("fault", FAULTS, ids=["429", "403", "500", "html", "cut", "gzip"])
def test_a_fault_is_outlived(place, company, fault):
    here = place(Edgar([company]))
    here.replica.faults.append(fault)
    report = here.collect(company.tickers[0], documents=False)
    assert (report.failed, report.rows) == ({}, 5 + 4)


def test_a_changed_schema_fails_one_company_alone(place, company):
    odd = copy.deepcopy(company)
    odd.cik, odd.tickers = next(_NUMBERS), ["ODD"]
    edgar = Edgar([company, odd])
    body = b'{"cik": 1, "facts": {"us-gaap": {"Revenues": {"values": []}}}}'
    here = place(lambda path: Answer(body=body) if f"companyfacts/CIK{odd.cik:010d}" in path else edgar(path))
    report = here.collect("ODD", company.tickers[0], documents=False)
    assert "another schema" in report.failed["ODD"]
    assert list(report.collected) == company.tickers
    assert f"{odd.cik:010d}" not in read_watermarks(here.warehouse, source="sec")
    assert read_facts(here.warehouse, ciks=[odd.cik], as_of=LATER).is_empty()


def test_without_a_contact_nothing_is_asked(place, company):
    here = place(Edgar([company]))
    here.settings = here.settings.model_copy(update={"sec_contact": None})
    with pytest.raises(UsageError, match="LODE_SEC_CONTACT"):
        here.collect(company.tickers[0])
    assert here.replica.asked == []
    with pytest.raises(UsageError, match="after the last filing date"):
        here.collect(company.tickers[0], since=date(2027, 1, 1))


def test_recorded_companies(place, shared_data):
    """Apple's and Nvidia's whole facts: as of any day, each value's filing was accepted by then."""
    ciks = {320193: "AAPL", 1045810: "NVDA"}
    bodies = {}
    for cik in ciks:
        bodies[f"/submissions/CIK{cik:010d}.json"] = f"submissions/CIK{cik:010d}.json.gz"
        bodies[f"/api/xbrl/companyfacts/CIK{cik:010d}.json"] = f"companyfacts_full/CIK{cik:010d}.json.gz"
    bodies["/files/company_tickers.json"] = "company_tickers.json.gz"

    def answer(path):
        if path in bodies:
            packed = (shared_data / "sec" / bodies[path]).read_bytes()
            return Answer(body=packed, headers={"Content-Encoding": "gzip"})
        return Answer(body=json.dumps(columns([])).encode()) if "-submissions-" in path else Answer(404)

    here = place(answer)
    report = here.collect("AAPL", "NVDA", documents=False)
    assert (report.failed, report.rows) == ({}, 24_579 + 26_903 + 1_005 + 1_007)
    facts = read_facts(here.warehouse, ciks=list(ciks), as_of=LATER)
    times = read_filings(here.warehouse, ciks=list(ciks), as_of=LATER).select("accession", stamp="accepted")
    joined = facts.join(times, on="accession", how="left")
    assert joined["accepted"].equals(joined["stamp"], check_names=False)
    known = joined.filter(joined["accepted"].is_not_null())
    assert known.height > 25_000  # the submissions at hand begin in 2015 and 2019
    assert known["knowledge_time"].equals(known["accepted"], check_names=False)
    evening = joined.filter(joined["accepted"].is_null())
    local = evening["knowledge_time"].dt.convert_time_zone("America/New_York")
    assert local.dt.date().equals(evening["filed"], check_names=False)
    assert set(local.dt.strftime("%H:%M:%S")) == {"23:59:59"}
