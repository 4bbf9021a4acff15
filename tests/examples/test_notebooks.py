"""The example notebooks run from top to bottom in an empty home, and their files hold what they showed."""

from itertools import groupby

import nbformat
import pytest

from tools.notebooks import KERNEL, executed, notebooks, paths_in, picture, steady


def shown(notebook):
    """The kinds of output of each cell in turn; what is printed may come in one piece or in several."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [[kind for kind, _ in groupby(sorted(o.get("data", {"": None})) for o in cell.outputs)] for cell in code]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_it_runs_and_its_file_holds_what_it_shows(path, tmp_path):
    kept = nbformat.read(path, as_version=4)
    assert shown(kept) == shown(steady(executed(path, tmp_path))), "to renew it: python -m tools.notebooks"


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_its_file_has_pictures_and_nothing_of_the_machine(path):
    notebook = nbformat.read(path, as_version=4)
    file, drawn = picture(path, notebook)
    assert file.read_text() == drawn
    assert not paths_in(notebook)
    assert notebook.metadata == {"kernelspec": KERNEL}
    assert not any(cell.metadata for cell in notebook.cells)
    assert not any(output.get("name") == "stderr" for cell in notebook.cells for output in cell.get("outputs", ()))


def test_a_path_in_an_output_is_seen(tmp_path):
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("stream", text=f"{tmp_path}/x")])
    assert len(paths_in(nbformat.v4.new_notebook(cells=[cell]))) == 1
