"""How the columns of tables are named and formatted: numbers as the field writes them, times in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import polars as pl
import streamlit as st

_STATES = {
    "proven": "✔ proven",
    "refused": "✘ refused",
    "candidate": "◦ candidate",
    "retired": "– retired",
    "succeeded": "✔ succeeded",
    "failed": "✘ failed",
    "running": "… running",
    "stopped": "■ stopped",
    "waiting": "◦ waiting",
    "not reached": "– not reached",
    "no record": "– no record",
    "manual": "✎ by hand",
}
_RANK_IC, _T, _P = "%.4f", "%.2f", "%.2g"


def shown_state(state: str) -> str:
    """Return a state with a sign, so that it does not rest on colour; one that is not known as it is."""
    return _STATES.get(state, state)


def with_shown_state(frame: pl.DataFrame) -> pl.DataFrame:
    """Replace the column `state` by what a reader sees."""
    return frame.with_columns(pl.col("state").map_elements(shown_state, return_dtype=pl.String))


@cache
def columns() -> Mapping[str, Any]:
    """Column configurations by column name, for `st.dataframe`."""
    return {**_texts(), **_scores(), **_counts(), **_times(), **_documents(), **_changes()}


def _texts() -> dict[str, Any]:
    text = st.column_config.TextColumn
    return {
        "state": text("State", width=95),
        "expression": text("Formula", width=230),
        "reason": text("Why", width=240),
        "message": text("Message", width="medium"),
        "label": text("Data", width="medium", help="Empty for real data"),
        "source": text("Source"),
        "universe": text("Universe"),
        "run": text("Run"),
        "factor": text("Factor"),
        "snapshot": text("Snapshot"),
        "origin": text("Origin"),
        "split": text("Split"),
        "check": text("Check"),
        "outcome": text("Outcome"),
        "brought": text("How"),
        "subject": text("Subject"),
        "severity": text("Severity", width=95),
        "rule": text("Rule"),
        "instrument": text("Name"),
        "symbol": text("Symbol"),
        "row_json": text("The row as it came", width="large"),
        "batch": text("File or answer", width="small", help="Its sha256"),
        "detail": text("What", width="large"),
        "step": text("Step"),
        "operation": text("Operation"),
        "operator": text("Operator"),
        "parent": text("Made of"),
        "kind": text("Kind", width=110),
        "signature": text("Written", width="medium"),
        "meaning": text("Value or unit", width="large"),
        "what": text("What", width="medium"),
        "much": text("How much", width="large"),
        "method": text("Method"),
        "error": text("Error", width="large"),
    }


def _scores() -> dict[str, Any]:
    by_split = {
        f"{split}_{metric}": _number(f"{name} {split}", form)
        for split in ("train", "validation", "vault")
        for metric, name, form in (("rank_ic", "Rank IC", _RANK_IC), ("t", "t", _T))
    }
    return {
        **by_split,
        "rank_ic": _number("Rank IC", _RANK_IC, "Mean of the daily rank IC of the formula as written"),
        "t_nw": _number("t", _T, "Newey-West"),
        "added_t": _number("t added", _T, "Of what it adds on train to the others of the run's spanning set"),
        "p": _number("p", _P, "One-sided, in the direction that train fixed"),
        "q": _number("q", _P, "Benjamini-Yekutieli over the run's finalists"),
        "p_holm": _number("p, Holm", _P, "Holm over those that reached the vault"),
        "coverage": _number("Coverage", "percent", "Share of the names that have a value"),
        "validation_q": _number(
            "q validation", _P, "Benjamini-Yekutieli over the run's finalists; proven asks for .05"
        ),
        "vault_p": _number("p vault", _P, "One-sided; Holm over those that reached the vault decides"),
        "trials": _number("Trials", "localized", "Formulas that the run scored, each once"),
        "trials_on_vault": _number("On vault", "localized", "Trials of all runs that share the vault"),
        "effective_trials": _number(
            "Independent", "%.0f", "What the run's trials amount to: their participation ratio"
        ),
        "pbo": _number("PBO", "%.2f", "Probability of backtest overfitting of the run's choice on train"),
        "best_t": _number("Best |t|", _T, "Newey-West, on train"),
        "lift": _number("Lift", "%.2f", "Share of the best twentieth by |t| over the share of all trials"),
        "number": _number("No.", "%d", "Place in the order of the clusters"),
        "weight": _number("Weight", "%+.3f", "In the signal of the run's pool"),
        "adds": _number("Adds", "%+.5f", "Rank IC on validation of the whole pool less that of the pool without it"),
        "turnover": _number("Turnover", "percent", "Mean share of new names in the outer quantiles per session"),
        "depth": _number("Generations ago", "%d"),
    }


def _counts() -> dict[str, Any]:
    return {
        "direction": _number("Direction", "%+d", "-1: low values are bet on; fixed on train"),
        "lookback": _number("Lookback", "%d", "Sessions before its own that a value needs"),
        "finalists": _number("Finalists", "localized"),
        "proven": _number("Proven", "localized"),
        "refused": _number("Not proven", "localized", "Refused, candidates among them"),
        "seed": _number("Seed", "%d"),
        "names": _number("Names", "localized"),
        "rows": _number("Rows", "localized"),
        "quarantined": _number("In quarantine", "localized", "Rows that were refused, kept with the reason"),
        "age_sessions": _number("Sessions behind", "localized", "Sessions of New York that have closed since"),
        "findings": _number("Findings", "localized", "What looks wrong in rows that are in use"),
        "count": _number("Findings", "localized"),
        "instruments": _number("Names", "localized"),
        "subjects": _number("Subjects", "localized", "Symbols or companies, each by its last collection"),
        "symbols": _number("Symbols", "localized"),
        "sessions": _number("Sessions", "localized"),
        "bars": _number("Bars", "localized"),
        "row_number": _number("Row", "%d", "From 1, without the header"),
        "year": _number("Year", "%d"),
        "with_range": _number("With open, high, low", "percent"),
        "with_volume": _number("With volume", "percent"),
        "age_days": _number("Days behind", "localized"),
        "shard": _number("Shard", "%d", "Of all epochs, counted from 0"),
        "shards": _number("Shards", "localized"),
        "attempts": _number("Attempts", "localized", "How often the step was begun"),
        "seconds": _number("Seconds", "%.2f"),
        "mine_seconds": _number("Seconds, shards", "%.2f", "From the first shard's start to the last one's end"),
        "cpu_seconds": _number("Processor seconds", "%.2f"),
        "mine_cpu_seconds": _number("Processor seconds, shards", "%.2f"),
        "peak_megabytes": _number("Peak memory, MB", "%.0f", "Most that the step's process has held until then"),
        "cost": _number("Cost, $", "%.5f", "An estimate by AWS's list prices"),
    }


def _number(label: str, form: str, hint: str | None = None) -> Any:  # noqa: ANN401  Streamlit's own type
    return st.column_config.NumberColumn(label, format=form, help=hint)


def _times() -> dict[str, Any]:
    def moment(label: str) -> Any:  # noqa: ANN401  Streamlit's own type
        return st.column_config.DatetimeColumn(f"{label} (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC")

    def day(label: str) -> Any:  # noqa: ANN401  Streamlit's own type
        return st.column_config.DateColumn(label, format="YYYY-MM-DD")

    return {
        "started": moment("Started"),
        "ended": moment("Ended"),
        "as_of": moment("As of"),
        "collected_at": moment("Collected"),
        "found_at": moment("Found"),
        "session": day("Session"),
        "first_session": day("First session"),
        "last_session": day("Last session"),
    }


def _documents() -> dict[str, Any]:
    """Columns of filings and articles."""
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    moment, day = st.column_config.DatetimeColumn, st.column_config.DateColumn
    return {
        "form": text("Form", width=80),
        "title": text("Title", width="large"),
        "accession": text("Accession"),
        "stored": text("Text", help="Whether the document is in the lake"),
        "site": text("Site"),
        "provider": text("Found by"),
        "filed": day("Filed", format="YYYY-MM-DD"),
        "period": day("Period", format="YYYY-MM-DD", help="End of the period that it reports on"),
        "published": moment("Published (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC"),
        "knowledge_time": moment("Known (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC"),
        "words": number("Words", format="localized"),
        "tone": number("Tone", format="%+.3f", help="From -1, negative, to 1, positive"),
        "tone_change": number("Tone change", format="%+.3f", help="To the filing before of the same form"),
        "similarity": number("Similarity", format="%.4f", help="Cosine of the words with the filing before's, 0 to 1"),
        "readability": number("Fog index", format="%.1f", help="Years of schooling that the text asks for"),
    }


def _changes() -> dict[str, Any]:
    """Columns of gaps, restatements and values that were known on a day."""
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    moment, day = st.column_config.DatetimeColumn, st.column_config.DateColumn
    return {
        "missing": number("Sessions missing", format="localized"),
        "before": day("Last bar before", format="YYYY-MM-DD"),
        "after": day("First bar after", format="YYYY-MM-DD"),
        "field": text("Field"),
        "item": text("Field"),
        "concept": text("Concept", width="medium"),
        "unit": text("Unit"),
        "formula": text("Formula", width="medium"),
        "period_start": day("Period from", format="YYYY-MM-DD"),
        "period_end": day("Period to", format="YYYY-MM-DD"),
        "shown": text("Value"),
        "value_before": number("From", format="localized"),
        "value_after": number("To", format="localized"),
        "change": number("Change", format="percent"),
        "known_before": moment("Known (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC"),
        "known_after": moment("Changed (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC"),
        "known_at": moment("Known since (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC"),
        "facts": number("Facts", format="%d", help="How many statements it is made of"),
        "repairs": text("Changed by", help="The rule that repaired the bar; empty: the source"),
        "ex_date": day("Ex-date", format="YYYY-MM-DD"),
        "kind": text("Kind"),
        "amount": text("Ratio or amount"),
    }
