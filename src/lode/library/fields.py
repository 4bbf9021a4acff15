"""`python -m lode.library.fields` prints the reference page of a panel's fields, written from what computes them."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from lode.language.units import FIELD_UNITS
from lode.panel.fundamentals import AGE, ITEMS, RATIOS, STALE_DAYS, Item
from lode.panel.fundamentals.concepts import Alternative
from lode.panel.fundamentals.ratios import ALIKE_DAYS, MARKET_CAP, MARKET_CAP_FORMULA
from lode.panel.fundamentals.steps import REACH_DAYS

_PREFACE = f"""\
# Fields

*Written by `python -m lode.library.fields` from what computes the fields; do not edit.*

A field is a number per session and name, as known at the session's close, or missing (NaN). A field without any value
is not in the panel. In Python, numbers of a frame of your own beside these become fields and texts groups, of absent
knowledge (`lode.Panel.from_frame`); of a file they are left out, which the import says.
[Collection](../how-to/collection.md) says where the rows come from and when each is known;
`lode.workflow.freezing.trace_cell` leads a value back to its filings.

Beside each field of a statement, a ratio or a text stands `<field>{AGE}`, in sessions: how long ago the newest value in
it became known, 0 in the first session at whose close it was. It is missing where the field is.
"""
_BARS_SAID = """\
## Prices and volume

Known from the bar's knowledge time, its session's close unless it came late. Prices are adjusted forward: the price as
traded times the ratios of splits and dividends with an ex-date up to the session, so that nothing known later is in
them. Missing where the name did not trade.
"""
_BARS = {
    "open": "first price, adjusted",
    "high": "highest price, adjusted",
    "low": "lowest price, adjusted",
    "close": "last price, adjusted: its changes are total returns",
    "raw_close": "last price as traded; absent for a source of adjusted prices",
    "vwap": "the source's, else (high + low + close) / 3, adjusted",
    "volume": "shares traded, divided by the splits so far",
    "dollar_volume": "raw_close * volume as traded; absent for a source of adjusted prices",
    "returns": "close / close of the session before - 1",
    "sector": "a group: the industry of the SIC code that the SEC names, or your own column; without knowledge times",
}
_ITEMS_SAID = f"""\
## Statement items

From XBRL facts of filings, each known from its acceptance by EDGAR (a filing after the close counts from the next
session); where only the filing date is known, from the end of that day in New York. At every close an item has the
value of its newest period of which one can be made of the statements known by then. A restatement counts from its own
acceptance; an older period that is filed later never replaces a newer one.

- *twelve months*: the fiscal year that ends with the newest period; else the last fiscal year + the year to date - the
  same part of the year before; else four consecutive quarters.
- *quarter*: as reported; else what the longer period to date has more than the shorter one of its year.
- *at a day*: as the newest balance sheet (of shares, the newest cover page) states it.

Tags are tried in the order of the table, per period: the first of which the period, or all that the twelve months take,
is known. Where none has it all, each period is taken from the first tag that has it. Tags without a prefix are
us-gaap's.

Missing: until a value can be made of one of the six newest periods known; when that period ended more than
{STALE_DAYS} days ago; money in another currency than the prices'. Facts of a period that had not
ended when they became known, or had ended more than {REACH_DAYS} days before, are left out.

| field | unit | value | tags |
|---|---|---|---|
"""
_RATIOS_SAID = f"""\
## Capitalisation and ratios

Known when their parts are. Missing where a part is, where the denominator is not above 0, and where the periods of the
statements in it end more than {ALIKE_DAYS} days apart (the shares in `{MARKET_CAP}` may be of any day that is not
stale). *of a year before* is the item's value of the period a year earlier, as known at the same close. Those with a
price, and `net_issuance`, are absent for a source of adjusted prices.

| field | unit | formula | source |
|---|---|---|---|
"""
_TEXTS_SAID = """\
## Filings' texts and news

Tones are of one model, which the snapshot names: VADER, your Loughran-McDonald list, or one on Amazon Bedrock.

| field | unit | value | known from | missing |
|---|---|---|---|---|
"""
_REPORT = (
    "acceptance of the report",
    f"before the first 10-K, 10-Q, 20-F or 40-F; {STALE_DAYS} days after the latest; where it could not be measured",
)
_TEXTS = {
    "news_count": (
        "articles of the session, from the close before to its own; of near-duplicates the first alone",
        "the later of publication and collection",
        "where no search succeeded; 0 where one did and nothing was found",
    ),
    "news_tone": (
        "mean tone of those articles, in [-1, 1]",
        "the later of publication and collection",
        "where none has a tone",
    ),
    "filing_tone": ("tone of the latest annual or quarterly report, in [-1, 1]", *_REPORT),
    "filing_similarity": (
        "cosine of its word counts with those of the company's report of the same form before, in [0, 1]",
        _REPORT[0],
        f"{_REPORT[1]}; where the report before was not collected",
    ),
    "filing_length": ("its number of words, tables of numbers left out", *_REPORT),
    "filing_readability": (
        "Gunning's fog index: .4 * (words a sentence + percentage of words of three syllables or more)",
        *_REPORT,
    ),
}
_VALUES = {"flow": "twelve months", "stock": "at a day", "shares": "at a day, times the splits since"}
_VALUES["per share"] = "twelve months, divided by the splits since"
_SHOWN_SUMS = 6
_REVENUE_LESS_COST = "a tag of `revenue` - one of `cost_of_revenue`"


def fields_reference() -> str:
    """The page in Markdown: every field that a panel can have."""
    bars = _table(("field", "unit", "value"), ((_code(name), _unit(name), said) for name, said in _BARS.items()))
    items = _rows(row for item in ITEMS for row in _item_rows(item))
    ratios = _rows([(_code(MARKET_CAP), _unit(MARKET_CAP), MARKET_CAP_FORMULA, "shares as known that day")])
    ratios += _rows((_code(r.name), _unit(r.name), r.formula, r.source) for r in RATIOS)
    texts = _rows((_code(name), _unit(name), *said) for name, said in _TEXTS.items())
    parts = (_PREFACE, _BARS_SAID, bars, _ITEMS_SAID + items, _RATIOS_SAID + ratios, _TEXTS_SAID + texts)
    return "\n".join(parts)


def _item_rows(item: Item) -> Iterable[tuple[str, ...]]:
    yield _code(item.name), _unit(item.name), _VALUES[item.kind], _tags(item)
    if item.quarter:
        name = f"{item.name}_quarter"
        yield _code(name), _unit(name), "quarter", f"those of {_code(item.name)}"


def _tags(item: Item) -> str:
    sums = [alternative for alternative in item.alternatives if len(alternative) > 1]
    shown = [a for a in item.alternatives if len(a) == 1] if len(sums) > _SHOWN_SUMS else item.alternatives
    tags = [_written(alternative) for alternative in shown]
    return "; ".join([*tags, _REVENUE_LESS_COST] if len(shown) < len(item.alternatives) else tags)


def _written(alternative: Alternative) -> str:
    """Sum of tags: `A + B`, `A - B`."""
    first, *others = ((_code(concept.removeprefix("us-gaap/")), sign) for concept, sign in alternative)
    return first[0] + "".join(f" {'+' if sign > 0 else '-'} {tag}" for tag, sign in others)


def _unit(name: str) -> str:
    return FIELD_UNITS[name].name


def _code(text: str) -> str:
    return f"`{text}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return _rows([head, ("---",) * len(head)]) + _rows(rows)


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    sys.stdout.write(fields_reference())
