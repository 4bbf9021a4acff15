"""`python -m tools.pages PAGE …`: see the package's docstring."""

from __future__ import annotations

import sys

from tools.pages.running import main

sys.exit(main(sys.argv[1:]))
