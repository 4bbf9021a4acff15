"""`lode doctor`: it also tells what is not installed, so nothing that may be absent is imported here."""

from __future__ import annotations

from lode.cli.output import AsJson, emit_json, print_table
from lode.settings import load_settings
from lode.workflow.diagnosis import diagnose


def doctor_command(*, as_json: AsJson = False) -> None:
    """Say what is installed, reachable, fresh and broken, and what to do. Example: lode doctor"""
    findings = diagnose(load_settings())
    if as_json:
        emit_json(findings)
        return
    print_table("settings", ["setting", "value", "from"], [list(row.values()) for row in findings["settings"]])
    print_table("state", ["part", "state", "detail", "next step"], [list(row.values()) for row in findings["checks"]])
