"""The characteristics behind the factors of Fama and French, and momentum."""

from __future__ import annotations

from functools import partial

from lode.library.definition import Definition

_define = partial(Definition, family="fama_french")
_FIVE = "Fama and French (2015), A Five-Factor Asset Pricing Model, Journal of Financial Economics 116, 1-22"

DEFINITIONS = (
    _define(
        name="size",
        expression="log(market_cap)",
        sign=-1,
        source="Banz (1981), The Relationship between Return and Market Value of Common Stocks, Journal of Financial "
        "Economics, Table 3; Fama and French (1992), Table III",
    ),
    _define(
        name="book_to_market",
        expression="log(book_to_market)",
        sign=1,
        source="Fama and French (1992), The Cross-Section of Expected Stock Returns, Journal of Finance, Table III",
        note="Today's market value; the paper's is last December's. Missing where equity is not positive, as there.",
    ),
    _define(name="operating_profitability", expression="operating_profitability", sign=1, source=_FIVE),
    _define(
        name="investment",
        expression="asset_growth",
        sign=-1,
        source=f"{_FIVE}; Cooper, Gulen and Schill (2008), Asset Growth and the Cross-Section of Stock Returns, "
        "Journal of Finance, Table 2",
    ),
    _define(
        name="momentum",
        expression="ts_delay(close, 21) / ts_delay(close, 252) - 1",
        sign=1,
        source="Carhart (1997), On Persistence in Mutual Fund Performance, Journal of Finance; Jegadeesh and Titman "
        "(1993), Returns to Buying Winners and Selling Losers, Journal of Finance, Table 1",
        note="12-1: from 252 to 21 sessions ago.",
    ),
)
