"""Recorded filings do not contradict their own knowledge times."""

from __future__ import annotations

import polars as pl

from lode.evidence.leaks.stored import check_facts
from lode.panel.fundamentals import CONCEPTS
from tests.panel.statements import recorded_facts


def test_recorded_facts_pass_the_check_of_stored_facts(shared_data):
    facts = recorded_facts(shared_data).filter(pl.col("concept").is_in(CONCEPTS))
    assert facts.height > 1000
    assert check_facts(facts).outcome == "passed"
