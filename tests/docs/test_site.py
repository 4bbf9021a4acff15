"""The site as `make docs` builds it: whole, every link leads somewhere, nothing comes from another host."""

import json
import re
import tomllib

from tools import links, site

QUESTIONS = {
    "What is the delay?": "delay",
    "Are dividends in close?": "dividends close",
    "How many trials stand behind this q?": "trials q",
    "How do I add a field?": "add field",
    "What happens when Yahoo is down?": "yahoo down",
}


def test_it_builds_its_links_lead_somewhere_and_its_search_finds_questions(capsys):
    assert site.main() == 0, capsys.readouterr().err
    assert (site.SITE / "index.html").exists()
    titles = searched()
    for question, words in QUESTIONS.items():
        found = [title for title in titles if set(words.split()) <= set(re.findall(r"\w+", title.lower()))]
        assert question in found
        assert len(found) <= 3, f"{words}: {found}"


def test_every_page_stands_in_the_navigation_once():
    listed = list(pages(tomllib.loads((site.ROOT / "zensical.toml").read_text())["project"]["nav"]))
    there = sorted(page.relative_to(site.DOCS).as_posix() for page in site.DOCS.rglob("*.md"))
    assert sorted(listed) == there


def pages(entries):
    """Return the pages that entries of the navigation name."""
    for entry in entries:
        for place in entry.values():
            yield from [place] if isinstance(place, str) else pages(place)


def searched():
    """Return the titles that the site's search knows."""
    items = json.loads((site.SITE / "search.json").read_text())["items"]
    return [re.sub(r"<[^>]*>", "", item["title"]) for item in items]


def test_a_link_to_nowhere_and_a_foreign_script_are_seen(tmp_path):
    (tmp_path / "index.html").write_text(
        '<script src="https://example.com/x.js"></script><a href="other.html#no">x</a><a href="gone.html">y</a>'
    )
    (tmp_path / "other.html").write_text('<p id="yes">')
    assert links.broken(tmp_path) == [
        "index.html fetches https://example.com/x.js: serve it from the site",
        "index.html leads to other.html#no, whose page has no such place",
        "index.html leads to gone.html, which is not there",
    ]
