"""Near-duplicate articles: one agency's report in many papers, found by the overlap of their word shingles.

Jaccard similarity of three-word shingles of title and snippet (Broder 1997), computed exactly: a symbol's recent
articles are few. A group is named after its earliest known member, so that later articles never rename it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

SIMILAR = 0.5
_SHINGLE = 3
_WORD = re.compile(r"\w+")


@dataclass
class Groups:
    """The articles of one instrument that are known, earliest first, and their groups. `add` in order of time."""

    _shingles: dict[str, frozenset[str]] = field(default_factory=dict)
    _holders: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _groups: dict[str, str] = field(default_factory=dict)

    def add(self, article: str, title: str, snippet: str, *, group: str | None = None) -> str:
        """Return the group of a new article, or keep the `group` that it is known to be in.

        It joins the group of the earliest known article that it shares at least half of all shingles with; without
        one it founds a group of its own.
        """
        if article in self._groups:
            return self._groups[article]
        own = shingles(title, snippet)
        chosen = group or self._similar(own) or article
        self._shingles[article], self._groups[article] = own, chosen
        for each in own:
            self._holders[each].append(article)
        return chosen

    def _similar(self, own: frozenset[str]) -> str | None:
        shared = Counter(article for each in own for article in self._holders.get(each, ()))
        known = [a for a, n in shared.items() if n >= SIMILAR * (len(own) + len(self._shingles[a]) - n)]
        order = {article: place for place, article in enumerate(self._groups)} if len(known) > 1 else {}
        return self._groups[min(known, key=lambda a: order.get(a, 0))] if known else None


def shingles(title: str, snippet: str) -> frozenset[str]:
    """Three-word pieces of title and snippet, case and punctuation left out; of a shorter text the whole."""
    words = _WORD.findall(f"{title} {snippet}".casefold())
    if len(words) < _SHINGLE:
        return frozenset({" ".join(words)} if words else ())
    return frozenset(" ".join(words[n : n + _SHINGLE]) for n in range(len(words) - _SHINGLE + 1))
