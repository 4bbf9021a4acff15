"""Whether what a command printed is what its page says."""

from __future__ import annotations

import re
from collections.abc import Sequence

ANYTHING = "…"
_VARYING = (
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?\b"), "TIME"),
    (re.compile(r"\b[0-9a-f]{16,64}\b"), "ID"),
    (re.compile(r"\b\d[\d,]*(\.\d+)? (ms|s|seconds|minutes|a second|/s|MB|GB|kB)(?!\w)"), "AMOUNT"),
    (re.compile(r"[─━-]{3,}"), "LINE"),
    (re.compile(r"[ \t]+"), " "),
)


def matches(expected: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether the lines agree, but for what varies from run to run and for what the page leaves open."""
    pattern = "".join(_pattern(steady(line)) for line in expected)
    return re.fullmatch(pattern, "".join(f"{steady(line)}\n" for line in printed)) is not None


def steady(line: str) -> str:
    """Return a line without what another run prints otherwise: times, ids, durations, sizes, widths of columns."""
    for varying, name in _VARYING:
        line = varying.sub(name, line)
    return line.strip()


def _pattern(line: str) -> str:
    if line == ANYTHING:
        return r"(?:.*\n)*?"
    return ".*?".join(map(re.escape, line.split(ANYTHING))) + r"\n"
