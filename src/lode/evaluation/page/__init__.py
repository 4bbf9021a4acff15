"""A sheet as one page with pictures that loads nothing, on light and on dark ground.

svg.py draws axes, lines and bars; pictures.py says which; tables.py and document.py write the rest of the page;
calibration.py is the page of `lode calibrate`.
"""

from lode.evaluation.page.document import page_of

__all__ = ["page_of"]
