"""`python -m lode.cli` is `lode`."""

from lode.cli import main

main()
