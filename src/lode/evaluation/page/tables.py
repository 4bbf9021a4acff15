"""The tables of a sheet's page; every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from lode.evaluation.known import Resemblance
from lode.evaluation.report.lines import money, number, percent
from lode.evaluation.report.model import Sheet

_BOOK_NAMES = {"brain": "BRAIN", "long_short": "long-short", "long_only": "long-only"}
_MOST_ALIKE = 10


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose first column names its rows."""
    top = "".join(f"<th scope='col'>{escape(name)}</th>" for name in head)
    body = "".join(
        f"<tr><th scope='row'>{escape(first)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in others)}</tr>"
        for first, *others in rows
    )
    inside = f"<caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
    return f"<div class='t'><table>{inside}</table></div>"


def tables_of(sheet: Sheet) -> list[str]:
    """Return every table but that of the names."""
    made = [_horizons(sheet), _books(sheet), _costs(sheet), _gates(sheet), _years(sheet),
            _alike("Library", sheet.library), _alike("Pool", sheet.pool), _factors(sheet)]  # fmt: skip
    return [each for each in made if each]


def lines_table(sheet: Sheet) -> str:
    """Return the table of everything that the sheet says line by line."""
    return table("Every line", ["what", "how much"], sheet.lines())


def names_table(sheet: Sheet) -> str:
    """Return the table of the names' regressions."""
    rows = (
        [
            row["name"],
            number(row["beta"], 3),
            number(row["t"], 2),
            number(row["p"], 4),
            f"{number(row['interval'][0], 3)} to {number(row['interval'][1], 3)}",
            number(row["r_squared"], 3),
            f"{row['sessions']:,}",
        ]
        for row in sheet.per_name.rows()
    )
    return table("Names on high minus low", ["name", "beta", "t", "p", "95 % interval", "R²", "sessions"], rows)


def _horizons(sheet: Sheet) -> str:
    rows = []
    for horizon, (ic, rank_ic) in sheet.horizons.items():
        low, high = rank_ic.test.interval()
        spread = sheet.spreads[horizon]
        rows.append(
            [
                str(horizon),
                number(rank_ic.mean),
                number(rank_ic.t_nw, 2),
                f"{number(low)} to {number(high)}",
                number(rank_ic.icir, 3),
                number(ic.mean),
                number(ic.t_nw, 2),
                percent(spread.mean, 3),
                number(spread.t, 2),
            ]
        )
    head = ["sessions", "rank IC", "t", "95 % interval", "ICIR", "IC", "t", "spread", "t"]
    return table("Horizons", head, rows)


def _books(sheet: Sheet) -> str:
    rows = [
        [
            _BOOK_NAMES.get(name, name),
            number(book.sharpe, 2),
            number(book.net_sharpe, 2),
            percent(book.annual_return),
            percent(book.net_return),
            percent(book.turnover),
            percent(book.drawdown),
            number(book.fitness, 2),
            f"{number(book.margin_bps, 1)} bp",
            number(book.names, 0),
        ]
        for name, book in sheet.books.items()
    ]
    head = ["book", "Sharpe", "net", "return a year", "net", "turnover", "drawdown", "fitness", "margin", "names"]
    return table("Books", head, rows)


def _costs(sheet: Sheet) -> str:
    costs = sheet.costs
    rows = [
        ["fees", percent(costs.fees, 2), f"{sheet.options.cost_bps:g} bp of what is traded"],
        ["spread", percent(costs.spread, 2), f"{number(costs.half_spread_bps, 1)} bp, half of it, from highs and lows"],
        ["impact", percent(costs.impact, 2), f"square-root law, at {money(costs.capital)}"],
        ["return after them", percent(costs.net_return, 2), f"Sharpe {number(costs.net_sharpe, 2)}"],
        ["capacity", money(costs.capacity), "capital at which impact halves the Sharpe after fees and spread"],
        ["before fees and spread", money(costs.gross_capacity), "the same of the Sharpe before them"],
    ]
    return table("Costs a year, BRAIN book", ["", "", ""], rows)


def _gates(sheet: Sheet) -> str:
    mark = {"passed": "✔ passed", "failed": "✘ failed", "undefined": "– undefined"}
    rows = [
        [gate.name, mark[gate.outcome], number(gate.value, 3), f"{gate.side} {number(gate.limit, 3)}", gate.note]
        for gate in sheet.gates
    ]
    return table("Gates", ["gate", "outcome", "value", "limit", ""], rows)


def _years(sheet: Sheet) -> str:
    rows = [
        [
            str(year.year),
            f"{year.sessions:,}",
            number(year.rank_ic),
            percent(year.total),
            number(year.sharpe, 2),
            number(year.net_sharpe, 2),
            percent(year.turnover),
            percent(year.drawdown),
        ]
        for year in sheet.years
    ]
    head = ["year", "sessions", "rank IC", "return", "Sharpe", "net", "turnover", "drawdown"]
    return table("Years, BRAIN book", head, rows)


def _alike(caption: str, compared: tuple[Resemblance, ...]) -> str:
    rows = [[each.name, number(each.values, 3), number(each.returns, 3)] for each in compared[:_MOST_ALIKE]]
    return table(f"{caption}: most alike", ["factor", "of values", "of returns"], rows) if rows else ""


def _factors(sheet: Sheet) -> str:
    found = sheet.market_factors
    if found is None:
        return ""
    low, high = found.interval
    rows = [
        ["alpha a session", percent(found.alpha, 4), number(found.t, 2)],
        ["95 % interval", f"{percent(low, 4)} to {percent(high, 4)}", ""],
        *([name, number(beta, 3), number(found.beta_t[name], 2)] for name, beta in found.betas.items()),
        ["R²", number(found.r_squared, 3), ""],
    ]
    return table("Long-short book on market factors", ["", "coefficient", "t"], rows)
