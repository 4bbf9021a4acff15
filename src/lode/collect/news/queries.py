"""What is asked about a symbol: its company's name and ticker, and the words of its sector where that is known."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORMS = re.compile(
    r",?\s+(?:inc|incorporated|corp|corporation|co|company|companies|ltd|limited|plc|llc|lp|l\.p|n\.?v|s\.?a|ag|se|"
    r"holdings?|group|trust|the)\.?$|^the\s+|\s*\((?:the|new|de)\)$|\s+(?:class|cl)\.?\s+[a-c]$|\s+common stock$|"
    r"\s*/[a-z]{2,3}/?$|\.com$",
    re.IGNORECASE,
)
_UNSAID = frozenset({"", "other", "others", "unknown", "none", "n/a", "not classified"})


@dataclass(frozen=True)
class Subject:
    """What is known of a symbol: its instrument, and name and sector, "" where unknown."""

    symbol: str
    instrument: str
    name: str = ""
    sector: str = ""


def queries(subject: Subject) -> dict[str, str]:
    """Queries about a symbol, by the name of their template.

    company: the name in quotes, the ticker, "stock"; without a name the ticker, "stock news".
    sector: the name in quotes (else the ticker) with the sector's words; only where the sector is known.
    """
    name = short_name(subject.name)
    what = f'"{name}"' if name else subject.symbol
    asked = {"company": f"{what} {subject.symbol} stock" if name else f"{subject.symbol} stock news"}
    words = sector_words(subject.sector)
    return asked | ({"sector": f"{what} {words} news"} if words else {})


def short_name(name: str) -> str:
    """The name that newspapers use: legal forms and share classes cut off the end, "The" off the beginning."""
    shorter = " ".join(name.replace('"', " ").split())
    while (cut := _FORMS.sub("", shorter).strip(" ,&")) != shorter and cut:
        shorter = cut
    return shorter


def sector_words(sector: str) -> str:
    """The sector's words in lower case, without signs; "" for a sector that says nothing."""
    words = " ".join(re.findall(r"[^\W\d_]+", sector.lower()))
    return "" if sector.strip().lower() in _UNSAID or words.startswith("other") else words
