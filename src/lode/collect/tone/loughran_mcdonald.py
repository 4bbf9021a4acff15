"""Tone by word lists made for financial texts (Loughran and McDonald 2011), from the user's own copy.

The lists are not part of Lode: their licence is free for research and asks for an agreement in commercial use.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from pathlib import Path

from lode.errors import SettingsError

_WORD = re.compile(r"[A-Za-z]+")
_WHERE = (
    "get the master dictionary (CSV) from https://sraf.nd.edu/loughranmcdonald-master-dictionary/ and set "
    "LODE_TONE_WORDS to it; it is free for research, and its licence asks for an agreement in commercial use"
)


class WordListTone:
    """(positive - negative) / (positive + negative) words of a text; None for a text without either."""

    languages = frozenset({"en"})

    def __init__(self, positive: frozenset[str], negative: frozenset[str], *, model: str) -> None:
        self._positive, self._negative, self.model = positive, negative, model

    def score(self, text: str) -> float | None:
        """Net share of positive words among the words that are in either list, in [-1, 1]; negation is not read."""
        words = [word.upper() for word in _WORD.findall(text)]
        positive = sum(word in self._positive for word in words)
        negative = sum(word in self._negative for word in words)
        return (positive - negative) / (positive + negative) if positive + negative else None


def open_word_list(path: Path | None) -> WordListTone:
    """Read the master dictionary (columns Word, Positive, Negative) or a plain list (columns word, category).

    In the master dictionary a member carries the year in which it was added; 0 is no member, a negative year a word
    that was removed. The model's name has the hash of the file. Raises SettingsError.
    """
    if path is None:
        raise SettingsError(f"tone_model is loughran-mcdonald, but tone_words is not set: {_WHERE}")
    try:
        body = path.expanduser().read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot read the word list {str(path)!r} ({error.strerror}): {_WHERE}") from error
    positive, negative = _read(body.decode("utf-8-sig", errors="replace"), path)
    name = f"loughran-mcdonald {hashlib.sha256(body).hexdigest()[:12]}"
    return WordListTone(positive, negative, model=name)


def _read(text: str, path: Path) -> tuple[frozenset[str], frozenset[str]]:
    reader = csv.DictReader(io.StringIO(text))
    reader.fieldnames = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    columns = set(reader.fieldnames)
    if {"word", "positive", "negative"} <= columns:
        rows = list(reader)
        lists = [
            frozenset(_upper(row["word"]) for row in rows if _year(row[kind]) > 0) for kind in ("positive", "negative")
        ]
    elif {"word", "category"} <= columns:
        rows = list(reader)
        lists = [
            frozenset(_upper(row["word"]) for row in rows if (row["category"] or "").strip().lower() == kind)
            for kind in ("positive", "negative")
        ]
    else:
        raise SettingsError(
            f"word list {str(path)!r} has the columns {', '.join(sorted(columns)) or 'none'}; needed are Word, "
            f"Positive and Negative (the master dictionary) or word and category: {_WHERE}"
        )
    if not all(lists):
        raise SettingsError(
            f"word list {str(path)!r} has {len(lists[0])} positive and {len(lists[1])} negative words; both are needed"
        )
    return lists[0] - {""}, lists[1] - {""}


def _upper(word: str | None) -> str:
    return (word or "").strip().upper()


def _year(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
