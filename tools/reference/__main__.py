"""`python -m tools.reference PAGE` prints a page."""

from __future__ import annotations

import sys

from tools.reference import PAGES

if len(sys.argv) != 2 or sys.argv[1] not in PAGES:
    sys.exit(f"python -m tools.reference PAGE; there are {', '.join(PAGES)}")
sys.stdout.write(PAGES[sys.argv[1]]())
