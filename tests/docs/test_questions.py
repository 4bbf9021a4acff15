"""The page of questions: short answers, each of which leads to where it is told in full."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "questions.md"
ANSWERS = [answer.partition("\n\n") for answer in PAGE.read_text().split("\n### ")[1:]]


def test_there_are_more_than_twenty_all_of_them_questions():
    assert len(ANSWERS) > 20
    assert all(question.endswith("?") for question, _, _ in ANSWERS)


def test_each_answer_is_short_and_leads_on():
    for question, _, answer in ANSWERS:
        said = re.sub(r"```.*?```|\n## .*", "", answer, flags=re.DOTALL).strip()
        assert said.count("\n") < 6, question
        assert re.search(r"\]\([\w./-]+\.md", said), question
