from __future__ import annotations

from datetime import date

import pytest

from tests.app.papers import BARE, FIRST, MARKUP, NEW, OLD, SECOND, SESSIONS


def texts(page):
    return [element.value for element in (*page.text, *page.code)]


def metrics(page):
    return {metric.label: metric.value for metric in page.metric}


def accessions(page):
    return next((list(e.value["accession"]) for e in page.dataframe if "accession" in e.value.columns), [])


def articles(page):
    return next((list(e.value["title"]) for e in page.dataframe if "site" in e.value.columns), [])


def links(page):
    return [element.proto.url for element in page.get("link_button")]


def test_an_empty_home_names_the_commands_that_bring_some(visit_page):
    page = visit_page("filings-and-news")
    assert not page.exception
    assert "No filings and no articles yet" in page.info[0].value
    assert any("lode collect filings" in text for text in texts(page))


@pytest.mark.parametrize(
    ("query", "filings", "news"),
    [
        ({}, [BARE, SECOND, FIRST], ["Cakes do not", "Bread sells "]),
        ({"form": "10-K,10-Q"}, [SECOND, FIRST], ["Cakes do not", "Bread sells "]),
        ({"text": "annual"}, [SECOND, FIRST], []),
        ({"text": "bread"}, [], ["Bread sells "]),
        ({"since": "2024-02-01", "until": "2024-03-01"}, [BARE, SECOND], []),
        ({"symbol": "A", "text": "cake"}, [], ["Cakes do not"]),
        ({"text": "nothing"}, [], []),
    ],
)
def test_the_address_says_what_is_searched_for(visit_page, papers, query, filings, news):
    page = visit_page("filings-and-news", papers, **query)
    assert not page.exception
    assert not page.error
    assert accessions(page) == filings
    assert articles(page) == news
    assert metrics(page) == {"Filings": str(len(filings)), "Articles": str(len(news))}


def test_filters_go_into_the_address(visit_page, papers):
    page = visit_page("filings-and-news", papers)
    page.multiselect[0].set_value(["8-K"]).run()
    page.text_input[0].set_value("event").run()
    page.date_input[0].set_value(date(2024, 2, 1)).run()
    assert {name: page.query_params[name] for name in ("form", "text", "since")} == {
        "form": "8-K", "text": "event", "since": "2024-02-01",
    }  # fmt: skip
    assert accessions(page) == [BARE]


def test_a_symbols_filings_and_articles_stand_on_its_price(visit_page, papers):
    page = visit_page("filings-and-news", papers, symbol="A")
    assert not page.exception
    assert len(page.get("vega_lite_chart")) == 1
    assert any("1 more became known before or after these prices" in e.value for e in page.caption)


def test_a_filing_is_read_with_its_tone_and_its_change(visit_page, papers):
    page = visit_page("filings-and-news", papers, filing=SECOND)
    assert not page.exception
    assert not page.error
    shown = metrics(page)
    assert [shown[name] for name in ("Words", "Change in words", "Tone", "Change in tone", "Similarity")] == [
        "35", "+19", "-0.200", "-0.300", "0.7500",
    ]  # fmt: skip
    assert f"{OLD}\n\n{NEW}" in texts(page)
    assert links(page) == ["https://sec.example/a"]
    page.radio[0].set_value("new").run()
    assert page.query_params["view"] == "new"
    assert NEW in texts(page)
    assert not any(OLD in text for text in texts(page))


def test_the_way_back_keeps_the_search(visit_page, papers):
    page = visit_page("filings-and-news", papers, filing=FIRST, form="10-K", page="7")
    assert OLD in texts(page)
    page.button[0].click().run()
    assert accessions(page) == [SECOND, FIRST]
    assert dict(page.query_params) == {"form": "10-K"}


def test_a_filing_without_a_document_says_how_to_get_it(visit_page, papers):
    page = visit_page("filings-and-news", papers, filing=BARE)
    assert not page.exception
    assert "Its document is not in the lake" in page.info[0].value
    assert links(page) == []  # its address is none of the web's


def test_an_article_says_where_it_came_from(visit_page, papers):
    page = visit_page("filings-and-news", papers, article="x")
    assert not page.exception
    assert metrics(page) == {"Tone": "+0.500"}
    assert any("Site        news.example" in code.value for code in page.code)
    assert any(f"{SESSIONS[3]} 12:00 UTC" in text for text in texts(page))
    assert links(page) == ["https://news.example/x"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"filing": "none"}, "no filing 'none'"),
        ({"article": "none"}, "no article 'none'"),
        ({"filing": SECOND, "page": "two"}, "page is 'two' in the address; allowed is a number from 1 to 1"),
        ({"symbol": "NONE"}, "no symbol 'NONE'"),
        ({"since": "2024"}, "since is '2024' in the address"),
    ],
)
def test_an_address_that_is_wrong_is_explained(visit_page, papers, query, message):
    page = visit_page("filings-and-news", papers, **query)
    assert not page.exception
    assert page.error[0].value == "This cannot be shown."
    assert any(message in element.value for element in page.code)


def test_markup_in_stored_texts_stays_text(visit_page, hostile_papers):
    for query in ({}, {"filing": SECOND}, {"filing": SECOND, "view": "new"}, {"article": "x"}):
        page = visit_page("filings-and-news", hostile_papers, **query)
        assert not page.exception
        drawn = [e.value for e in (*page.markdown, *page.caption, *page.info, *page.error, *page.success)]
        assert not any("<img" in text or "**" in text for text in drawn)
    assert any(MARKUP in text for text in texts(page))
