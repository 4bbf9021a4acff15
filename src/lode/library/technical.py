"""Technical: what prices and volume alone say of trend, reversal, risk and liquidity.

The market's return is the equal-weighted mean of the day's names, `returns - normalize(returns)`; the papers have the
value-weighted one of all stocks in excess of the risk-free rate.
"""

from __future__ import annotations

from functools import partial

from lode.library.definition import Definition

_define = partial(Definition, family="technical")
_MARKET = "(returns - normalize(returns))"
_WILDER = "Wilder (1978), New Concepts in Technical Trading Systems, section {section}"
_APPEL = "Appel (2005), Technical Analysis: Power Tools for Active Investors, chapter 8"


def _relative_strength(sessions: int) -> Definition:
    span = 2 * sessions - 1
    rises = f"ts_ewm_mean(max(ts_delta(close, 1), 0), {span})"
    moves = f"ts_ewm_mean(abs(ts_delta(close, 1)), {span})"
    return _define(
        name=f"rsi_{sessions}",
        expression=f"100 * {rises} / {moves}",
        sign=-1,
        source=_WILDER.format(section="VI"),
        note="The mean rise over the mean move is 1 - 1 / (1 + RS); above 70 is overbought. Wilder's smoothing starts "
        "with a simple mean and runs from the first session on, here it weights the last 250.",
    )


def _rate_of_change(sessions: int) -> Definition:
    return _define(
        name=f"roc_{sessions}",
        expression=f"close / ts_delay(close, {sessions}) - 1",
        sign=1,
        source="Murphy (1999), Technical Analysis of the Financial Markets, chapter 10",
    )


