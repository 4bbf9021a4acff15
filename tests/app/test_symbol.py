from __future__ import annotations

from datetime import date

import pytest

from tests.app.papers import MARKUP, SECOND, SESSIONS


def texts(page):
    return [element.value for element in (*page.text, *page.code)]


def headers(page):
    return [element.value for element in page.header]


def metrics(page):
    return {metric.label: metric.value for metric in page.metric}


def table(page, *columns):
    """The first table that has these columns, as rows."""
    found = next(e.value for e in page.dataframe if set(columns) <= set(e.value.columns))
    return found[list(columns)].to_numpy().tolist()


def test_an_empty_home_names_the_commands_that_bring_data(visit_page):
    page = visit_page("symbol")
    assert not page.exception
    assert "No data yet" in page.info[0].value
    assert any("Read from" in text for text in texts(page))


def test_without_a_symbol_the_reader_chooses(visit_page, papers):
    page = visit_page("symbol", papers)
    assert not page.exception
    assert page.selectbox[0].options == ["A"]
    assert not page.header
    page.selectbox[0].set_value("A").run()
    assert page.query_params["symbol"] == "A"
    assert "Price and volume" in headers(page)


def test_everything_that_is_known_of_a_name(visit_page, papers):
    page = visit_page("symbol", papers, symbol="A")
    assert not page.exception
    assert not page.error
    assert headers(page) == ["Price and volume", "Fundamentals as known", "Filings and articles", "Membership",
                             "Restatements", "Findings and gaps"]  # fmt: skip
    assert metrics(page) == {"Last close": "50.00", "Last session": "2024-02-15", "Filings known": "3",
                             "Articles known": "2", "Findings": "0"}  # fmt: skip
    assert any("Alpha Inc" in text for text in texts(page))
    assert len(page.get("vega_lite_chart")) == 3
    assert table(page, "kind", "amount") == [["split", "2 for 1"]]
    assert table(page, "item", "shown", "accession") == [["assets", "6.000 B", SECOND]]
    assert table(page, "universe") == [["mine500"]]
    assert table(page, "field", "value_before", "value_after") == [["close", 100.0, 101.0]]
    assert table(page, "concept", "value_before", "value_after") == [["us-gaap/Assets", 5e9, 6e9]]
    ((missing, before, after),) = table(page, "missing", "before", "after")
    assert (missing, before.date(), after.date()) == (2, SESSIONS[9], SESSIONS[12])


def test_on_a_chosen_day_nothing_later_is_known(visit_page, papers):
    page = visit_page("symbol", papers, symbol="A", as_of="2024-01-12")
    assert not page.exception
    assert page.date_input[0].value == date(2024, 1, 12)
    assert metrics(page) == {"Last close": "100.00", "Last session": "2024-01-12", "Filings known": "1",
                             "Articles known": "1", "Findings": "0"}  # fmt: skip
    assert table(page, "item", "shown") == [["assets", "5.000 B"]]
    assert any("No value was changed" in e.value for e in page.success)
    assert any("as of 2024-01-13 04:59 UTC" in text for text in texts(page))


def test_a_day_that_is_chosen_goes_into_the_address(visit_page, papers):
    page = visit_page("symbol", papers, symbol="A")
    page.date_input[0].set_value(date(2024, 1, 12)).run()
    assert page.query_params["as_of"] == "2024-01-12"
    assert metrics(page)["Last session"] == "2024-01-12"
    page.date_input[0].set_value(None).run()
    assert "as_of" not in page.query_params
    assert metrics(page)["Last session"] == "2024-02-15"


def test_before_anything_was_known_the_page_says_so(visit_page, papers):
    page = visit_page("symbol", papers, symbol="A", as_of="2023-01-12")
    assert not page.exception
    assert not page.error
    said = " ".join(e.value for e in page.info)
    assert "No price was known yet" in said
    assert "No fact was known" in said


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"symbol": "a"}, ""),  # a ticker in small letters
        ({"symbol": "NONE"}, "no symbol 'NONE'"),
        ({"symbol": "A", "as_of": "soon"}, "as_of is 'soon' in the address; allowed is a day"),
        ({"symbol": "A", "as_of": "2999-01-01"}, "as_of is '2999-01-01'"),
        ({"symbol": "A", "source": "other"}, "no source 'other' has bars of A; there are: mine"),
    ],
)
def test_an_address_that_is_wrong_is_explained(visit_page, papers, query, message):
    page = visit_page("symbol", papers, **query)
    assert not page.exception
    assert bool(page.error) == bool(message)
    assert not message or message in page.code[0].value


def test_a_simulated_name_is_marked(visit_page, finished):
    name = visit_page("symbol", finished.home).selectbox[0].options[0]
    page = visit_page("symbol", finished.home, symbol=name)
    assert not page.exception
    assert "simulated" in texts(page)


def test_markup_in_stored_texts_stays_text(visit_page, hostile_papers):
    page = visit_page("symbol", hostile_papers, symbol="A")
    assert not page.exception
    assert any(MARKUP in text for text in texts(page))
    drawn = [e.value for e in (*page.markdown, *page.caption, *page.info, *page.error, *page.success)]
    assert not any("<img" in text or "**" in text for text in drawn)
