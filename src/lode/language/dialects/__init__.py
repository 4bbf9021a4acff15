"""Other projects' formulas: readers of qlib's, AlphaGen's and gplearn's text, and printers of the first two.

What a dialect says exactly is translated exactly (scales of ranks, places of extremes); what cannot be said in the
language, or not in the dialect, is an ExpressionError. Text of any content is safe: it is read, never run.
"""

from lode.language.dialects.alphagen import from_alphagen, to_alphagen
from lode.language.dialects.gplearn import from_gplearn
from lode.language.dialects.qlib import from_qlib, to_qlib
from lode.language.dialects.recognition import read_any, recognised

__all__ = ["from_alphagen", "from_gplearn", "from_qlib", "read_any", "recognised", "to_alphagen", "to_qlib"]
