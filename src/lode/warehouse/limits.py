"""What columns of the tables hold at most."""

from __future__ import annotations

from datetime import date

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2299, 12, 31)
"""Of a Date32."""
