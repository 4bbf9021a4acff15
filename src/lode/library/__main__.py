"""`python -m lode.library` prints the reference of the library."""

from __future__ import annotations

import sys

from lode.library.reference import reference

if __name__ == "__main__":
    sys.stdout.write(reference())
