from __future__ import annotations

import pytest

from lode.language import FIELD_UNITS, Unit


@pytest.fixture(scope="session")
def units() -> dict[str, Unit]:
    """Units of every field that a panel can have."""
    return dict(FIELD_UNITS)
