"""Tone of a text, in [-1, 1], by a named model: VADER, the user's Loughran-McDonald word list, or Amazon Bedrock."""

from __future__ import annotations

from typing import Protocol

from lode.settings import Settings


class Tone(Protocol):
    """Measures tone. Shared by threads.

    model: name and version, recorded beside every score; scores of different models are never mixed.
    languages: ISO 639-1 codes that the model reads; empty: any.
    """

    model: str
    languages: frozenset[str]

    def score(self, text: str) -> float | None:
        """Tone of `text` in [-1, 1], negative to positive; None where there is nothing to measure, never a zero."""
        ...


def open_tone(settings: Settings) -> Tone:
    """Return the model that `tone_model` names.

    Raises SettingsError for a missing or unusable word list, UsageError for an extra that is not installed.
    """
    if settings.tone_model == "loughran-mcdonald":
        from lode.collect.tone.loughran_mcdonald import open_word_list  # noqa: PLC0415  each model brings its own

        return open_word_list(settings.tone_words)
    if settings.tone_model == "bedrock":
        from lode.collect.tone.bedrock import BedrockTone  # noqa: PLC0415  likewise

        return BedrockTone(settings)
    from lode.collect.tone.vader import VaderTone  # noqa: PLC0415  likewise

    return VaderTone()
