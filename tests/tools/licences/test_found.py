from __future__ import annotations

from importlib.metadata import PathDistribution

import pytest

from tools.licences.found import Licence, licence_of, told
from tools.licences.rules import judge

MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software …
The above copyright notice and this permission notice shall be included in all copies …"""
BSD = """Redistribution and use in source and binary forms, with or without modification, are permitted …
* Redistributions in binary form must reproduce the above copyright notice …"""
NAMES = "Neither the name of the copyright holder nor the names of its contributors may be used …"


@pytest.fixture
def package(tmp_path):
    """Make the metadata of an installed package."""

    def make(*lines: str, **files: str) -> PathDistribution:
        folder = tmp_path / "some-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(
            "\n".join(["Metadata-Version: 2.4", "Name: some", "Version: 1.0", *lines]) + "\n\n"
        )
        for name, text in files.items():
            (folder / name).write_text(text)
        record = "\n".join(f"some-1.0.dist-info/{name},," for name in files)
        (folder / "RECORD").write_text(record)
        return PathDistribution(folder)

    return make


@pytest.mark.parametrize(
    ("lines", "expression"),
    [
        (["License-Expression: MIT OR GPL-3.0-only", "License: other"], "MIT OR GPL-3.0-only"),
        (["License: Apache License 2.0"], "Apache-2.0"),
        (["License: BSD-3-Clause", "Classifier: License :: OSI Approved :: BSD License"], "BSD-3-Clause"),
        (["Classifier: License :: OSI Approved :: MIT License"], "MIT"),
        (["Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)"], "GPL-3.0-only"),
    ],
)
def test_metadata_that_leave_nothing_open(package, lines, expression):
    assert licence_of(package(*lines)) == Licence(expression, "metadata")


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        (MIT, "MIT"),
        (BSD, "BSD-2-Clause"),
        (f"{BSD}\n{NAMES}", "BSD-3-Clause"),
        ("Apache License\n    Version 2.0, January 2004", "Apache-2.0"),
        ("Mozilla Public License Version 2.0", "MPL-2.0"),
        (f"GNU GENERAL PUBLIC LICENSE\n{MIT}", "GPL-3.0-only"),
        ("GNU AFFERO GENERAL\n  PUBLIC LICENSE", "AGPL-3.0-only"),
    ],
)
def test_what_metadata_leave_open_the_text_decides(package, text, expression):
    vague = ["License: BSD", "Classifier: License :: OSI Approved :: BSD License"]
    assert licence_of(package(*vague, LICENSE=text)) == Licence(expression, "LICENSE")


def test_two_classifiers_leave_it_open(package):
    two = [f"Classifier: License :: OSI Approved :: {name}" for name in ("MIT License", "Apache Software License")]
    assert licence_of(package(*two)) is None


def test_no_licence_and_an_unknown_one_are_not_guessed(package):
    assert licence_of(package("License: Do What You Like", LICENSE="All rights reserved.")) is None


def test_what_was_told_is_allowed_and_says_where_it_was_read():
    assert all(judge(licence.expression) and licence.source for licence in told().values())
