"""The gates that a factor had to pass, in their order, each with its figure and its limit."""

from __future__ import annotations

import math
from collections.abc import Iterator

import polars as pl
import streamlit as st

from lode.app.queries.factor import FactorPage
from lode.evidence.verdict import MAX_Q

_LEAK = "leak: "
_PASSED, _FAILED, _OPEN, _NOT_MADE, _BESIDE = "✔ passed", "✘ failed", "– no verdict", "– not made", "• beside"
_NO_LIMIT = "decides nothing"

Row = tuple[str, str, str, str]


def checklist(page: FactorPage) -> None:
    """Draw the gates as a table: outcome, gate, figure, limit."""
    st.header("Gates", anchor=False)
    rows = [*_train(page), _validation(page), *_leaks(page), _vault(page), *_of_run(page)]
    st.dataframe(
        pl.DataFrame(rows, schema=["outcome", "gate", "figure", "limit"], orient="row"),
        column_config={
            "outcome": st.column_config.TextColumn("Outcome", width=95),
            "gate": st.column_config.TextColumn("Gate", width=190),
            "figure": st.column_config.TextColumn("Figure", width=85),
            "limit": st.column_config.TextColumn("Has to be", width=300),
        },
        hide_index=True,
        height="content",
        alt="Gates, each with its figure and limit",
    )
    st.caption(
        "In this order: what failed one gate was not led to the next. No verdict: these data do not allow the check, "
        "or it is a diagnostic, which decides nothing."
    )


def _train(page: FactorPage) -> Iterator[Row]:
    t = _figure(page, "train", "t_nw")
    yield (
        _OPEN if t is None else _PASSED,
        "t on train fixes the direction",
        _shown(t, ".2f"),
        f"of either sign; the bet is {page.record.direction:+d}",
    )


def _validation(page: FactorPage) -> Row:
    q = _figure(page, "validation", "q")
    return _outcome(q, MAX_Q), "q on validation", _shown(q, ".3g"), f"at most {MAX_Q:g}, Benjamini-Yekutieli"


def _leaks(page: FactorPage) -> Iterator[Row]:
    checks = page.evidence.filter(pl.col("metric").str.starts_with(_LEAK))
    for metric, value in checks["metric", "value"].iter_rows():
        outcome = {1.0: _PASSED, 0.0: _FAILED}.get(value, _OPEN)
        yield outcome, f"leak check: {metric.removeprefix(_LEAK)}", "", "nothing of the future in it"
    if checks.is_empty():
        yield _NOT_MADE, "leak checks", "", "made for factors that held on validation"


def _vault(page: FactorPage) -> Row:
    p, alpha = _figure(page, "vault", "p_holm"), page.alpha
    limit = "opened only for what passed all above" if alpha is None else f"at most α {alpha:.3g}, Holm"
    tested = page.evidence.filter(pl.col("split") == "vault").height > 0
    return (_outcome(p, alpha) if tested else _NOT_MADE), "p on the vault, after Holm", _shown(p, ".3g"), limit


def _of_run(page: FactorPage) -> Iterator[Row]:
    """Figures of the run beside which the gates are read."""
    run = page.run
    yield _BESIDE, "PBO of the choice on train", _shown(run.pbo, ".2f"), f"{_NO_LIMIT}: probability of overfitting"
    yield (
        _BESIDE,
        "trials on this vault",
        _shown(run.trials_on_vault or None, ",.0f"),
        f"{_NO_LIMIT}: trials of all runs",
    )


def _outcome(value: float | None, most: float | None) -> str:
    if value is None or most is None:
        return _OPEN
    return _PASSED if value <= most else _FAILED


def _figure(page: FactorPage, split: str, metric: str) -> float | None:
    found = page.evidence.filter((pl.col("split") == split) & (pl.col("metric") == metric))["value"]
    return float(found[0]) if found.len() and found[0] is not None and math.isfinite(found[0]) else None


def _shown(value: float | None, form: str) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:{form}}"
