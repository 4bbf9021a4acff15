"""The SEC's map from tickers to CIKs: of companies that are listed now."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from lode.collect.http import RawRecord
from lode.collect.sec.body import changed, read_json


def parse_tickers(record: RawRecord) -> dict[str, int]:
    """CIK by ticker, class shares as in BRK-B. A CIK has several tickers where it has several classes."""
    try:
        return {spelled(row["ticker"]): int(row["cik_str"]) for row in read_json(record).values()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise changed(record, f"{type(error).__name__} {error} where ticker and cik_str are read") from error


def spelled(symbol: str) -> str:
    """Write a ticker as the SEC does: capitals, classes behind a hyphen (brk.b → BRK-B)."""
    return symbol.strip().upper().replace(".", "-").replace("/", "-")


def why_unknown(symbol: str, known: Mapping[str, int]) -> str:
    """Reason for a symbol that has no CIK, with what is near it."""
    near = get_close_matches(spelled(symbol), known, n=3)
    return (
        f"UnknownSymbolError: the SEC's list of {len(known)} tickers has no {symbol!r}"
        + (f"; near: {', '.join(near)}" if near else "")
        + "; it has companies listed now, no funds' classes and no indexes: see sec.gov/files/company_tickers.json"
    )
