"""Fields of recorded companyfacts and prices: values of filings, and random cells led back to theirs."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from lode import calendar
from lode.errors import NotFoundError, UsageError
from lode.panel import Observations, build_panel
from lode.panel.assemble import NO_ACTIONS
from lode.panel.fundamentals import ITEMS, RATIOS, STALE_DAYS, Axis, fundamental_fields
from lode.panel.fundamentals.ratios import PRIOR
from lode.panel.fundamentals.trace import trace
from tests.panel.statements import recorded_facts, whole_body

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
SPAN = ("2013-02-08", "2018-02-07")
ITEM = {item.name: item for item in ITEMS}
RATIO = {ratio.name: ratio for ratio in RATIOS}


@pytest.fixture(scope="module")
def recorded(shared_data):
    facts = recorded_facts(shared_data)
    prices = pl.read_parquet(shared_data / "prices" / "sp500_daily_2013_2018.parquet").rename(
        {"symbol": "instrument", "date": "session"}
    )
    bars = prices.filter(
        pl.col("instrument").is_in(facts["instrument"].unique().implode()) & pl.col("close").is_finite()
    )
    bars = bars.with_columns(pl.col("session").cast(pl.Date), backfilled=pl.lit(True))
    closes = calendar.close_time("XNYS", bars["session"].to_numpy().astype("datetime64[D]"))
    bars = bars.with_columns(knowledge_time=pl.Series(closes))
    return build_panel(bars, as_of=AS_OF, observed=Observations(facts=facts)), facts


def cell(panel, field, name, day):
    return float(panel.fields[field][np.searchsorted(panel.sessions, np.datetime64(day)), panel.names.index(name)])


@pytest.mark.parametrize(
    ("name", "day", "field", "value"),
    [
        # 10-K filed 2016-10-26: the year to 2016-09-24; 215,639 net sales, 45,687 net income, 321,686 total assets
        ("AAPL", "2016-10-26", "revenue", (233_715 + 168_787 - 182_214) * 1e6),  # as the 10-Q of July left it
        ("AAPL", "2016-10-27", "revenue", 215_639e6),
        ("AAPL", "2016-10-27", "net_income", 45_687e6),
        ("AAPL", "2016-10-27", "assets", 321_686e6),
        ("AAPL", "2016-10-27", "gross_margin", 84_263 / 215_639),
        ("AAPL", "2016-10-27", "revenue_growth", 215_639 / 233_715 - 1),
        ("AAPL", "2016-10-27", "revenue_quarter", 215_639e6 - 168_787e6),
        # 10-Q filed 2018-02-02: 88,293 in the quarter to 2017-12-30, 78,351 a year before; 229,234 in fiscal 2017
        ("AAPL", "2018-02-05", "revenue", (229_234 + 88_293 - 78_351) * 1e6),
        ("MSFT", "2017-08-03", "net_income", 21_204e6),  # 10-K filed 2017-08-02, before its restatement for ASC 606
        ("PEP", "2017-03-01", "revenue", 62_799e6),
        ("PEP", "2017-03-01", "revenue_quarter", (62_799 - 11_862 - 15_395 - 16_027) * 1e6),  # 17 weeks, derived
        ("HD", "2017-03-27", "revenue", 94_595e6),
        ("WMT", "2017-04-03", "assets", 198_825e6),
    ],
)
def test_values_are_those_of_the_filings(recorded, name, day, field, value):
    panel, _ = recorded
    assert cell(panel, field, name, day) == pytest.approx(value, rel=1e-6)


def test_a_trailing_year_names_its_three_filings(recorded):
    panel, facts = recorded
    used = trace(panel, "revenue", "AAPL", date(2018, 2, 7), facts=facts, actions=NO_ACTIONS)
    assert used.select("sign", "value", "period_start", "period_end").sort("sign", "period_end").rows() == [
        (-1, 78_351e6, date(2016, 9, 25), date(2016, 12, 31)),
        (1, 229_234e6, date(2016, 9, 25), date(2017, 9, 30)),
        (1, 88_293e6, date(2017, 10, 1), date(2017, 12, 30)),
    ]
    assert used["derived"].all()
    assert set(used["known_value"]) == {229_234e6 + 88_293e6 - 78_351e6}
    assert "0000320193-18-000007" in used["accession"].to_list()


def test_random_cells_lead_back_to_filings_accepted_before(recorded, soak_scale):
    panel, facts = recorded
    rng = np.random.default_rng(20180207)
    fields = [name for name in panel.fields if name in ITEM or name in RATIO or name.endswith("_quarter")]
    for _ in range(int(1000 * soak_scale)):
        field = fields[rng.integers(len(fields))]
        rows, columns = np.nonzero(np.isfinite(panel.fields[field]))
        at = rng.integers(len(rows))
        _check_cell(panel, facts, field, panel.names[columns[at]], panel.sessions[rows[at]])


def _check_cell(panel, facts, field, name, session):
    """Recompute a value from the facts it names, each of them the last word on its period by the close."""
    close = calendar.close_time("XNYS", np.array([session]))[0].item().replace(tzinfo=UTC)
    used = trace(panel, field, name, session.item(), facts=facts, actions=NO_ACTIONS)
    known = facts.filter((pl.col("instrument") == name) & (pl.col("knowledge_time") <= close))
    where = f"{field} of {name} on {session}"
    assert used.height, where
    assert (used["knowledge_time"].dt.replace_time_zone("UTC") <= close).all(), where
    parts = {}
    for (item,), rows in used.group_by("item"):
        parts[item] = float((rows["sign"] * rows["value"]).sum())
        _check_period(item, rows, known, session.item(), where)
        for row in rows.iter_rows(named=True):
            said = known.filter(
                (pl.col("concept") == row["concept"])
                & (pl.col("period_end") == row["period_end"])
                & pl.col("period_start").eq_missing(pl.lit(row["period_start"], pl.Date))
            ).sort("knowledge_time", "accession", "value")
            assert said["value"][-1] == row["value"], where
    value = float(panel.fields[field][panel.sessions == session, panel.names.index(name)][0])
    price = float(panel.fields["raw_close"][panel.sessions == session, panel.names.index(name)][0])
    assert value == pytest.approx(_by_hand(field, parts, price), rel=2e-4, abs=1e-6), where


def _check_period(item, rows, known, session, where):
    """The signed periods of a flow make one quarter or one year that ends last; what is held is of the newest day."""
    name = item.removesuffix(PRIOR)
    base = ITEM[name.removesuffix("_quarter")]
    ends = rows.filter(pl.col("sign") > 0)["period_end"]
    if base.kind == "flow":
        concepts = max(rows["concept"].value_counts()["count"]) if base.name != "gross_profit" else None
        days = (pl.col("period_end") - pl.col("period_start")).dt.total_days() + 1
        covered = rows.select((pl.col("sign") * days).sum()).item()
        if concepts is not None:
            low, high = (75, 125) if name.endswith("_quarter") else (350, 380)
            assert low <= covered <= high, where
    if not item.endswith(PRIOR):
        assert (session - max(ends)).days <= STALE_DAYS, where
        tags = list(base.concepts) if base.name != "gross_profit" else ["us-gaap/GrossProfit"]
        own = known.filter(pl.col("concept").is_in(tags))
        if base.kind == "stock" and base.name != "long_term_debt":
            assert own["period_end"].max() == max(ends), where
        years = own.filter((pl.col("period_end") - pl.col("period_start")).dt.total_days().is_between(349, 379))
        assert base.kind != "flow" or years.is_empty() or years["period_end"].max() <= max(ends), where


def _by_hand(field, parts, price):
    """The field's value of its items, written out once more."""
    if field in parts:
        return parts[field]
    get = parts.__getitem__
    cap = price * parts.get("shares_outstanding", float("nan"))
    now = {name.removesuffix(PRIOR) for name in parts if name.endswith(PRIOR)}
    growth = {name: parts[name] / parts[name + PRIOR] - 1 for name in now}
    written = {
        "pe": lambda: cap / get("net_income"),
        "ps": lambda: cap / get("revenue"),
        "peg": lambda: cap / get("net_income") / (100 * growth["net_income"]),
        "earnings_yield": lambda: get("net_income") / cap,
        "roa": lambda: get("net_income") / get("assets"),
        "gross_margin": lambda: get("gross_profit") / get("revenue"),
        "operating_margin": lambda: get("operating_income") / get("revenue"),
        "gross_profitability": lambda: get("gross_profit") / get("assets"),
        "asset_growth": lambda: growth["assets"],
        "revenue_growth": lambda: growth["revenue"],
        "earnings_growth": lambda: growth["net_income"],
        "accruals": lambda: (get("net_income") - get("operating_cash_flow")) / get("assets"),
        "cash_ratio": lambda: get("cash") / get("current_liabilities"),
        "asset_turnover": lambda: get("revenue") / get("assets"),
        "net_issuance": lambda: np.log(get("shares_outstanding") / get("shares_outstanding" + PRIOR)),
        "capex_to_assets": lambda: get("capital_expenditure") / get("assets"),
    }
    return written[field]()


