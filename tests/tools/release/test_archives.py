from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from tools.failure import SetupError
from tools.release import archives
from tools.release.archives import NEEDED, SOURCES, check, faults_of_wheel

INFO = "lode_factors-1.0.dist-info"
METADATA = """Metadata-Version: 2.4
Name: lode-factors
Version: 1.0
License-Expression: Apache-2.0
Requires-Python: >=3.11
Description-Content-Type: text/markdown

# Lode
"""
PACKAGE = {"lode/__init__.py", "lode/cli/__init__.py", *NEEDED}
CORE = {"lode/engine/_core_baseline.cpython-311-x86_64-linux-gnu.so", "lode/engine/_core_avx2.cp311-win_amd64.pyd"}
WHEEL = PACKAGE | CORE | {f"{INFO}/{name}" for name in archives._INFO}
SOURCE = {f"src/{name}" for name in PACKAGE} | {"src/lode/engine/core/cpu.cpp", "tools/core.py", *SOURCES}


@pytest.fixture
def wheel(tmp_path):
    def make(names=WHEEL, metadata=METADATA, folder="a"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "lode_factors-1.0-cp311-cp311-linux_x86_64.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, metadata if name.endswith("METADATA") else "")
        return path

    return make


@pytest.fixture
def source(tmp_path):
    def make(names=SOURCE):
        path = tmp_path / "lode_factors-1.0.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            for name in names:
                archive.addfile(tarfile.TarInfo(f"lode_factors-1.0/{name}"), io.BytesIO())
        return path

    return make


def test_a_whole_wheel_passes(wheel, source, capsys):
    check(wheel(), wheel(folder="b"), source())
    assert f"{len(WHEEL)} files, the same from the source archive" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["lode/cli/__init__.py", *NEEDED, f"{INFO}/licenses/NOTICE"])
def test_what_is_missing_is_named(name):
    assert faults_of_wheel(WHEEL - {name}, SOURCE) == [f"lacks {name}"]


@pytest.mark.parametrize("name", ["tests/test_api.py", "lode/engine/core/cpu.cpp", "tools/core.py", "lode/notes.txt"])
def test_what_no_wheel_should_have_is_named(name):
    assert faults_of_wheel(WHEEL | {name}, SOURCE) == [f"has {name}, which no wheel should have"]


def test_a_wheel_without_the_core_is_refused():
    assert faults_of_wheel(WHEEL - CORE, SOURCE) == ["lacks the compiled core"]


def test_wheels_that_differ_and_a_source_archive_that_cannot_be_built_are_named_together(wheel, source):
    again = wheel(WHEEL - {"lode/cli/__init__.py"}, folder="b")
    with pytest.raises(SetupError) as refused:
        check(wheel(), again, source(SOURCE - {"CMakeLists.txt"}))
    assert "the source archive's wheel differs in lode/cli/__init__.py" in str(refused.value)
    assert "lode_factors-1.0.tar.gz has no CMakeLists.txt" in str(refused.value)


@pytest.mark.parametrize(
    ("line", "other", "says"),
    [
        ("License-Expression: Apache-2.0", "", "no licence"),
        ("text/markdown", "text/plain", "not said to be Markdown"),
        ("Requires-Python: >=3.11", "Requires-Python: eleven", "requires_python|eleven"),
    ],
)
def test_metadata_that_an_index_would_refuse(wheel, source, line, other, says):
    with pytest.raises(SetupError, match=says):
        check(wheel(metadata=METADATA.replace(line, other)), wheel(folder="b"), source())
