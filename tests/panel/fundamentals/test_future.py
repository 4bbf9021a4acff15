"""What becomes known later never reaches an earlier session: a panel cut at any time is the panel up to there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from lode import calendar
from lode.panel import Observations, build_panel, rebuild_panel
from tests.panel.rows import AS_OF, CLOSES, SESSIONS, action, bar, frame
from tests.panel.statements import facts

T = len(SESSIONS)
ENDS = [
    np.datetime64(text) for text in ("2016-12-31", "2017-12-31", "2018-03-31", "2018-06-30", "2018-09-30", "2018-12-31")
]
LENGTHS = {"instant": None, "quarter": 91, "half": 182, "nine months": 273, "year": 365}
FLOWS = ("Revenues", "SalesRevenueNet", "NetIncomeLoss", "CostOfRevenue", "NetCashProvidedByUsedInOperatingActivities")
STOCKS = ("Assets", "StockholdersEquity", "LongTermDebt", "LongTermDebtNoncurrent", "CommonStockSharesOutstanding")
ANY_TIME = st.timedeltas(timedelta(days=-400), timedelta(days=35)).map(lambda off: CLOSES[0] + off)
AT_A_CLOSE = st.builds(
    lambda t, off: CLOSES[t] + timedelta(microseconds=off), st.integers(0, T - 1), st.integers(-1, 1)
)
MOMENTS = st.one_of(ANY_TIME, AT_A_CLOSE)
NAMES = st.sampled_from(["A", "B"])


@st.composite
def statement(draw):
    kind = draw(st.sampled_from(list(LENGTHS)))
    end, days = draw(st.sampled_from(ENDS)), LENGTHS[kind]
    concept = draw(st.sampled_from((*STOCKS, "dei/EntityCommonStockSharesOutstanding") if days is None else FLOWS))
    known = draw(MOMENTS).replace(tzinfo=UTC)
    return {
        "instrument": draw(NAMES),
        "concept": concept if "/" in concept else f"us-gaap/{concept}",
        "unit": "shares" if "Shares" in concept else "USD",
        "period_start": None if days is None else (end - np.timedelta64(days, "D")).item(),
        "period_end": end.item(),
        "value": draw(st.floats(-1e9, 1e12).map(lambda value: round(value, 2))),
        "form": "10-Q",
        "accession": draw(st.sampled_from(["a", "b", "c"])),
        "filed": known.date(),
        "accepted": known,
        "knowledge_time": known,
    }


texts = st.fixed_dictionaries(
    {
        "instrument": NAMES,
        "accession": st.sampled_from(["a", "b", "c", "d"]),
        "form": st.sampled_from(["10-K", "10-Q", "8-K"]),
        "model": st.just("m"),
        "knowledge_time": MOMENTS,
        "words": st.integers(1, 1000),
        "tone": st.none() | st.floats(-1, 1),
        "readability": st.floats(0, 30),
        "similarity": st.none() | st.floats(0, 1),
    }
)
articles = st.fixed_dictionaries(
    {
        "instrument": NAMES,
        "article": st.sampled_from([f"x{number}" for number in range(6)]),
        "duplicate_group": st.sampled_from(["", "g", "h"]),
        "knowledge_time": MOMENTS,
        "sentiment": st.none() | st.floats(-1, 1),
        "sentiment_model": st.just("m"),
    }
)
searched = st.fixed_dictionaries({"instrument": NAMES, "collected_at": MOMENTS})
splits = st.builds(
    lambda name, t, ratio, late: action(name, t, "split", ratio, late=timedelta(hours=late)),
    NAMES,
    st.integers(1, T - 1),
    st.sampled_from([0.5, 2.0, 7.0]),
    st.integers(-200, 200),
)
BARS = [bar(name, t, 10 + t % 7, volume=5.0 + t) for name in ("A", "B") for t in range(T)]


@given(
    rows=st.lists(statement(), min_size=1, max_size=40),
    texts=st.lists(texts, max_size=6),
    articles=st.lists(articles, max_size=8),
    searches=st.lists(searched, max_size=4),
    actions=st.lists(splits, max_size=2, unique_by=lambda event: (event["instrument"], event["ex_date"])),
    cut=st.integers(0, T - 1),
)
def test_a_panel_of_what_was_known_by_a_close_is_the_panel_up_to_it(rows, texts, articles, searches, actions, cut):
    observed = Observations(
        facts=facts(*rows),
        texts=frame(texts) if texts else None,
        articles=_typed(articles),
        searches=frame(searches) if searches else None,
    )
    events = frame(actions) if actions else None
    whole = build_panel(frame(BARS), events, as_of=AS_OF, observed=observed)
    moment = calendar.close_time("XNYS", SESSIONS[cut : cut + 1])[0].item().replace(tzinfo=UTC)
    known = Observations(
        facts=observed.facts.filter(pl.col("knowledge_time") <= moment),
        texts=_by(observed.texts, moment),
        articles=_by(observed.articles, moment),
        searches=_by(observed.searches, moment, "collected_at"),
    )
    bars = frame(BARS).filter(pl.col("knowledge_time") <= moment.replace(tzinfo=None))
    again = rebuild_panel(whole, bars, _by(events, moment), cut=moment, observed=known)
    assert again.fields.keys() == whole.fields.keys()
    for name, values in again.fields.items():
        assert values.tobytes() == np.ascontiguousarray(whole.fields[name][: cut + 1]).tobytes(), name


def test_a_planted_value_of_the_future_is_in_no_earlier_session():
    planted = CLOSES[10] + timedelta(microseconds=1)
    told = {
        "instrument": "A",
        "concept": "us-gaap/Assets",
        "unit": "USD",
        "period_start": None,
        "period_end": datetime(2018, 12, 31, tzinfo=UTC).date(),
        "value": 1.0,
        "accession": "a",
        "accepted": planted.replace(tzinfo=UTC),
        "knowledge_time": planted.replace(tzinfo=UTC),
    }
    panel = build_panel(frame(BARS), as_of=AS_OF, observed=Observations(facts=facts(told)))
    assert np.isfinite(panel.fields["assets"][:, 0]).tolist() == [t > 10 for t in range(T)]


def _by(rows, moment, column="knowledge_time"):
    return None if rows is None else rows.filter(pl.col(column) <= moment.replace(tzinfo=None))


def _typed(rows):
    if not rows:
        return None
    return pl.DataFrame(rows, schema_overrides={"sentiment": pl.Float64, "knowledge_time": pl.Datetime("us")})
