"""Rows for small panels: sessions of the New York exchange in January 2019, which has no early close."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from lode import calendar

SESSIONS = calendar.sessions("XNYS", "2019-01-02", "2019-01-31")
CLOSES = [t.item() for t in calendar.close_time("XNYS", SESSIONS)]
AS_OF = datetime(2019, 3, 1, tzinfo=UTC)


def bar(name, t, close, *, late=timedelta(0), **columns):
    """Bar of session number t, known `late` after its close."""
    day, known = SESSIONS[t].item(), CLOSES[t] + late
    return {"instrument": name, "session": day, "knowledge_time": known, "close": float(close), **columns}


def action(name, t, kind, value, *, late=None):
    """Corporate action with its ex-date on session number t, known that morning or `late` after the close of t."""
    day = SESSIONS[t].item()
    known = CLOSES[t] + (-timedelta(hours=12) if late is None else late)
    return {"instrument": name, "ex_date": day, "kind": kind, "value": float(value), "knowledge_time": known}


def frame(rows):
    return pl.DataFrame(rows, infer_schema_length=None)


def column(panel, field, name):
    values = panel.label_price if field == "label_price" else panel.fields[field]
    return values[:, panel.names.index(name)].astype(np.float64)
