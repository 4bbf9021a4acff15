"""Fields of random companies against a slow reading of the rules, written without the code that makes them.

The companies have fiscal years of 52 and 53 weeks, changed year ends, changed tags, restatements of old periods, starts
that are a day off, filings of the same minute, amendments, and acceptances exactly at a close. At each looked-at cell
every statement known by its close is read anew.
"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, pairwise
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from lode import calendar
from lode.panel import Observations, build_panel
from tests.panel.statements import SCHEMA, recorded_facts

NEW_YORK, DAY = ZoneInfo("America/New_York"), timedelta(1)
SESSIONS = calendar.sessions("XNYS", "2015-01-02", "2018-12-31")
CLOSES = [close.item().replace(tzinfo=UTC) for close in calendar.close_time("XNYS", SESSIONS)]
PRICE = 10.0
REVENUE = [
    "us-gaap/Revenues",
    "us-gaap/RevenueFromContractWithCustomerExcludingAssessedTax",
    "us-gaap/RevenueFromContractWithCustomerIncludingAssessedTax",
    "us-gaap/SalesRevenueNet",
    "us-gaap/SalesRevenueGoodsNet",
    "us-gaap/RevenuesNetOfInterestExpense",
]
INCOME = ["us-gaap/NetIncomeLoss", "us-gaap/ProfitLoss"]
ASSETS, CURRENT, OWED = ["us-gaap/Assets"], ["us-gaap/AssetsCurrent"], ["us-gaap/LiabilitiesCurrent"]
EQUITY = [
    "us-gaap/StockholdersEquity",
    "us-gaap/StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest",
]
SHARES = [
    "dei/EntityCommonStockSharesOutstanding",
    "us-gaap/CommonStockSharesOutstanding",
    "us-gaap/WeightedAverageNumberOfSharesOutstandingBasic",
    "us-gaap/WeightedAverageNumberOfDilutedSharesOutstanding",
]
DAYS = {"quarter": (80, 100), "half": (160, 200), "nine": (245, 290), "year": (350, 380)}


def known(rows, tag, close):
    """Newest statement of each period of a tag, by (start, end)."""
    best = {}
    for row in rows:
        late = (row["knowledge_time"].date() - row["period_end"]).days
        if row["concept"] == tag and row["knowledge_time"] <= close and 0 <= late <= 1360:
            span = row["period_start"], row["period_end"]
            order = row["knowledge_time"], row["accession"], row["value"]
            best[span] = max(best.get(span, order), order)
    return {span: order[2] for span, order in best.items()}


def by_kind(spans):
    found = defaultdict(list)
    for (first, last), value in spans.items():
        days = (last - first).days + 1 if first else 0
        kind = next((name for name, (least, most) in DAYS.items() if least <= days <= most), None if first else "day")
        found[kind].append((first, last, value))
    return found


def near(one, other):
    return abs((one - other).days) <= 5


def quarters(told, end):
    """Starts and values that may be said of the quarter to `end`."""
    if said := [(first, value) for first, last, value in told["quarter"] if last == end]:
        return said
    for longer, shorter in (("year", "nine"), ("nine", "half"), ("half", "quarter")):
        less = [
            (until + DAY, whole - part)
            for first, last, whole in told[longer]
            for begun, until, part in told[shorter]
            if last == end and near(first, begun) and 75 <= (end - until).days <= 125
        ]
        if less:
            return less
    return []


def quarter(told, end):
    return [value for _, value in quarters(told, end)]


def year(told, end):
    """Values that may be said of the twelve months to `end`."""
    if said := [value for _, last, value in told["year"] if last == end]:
        return said
    for kind in ("nine", "half", "quarter"):
        rolled = [
            whole + so_far - part
            for first, last, so_far in told[kind]
            for begun, until, whole in told["year"]
            for start, stop, part in told[kind]
            if last == end and near(until + DAY, first) and near(start, begun) and abs((stop - end).days + 365) <= 15
        ]
        if rolled:
            return rolled
    return four(told, end)


def four(told, end):
    total, last = 0.0, end
    for number in range(4):
        near_by = sorted(range(-5, 6), key=abs) if number else [0]
        said = next((q for off in near_by if (q := quarters(told, last + off * DAY))), None)
        if said is None:
            return []
        total, last = total + said[0][1], said[0][0] - DAY
    return [total] if 350 <= (end - last).days <= 380 else []


def flow(rows, tags, close, measure):
    """End and possible values of the newest period that has any: of one tag, else each period of the first with it."""
    spans = [known(rows, tag, close) for tag in tags]
    merged = {span: value for told in reversed(spans) for span, value in told.items()}
    told = [by_kind(each) for each in (*spans, merged)]
    for end in sorted({last for _, last in merged}, reverse=True):
        for each in told:
            if values := measure(each, end):
                return end, values
    return None, []


def held(rows, tags, close):
    return [{last: value for _, last, value in by_kind(known(rows, tag, close))["day"]} for tag in tags]


def newest(told):
    end = max((day for each in told for day in each), default=None)
    return end, [next(each[end] for each in told if end in each)] if end else []


def a_year_before(told, end):
    wanted = end - timedelta(365)
    days = [day for each in told for day in each if abs((day - wanted).days) <= 15]
    day = min(days, key=lambda day: (abs((day - wanted).days), day), default=None)
    return next((each[day] for each in told if day in each), None)


def shares(rows, close):
    """Shares of a day, else the average of the shortest period that ends there."""
    told = []
    for tag in SHARES:
        kinds = by_kind(known(rows, tag, close))
        shortest = {}
        for kind in ("year", "nine", "half", "quarter", "day"):
            shortest |= {last: value for _, last, value in kinds[kind]}
        told.append(shortest)
    return newest(told)


def by_hand(rows, close, session):
    """Field to its possible values at a close; none where it is missing."""

    def fresh(found):
        return found if found[0] and (session - found[0]).days <= 510 else (None, [])

    income, revenue = fresh(flow(rows, INCOME, close, year)), fresh(flow(rows, REVENUE, close, year))
    equity, assets = fresh(newest(held(rows, EQUITY, close))), fresh(newest(held(rows, ASSETS, close)))
    current, owed = fresh(newest(held(rows, CURRENT, close))), fresh(newest(held(rows, OWED, close)))
    before = a_year_before(held(rows, ASSETS, close), assets[0]) if assets[0] else None
    return {
        "revenue": revenue[1],
        "net_income": income[1],
        "net_income_quarter": fresh(flow(rows, INCOME, close, quarter))[1],
        "equity": equity[1],
        "assets": assets[1],
        "market_cap": [PRICE * value for value in fresh(shares(rows, close))[1]],
        "roe": over(income, equity),
        "current_ratio": over(current, owed),
        "asset_growth": [value / before - 1 for value in assets[1]] if before and before > 0 else [],
    }


def over(top, bottom):
    if not (top[1] and bottom[1]) or abs((top[0] - bottom[0]).days) > 100 or bottom[1][0] <= 0:
        return []
    return [value / bottom[1][0] for value in top[1]]


def hold(panel, rows, rng, cells):
    """Compare that many random cells of the panel; `rows` by name."""
    compared = 0
    for _ in range(cells):
        name, at = rng.choice(panel.names), rng.randrange(len(CLOSES))
        session = SESSIONS[at].item()
        for field, values in by_hand(rows[name], CLOSES[at], session).items():
            given = float(panel.fields[field][at, panel.names.index(name)]) if field in panel.fields else np.nan
            where = f"{field} of {name} on {session}: {given}, by hand {values}"
            assert np.isnan(given) == (not values), where
            assert not values or any(given == pytest.approx(value, rel=1e-6, abs=2e-5) for value in values), where
            compared += bool(values)
    return compared


def panel_of(rows, names):
    closes = pl.Series([close.replace(tzinfo=None) for close in CLOSES])
    sessions = pl.Series(SESSIONS).cast(pl.Date)
    bars = [
        pl.DataFrame({"session": sessions, "knowledge_time": closes, "close": PRICE}).with_columns(instrument=pl.lit(n))
        for n in names
    ]
    return build_panel(pl.concat(bars), as_of=datetime(2026, 11, 1, tzinfo=UTC), observed=Observations(facts=rows))


def period_ends(rng):
    """Ends of 44 quarters from 2010 on: of calendar months, or of 13 and at times 14 weeks."""
    if rng.random() < 0.4:
        ends = [date(2010, 1, 2)]
        for _ in range(44):
            ends.append(ends[-1] + timedelta(weeks=14 if rng.random() < 0.06 else 13))
        return ends
    shift = rng.choice([0, 1, 2])
    months = [2010 * 12 + shift + 3 * number for number in range(45)]
    return [date(month // 12, month % 12 + 1, 1) - DAY for month in months]


def company(rng, name):  # noqa: PLR0912, C901  one pass over what a company files
    ends, rows, number = period_ends(rng), [], count()
    starts = [end + DAY for end in ends[:-1]]
    ends = ends[1:]
    values, tags = {}, rng.sample(REVENUE[:4], 2)
    income, changed, tag_changed = rng.choice(INCOME), rng.randrange(8, 60), rng.randrange(8, 40)
    years = [0]
    while years[-1] < len(ends):
        stub = years[-1] <= changed < years[-1] + 4
        years.append(years[-1] + (rng.choice([1, 2, 3]) if stub else 4))

    def worth(tag, at):
        return values.setdefault((tag, at), round(rng.uniform(-50, 500), 2))

    def put(tag, first, last, value, moment, accession, unit="USD"):
        told = (name, tag, unit, first, last, float(value), "10-Q", accession, moment.date(), moment, moment)
        rows.append(dict(zip(SCHEMA, told, strict=True)))

    for begun, until in pairwise(years):
        for at in range(begun, min(until, len(ends))):
            final, day = at == until - 1, ends[at] + timedelta(rng.randrange(20, 95))
            moment = datetime.combine(day, time(rng.randrange(6, 22), rng.randrange(60)), NEW_YORK).astimezone(UTC)
            if rng.random() < 0.2:
                moment = next((close for close in CLOSES if close.date() >= day), moment)
            if rng.random() < 0.1 and rows:
                moment = max(moment, rows[-1]["knowledge_time"])
            accession = f"{name}-{next(number):03d}"
            for tag in (tags[at > tag_changed], income, *([rng.choice(INCOME)] if rng.random() < 0.2 else [])):
                for back in (0, 4, 8) if final else (0, 4):
                    first, last = begun - back, at - back
                    if first < 0:
                        continue
                    if rng.random() < 0.03:
                        values[tag, last] = round(rng.uniform(-50, 500), 2)
                    start = starts[first] + (DAY * rng.choice([-1, 1]) if rng.random() < 0.02 else timedelta(0))
                    if rng.random() < 0.9:
                        total = sum(worth(tag, each) for each in range(first, last + 1))
                        put(tag, start, ends[last], total, moment, accession)
                    if not final and at > begun and rng.random() < 0.9:
                        put(tag, starts[last], ends[last], worth(tag, last), moment, accession)
            for tag in (*ASSETS, rng.choice(EQUITY), *CURRENT, *OWED):
                if rng.random() < 0.95:
                    put(tag, None, ends[at], round(rng.uniform(-50, 900), 2), moment, accession)
                if begun and rng.random() < 0.3:
                    put(tag, None, ends[begun - 1], round(rng.uniform(1, 900), 2), moment, accession)
            cover = min(day, ends[at] + timedelta(30))
            if rng.random() < 0.9:
                put(SHARES[0], None, cover, rng.randrange(1, 1000), moment, accession, "shares")
            if rng.random() < 0.5:
                put(SHARES[1], None, ends[at], rng.randrange(1, 1000), moment, accession, "shares")
                put(SHARES[2], starts[begun], ends[at], rng.randrange(1, 1000), moment, accession, "shares")
            if rng.random() < 0.15:
                old, late = rng.choice(rows[-60:]), moment + timedelta(days=rng.choice([0, 3, 400]))
                put(
                    old["concept"], old["period_start"], old["period_end"], 7.0 + at, late, f"{accession}A", old["unit"]
                )
    return rows


@pytest.mark.parametrize("seed", [1, 2])
def test_fields_are_those_of_a_slow_reading(seed, soak_scale):
    rng = random.Random(seed)
    rows = {name: company(rng, name) for name in ("A", "B", "C", "D", "E", "F")}
    mixed = [row for each in rows.values() for row in each]
    rng.shuffle(mixed)
    panel = panel_of(pl.DataFrame(mixed, schema=SCHEMA), rows)
    assert hold(panel, rows, rng, int(500 * soak_scale)) > 2000 * soak_scale


def test_recorded_companies_are_those_of_a_slow_reading(shared_data, soak_scale):
    names = ["AAPL", "AVGO", "JNJ", "MSFT", "PEP", "WMT", "SHOP", "GE"]
    facts = recorded_facts(shared_data, names)
    rows = {str(name): part.to_dicts() for (name,), part in facts.group_by("instrument")}
    panel = panel_of(facts, rows)
    assert hold(panel, rows, random.Random(3), int(300 * soak_scale)) > 700 * soak_scale
