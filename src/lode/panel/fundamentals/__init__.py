"""Fields from statements and texts, as of the time at which each was known.

concepts.py names the statements of an item, periods.py derives quarters and trailing years, steps.py follows an item
through its filings, splits.py puts share counts on one basis, grid.py lays steps over sessions, ratios.py has the table
of formulas, fields.py puts them together, texts.py reads filings and news, trace.py leads a value back to its facts,
on_day.py says what the items were worth by what was known on one day.
"""

from lode.panel.fundamentals.concepts import CONCEPTS, ITEMS, Item
from lode.panel.fundamentals.fields import AGE, FUNDAMENTAL_FIELDS, Built, fundamental_fields
from lode.panel.fundamentals.grid import STALE_DAYS, Axis
from lode.panel.fundamentals.ratios import RATIOS, Ratio

__all__ = [
    "AGE",
    "CONCEPTS",
    "FUNDAMENTAL_FIELDS",
    "ITEMS",
    "RATIOS",
    "STALE_DAYS",
    "Axis",
    "Built",
    "Item",
    "Ratio",
    "fundamental_fields",
]
