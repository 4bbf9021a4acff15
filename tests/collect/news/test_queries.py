import pytest

from lode.collect.news.language import detect_language
from lode.collect.news.queries import Subject, queries, short_name


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Apple Inc.", "Apple"),
        ("The Coca-Cola Company", "Coca-Cola"),
        ("Alphabet Inc. Class A", "Alphabet"),
        ("Amazon.com, Inc.", "Amazon"),
        ("JPMorgan Chase & Co.", "JPMorgan Chase"),
        ("Agilent Technologies", "Agilent Technologies"),
        ('Quote "Q" Corp', "Quote Q"),
        ("", ""),
    ],
)
def test_the_name_that_newspapers_use(name, short):
    assert short_name(name) == short


def test_queries_by_what_is_known():
    assert queries(Subject("AAPL", "AAPL")) == {"company": "AAPL stock news"}
    assert queries(Subject("AAPL", "AAPL", "Apple Inc.")) == {"company": '"Apple" AAPL stock'}
    assert queries(Subject("AAPL", "AAPL", "Apple Inc.", "Business Equipment")) == {
        "company": '"Apple" AAPL stock',
        "sector": '"Apple" business equipment news',
    }
    assert queries(Subject("X", "X", "", "Oil, Gas & Coal")) == {
        "company": "X stock news",
        "sector": "X oil gas coal news",
    }
    assert list(queries(Subject("X", "X", "X Corp", "Other"))) == ["company"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The outlook of the company is good", "en"),
        ("Der Konzern und die Bank sind unter Druck", "de"),
        ("L'entreprise est dans une crise pour la direction", "fr"),
        ("Las acciones de la empresa suben por los resultados del trimestre", "es"),
        ("アップルの株価", "ja"),
        ("苹果公司股价上涨", "zh"),
        ("Apple beats estimates", ""),
        ("", ""),
        ("Акции компании", ""),
    ],
)
def test_a_language_is_said_only_where_it_is_plain(text, language):
    assert detect_language(text) == language
