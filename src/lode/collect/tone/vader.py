"""VADER (Hutto and Gilbert 2014): a lexicon and rules for English, made for short texts."""

from __future__ import annotations

import re
from importlib.metadata import version

from lode.errors import UsageError

_ENDS = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+|\n{2,}")
_WORD = re.compile(r"[^\W\d_]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_LONGEST = 1_000  # characters of one piece; its rules look at neighbours, and a table without full stops has thousands


class VaderTone:
    """Mean of the compound scores of a text's sentences: the rules hold within one.

    A sentence in which no word is in the lexicon is neutral, 0, as the paper defines it; a text without any letter, or
    in another script than Latin's, has no tone.
    """

    languages = frozenset({"en"})

    def __init__(self) -> None:
        try:
            from vaderSentiment.vaderSentiment import (  # type: ignore[import-untyped]  # noqa: PLC0415  only collecting needs the extra
                SentimentIntensityAnalyzer,
            )
        except ImportError as error:
            raise UsageError(f"tone by VADER needs {error.name}: pip install 'lode-factors[collect]'") from error
        self.model = f"vader {version('vaderSentiment')}"
        self._analyzer = SentimentIntensityAnalyzer()

    def score(self, text: str) -> float | None:
        """Mean compound score over sentences, in [-1, 1]; None for a text without a sentence in Latin letters."""
        readable = (each for each in sentences(text) if _mostly_latin(each))
        scores = [float(self._analyzer.polarity_scores(each)["compound"]) for each in readable]
        return sum(scores) / len(scores) if scores else None


def sentences(text: str) -> list[str]:
    """Pieces of `text` that end with a full stop, an exclamation or question mark, or an empty line.

    White space within is one blank; what has no letter is left out; a piece of more than 1,000 characters is cut
    between words.
    """
    whole = [" ".join(piece.split()) for piece in _ENDS.split(text)]
    return [part for piece in whole for part in _cut(piece) if _WORD.search(part)]


def _mostly_latin(piece: str) -> bool:
    """Whether at least half of the letters are Latin's: of others the lexicon knows none, and all would be neutral."""
    return piece.isascii() or 2 * len(_LATIN.findall(piece)) >= len(_WORD.findall(piece))


def _cut(piece: str) -> list[str]:
    parts = []
    while len(piece) > _LONGEST:
        end = piece.rfind(" ", 1, _LONGEST)
        end = end if end > 0 else _LONGEST
        parts.append(piece[:end])
        piece = piece[end:].lstrip()
    return [*parts, piece]
