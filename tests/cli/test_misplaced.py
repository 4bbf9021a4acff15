"""Options of `lode snapshot` at commands that take a snapshot."""

from __future__ import annotations

import pytest

from tests.workflow.homes import Home


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that no command here may touch."""
    return Home(tmp_path_factory.mktemp("misplaced") / "home")


@pytest.mark.parametrize(
    "call",
    [
        ("evaluate", "rank(close)", "--source", "sample"),
        ("evaluate", "rank(close)", "--source=sample"),
        ("evaluate", "rank(close)", "--universe", "A,B"),
        ("compute", "rank(close)", "--out", "x.parquet", "--as-of", "2020-01-01"),
        ("mine", "--source", "sample"),
    ],
    ids=" ".join,
)
def test_what_chooses_a_snapshot_leads_to_the_snapshot_in_one_line(nowhere: Home, call: tuple[str, ...]) -> None:
    outcome = nowhere.lode(*call)
    option = next(word for word in call if word.startswith("--") and word != "--out").partition("=")[0]
    assert outcome.code == 2
    assert len(outcome.message.splitlines()) == 1
    for words in (f"`lode {call[0]}` has no {option}", f"`lode snapshot {option} …`", "--snapshot ID"):
        assert words in outcome.message
    assert not nowhere.folder.exists()


def test_any_other_wrong_option_is_told_as_ever(nowhere: Home) -> None:
    assert "Unknown option: --sorce" in nowhere.lode("evaluate", "rank(close)", "--sorce", "sample").err
    assert "Unknown option: --as-of" in nowhere.lode("run", "--as-of", "2020-01-01").err  # it takes no snapshot
