"""Units: what a value is measured in, and what arithmetic makes of it.

A unit is a product of powers of money, shares and sessions: a price is money a share, so that price x shares is money
and price / price is a ratio. Ratios, ranks, counts and plain numbers have no dimension: they mix freely and differ in
name only. The number 0 takes any unit (`ts_delta(close, 1) > 0`); other constants are plain numbers, so that
`close + 1` is refused. A group (a sector) is no quantity at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar

from lode.errors import ExpressionError
from lode.language.expression import Constant, Expr, Field, Numbers, postorder

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST_POWER = 12
_DIGITS = 9


class UnitError(ExpressionError):
    """An operator was given quantities that it cannot combine, `close + volume` say."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Powers of money, shares and sessions; `kind` names what has no dimension. Compare with `==`."""

    money: float = 0.0
    shares: float = 0.0
    sessions: float = 0.0
    kind: str = ""

    PRICE: ClassVar[Unit]
    SHARES: ClassVar[Unit]
    MONEY: ClassVar[Unit]
    SESSIONS: ClassVar[Unit]
    RATIO: ClassVar[Unit]
    RANK: ClassVar[Unit]
    COUNT: ClassVar[Unit]
    NUMBER: ClassVar[Unit]
    ZERO: ClassVar[Unit]
    GROUP: ClassVar[Unit]

    @property
    def dimension(self) -> tuple[float, float, float]:
        return self.money, self.shares, self.sessions

    @property
    def dimensionless(self) -> bool:
        """Whether ratios, ranks, counts and numbers may be mixed with it."""
        return self.kind not in {"", "group"}

    @property
    def name(self) -> str:
        """`price`, `ratio`, or for a derived unit its powers, such as `money^2 shares^-1`."""
        if self.kind:
            return self.kind
        named = _NAMES.get(self.dimension)
        if named:
            return named
        if self.money and self.shares == -self.money and not self.sessions:
            return f"price^{self.money:g}"
        powers = zip(("money", "shares", "sessions"), self.dimension, strict=True)
        return " ".join(base if power == 1 else f"{base}^{power:g}" for base, power in powers if power)

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def named(name: str) -> Unit:
        """The unit of this name (`price`, `ratio`, …); UnitError lists those that exist."""
        if name not in UNITS:
            reason = f"unknown unit {name!r}; units: {', '.join(UNITS)}"
            raise UnitError(reason)
        return UNITS[name]


Unit.PRICE = Unit(money=1.0, shares=-1.0)
Unit.SHARES = Unit(shares=1.0)
Unit.MONEY = Unit(money=1.0)
Unit.SESSIONS = Unit(sessions=1.0)
Unit.RATIO = Unit(kind="ratio")
Unit.RANK = Unit(kind="rank")
Unit.COUNT = Unit(kind="count")
Unit.NUMBER = Unit(kind="number")
Unit.ZERO = Unit(kind="zero")
Unit.GROUP = Unit(kind="group")

_NAMES = {
    Unit.PRICE.dimension: "price",
    Unit.SHARES.dimension: "shares",
    Unit.MONEY.dimension: "money",
    Unit.SESSIONS.dimension: "sessions",
}
UNITS: dict[str, Unit] = {
    unit.name: unit
    for unit in (
        Unit.PRICE, Unit.SHARES, Unit.MONEY, Unit.RATIO, Unit.RANK, Unit.COUNT, Unit.SESSIONS, Unit.NUMBER, Unit.GROUP,
    )
}  # fmt: skip
"""Units that a declaration may name: price, shares, money, ratio and so on."""