def test_what_cannot_be_traced_is_told(recorded):
    panel, facts = recorded
    with pytest.raises(UsageError, match="not made of facts"):
        trace(panel, "close", "AAPL", date(2018, 2, 7), facts=facts, actions=NO_ACTIONS)
    with pytest.raises(NotFoundError, match="no ZZZ on 2018-02-07"):
        trace(panel, "revenue", "ZZZ", date(2018, 2, 7), facts=facts, actions=NO_ACTIONS)
    empty = trace(panel, "inventory", "AAPL", date(2018, 2, 7), facts=None, actions=NO_ACTIONS)
    assert empty.is_empty()


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        # 10-K of 2016-10-26: balance sheet, diluted earnings a share, shares of 2016-10-14 on the cover
        ("2016-10-27", {"equity": 128_249e6, "current_ratio": 106_869 / 79_006, "eps": 8.31, "inventory": 2_132e6}),
        ("2016-10-27", {"shares_outstanding": 5_332_313e3, "debt_to_equity": 78_927 / 128_249}),
        # four for one on 2020-08-31, between two reports: 4,275,634 thousand shares and 13.19 before it
        ("2020-08-28", {"shares_outstanding": 4_275_634e3, "eps": 13.19, "market_cap": 4_275_634e5}),
        ("2020-08-31", {"shares_outstanding": 17_102_536e3, "eps": 13.19 / 4, "market_cap": 17_102_536e5}),
        # 10-K of 2024-11-01, after which its interest is tagged no more
        ("2024-11-04", {"revenue": 391_035e6, "eps": 6.08, "revenue_quarter": 94_930e6, "equity": 56_950e6}),
    ],
)
def test_a_whole_body_gives_the_statements_and_follows_splits(shared_data, day, expected):
    session = np.array([day], "datetime64[D]")
    axis = Axis.of("XNYS", ("AAPL",), session, calendar.close_time("XNYS", session))
    splits = [(date(2014, 6, 9), 7.0), (date(2020, 8, 31), 4.0)]
    actions = pl.DataFrame(
        [("AAPL", ex, "split", ratio, datetime(ex.year, ex.month, ex.day, 13, tzinfo=UTC)) for ex, ratio in splits],
        schema=["instrument", "ex_date", "kind", "value", "knowledge_time"],
        orient="row",
    )
    facts = whole_body(shared_data, "0000320193", "AAPL")
    built = fundamental_fields(facts, actions, axis, raw_close=np.full((1, 1), 100, np.float32))
    assert {name: float(built.fields[name][0, 0]) for name in expected} == pytest.approx(expected, rel=1e-6)
    assert ("interest_coverage" in built.fields) == (day < "2024")
