"""Pages of docs/reference that are written from the code: `python -m tools.reference PAGE > docs/reference/PAGE.md`.

- `commands`: the command line, and what its answers in JSON mean (`answers.toml`).
- `settings`: `lode.settings` and `[deploy]`.
- `tables`: the warehouse's migrations, and what their columns mean (`tables.toml` beside them).
- `python`: the public names; what each is stands in its docstring, which the site's builder reads.
"""

from __future__ import annotations

from tools.reference.commands import commands_page
from tools.reference.python import python_page
from tools.reference.settings import settings_page
from tools.reference.tables import tables_page

PAGES = {"commands": commands_page, "settings": settings_page, "tables": tables_page, "python": python_page}
