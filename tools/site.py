"""The documentation's site: `make docs` stages docs/ in build/docs, builds it into site/ and checks every link.

Pages may link to Markdown outside of docs/ (the README, a benchmark's page): such a page is staged under project/, at
its place. zensical runs from an environment of its own, `.venv-docs`. It needs no network.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools import environment, side
from tools.failure import SetupError
from tools.links import broken

ROOT = environment.ROOT
FOLDER, LOCK = ROOT / ".venv-docs", ROOT / "requirements-docs.lock"
DOCS, STAGED, SITE = ROOT / "docs", ROOT / "build" / "docs", ROOT / "site"
_LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")


def main() -> int:
    """Build the site; return 1, saying why, where a link leads nowhere or a page fetches something from elsewhere."""
    try:
        side.ensure(FOLDER, LOCK)
        stage()
        build()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    found = broken(SITE)
    print(*found, sep="\n", file=sys.stderr, end="\n" if found else "")
    print("The site is in site/; to read it: python -m http.server --directory site --bind 127.0.0.1 8000")
    return bool(found)


def stage() -> None:
    """Copy the pages to build/docs, those outside of docs/ that they lead to under project/."""
    shutil.rmtree(STAGED, ignore_errors=True)
    shutil.copytree(DOCS, STAGED)
    waiting = [(page, STAGED / page.relative_to(DOCS)) for page in sorted(DOCS.rglob("*.md"))]
    done: set[Path] = set()
    while waiting:
        page, target = waiting.pop()
        waiting += [new for new in _stage(page, target) if new[1] not in done]
        done.add(target)


def _stage(page: Path, target: Path) -> list[tuple[Path, Path]]:
    """Write a page with its links as they are in the site; return the files that come with it, and where to."""
    found: list[tuple[Path, Path]] = []

    def leads(link: re.Match[str]) -> str:
        linked = (page.parent / link[1]).resolve()
        place = _place(linked)
        if not linked.is_file():
            raise SetupError(f"{page.relative_to(ROOT)}: {link[1]} is no file; correct the link")
        if not linked.is_relative_to(DOCS):
            found.append((linked, place))
        return os.path.relpath(place, target.parent) + (link[2] or "")

    target.parent.mkdir(parents=True, exist_ok=True)
    if page.suffix == ".md":
        target.write_text(_LINK.sub(leads, page.read_text()))
    else:
        shutil.copy(page, target)
    return found


def _place(page: Path) -> Path:
    """Return where a file of the checkout stands in the staged site."""
    if page.is_relative_to(DOCS):
        return STAGED / page.relative_to(DOCS)
    place = STAGED / "project" / page.relative_to(ROOT)
    return place if page.suffix in (".md", ".png", ".svg", ".ipynb") else place.with_name(f"{place.name}.txt")


def build() -> None:
    """Run zensical, whose warnings (a link to no page, a name that is not in the code) are errors."""
    command = [str(FOLDER / "bin" / "zensical"), "build", "--clean", "--strict"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | {"NO_COLOR": "1"}
    )
    if done.returncode or "Warning" in done.stdout + done.stderr:
        raise SetupError(f"The site cannot be built:\n{_plain(done.stdout + done.stderr)}")


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


if __name__ == "__main__":
    sys.exit(main())
