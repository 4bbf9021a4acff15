"""Text of a filed document, and what is measured of it: length, readability, tone, similarity to an earlier one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from lode.collect.tone import Tone
from lode.collect.tone.vader import sentences
from lode.errors import UsageError

_TEXT = re.compile(rb"<TEXT>(.*?)</TEXT>", re.DOTALL | re.IGNORECASE)
_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*")
_VOWELS = re.compile(r"[aeiouy]+")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_DROPPED = frozenset({"script", "style", "head", "ix:header", "noscript", "svg"})
_HEADINGS = tuple(f"h{level}" for level in range(1, 7))
_BLOCKS = frozenset({"p", "div", "tr", "li", "table", "hr", "br", "page", "center", "pre", "blockquote", *_HEADINGS})
_NUMERIC = 0.1  # of a table's letters and digits
_SAMPLE = 100  # words that a judgement of readability needs
_ENDINGS = ("es", "ed", "ing")


@dataclass(frozen=True)
class WordCounts:
    """How often each word occurs: words by their CRC-32, ascending, so that a document takes tens of kilobytes."""

    words: NDArray[np.uint32]  # (W,)
    counts: NDArray[np.uint32]  # (W,)


@dataclass(frozen=True)
class TextFeatures:
    """What was measured. words: length; readability, tone: None where there is too little to measure."""

    words: int
    readability: float | None
    tone: float | None
    counts: WordCounts


def measure(body: bytes, tone: Tone) -> TextFeatures:
    """Measure a document as it was filed. None of a document without words is measured but its length, 0."""
    text = document_text(body)
    words = _WORD.findall(text.lower())
    counted = Counter(words)
    score = tone.score(text) if words else None
    return TextFeatures(len(words), fog(text, counted), score, word_counts(counted))


def document_text(body: bytes) -> str:
    """Readable text of an HTML or plain document; blocks are parted by an empty line.

    Left out: scripts, styles, what is not displayed, inline XBRL's header, and tables of numbers: more than a tenth of
    their letters and digits are digits (as Loughran and McDonald parse 10-Ks, sraf.nd.edu, stage one). A submission of
    several documents counts by its first.
    """
    if body.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8")):
        return ""
    inner = _TEXT.search(body)
    root = _parsed(inner[1] if inner else body)
    if root is None:
        return ""
    _drop(
        element
        for element in root.iter()
        if not isinstance(element.tag, str) or element.tag in _DROPPED or _HIDDEN.search(element.get("style") or "")
    )
    for table in reversed(list(root.iter("table"))):  # inner ones first: a page's layout is a table too
        if _is_numeric(table.text_content()):
            _drop([table])
    for element in root.iter():
        if element.tag in _BLOCKS:
            element.text, element.tail = f"\n\n{element.text or ''}", f"\n\n{element.tail or ''}"
    return str(root.text_content()).replace("\xa0", " ")


def fog(text: str, counted: Counter[str]) -> float | None:
    """Gunning's fog index (1952): .4 × (words per sentence + percentage of words of three syllables or more).

    Endings -es, -ed and -ing do not count as syllables, as Gunning has it; as a measure of annual reports: Li (2008).
    Syllables are groups of vowels, a silent e left out. None below 100 words, the size of Gunning's samples.
    """
    words = counted.total()
    if words < _SAMPLE:
        return None
    complex_words = sum(count for word, count in counted.items() if syllables(word) > 2)
    return 0.4 * (words / len(sentences(text)) + 100 * complex_words / words)


@lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    return next((word[: -len(end)] for end in _ENDINGS if word.endswith(end) and len(word) > len(end) + 2), word)


def syllables(word: str) -> int:
    """Groups of vowels of a lower-case word without its ending and its silent e; at least 1.

    >>> [syllables(word) for word in ("the", "company", "created", "assets", "liability")]
    [1, 3, 1, 2, 4]
    """
    stem = _stem(word)
    groups = len(_VOWELS.findall(stem))
    silent = stem == word and stem.endswith("e") and not stem.endswith("le")
    return max(1, groups - silent)


def word_counts(counted: Counter[str]) -> WordCounts:
    """Return the counts by word."""
    merged: Counter[int] = Counter()
    for word, count in counted.items():
        merged[crc32(word.encode())] += count
    ordered = sorted(merged.items())
    return WordCounts(
        np.array([word for word, _ in ordered], np.uint32), np.array([count for _, count in ordered], np.uint32)
    )


def similarity(one: WordCounts, other: WordCounts) -> float | None:
    """Cosine of two documents' word counts, in [0, 1]; None where one has no word.

    Cohen, Malloy and Nguyen (2020), "Lazy Prices", Journal of Finance 75(3): their first measure.
    """
    if not len(one.words) or not len(other.words):
        return None
    _, here, there = np.intersect1d(one.words, other.words, assume_unique=True, return_indices=True)
    a, b = one.counts.astype(np.float64), other.counts.astype(np.float64)
    return min(1.0, float(a[here] @ b[there] / np.sqrt((a @ a) * (b @ b))))


def _is_numeric(text: str) -> bool:
    digits = sum(map(str.isdigit, text))
    letters = sum(map(str.isalpha, text))
    return digits > _NUMERIC * (digits + letters)


def _drop(elements: Iterable[Any]) -> None:
    for element in list(elements):
        parent = element.getparent()
        if parent is None:
            continue
        before, tail = element.getprevious(), element.tail or ""
        if before is None:
            parent.text = (parent.text or "") + tail
        else:
            before.tail = (before.tail or "") + tail
        parent.remove(element)


def _parsed(content: bytes) -> Any:  # noqa: ANN401  lxml has no types
    try:
        from lxml import etree, html  # noqa: PLC0415  only collecting needs the extra
    except ImportError as error:
        raise UsageError(f"documents need {error.name}: pip install 'lode-factors[collect]'") from error
    try:
        return html.fromstring(content, parser=html.HTMLParser(encoding=_encoding(content), huge_tree=True))
    except etree.ParserError:  # nothing in it but comments
        return None


def _encoding(content: bytes) -> str:
    """Return what a document is written in, whatever it says: UTF-8 (ASCII is), else Windows'."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
