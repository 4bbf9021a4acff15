from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import environment
from tools.licences.groups import Entry, entries, grouped


@pytest.fixture(scope="session")
def judged() -> list[Entry]:
    """What the locks pin, judged by what is installed of it."""
    if Path(sys.prefix).resolve() != environment.FOLDER.resolve():
        pytest.skip("needs what the locks pin, and this environment has other versions")
    return entries(grouped())
