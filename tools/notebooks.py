"""The example notebooks, run: `python -m tools.notebooks [NOTEBOOK …]` writes their outputs and docs' pictures of them.

A notebook runs in its own folder with an empty home and no network of ours. What differs from run to run stays out of
the file: times of cells, standard error, metadata. An output that names a folder of this machine is refused.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from tools import environment
from tools.pages.running import Folder

FOLDER = environment.ROOT / "examples"
LONGEST_SECONDS = 300
PICTURES = {
    "from_idea_to_verdict": "What the books earned",
    "mining_the_sample": "Rank IC of the finalists",
    "calibration": "Share of markets without a factor",
}
"""How the title of the picture begins that docs/examples.md shows of a notebook."""
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}

Notebook = Any  # nbformat's own are untyped


def notebooks() -> list[Path]:
    """Return the example notebooks."""
    return sorted(FOLDER.glob("*.ipynb"))


def executed(path: Path, home: Path) -> Notebook:
    """Run every cell in the empty folder `home`; nbclient's CellExecutionError tells of the first one that fails."""
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, kernel_name="python3", timeout=LONGEST_SECONDS, resources=place)
    with Folder(home) as folder:
        client.execute(env=folder.env)
    return notebook


def steady(notebook: Notebook) -> Notebook:
    """Return a notebook without what the next run would write otherwise."""
    notebook.metadata = nbformat.NotebookNode(kernelspec=KERNEL)
    for cell in notebook.cells:
        cell.metadata = nbformat.NotebookNode()
        if cell.cell_type == "code":
            cell.outputs = [_steady(output) for output in cell.outputs if output.get("name") != "stderr"]
    return notebook


def _steady(output: Notebook) -> Notebook:
    """Return an output without its metadata and, beside a picture or a table, without the text that stands for it."""
    if "data" in output:
        output.metadata = nbformat.NotebookNode()
        if len(output.data) > 1:
            output.data.pop("text/plain", None)
    return output


def paths_in(notebook: Notebook) -> list[str]:
    """Return the outputs that name a folder of this machine."""
    folders = (str(environment.ROOT), str(Path.home()), tempfile.gettempdir())
    told = (str(output) for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs)
    return [text[:200] for text in told if any(folder in text for folder in folders if folder != "/")]


def picture(path: Path, notebook: Notebook) -> tuple[Path, str]:
    """Return the file under docs/pictures of a notebook's picture, and the picture."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()) if "data" in output)
    drawn = [output.data["image/svg+xml"] for output in outputs if "image/svg+xml" in output.data]
    chosen = next(svg for svg in drawn if f">{PICTURES[path.stem]}" in svg)
    return environment.ROOT / "docs" / "pictures" / f"{path.stem}.svg", chosen


def main(arguments: list[str]) -> int:
    """Run notebooks, all where none is named, and write them."""
    for path in [Path(word) for word in arguments] or notebooks():
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as home:
            notebook = steady(executed(path.absolute(), Path(home)))
        if named := paths_in(notebook):
            print(f"{path} would name a folder of this machine; leave it out of the output:", *named, sep="\n")
            return 1
        nbformat.write(notebook, path)
        target, drawn = picture(path, notebook)
        target.write_text(drawn)
        print(f"{path}: {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
