"""What a source archive and a wheel contain: all of the package, what was compiled, and nothing else."""

from __future__ import annotations

import re
import tarfile
import zipfile
from pathlib import Path

from packaging.metadata import Metadata

from tools.failure import SetupError

NEEDED = (
    "lode/py.typed",
    "lode/engine/_core_baseline.pyi",
    "lode/collect/sample/sp500_20.parquet",
    "lode/collect/sample/NOTICE",
    "lode/warehouse/migrations/0001_market.sql",
    "lode/app/icon.png",
    "lode/app/components/formula.css",
    "lode/app/components/formula.html",
    "lode/app/components/formula.js",
)
"""Files beside the modules without which an installed package cannot work."""
SOURCES = ("CMakeLists.txt", "LICENSE", "NOTICE", "PKG-INFO", "README.md", "pyproject.toml")
_COMPILED = re.compile(r"lode/engine/_core_(baseline|avx2|avx512)\.[\w.-]*(so|pyd)")
_INFO = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE", "licenses/NOTICE")


def check(wheel: Path, again: Path, source: Path) -> None:
    """Hold a wheel to its source archive and to the wheel built from that. Raises SetupError with every fault."""
    names = wheel_names(wheel)
    faults = [f"{wheel.name}: {fault}" for fault in [*faults_of_wheel(names, source_names(source)), *metadata(wheel)]]
    faults += [f"the source archive's wheel differs in {name}" for name in sorted(names ^ wheel_names(again))]
    faults += [f"{source.name} has no {name}" for name in SOURCES if name not in source_names(source)]
    if faults:
        raise SetupError("\n".join(["The archives are not what they must be:", *faults]))
    print(f"{wheel.name}: {len(names)} files, the same from the source archive")


def wheel_names(wheel: Path) -> set[str]:
    """The files of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def source_names(source: Path) -> set[str]:
    """The files of a source archive, without its top folder."""
    with tarfile.open(source) as archive:
        return {member.name.partition("/")[2] for member in archive if member.isfile()}


def faults_of_wheel(wheel: set[str], source: set[str]) -> list[str]:
    """What a wheel lacks of the sources' package, and what it has besides."""
    package = {name.removeprefix("src/") for name in source if name.startswith("src/lode/")}
    wanted = {name for name in package if not name.startswith("lode/engine/core/")} | set(NEEDED)
    info = {name.partition("/")[0] for name in wheel if ".dist-info/" in name}
    wanted |= {f"{folder}/{name}" for folder in info for name in _INFO}
    compiled = {name for name in wheel if _COMPILED.fullmatch(name)}
    faults = [f"lacks {name}" for name in sorted(wanted - wheel)]
    faults += [f"has {name}, which no wheel should have" for name in sorted(wheel - wanted - compiled)]
    return faults if any("_baseline." in name for name in compiled) else [*faults, "lacks the compiled core"]


def metadata(wheel: Path) -> list[str]:
    """What is wrong with a wheel's metadata, as the package index would say it."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        text = archive.read(name)
    try:
        told = Metadata.from_email(text, validate=True)
    except ExceptionGroup as faults:
        return [str(fault) for fault in faults.exceptions]
    wanted = {"description": told.description, "licence": told.license_expression, "Python": told.requires_python}
    faults_here = [f"its metadata have no {what}" for what, value in wanted.items() if not value]
    markdown = (told.description_content_type or "").startswith("text/markdown")
    return faults_here if markdown else [*faults_here, "its description is not said to be Markdown"]
