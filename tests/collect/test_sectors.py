"""Sectors from SIC codes."""

from __future__ import annotations

import pytest

from lode.collect.sectors import OTHER, RANGES, sector_of


@pytest.mark.parametrize(
    ("sic", "sector"),
    [
        (3571, "business equipment"),  # Apple: electronic computers
        (7372, "business equipment"),  # Microsoft: prepackaged software
        (3711, "consumer durables"),  # Tesla: motor vehicles
        (3713, "manufacturing"),  # truck bodies: between two ranges of durables
        (3690, "business equipment"),
        (3693, "health"),  # X-ray apparatus, in the middle of electronics
        (2834, "health"),  # drugs, in the middle of chemicals
        (2911, "energy"),
        (4813, "telecommunications"),
        (4911, "utilities"),
        (5311, "shops"),
        (6798, "money"),
        (100, "consumer nondurables"),
        (3999, "consumer durables"),
        (4700, OTHER),  # Expedia: transportation services
        (1000, OTHER),
        (99, OTHER),
        (9999, OTHER),
    ],
)
def test_published_ranges(sic, sector):
    assert sector_of(sic) == sector


@pytest.mark.parametrize("sic", [None, 0])
def test_unknown_stays_unknown(sic):
    assert sector_of(sic) is None


def test_every_code_of_every_range_is_in_its_sector_alone():
    for sector, ranges in RANGES.items():
        for first, last in ranges:
            assert {sector_of(sic) for sic in range(first, last + 1)} == {sector}
