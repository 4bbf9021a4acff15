"""What changed, for the page of a release: `python -m tools.release.notes TAG`.

Prints the changelog's section of the version that the tag names, which must be pyproject.toml's: `v0.1.0`.
"""

from __future__ import annotations

import re
import sys
import tomllib

from tools.environment import ROOT
from tools.failure import SetupError


def main(arguments: list[str]) -> int:
    """Print the section; return the exit code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    try:
        print(notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), project["version"], arguments[0]))
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def notes(changelog: str, version: str, tag: str) -> str:
    """The dated section of a version. Raises SetupError where the tag is another's, or the section is not there."""
    if tag != f"v{version}":
        raise SetupError(f"The tag is {tag}, the version in pyproject.toml {version}: the tag must be v{version}.")
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    for section in sections:
        heading, _, body = section.partition("\n")
        if re.fullmatch(rf"\[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d", heading):
            return re.split(r"^\[[\w.]+\]: ", body, flags=re.MULTILINE)[0].strip()
    raise SetupError(f"CHANGELOG.md has no section `## [{version}] - YYYY-MM-DD`; move what is unreleased under one.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
