"""Filings' texts and news over sessions."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from lode.errors import DataError
from lode.panel import Observations, build_panel
from tests.panel.rows import AS_OF, CLOSES, SESSIONS, bar, column, frame

MINUTE = timedelta(minutes=1)
T = len(SESSIONS)


def text(known, tone=0.1, form="10-K", name="A", model="vader 3.3.2", **measures):
    given = {"words": 1000, "readability": 18.0, "similarity": None, **measures}
    return {
        "instrument": name,
        "accession": f"acc-{known:%m%d%H%M}",
        "form": form,
        "model": model,
        "knowledge_time": known,
        "tone": tone,
        **given,
    }


def article(known, sentiment=None, number=0, group="", name="A"):
    return {
        "instrument": name,
        "article": f"art-{number}",
        "duplicate_group": group,
        "knowledge_time": known,
        "sentiment": sentiment,
        "sentiment_model": "vader 3.3.2" if sentiment is not None else "",
    }


def panel_of(**observed):
    bars = frame([bar(name, t, 10) for name in ("A", "B") for t in range(T)])
    return build_panel(bars, as_of=AS_OF, observed=Observations(**{k: frame(rows) for k, rows in observed.items()}))


def searches(*moments, name="A"):
    return [{"instrument": name, "collected_at": moment} for moment in moments]


def test_the_latest_report_counts_from_its_session_on():
    panel = panel_of(
        texts=[
            text(CLOSES[2], 0.2, similarity=0.9),
            text(CLOSES[4] + MINUTE, -0.3, form="10-Q", words=500),
            text(CLOSES[6], 0.9, form="8-K"),
        ]
    )
    assert column(panel, "filing_tone", "A")[1:7].tolist() == pytest.approx(
        [np.nan, 0.2, 0.2, 0.2, -0.3, -0.3], nan_ok=True
    )
    assert column(panel, "filing_length", "A")[[3, 5]].tolist() == [1000, 500]
    assert column(panel, "filing_similarity", "A")[[3, 5]].tolist() == pytest.approx([0.9, np.nan], nan_ok=True)
    assert column(panel, "filing_tone_age", "A")[2:7].tolist() == [0, 1, 2, 0, 1]
    assert np.isnan(column(panel, "filing_tone", "B")).all()


def test_a_report_of_long_ago_is_stale():
    assert "filing_tone" not in panel_of(texts=[text(CLOSES[0] - timedelta(days=540))]).fields


def test_tones_of_two_models_are_not_mixed():
    with pytest.raises(DataError, match="several models"):
        panel_of(texts=[text(CLOSES[2]), text(CLOSES[3], model="loughran-mcdonald 1a2b")])


def test_news_are_counted_from_close_to_close():
    panel = panel_of(
        articles=[
            article(CLOSES[2], 0.5, 1),
            article(CLOSES[2] + MINUTE, -0.5, 2),
            article(CLOSES[3], 0.1, 3),
            article(CLOSES[3], None, 4),
        ]
    )
    assert column(panel, "news_count", "A")[1:5].tolist() == pytest.approx([np.nan, 1, 3, np.nan], nan_ok=True)
    assert column(panel, "news_tone", "A")[1:5].tolist() == pytest.approx([np.nan, 0.5, -0.2, np.nan], nan_ok=True)


def test_no_news_is_zero_only_where_a_search_succeeded():
    panel = panel_of(searches=searches(CLOSES[2] + MINUTE, CLOSES[5]), articles=[article(CLOSES[5], number=1)])
    assert column(panel, "news_count", "A")[2:7].tolist() == pytest.approx([np.nan, 0, np.nan, 1, np.nan], nan_ok=True)
    assert np.isnan(column(panel, "news_count", "B")).all()
    assert "news_tone" not in panel.fields


def test_near_duplicates_count_once_and_for_all():
    panel = panel_of(
        articles=[
            article(CLOSES[2], 0.5, 1, "g"),
            article(CLOSES[2], -0.5, 2, "g"),
            article(CLOSES[4], 0.1, 3, "g"),
            article(CLOSES[4], 0.3, 4, "g", name="B"),
        ]
    )
    assert column(panel, "news_count", "A")[2:5].tolist() == pytest.approx([1, np.nan, np.nan], nan_ok=True)
    assert column(panel, "news_count", "B")[4] == 1
    assert column(panel, "news_tone", "A")[2] == pytest.approx(0.5)


def test_news_of_before_the_panel_are_in_no_session():
    panel = panel_of(articles=[article(CLOSES[0] - timedelta(days=3), 0.5, 1), article(CLOSES[0], 0.1, 2)])
    assert column(panel, "news_count", "A")[0] == 1


def test_an_article_without_a_group_is_alone():
    rows = [article(CLOSES[2], None, number) for number in range(3)]
    assert column(panel_of(articles=rows), "news_count", "A")[2] == 3
    assert pl.DataFrame(rows)["article"].n_unique() == 3
