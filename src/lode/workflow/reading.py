"""Documents read again from the lake: the text of a filing, and what it says that the one before did not."""

from __future__ import annotations

import re

from lode.collect.http import load_raw
from lode.collect.sec.text import document_text
from lode.lake import Lake

PAGE = 6_000  # characters that are read at once
_LEAST = 12  # words of a passage; shorter ones are headings and page numbers
_BLANK = re.compile(r"[ \t\r\f\v]+")
_BREAKS = re.compile(r"\s*\n\s*\n\s*")
_WORD = re.compile(r"[a-z]+")


def filing_text(lake: Lake, key: str) -> str:
    """Return the readable text of the document under `key`; passages are parted by one empty line.

    Scripts, what is not displayed and tables of numbers are left out, as where its tone is measured. "" for a document
    without text (a PDF, a picture). Raises NotFoundError for a key that the lake does not have, UsageError without the
    extra `collect`.
    """
    whole = document_text(load_raw(lake, key).body)
    passages = (" ".join(_BLANK.sub(" ", line).strip() for line in part.split("\n")) for part in _BREAKS.split(whole))
    return "\n\n".join(passage.strip() for passage in passages if passage.strip())


def pages_of(text: str, size: int = PAGE) -> list[str]:
    """Divide a text into pages of about `size` characters, between passages, or words where one is longer.

    At least one page; joined again they have every passage once.
    """
    pages, held = [], ""
    for passage in text.split("\n\n"):
        for part in _cut(passage, size):
            if held and len(held) + len(part) + 2 > size:
                pages.append(held)
                held = ""
            held = f"{held}\n\n{part}" if held else part
    return [*pages, held]


def new_passages(text: str, before: str) -> list[str]:
    """Return the passages of `text` that the text `before` does not have, in their order.

    Passages are compared by their words alone, so that other numbers, dates and punctuation are no change; those of
    fewer than 12 words are left out.
    """
    known = {_words(passage) for passage in before.split("\n\n")}
    passages = text.split("\n\n")
    return [passage for passage in passages if len(passage.split()) >= _LEAST and _words(passage) not in known]


def _words(passage: str) -> str:
    return " ".join(_WORD.findall(passage.lower()))


def _cut(passage: str, size: int) -> list[str]:
    parts = []
    while len(passage) > size:
        end = passage.rfind(" ", 1, size)
        end = end if end > 0 else size
        parts.append(passage[:end])
        passage = passage[end:].lstrip()
    return [*parts, passage]
