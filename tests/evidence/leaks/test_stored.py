from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from lode.evidence.leaks.stored import check_facts, check_news, check_splits, check_universe
from tests.evidence.conftest import DAYS, make_panel

END, FILED, ACCEPTED = date(2019, 3, 31), date(2019, 5, 8), datetime(2019, 5, 7, 22, tzinfo=UTC)


def fact(**changed):
    told = {"instrument": "A", "concept": "us-gaap/Assets", "unit": "USD", "period_start": None, "period_end": END}
    told |= {"accession": "first"}
    return told | {"value": 7.0, "filed": FILED, "accepted": ACCEPTED, "knowledge_time": ACCEPTED} | changed


def outcome(*facts):
    return check_facts(
        pl.DataFrame(facts, schema_overrides={"period_start": pl.Date, "accepted": pl.Datetime("us", "UTC")})
    )


def test_facts_known_with_their_acceptance_pass_though_the_filing_is_dated_a_day_later():
    later = datetime(2020, 5, 7, 22, tzinfo=UTC)
    assert outcome(fact(), fact(value=9.0, accession="later", accepted=later, knowledge_time=later)).outcome == "passed"
    assert outcome(fact(), fact()).outcome == "passed"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"knowledge_time": datetime(2019, 5, 7, 21, tzinfo=UTC)}, "before their filing"),
        ({"accepted": None, "knowledge_time": datetime(2019, 5, 7, 21, tzinfo=UTC)}, "before their filing"),
        ({"accepted": None, "filed": END, "knowledge_time": datetime(2019, 3, 31, 21, tzinfo=UTC)}, "period ended"),
        ({"value": 7.1}, "two values"),
        ({"filed": date(2019, 8, 8)}, "before their filing"),
        ({"accepted": datetime(2019, 5, 6, 22, tzinfo=UTC)}, "different times"),
    ],
)
def test_facts_that_contradict_their_time_fail(wrong, said):
    found = outcome(fact(), fact(**wrong))
    assert (found.outcome, said in found.detail) == ("failed", True)


def test_a_stray_mistake_of_a_filing_among_thousands_is_none():
    many = [fact(instrument=f"N{number}") for number in range(1500)]
    assert outcome(*many, fact(instrument="N0", value=9.0)).outcome == "passed"


def test_shares_of_the_cover_page_may_be_of_the_day_itself():
    cover = fact(concept="dei/EntityCommonStockSharesOutstanding", period_end=ACCEPTED.date())
    assert outcome(cover).outcome == "passed"


def test_news_count_from_the_later_of_publication_and_collection():
    early, late = datetime(2019, 5, 1, tzinfo=UTC), datetime(2019, 5, 2, tzinfo=UTC)

    def known(at, published):
        rows = {
            "knowledge_time": [at],
            "collected_at": [late],
            "published": pl.Series([published], dtype=pl.Datetime("us", "UTC")),
        }
        return check_news(pl.DataFrame(rows)).outcome

    assert [known(late, early), known(late, None), known(early, early)] == ["passed", "passed", "failed"]


def traded(*, splits_show=True, volumes_show=True):
    rng = np.random.default_rng(0)
    split = np.ones((300, 12))
    split[150:, :2] = 4.0
    whole = 100 * np.exp(np.cumsum(0.02 * rng.standard_normal(split.shape), axis=0))
    close = whole / (split if splits_show else 1.0)
    volume = 1e6 * np.exp(0.3 * rng.standard_normal(split.shape)) * (split if volumes_show else 1.0)
    return make_panel(whole, raw_close=close, volume=volume / split, dollar_volume=close * volume)


def actions(ratio=4.0):
    names = ["N000", "N001"]
    known = [datetime(2015, 1, 1, tzinfo=UTC)] * 2
    told = {"instrument": names, "ex_date": [DAYS[150].item()] * 2, "kind": ["split"] * 2, "value": [ratio] * 2}
    return pl.DataFrame(told | {"knowledge_time": known})


def test_splits_leave_their_mark_on_prices_and_volumes():
    assert check_splits(traded(), actions()).outcome == "passed"
    assert "prices stored as traded" in check_splits(traded(splits_show=False), actions()).detail
    assert "volumes stored as traded" in check_splits(traded(volumes_show=False), actions()).detail
    assert check_splits(traded(splits_show=False), actions(1.1)).outcome == "passed"
    assert check_splits(traded(splits_show=False), actions().head(0)).outcome == "passed"


@pytest.mark.parametrize(
    ("survivors", "left_out", "spells", "expected"),
    [
        (30, 0, True, "not checkable"),
        (0, 0, True, "passed"),
        (30, 2, False, "not checkable"),
        (30, 0, False, "passed"),
        (0, 2, False, "passed"),
    ],
)
def test_a_universe_that_nobody_left(survivors, left_out, spells, expected):
    assert check_universe(survivors, left_out, spells=spells).outcome == expected
