"""A panel of one exchange and currency, and of one company a ticker, from a warehouse that has several."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from lode import calendar
from lode.collect.checks import run_checks
from lode.errors import UsageError
from lode.panel import load_snapshot
from lode.warehouse.stores.bars import insert_bars
from lode.warehouse.stores.findings import read_findings
from lode.warehouse.stores.instruments import insert_instruments, succeed
from lode.workflow.collecting import collect, validate
from lode.workflow.data_diagnosis import _ends, _reach
from lode.workflow.freezing import Selection, freeze, rebuilder
from tests.workflow.homes import Home

AS_OF = datetime(2024, 7, 1, tzinfo=UTC)
START, END = date(2024, 4, 2), date(2024, 6, 10)
MAY_DAY, JUNETEENTH = date(2024, 5, 6), date(2024, 6, 19)
NAMES = {  # exchange as Yahoo names it, its calendar, time zone, currency
    "AAA": ("NMS", "XNYS", "America/New_York", "USD"),
    "BBB": ("PNK", "XNYS", "America/New_York", "USD"),
    "CCC.L": ("LSE", "XLON", "Europe/London", "GBp"),
    "DDD.L": ("LSE", "XLON", "Europe/London", "GBp"),
    "EEE.L": ("LSE", "XLON", "Europe/London", "GBP"),
    "BTC-USD": ("CCC", "24/7", "UTC", "USD"),
}
OLD, NEW = date(2024, 4, 19), date(2024, 5, 20)


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("markets") / "home")
    with home.context() as opened:
        for name, (exchange, code, zone, currency) in NAMES.items():
            detail = {"instrument": [name], "exchange": [exchange], "time_zone": [zone], "currency": [currency]}
            insert_instruments(opened.warehouse, pl.DataFrame(detail), source="yahoo", known_at=AS_OF)
            fill(opened.warehouse, name, code, currency, START, END)
        us = pl.DataFrame({"instrument": ["TWX"], "exchange": ["NYQ"], "time_zone": ["America/New_York"]})
        insert_instruments(opened.warehouse, us, source="yahoo", known_at=AS_OF)
        told = {"first": NEW, "last": OLD, "evidence": "first trade", "source": "yahoo", "known_at": AS_OF}
        assert succeed(opened.warehouse, "TWX", **told) == "TWX~2"
        second = us.with_columns(instrument=pl.lit("TWX~2"))
        insert_instruments(opened.warehouse, second, source="yahoo", known_at=AS_OF)
        fill(opened.warehouse, "TWX", "XNYS", "USD", START, OLD)
        fill(opened.warehouse, "TWX~2", "XNYS", "USD", NEW, END)
        fill(opened.warehouse, "TWX", "XNYS", "USD", START, END, source="own")
        yield opened
    home.stop()


def fill(warehouse, name, exchange, currency, first, last, source="yahoo", price=100.0):
    days = calendar.sessions(exchange, first, last)
    bars = pl.DataFrame(
        {
            "instrument": name,
            "session": days,
            "knowledge_time": calendar.close_time(exchange, days),
            "close": price + np.arange(len(days)),
            "volume": 10.0,
        }
    ).with_columns(
        pl.col("session").cast(pl.Date),
        pl.col("knowledge_time").dt.replace_time_zone("UTC"),
        adjusted=pl.lit(value=False),
        backfilled=pl.lit(value=True),
        currency=pl.lit(currency),
    )
    insert_bars(warehouse, bars, source=source, collected_at=AS_OF)


def frozen(context, *names, universe="some", source="yahoo"):
    record = freeze(context, Selection(source, universe, names or None), AS_OF)
    return record, load_snapshot(record.snapshot, context.lake, context.settings.cache)


def selected(context, universe, source="yahoo", **days):
    request = {"source": source, "universe": universe, "stored": True} | {n: str(d) for n, d in days.items()}
    return collect(validate(request, context), context)


def test_a_panel_has_the_sessions_of_its_names(context):
    _, london = frozen(context, "CCC.L", "DDD.L")
    assert london.meta.exchange == "XLON"
    assert np.isfinite(london.fields["close"]).all()
    assert MAY_DAY not in london.sessions.tolist()
    assert MAY_DAY in frozen(context, "AAA", "BBB")[1].sessions.tolist()
    _, coins = frozen(context, "BTC-USD")
    assert (coins.meta.exchange, len(coins.sessions)) == ("24/7", (END - START).days + 1)


def test_a_leak_check_rebuilds_it_in_the_same_exchange(context):
    record, panel = frozen(context, "CCC.L", "DDD.L")
    again = rebuilder(context, record.snapshot, panel)(panel.sessions[30])
    assert (again.meta.exchange, len(again.sessions)) == ("XLON", 31)  # its last bar is known at London's close
    for name, values in again.fields.items():
        assert np.array_equal(values, panel.fields[name][:31], equal_nan=True), name


def test_own_files_keep_the_sessions_of_new_york(context):
    assert frozen(context, source="own", universe="own")[1].meta.exchange == "XNYS"


REFUSED = "a panel is of one exchange and one currency, and its names are of several: "


def test_several_exchanges_are_refused_by_name(context):
    with pytest.raises(UsageError) as caught:
        frozen(context, "AAA", "BBB", "BTC-USD")
    assert str(caught.value) == REFUSED + (
        "24/7 in USD: BTC-USD; XNYS in USD: AAA, BBB. Choose names of one of these; all 2 of XNYS in USD: --universe "
        "AAA,BBB (too few for scores, which take 10 a session: collect or import more of them)"
    )
    for universe in ("top:2", "yahoo"):
        with pytest.raises(UsageError, match="24/7 in USD: BTC-USD; XLON in GBP: EEE"):
            frozen(context, universe=universe)


def test_several_currencies_are_refused_by_name(context):
    with pytest.raises(UsageError) as caught:
        frozen(context, "CCC.L", "DDD.L", "EEE.L")
    assert str(caught.value).startswith(f"{REFUSED}XLON in GBP: EEE.L; XLON in GBp: CCC.L, DDD.L. Choose")


def chosen(error, home):
    """The universe that an error offers, as a person would type it."""
    offer = str(error).partition("Choose names of one of these; ")[2]
    if query := re.search(r'`lode sql "(.*)" --format csv > names.txt`, then --universe (.*)', offer):
        path = home.folder.parent / query[2]
        path.write_text(home.lode("sql", query[1], "--format", "csv").out)
        return str(path)
    return re.search(r"--universe (\S+)", offer)[1]


@pytest.mark.parametrize(("names", "by"), [(12, "--universe N00,N01"), (60, "lode sql")])
@pytest.mark.parametrize("others", ["EUR", "USD"])
def test_what_is_offered_works_as_written(tmp_path, names, by, others):
    """Names of New York beside some of another currency, or of another exchange in the same one."""
    home, (exchange, code, zone, _) = Home(tmp_path / "home"), NAMES["AAA" if others == "EUR" else "BTC-USD"]
    with home.context() as context:
        of = {f"N{at:02}": ("NMS", "XNYS", "America/New_York", "USD") for at in range(names)}
        of |= {f"O{at}": (exchange, code, zone, others) for at in range(3)}
        for name, (place, calendar_of, time_zone, currency) in of.items():
            detail = {"instrument": [name], "exchange": [place], "time_zone": [time_zone]}
            insert_instruments(context.warehouse, pl.DataFrame(detail), source="yahoo", known_at=AS_OF)
            fill(context.warehouse, name, calendar_of, currency, END, END)
        with pytest.raises(UsageError, match=by) as caught:
            frozen(context, universe="yahoo")
        assert "too few" not in str(caught.value)
        record = home.lode("snapshot", "--source", "yahoo", "--universe", chosen(caught.value, home), "--json").json
        assert record["names"] == names
    home.stop()


def test_a_reused_ticker_is_who_has_it_when_the_range_ends(context):
    later = selected(context, "TWX", start=NEW)
    assert later["selection"]["instruments"] == ["TWX~2"]
    assert "warnings" not in later
    record = freeze(context, Selection.from_event(later["selection"]), AS_OF)
    panel = load_snapshot(record.snapshot, context.lake, context.settings.cache)
    assert (panel.names, panel.sessions[0].item()) == (("TWX~2",), NEW)
    earlier = selected(context, "AAA,TWX", end=OLD)
    assert earlier["selection"]["instruments"] == ["AAA", "TWX"]
    assert "warnings" not in earlier


@pytest.mark.parametrize("days", [{}, {"start": START, "end": END}])
def test_a_panel_over_both_companies_says_which_it_has(context, days):
    both = selected(context, "AAA,TWX", **days)
    assert both["selection"]["instruments"] == ["AAA", "TWX~2"]
    (warning,) = both["warnings"]
    assert warning == (
        f"TWX was another company until {OLD}: the panel has TWX~2, which has the ticker since then, and not TWX; "
        f"for that one choose --end {OLD} or an earlier day"
    )


def test_own_files_are_read_by_the_names_in_them(context):
    own = selected(context, "TWX", source="own")
    assert own["selection"]["instruments"] == ["TWX"]
    assert "warnings" not in own


def test_checks_hold_each_name_against_its_exchange(context):
    report = run_checks(context.warehouse, source="yahoo", at=AS_OF)
    assert report.by_rule == {}
    fill(context.warehouse, "CCC.L", "XNYS", "GBp", MAY_DAY, MAY_DAY)
    fill(context.warehouse, "DDD.L", "XLON", "GBp", JUNETEENTH, JUNETEENTH, price=150.0)
    run_checks(context.warehouse, source="yahoo", at=AS_OF)
    found = read_findings(context.warehouse, source="yahoo").sort("instrument")
    assert found.select("rule", "instrument", "session", "detail").rows() == [
        ("stored row breaks a rule", "CCC.L", MAY_DAY, "not a session of XLON"),
        ("calendar gap", "DDD.L", date(2024, 6, 11), "6 sessions without a bar, 2024-06-11 to 2024-06-18"),
    ]


def test_reach_is_counted_where_a_source_is_furthest_behind(context):
    ends = _ends(context.warehouse, "yahoo")
    assert {name: ends[name] for name in ("XNYS", "24/7")} == {"XNYS": END, "24/7": END}
    row = {"source": "yahoo", "names": 8, "collected": True, "quarantined": 0}
    noon = datetime(2024, 6, 17, 16, tzinfo=UTC)  # a Monday
    assert _reach(row, noon, ends | {"XLON": END})["detail"].startswith(
        "8 names up to 2024-06-10, 6 sessions of 24/7 behind"
    )
    assert _reach(row, noon, {"XNYS": END})["detail"].startswith("8 names up to 2024-06-10, 4 sessions behind")
    assert _reach(row, datetime(2099, 1, 5, tzinfo=UTC), ends)["state"] == "unknown"
