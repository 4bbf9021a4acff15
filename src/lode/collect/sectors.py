"""Sectors from SIC codes: the twelve industries of Fama and French.

Ranges as published in Kenneth R. French's data library, "Detail for 12 Industry Portfolios" (Siccodes12.txt); what is
in none of them is `other`, as there. SIC 0 and an absent code are unknown, not `other`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise

OTHER = "other"
RANGES: Mapping[str, tuple[tuple[int, int], ...]] = {
    "consumer nondurables": ((100, 999), (2000, 2399), (2700, 2749), (2770, 2799), (3100, 3199), (3940, 3989)),
    "consumer durables": (
        (2500, 2519),
        (2590, 2599),
        (3630, 3659),
        (3710, 3711),
        (3714, 3714),
        (3716, 3716),
        (3750, 3751),
        (3792, 3792),
        (3900, 3939),
        (3990, 3999),
    ),
    "manufacturing": (
        (2520, 2589),
        (2600, 2699),
        (2750, 2769),
        (3000, 3099),
        (3200, 3569),
        (3580, 3629),
        (3700, 3709),
        (3712, 3713),
        (3715, 3715),
        (3717, 3749),
        (3752, 3791),
        (3793, 3799),
        (3830, 3839),
        (3860, 3899),
    ),
    "energy": ((1200, 1399), (2900, 2999)),
    "chemicals": ((2800, 2829), (2840, 2899)),
    "business equipment": ((3570, 3579), (3660, 3692), (3694, 3699), (3810, 3829), (7370, 7379)),
    "telecommunications": ((4800, 4899),),
    "utilities": ((4900, 4949),),
    "shops": ((5000, 5999), (7200, 7299), (7600, 7699)),
    "health": ((2830, 2839), (3693, 3693), (3840, 3859), (8000, 8099)),
    "money": ((6000, 6999),),
}
_SORTED = sorted((first, last, sector) for sector, ranges in RANGES.items() for first, last in ranges)
if any(before[1] >= after[0] for before, after in pairwise(_SORTED)):
    raise AssertionError("two sectors share a SIC code")


def sector_of(sic: int | None) -> str | None:
    """Return the sector of a four-digit SIC code; None where it is unknown.

    >>> sector_of(3571), sector_of(6798), sector_of(4700), sector_of(None)
    ('business equipment', 'money', 'other', None)
    """
    if not sic:
        return None
    at = bisect_right(_SORTED, (sic, 10_000, "")) - 1
    return _SORTED[at][2] if at >= 0 and sic <= _SORTED[at][1] else OTHER
