"""The site as `make docs` builds it: whole, every link leads somewhere, nothing comes from another host."""

from tools import links, site


def test_it_builds_and_its_links_lead_somewhere(capsys):
    assert site.main() == 0, capsys.readouterr().err
    assert (site.SITE / "index.html").exists()


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
