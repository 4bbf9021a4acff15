"""The project's papers: forms that their host can read, and links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[1]
PAPERS = ("CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md", "NOTICE", "LICENSE", "CITATION.cff")
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
NEEDED = {
    "markdown": {"value"},
    "textarea": {"label"},
    "input": {"label"},
    "dropdown": {"label", "options"},
    "checkboxes": {"label", "options"},
}


@pytest.mark.parametrize("name", PAPERS)
def test_every_paper_is_there_and_its_links_lead_somewhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]
    assert [target for target in targets if not (ROOT / target.partition("#")[0]).exists()] == []


def test_no_paper_invents_an_address():
    """The terms that NOTICE repeats name their authors' own."""
    for name in set(PAPERS) - {"NOTICE"}:
        assert not re.search(r"\w@\w+\.\w", (ROOT / name).read_text(encoding="utf-8")), name


@pytest.mark.parametrize("form", [form for form in FORMS if form.name != "config.yml"], ids=lambda form: form.stem)
def test_a_form_is_one(form):
    content = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= set(content)
    for part in content["body"]:
        assert NEEDED[part["type"]] <= set(part["attributes"])
        assert set(part) <= {"type", "id", "attributes", "validations"}
    asked = [part["id"] for part in content["body"] if part["type"] != "markdown"]
    assert len(asked) == len(set(asked)) >= 3


def test_there_is_a_form_for_each_thing_and_no_blank_one():
    assert [form.stem for form in FORMS] == ["bug", "config", "evidence", "feature"]
    config = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml").read_text())
    assert config["blank_issues_enabled"] is False


def test_the_citation_is_of_its_format():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "license", "date-released"} <= set(cited)


def test_the_targets_that_are_named_exist():
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("CONTRIBUTING.md", "SECURITY.md", ".github/PULL_REQUEST_TEMPLATE.md"):
        named = re.findall(
            r"`?make ([a-z-]+)", "\n".join(re.findall(r"(?:`|    )make [a-z-]+", (ROOT / name).read_text()))
        )
        assert set(named) <= targets, name
