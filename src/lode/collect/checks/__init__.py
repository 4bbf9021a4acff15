"""Checks of rows that came: declared rules that refuse a row, and soft ones that are recorded as findings.

- schema.py: the hard rules of quality.py as a declared pandera schema, and what a schema refuses.
- series.py: gaps, jumps, stale repeats and restatements in one source's bars: frames in, findings out.
- sources.py: where two sources disagree.
- run.py: all of them over what the warehouse holds.
"""

from lode.collect.checks.run import CheckReport, run_checks

__all__ = ["CheckReport", "run_checks"]
