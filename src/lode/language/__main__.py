"""`python -m lode.language` prints the reference of the operators."""

from __future__ import annotations

import sys

from lode.language.reference import reference

if __name__ == "__main__":
    sys.stdout.write(reference())
