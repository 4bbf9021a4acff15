"""`make licences`: judge every licence, write docs/licences.md, and into a folder that is named the bill of materials.

`python -m tools.licences [FOLDER]`
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

from tools.environment import ROOT
from tools.failure import SetupError
from tools.licences import page
from tools.licences.bill import bill
from tools.licences.groups import EXTRAS, IMAGES, USERS, Entry, entries, grouped
from tools.locked import PROJECT

PAGE = ROOT / "docs" / "licences.md"
RELEASED = (USERS, EXTRAS, IMAGES)


def main(arguments: list[str]) -> int:
    """Judge and write; return the exit code."""
    try:
        judged = entries(grouped())
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    PAGE.write_text(page.text(judged), encoding="utf-8")
    print(f"{len(judged)} packages, all allowed: {PAGE.relative_to(ROOT)}")
    for folder in arguments[:1]:
        print(f"The bill of materials: {write_bill(judged, Path(folder))}")
    return 0


def write_bill(judged: list[Entry], folder: Path) -> Path:
    """Write the bill of what is released; return its file."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    released = bill([entry for entry in judged if entry.group in RELEASED], version)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{PROJECT}-{version}.cdx.json"
    path.write_text(json.dumps(released, indent=1) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
