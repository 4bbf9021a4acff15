"""Which licences a package may have that is required by a project under the Apache License 2.0.

Lode's own archives contain nothing of what they require but nanobind, which the core is compiled with: pip fetches the
rest, unmodified, from where its authors publish it. So permissive licences are fine, and so are the weak copyleft ones,
which ask for nothing of a work that uses the package as it is. GPL, AGPL and whatever is unknown are refused.
"""

from __future__ import annotations

import re

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

PERMISSIVE = "permissive"
_BY_LIBRARY = "weak copyleft by library: installed apart and unmodified, and can be replaced"
WEAK = dict.fromkeys(("LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later"), _BY_LIBRARY) | {
    "MPL-2.0": "weak copyleft by file: none of its files is changed or copied",
    "GPL-3.0-or-later WITH GCC-exception-3.1": "GCC's runtime: its exception leaves what was compiled with it free",
}
_FREE = """0BSD AFL-2.1 Apache-2.0 BSD-2-Clause BSD-3-Clause BSD-3-Clause-Open-MPI BSL-1.0 CC0-1.0 CNRI-Python HPND
ISC MIT MIT-0 MIT-CMU NCSA PSF-2.0 Python-2.0 Unlicense Zlib"""
ALLOWED = dict.fromkeys(_FREE.split(), PERMISSIVE) | WEAK


def judge(expression: str) -> str | None:
    """Why an SPDX expression is allowed; None where it is not, or is none.

    All of what AND joins must be allowed, one of what OR joins.

    >>> judge("MIT OR GPL-3.0-only")
    'permissive'
    >>> judge("MIT AND GPL-3.0-only") is None
    True
    >>> judge("MPL-2.0 AND (MIT OR Apache-2.0)")
    'weak copyleft by file: none of its files is changed or copied'
    """
    try:
        canonical = canonicalize_license_expression(expression)
    except InvalidLicenseExpression:
        return None
    return _any(re.findall(r"[()]|[^\s()]+(?: WITH [^\s()]+)?", canonical))


def _any(words: list[str]) -> str | None:
    """Take alternatives off the front of `words`: the freest of those that are allowed."""
    reasons = [_all(words)]
    while words and words[0] == "OR":
        words.pop(0)
        reasons.append(_all(words))
    return PERMISSIVE if PERMISSIVE in reasons else next(filter(None, reasons), None)


def _all(words: list[str]) -> str | None:
    """Take what AND joins off the front of `words`: every reason but *permissive*; None where one is not allowed."""
    reasons = [_one(words)]
    while words and words[0] == "AND":
        words.pop(0)
        reasons.append(_one(words))
    if None in reasons:
        return None
    weak = dict.fromkeys(reason for reason in reasons if reason not in {None, PERMISSIVE})
    return "; ".join(map(str, weak)) or PERMISSIVE


def _one(words: list[str]) -> str | None:
    word = words.pop(0)
    if word != "(":
        return ALLOWED.get(word)
    reason = _any(words)
    words.pop(0)
    return reason
