"""What an evidence sheet holds, and how it is told.

options.py says what is asked and identity.py of what; bench.py holds what all factors on a panel share; model.py holds
the answer, with the books of books.py and the record of years.py; as_json.py tells it to scripts and lines.py to
readers.
"""

from lode.evaluation.report.bench import Bench
from lode.evaluation.report.identity import Identity
from lode.evaluation.report.model import Daily, LeakOutcome, Sheet
from lode.evaluation.report.options import HORIZONS, References, SheetOptions, Weighting

__all__ = ["HORIZONS", "Bench", "Daily", "Identity", "LeakOutcome", "References", "Sheet", "SheetOptions", "Weighting"]