BAR_FIELDS: dict[str, Unit] = {
    "open": Unit.PRICE,
    "high": Unit.PRICE,
    "low": Unit.PRICE,
    "close": Unit.PRICE,
    "raw_close": Unit.PRICE,
    "vwap": Unit.PRICE,
    "volume": Unit.SHARES,
    "dollar_volume": Unit.MONEY,
    "returns": Unit.RATIO,
    "sector": Unit.GROUP,
}
"""Units of the fields that bars have, by name."""
_MONEY = """
    revenue cost_of_revenue gross_profit operating_income net_income interest_expense income_tax assets current_assets
    cash inventory receivables liabilities current_liabilities long_term_debt equity operating_cash_flow
    capital_expenditure dividends_paid research_and_development revenue_quarter operating_income_quarter
    net_income_quarter operating_cash_flow_quarter market_cap
"""
_RATIOS = """
    pe pb ps peg earnings_yield book_to_market roe roa gross_margin operating_margin gross_profitability
    operating_profitability asset_growth accruals current_ratio cash_ratio debt_to_equity interest_coverage
    inventory_turnover asset_turnover revenue_growth earnings_growth net_issuance rd_to_market capex_to_assets
    news_tone filing_tone filing_similarity
"""
OBSERVED_FIELDS: dict[str, Unit] = {
    **dict.fromkeys(_MONEY.split(), Unit.MONEY),
    "eps": Unit.PRICE,
    "shares_outstanding": Unit.SHARES,
    **dict.fromkeys(_RATIOS.split(), Unit.RATIO),
    "news_count": Unit.COUNT,
    "filing_length": Unit.COUNT,
    "filing_readability": Unit.NUMBER,
}
AGE_FIELDS: dict[str, Unit] = {f"{name}_age": Unit.SESSIONS for name in OBSERVED_FIELDS}
"""Sessions since the newest value in a field became known; for those who write formulas, not for searching."""
FIELD_UNITS: dict[str, Unit] = BAR_FIELDS | OBSERVED_FIELDS | AGE_FIELDS
"""Units of all fields that a panel may have, by name."""


@cache
def joined(left: Unit, right: Unit) -> Unit:
    """The unit of a sum, or of a choice between two: both must measure the same thing."""
    if left == right:
        return left
    if left == Unit.ZERO:
        return right
    if right == Unit.ZERO:
        return left
    if left.dimension != right.dimension or Unit.GROUP in {left, right}:
        reason = f"{left} and {right} cannot be added or compared; divide each by a value of its own unit, or rank them"
        raise UnitError(reason)
    return _mixed(left, right)


@cache
def product(left: Unit, right: Unit) -> Unit:
    """The unit of left x right: powers add."""
    if left.dimensionless and right.dimensionless:
        return _mixed(left, right)
    return _unit(*(a + b for a, b in zip(left.dimension, right.dimension, strict=True)))


@cache
def raised(unit: Unit, power: float) -> Unit:
    """The unit of x ** power."""
    if unit.dimensionless:
        return unit if power == 1 else Unit.RATIO
    return _unit(*(exponent * power for exponent in unit.dimension))


def _mixed(left: Unit, right: Unit) -> Unit:
    """Two values without dimension: a number leaves the other's name, different names make a ratio."""
    plain = {Unit.NUMBER, Unit.ZERO}
    if left in plain:
        return Unit.NUMBER if right in plain else right
    return left if right in plain or (left == right and left == Unit.COUNT) else Unit.RATIO


def _unit(*dimension: float) -> Unit:
    rounded = tuple(round(power, _DIGITS) + 0.0 for power in dimension)
    if any(abs(power) > _LARGEST_POWER for power in rounded):
        reason = f"powers of a unit beyond {_LARGEST_POWER} measure nothing; divide by a value of the same unit first"
        raise UnitError(reason)
    money, shares, sessions = rounded
    return Unit(money, shares, sessions) if any(rounded) else Unit.RATIO


def constant_unit(value: float) -> Unit:
    """A plain number, or for 0 the unit that joins any other."""
    return Unit.NUMBER if value else Unit.ZERO


def unit(expr: Expr, field_units: Mapping[str, Unit] = FIELD_UNITS) -> Unit:
    """The unit of an expression's values.

    UnitError names the part that combines what does not fit; ExpressionError names a field without a unit.
    """
    from lode.language.operators import OPERATORS  # noqa: PLC0415  # operators declare their rules with this module

    known: dict[int, Unit] = {}
    for node in postorder(expr):
        if isinstance(node, Field):
            known[id(node)] = _field_unit(node, field_units)
        elif isinstance(node, Constant):
            known[id(node)] = constant_unit(node.value)
        elif isinstance(node, Numbers):
            known[id(node)] = Unit.NUMBER
        else:
            if node.op not in OPERATORS:
                raise ExpressionError(f"unknown operator `{node.op}`")
            values = [arg.value if isinstance(arg, Constant) else None for arg in node.args]
            try:
                known[id(node)] = OPERATORS[node.op].unit_rule([known[id(arg)] for arg in node.args], values)
            except UnitError as error:
                text, part = str(expr), str(node)
                reason = f"`{_shortened(part)}`: {error.reason}"
                raise UnitError(reason, text, max(text.find(part), 0)) from None
    return known[id(expr)]


def _field_unit(node: Field, field_units: Mapping[str, Unit]) -> Unit:
    if node.name not in field_units:
        reason = f"the unit of field `{node.name}` is not known; known are {', '.join(sorted(field_units))}"
        raise UnitError(reason)
    return field_units[node.name]


def _shortened(text: str, limit: int = 80) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
