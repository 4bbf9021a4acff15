import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.collect.news.articles import article_id, canonical_url


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://WWW.Example.com:80/A/?utm_source=x&b=2&a=1#part", "https://www.example.com/A?a=1&b=2"),
        ("https://example.com/a?gad_source=1&gbraid=2&_hsenc=3&_hsmi=4&s=20", "https://example.com/a?s=20"),
        ("https://example.com/a?fbclid=1&gclid=2&guccounter=1&.tsrc=rss", "https://example.com/a"),
        ("https://example.com/a?id=7&UTM_Medium=mail", "https://example.com/a?id=7"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com:8080/a", "https://example.com:8080/a"),
        ("https://m.example.com/a", "https://example.com/a"),
        ("https://amp.example.com/a", "https://example.com/a"),
        ("https://m.com/a", "https://m.com/a"),  # a domain that is called m
        ("https://example.com/a/amp/", "https://example.com/a"),
        ("https://example.com/amp/a", "https://example.com/a"),
        ("https://example.com/a.amp.html", "https://example.com/a.html"),
        ("https://example.com/a?amp=1", "https://example.com/a"),
        ("https://example.com/a?outputType=amp", "https://example.com/a"),
        ("https://example.com/a?output=1", "https://example.com/a?output=1"),
        ("https://example.com/amplifier", "https://example.com/amplifier"),
        ("https://www.google.com/amp/s/example.com/a/amp", "https://example.com/a"),
        ("https://example-com.cdn.ampproject.org/c/s/example.com/a", "https://example.com/a"),
        ("https://example.com/über uns", "https://example.com/%C3%BCber%20uns"),
    ],
)
def test_ways_to_write_an_address(url, canonical):
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    "url", ["", "ftp://example.com/a", "javascript:alert(1)", "https://", "/a", "https://a:b/", "x"]
)
def test_what_is_no_web_address(url):
    assert canonical_url(url) is None


@given(
    st.from_regex(
        r"https?://(www\.|m\.)?[a-z]{1,8}\.(com|de)(/[a-zA-Z0-9%&.\- ü]{0,9}){0,3}(\?[a-z=&%0-9]{0,12})?",
        fullmatch=True,
    )
)
def test_canonical_is_final(url):
    once = canonical_url(url)
    assert once is not None
    assert canonical_url(once) == once
    assert len(article_id(once)) == 32