_TREND = (
    _relative_strength(14),
    _relative_strength(28),
    _rate_of_change(10),
    _rate_of_change(63),
    _define(
        name="macd",
        expression="(ts_ewm_mean(close, 12) - ts_ewm_mean(close, 26)) / close",
        sign=1,
        source=_APPEL,
        note="Over the price, so that names compare. The means weight the last 250 sessions.",
    ),
    _define(
        name="macd_histogram",
        expression="(ts_ewm_mean(close, 12) - ts_ewm_mean(close, 26)"
        " - ts_ewm_mean(ts_ewm_mean(close, 12) - ts_ewm_mean(close, 26), 9)) / close",
        sign=1,
        source=_APPEL,
        note="The line less its signal of 9 sessions, over the price.",
    ),
    _define(
        name="bollinger_position",
        expression="(close - ts_mean(close, 20)) / (2 * ts_std_dev(close, 20))",
        sign=-1,
        source="Bollinger (2001), Bollinger on Bollinger Bands, chapter 7",
        note="-1 at the lower band and 1 at the upper; his %b runs from 0 to 1, and his deviation divides by d.",
    ),
    _define(
        name="stochastic_oscillator",
        expression="(close - ts_min(low, 14)) / (ts_max(high, 14) - ts_min(low, 14))",
        sign=-1,
        source="Lane (1984), Lane's Stochastics, Technical Analysis of Stocks and Commodities",
    ),
    _define(
        name="moving_average_distance",
        expression="ts_mean(close, 21) / ts_mean(close, 200)",
        sign=1,
        source="Avramov, Kaplanski and Subrahmanyam (2021), Moving Average Distance as a Predictor of Equity Returns, "
        "Review of Financial Economics",
    ),
    _define(
        name="momentum_12_1",
        expression="ts_delay(close, 21) / ts_delay(close, 252) - 1",
        sign=1,
        source="Jegadeesh and Titman (1993), Returns to Buying Winners and Selling Losers, Journal of Finance, Table 1",
        note="From 252 to 21 sessions ago; the same formula as `fama_french.momentum`.",
    ),
    _define(
        name="momentum_6_1",
        expression="ts_delay(close, 21) / ts_delay(close, 126) - 1",
        sign=1,
        source="Jegadeesh and Titman (1993), Returns to Buying Winners and Selling Losers, Journal of Finance, Table 1",
    ),
    _define(
        name="high_52_week",
        expression="close / ts_max(high, 252)",
        sign=1,
        source="George and Hwang (2004), The 52-Week High and Momentum Investing, Journal of Finance, Table II",
    ),
)
_REVERSAL = (
    _define(
        name="short_term_reversal",
        expression="close / ts_delay(close, 21) - 1",
        sign=-1,
        source="Jegadeesh (1990), Evidence of Predictable Behavior of Security Returns, Journal of Finance",
    ),
    _define(
        name="weekly_reversal",
        expression="close / ts_delay(close, 5) - 1",
        sign=-1,
        source="Lehmann (1990), Fads, Martingales, and Market Efficiency, Quarterly Journal of Economics",
    ),
    _define(
        name="long_term_reversal",
        expression="ts_delay(close, 252) / ts_delay(close, 756) - 1",
        sign=-1,
        source="De Bondt and Thaler (1985), Does the Stock Market Overreact?, Journal of Finance",
        note="From three years to one year ago.",
    ),
    _define(
        name="maximum_daily_return",
        expression="ts_max(returns, 21)",
        sign=-1,
        source="Bali, Cakici and Whitelaw (2011), Maxing Out: Stocks as Lotteries and the Cross-Section of Expected "
        "Returns, Journal of Financial Economics, Table 1",
    ),
)
_RISK = (
    _define(
        name="volatility",
        expression="ts_std_dev(returns, 21)",
        sign=-1,
        source="Ang, Hodrick, Xing and Zhang (2006), The Cross-Section of Volatility and Expected Returns, Journal of "
        "Finance, Table VI",
    ),
    _define(
        name="idiosyncratic_volatility",
        expression=f"ts_std_dev(returns, 21) * sqrt(1 - ts_corr(returns, {_MARKET}, 21) ** 2)",
        sign=-1,
        source="Ang, Hodrick, Xing and Zhang (2006), The Cross-Section of Volatility and Expected Returns, Journal of "
        "Finance, Table VI",
        note="Of the residuals of a regression on the market alone, divisor d - 1; the paper's is on three factors.",
    ),
    _define(
        name="beta",
        expression=f"ts_covariance(returns, {_MARKET}, 252) / ts_std_dev({_MARKET}, 252) ** 2",
        sign=-1,
        source="Frazzini and Pedersen (2014), Betting Against Beta, Journal of Financial Economics, Table 3",
        note="One regression over 252 sessions; the paper takes correlations over five years and shrinks towards 1.",
    ),
    _define(
        name="true_range",
        expression="ts_ewm_mean(max(high - low, max(abs(high - ts_delay(close, 1)), abs(low - ts_delay(close, 1)))), "
        "27) / close",
        sign=0,
        source=_WILDER.format(section="III"),
        note="Wilder's average true range of 14 sessions, over the price.",
    ),
)
_LIQUIDITY = (
    _define(
        name="illiquidity",
        expression="log(ts_mean(abs(returns) / dollar_volume, 252))",
        sign=1,
        source="Amihud (2002), Illiquidity and Stock Returns, Journal of Financial Markets, Table 2",
        note="The logarithm of the paper's measure, which is one over money.",
    ),
    _define(
        name="dollar_turnover",
        expression="log(ts_mean(dollar_volume, 21))",
        sign=-1,
        source="Brennan, Chordia and Subrahmanyam (1998), Alternative Factor Specifications, Security "
        "Characteristics, and the Cross-Section of Expected Stock Returns, Journal of Financial Economics",
    ),
    _define(
        name="share_turnover",
        expression="ts_mean(volume / shares_outstanding, 63)",
        sign=-1,
        source="Datar, Naik and Radcliffe (1998), Liquidity and Stock Returns: An Alternative Test, Journal of "
        "Financial Markets",
    ),
    _define(
        name="turnover_variation",
        expression="ts_std_dev(volume / shares_outstanding, 252) / ts_mean(volume / shares_outstanding, 252)",
        sign=-1,
        source="Chordia, Subrahmanyam and Anshuman (2001), Trading Activity and Expected Stock Returns, Journal of "
        "Financial Economics",
        note="Daily turnover over a year; the paper's is monthly over three years.",
    ),
    _define(
        name="abnormal_volume",
        expression="volume / ts_mean(volume, 50)",
        sign=1,
        source="Gervais, Kaniel and Mingelgrin (2001), The High-Volume Return Premium, Journal of Finance",
        note="The ratio that the paper ranks within its 50 sessions.",
    ),
    _define(
        name="sessions_without_trade",
        expression="ts_sum(volume == 0, 252)",
        sign=1,
        source="Liu (2006), A Liquidity-Augmented Capital Asset Pricing Model, Journal of Financial Economics",
        note="Without the paper's turnover term, which parts the names that trade every session.",
    ),
)
DEFINITIONS = (*_TREND, *_REVERSAL, *_RISK, *_LIQUIDITY)
