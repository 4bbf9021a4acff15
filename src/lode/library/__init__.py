"""Published factors as expressions that read like their papers, each with its source and expected sign.

One module per family; `LIBRARY` holds all of them under `family.name`. Pure: no data and no I/O.
"""

from lode.library.catalogue import FAMILIES, LIBRARY, available, family
from lode.library.definition import Definition
from lode.library.lookup import names, resolve
from lode.library.reference import reference

__all__ = ["FAMILIES", "LIBRARY", "Definition", "available", "family", "names", "reference", "resolve"]
