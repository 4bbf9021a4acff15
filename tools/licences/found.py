"""The licence of an installed package as an SPDX expression, and where that was found.

Metadata say it in three ways, of which only the newest is exact: `License-Expression` (PEP 639), a free text in
`License`, and classifiers that know no clauses (*BSD License*). What they leave open, the licence's own text decides.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from tools.locked import normalized

TOLD = Path(__file__).with_name("told.toml")
_SPELLED = {
    "mit": "MIT",
    "mit license": "MIT",
    "apache": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "2-clause bsd": "BSD-2-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "psfl": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
    "gnu general public license v3 (gplv3)": "GPL-3.0-only",
    "gnu affero general public license v3": "AGPL-3.0-only",
}
"""What packages write instead of an SPDX identifier. Only spellings that leave nothing open are here."""
_TEXTS = (
    (r"gnu affero general public license", "AGPL-3.0-only"),
    (r"gnu lesser general public license", "LGPL-3.0-only"),
    (r"gnu general public license", "GPL-3.0-only"),
    (r"mozilla public license,? version 2\.0", "MPL-2.0"),
    (r"apache license,? version 2\.0", "Apache-2.0"),
    (r"redistribution and use in source .*(neither the names? of|endorse or promote)", "BSD-3-Clause"),
    (r"redistribution and use in source .*redistributions in binary form", "BSD-2-Clause"),
    (r"permission is hereby granted, free of charge.*the above copyright notice and this permission notice", "MIT"),
    (r"permission to use, copy, modify, and/or distribute this software", "ISC"),
)
"""A phrase that only this licence has, the strictest first: a text with two licences counts as the stricter."""


@dataclass(frozen=True)
class Licence:
    """An SPDX expression, or what the package says in place of one, and where it stands."""

    expression: str
    source: str


def licence_of(package: Distribution) -> Licence | None:
    """The licence of a package; None where neither metadata nor a text in it says one that is known."""
    if expression := field(package, "License-Expression"):
        return Licence(expression, "metadata")
    if found := spelled(field(package, "License")):
        return Licence(found, "metadata")
    classifiers = package.metadata.get_all("Classifier") or []
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License ::")]
    known = {found for line in named if (found := spelled(line))}
    if len(known) == 1 and len(named) == 1:
        return Licence(known.pop(), "metadata")
    return _by_text(package)


def field(package: Distribution, name: str) -> str:
    """The first value of a field of the metadata, empty without one."""
    return str((package.metadata.get_all(name) or [""])[0]).strip()


def spelled(text: str) -> str | None:
    """The SPDX expression that a free text means without doubt.

    >>> spelled("Apache License 2.0"), spelled("BSD-3-Clause"), spelled("BSD")
    ('Apache-2.0', 'BSD-3-Clause', None)
    """
    if text.lower() in _SPELLED:
        return _SPELLED[text.lower()]
    try:
        return str(canonicalize_license_expression(text)) if "-" in text else None
    except InvalidLicenseExpression:
        return None


def _by_text(package: Distribution) -> Licence | None:
    """Recognize the first file of a package that is called a licence, or a text that stands in `License`."""
    for name, text in _texts(package):
        if found := recognized(text):
            return Licence(found, name)
    return None


def _texts(package: Distribution) -> list[tuple[str, str]]:
    files = [file for file in package.files or () if re.match(r"(?i)(licen[cs]e|copying)", file.name)]
    own = [file for file in files if ".dist-info" in file.parts[0]]
    texts = [(file.name, file.read_text(encoding="utf-8")) for file in own if file.suffix not in {".py", ".pyc"}]
    return [*texts, ("metadata", field(package, "License"))]


def recognized(text: str) -> str | None:
    """The licence whose words a text has.

    >>> recognized("GNU GENERAL PUBLIC LICENSE, version 3")
    'GPL-3.0-only'
    """
    flat = " ".join(re.sub(r"[#*>]", " ", text.lower()).split())
    return next((licence for phrase, licence in _TEXTS if re.search(phrase, flat, re.DOTALL)), None)


def told() -> dict[str, Licence]:
    """What a person read and wrote down, by package: told.toml."""
    entries = tomllib.loads(TOLD.read_text(encoding="utf-8"))
    return {normalized(name): Licence(entry["licence"], entry["read"]) for name, entry in entries.items()}
