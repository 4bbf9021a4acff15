from __future__ import annotations

import pytest

from tools.licences.rules import PERMISSIVE, judge


@pytest.mark.parametrize("expression", ["MIT", "Apache-2.0", "GPL-3.0-only OR MIT", "(MIT AND Zlib) OR AGPL-3.0-only"])
def test_permissive(expression):
    assert judge(expression) == PERMISSIVE


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("MPL-2.0", "by file"),
        ("BSD-3-Clause AND LGPL-2.1-or-later", "by library"),
        ("MIT AND (MPL-2.0 OR GPL-2.0-only)", "by file"),
        ("MIT AND GPL-3.0-or-later WITH GCC-exception-3.1", "GCC's runtime"),
    ],
)
def test_weak_copyleft_is_allowed_and_says_why(expression, says):
    assert says in judge(expression)


def test_every_reason_is_given():
    reason = judge("MPL-2.0 AND LGPL-2.1-or-later")
    assert "by file" in reason
    assert "by library" in reason


@pytest.mark.parametrize(
    "expression",
    [
        "GPL-3.0-only",
        "AGPL-3.0-or-later",
        "MIT AND GPL-2.0-only",
        "MIT AND (GPL-2.0-only OR AGPL-3.0-only)",
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "SSPL-1.0",
        "LicenseRef-Proprietary",
        "free as in beer",
        "",
    ],
)
def test_the_rest_is_refused(expression):
    assert judge(expression) is None
