from __future__ import annotations

from importlib.metadata import PathDistribution

import pytest

from tools import locked
from tools.failure import SetupError
from tools.licences import page
from tools.licences.__main__ import PAGE
from tools.licences.groups import BUILDING, EXTRAS, IMAGES, INSIDE, USERS, entries
from tools.locked import Pin


def test_every_installed_dependency_is_allowed(judged):
    assert len(judged) > 180
    assert all(entry.reason for entry in judged)


def test_every_pin_is_judged_once(judged):
    pins = {(pin.name, pin.version) for pin in locked.read()}
    found = [(entry.pin.name, entry.pin.version) for entry in judged]
    assert pins <= set(found)
    assert len(found) == len(set(found))


def test_who_gets_what(judged):
    of = {entry.pin.name: entry.group for entry in judged}
    assert (of["numpy"], of["chdb"], of["streamlit"]) == (USERS, USERS, USERS)
    assert (of["boto3"], of["lightgbm"], of["awslambdaric"], of["ziglang"]) == (EXTRAS, EXTRAS, IMAGES, BUILDING)


def test_what_is_not_allowed_or_not_known_is_named_with_the_next_step(tmp_path):
    gpl = tmp_path / "viral-1.0.dist-info"
    silent = tmp_path / "silent-2.0.dist-info"
    for folder, line in ((gpl, "License-Expression: GPL-3.0-only"), (silent, "Summary: nothing")):
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {folder.name.split('-')[0]}\n{line}\n\n")
    pins = [
        Pin(name, version, "", frozenset(), "")
        for name, version in (("viral", "1.0"), ("silent", "2.0"), ("away", "3"))
    ]
    with pytest.raises(SetupError) as refused:
        entries({USERS: pins}, {"viral": PathDistribution(gpl), "silent": PathDistribution(silent)})
    _, viral, unknown, absent = str(refused.value).splitlines()
    assert viral == "viral 1.0: GPL-3.0-only (metadata); require another package in its place"
    assert unknown.startswith("silent 2.0: its licence is not known; read it")
    assert absent.startswith("away 3: not installed here; run `make setup`")


def test_the_page_lists_what_the_locks_pin_under_the_licences_found(judged):
    text = PAGE.read_text(encoding="utf-8")
    missing = [entry.pin.name for entry in judged if f"| {entry.pin.name} | {entry.pin.version}" not in text]
    assert missing == [], "run `make licences`"
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ") and line.count(" | ") == 4]
    said = {(row[0].removeprefix("| "), row[2]) for row in rows}
    assert {(entry.pin.name, entry.licence.expression) for entry in judged} <= said, "run `make licences`"
    assert len(rows) == len(judged) + 2 * len(page._HEADINGS), "run `make licences`"


def test_the_terms_of_what_the_wheel_contains_are_in_the_notice():
    notice = (locked.ROOT / "NOTICE").read_text(encoding="utf-8")
    assert all(name in notice for name, _, _ in INSIDE)
    assert notice.count("WITHOUT WARRANTY OF ANY KIND") == 1
    assert "Wenzel Jakob" in notice
