"""Near-duplicate articles: one agency's report in many papers, found by the overlap of their word shingles.

Jaccard similarity of three-word shingles of title and snippet (Broder 1997), computed exactly: a symbol's recent
articles are few. A group is named after its earliest known member, so that later articles never rename it.
"""

from __future__ import annotations

import heapq
import re
from collections import defaultdict
from dataclasses import dataclass, field

SIMILAR = 0.5
_SHINGLE = 3
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class _Member:
    shingles: frozenset[str]
    group: str


@dataclass
class Groups:
    """The articles of one instrument that are known, earliest first, and their groups. `add` in order of time."""

    _members: list[_Member] = field(default_factory=list)
    _holders: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _groups: dict[str, str] = field(default_factory=dict)

    def add(self, article: str, title: str, snippet: str, *, group: str | None = None) -> str:
        """Return the group of a new article, or keep the `group` that it is known to be in.

        It joins the group of the earliest known article that it shares at least half of all shingles with; without
        one it founds a group of its own.
        """
        if article in self._groups:
            return self._groups[article]
        own = shingles(title, snippet)
        chosen = self._groups[article] = group or self._similar(own) or article
        for each in own:
            self._holders[each].append(len(self._members))
        self._members.append(_Member(own, chosen))
        return chosen

    def _similar(self, own: frozenset[str]) -> str | None:
        """Group of the earliest alike article.

        It has half of `own`, and so one of any half and one more: the rarest lead to few articles.
        """
        rarest = sorted(own, key=lambda each: (len(self._holders.get(each, ())), each))[: len(own) // 2 + 1]
        seen = -1
        for place in heapq.merge(*(self._holders.get(each, ()) for each in rarest)):
            if place == seen:
                continue
            seen, member = place, self._members[place]
            shared = len(own & member.shingles)
            if shared >= SIMILAR * (len(own) + len(member.shingles) - shared):
                return member.group
        return None


def shingles(title: str, snippet: str) -> frozenset[str]:
    """Three-word pieces of title and snippet, case and punctuation left out; of a shorter text the whole."""
    words = _WORD.findall(f"{title} {snippet}".casefold())
    if len(words) < _SHINGLE:
        return frozenset({" ".join(words)} if words else ())
    return frozenset(" ".join(words[n : n + _SHINGLE]) for n in range(len(words) - _SHINGLE + 1))
