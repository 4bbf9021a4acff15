"""Pages whose examples agree, and pages whose examples do not."""

import pytest

from tools.failure import SetupError
from tools.pages.matching import matches
from tools.pages.reading import blocks, commands
from tools.pages.running import run_page


def page(tmp_path, text):
    path = tmp_path / "page.md"
    path.write_text(text)
    (tmp_path / "home").mkdir()
    return path, tmp_path / "home"


def test_what_is_printed_is_compared_and_can_be_renewed(tmp_path):
    path, home = page(
        tmp_path, "# x\n\n1. y\n\n   ```console\n   $ echo 1; \\\n   echo 2\n   1\n   $ echo 3\n   4\n   ```\n"
    )
    outcome = run_page(path, home)
    assert [line for line in outcome.wrong if "echo" in line] == [
        "page.md:5: $ echo 1; \\\necho 2",
        "page.md:5: $ echo 3",
    ]
    path.write_text(outcome.text)
    assert "   echo 2\n   1\n   2\n   $ echo 3\n   3\n   ```" in outcome.text
    assert not run_page(path, home).wrong


def test_an_exit_code_is_part_of_what_a_page_says(tmp_path):
    path, home = page(tmp_path, "<!-- exit 3 -->\n```console\n$ echo why >&2; exit 3\nwhy\n$ exit 3\n```\n")
    assert [line for line in run_page(path, home).wrong if "ended" in line] == ["  ended with 3, not 0"]


def test_files_programs_and_doctests_see_each_other(tmp_path):
    text = (
        '```python title="own.py"\nTEN = 10\n```\n```python\nimport own\nassert own.TEN == 10\n```\n'
        "```python\n>>> from own import TEN\n```\n\n```python\n>>> TEN\n11\n```\n"
    )
    path, home = page(tmp_path, text)
    wrong = run_page(path, home).wrong
    assert [line.split(":")[1] for line in wrong] == ["12"] * len(wrong)
    assert any("11" in line for line in wrong)


def test_no_file_leaves_the_folder(tmp_path):
    path, home = page(tmp_path, '```text title="../out"\nx\n```\n')
    with pytest.raises(ValueError, match="leads out"):
        run_page(path, home)


def test_what_is_left_out_is_not_run(tmp_path):
    path, home = page(tmp_path, "<!-- not run: it needs an account -->\n```console\n$ exit 1\n```\n")
    assert blocks(path)[0].left_out == "it needs an account"
    assert not run_page(path, home).wrong


def test_a_console_begins_with_a_command(tmp_path):
    path, _ = page(tmp_path, "```console\nlode run\n```\n")
    with pytest.raises(SetupError, match=r"page.md:1: 'lode run' stands before any command"):
        commands(blocks(path)[0])


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        (["a …", "b"], ["a 12", "b"], True),
        (["a", "…", "z"], ["a", "b", "c", "z"], True),
        (["a", "…", "z"], ["a", "z"], True),
        (["a"], ["a", "b"], False),
        (["took 3 s, run 0123456789abcdef"], ["took 12.5 s, run fedcba9876543210"], True),
        (["at 2026-01-01T00:00:00Z"], ["at 2026-11-28T12:00:01.123Z"], True),
        (["rank IC 0.02"], ["rank IC 0.03"], False),
        (["a(b)"], ["a(b)"], True),
    ],
)
def test_lines_match(expected, printed, same):
    assert matches(expected, printed) is same
