"""Sentiment: what is written about a company, how much of it, and how its own filings change."""

from __future__ import annotations

from functools import partial

from lode.library.definition import Definition

_define = partial(Definition, family="sentiment")
_TETLOCK = (
    "Tetlock, Saar-Tsechansky and Macskassy (2008), More Than Words: Quantifying Language to Measure Firms' "
    "Fundamentals, Journal of Finance"
)
_LAZY = "Cohen, Malloy and Nguyen (2020), Lazy Prices, Journal of Finance"
_CHAN = (
    "Chan (2003), Stock Price Reaction to News and No-News: Drift and Reversal after Headlines, Journal of Financial "
    "Economics"
)

DEFINITIONS = (
    _define(
        name="news_tone",
        expression="news_tone",
        sign=1,
        source=_TETLOCK,
        note="The paper counts negative words; tone is higher where there are fewer.",
    ),
    _define(
        name="news_tone_week",
        expression="ts_mean(ts_backfill(news_tone, 21), 5)",
        sign=1,
        source=_TETLOCK,
        note="The mean of a week, days without news at the last tone of a month.",
    ),
    _define(
        name="news_tone_change",
        expression="ts_av_diff(ts_backfill(news_tone, 21), 63)",
        sign=1,
        source="Tetlock (2007), Giving Content to Investor Sentiment: The Role of Media in the Stock Market, Quarterly "
        "Journal of Economics",
        note="Per name against its own quarter; the paper studies the market as a whole.",
    ),
    _define(
        name="media_coverage",
        expression="log(1 + ts_sum(news_count, 21))",
        sign=-1,
        source="Fang and Peress (2009), Media Coverage and the Cross-Section of Stock Returns, Journal of Finance",
    ),
    _define(
        name="abnormal_attention",
        expression="ts_sum(news_count, 5) / ts_sum(news_count, 63)",
        sign=-1,
        source="Barber and Odean (2008), All That Glitters: The Effect of Attention and News on the Buying Behavior of "
        "Individual and Institutional Investors, Review of Financial Studies",
        note="A continuous measure of a week's attention; the paper has days with and without news.",
    ),
    _define(
        name="reversal_without_news",
        expression="ts_sum(returns, 21) * (ts_sum(news_count, 21) == 0)",
        sign=-1,
        source=_CHAN,
    ),
    _define(
        name="drift_after_news",
        expression="ts_sum(returns, 21) * (ts_sum(news_count, 21) > 0)",
        sign=1,
        source=_CHAN,
        note="The paper finds it above all after bad news.",
    ),
    _define(
        name="filing_tone",
        expression="filing_tone",
        sign=1,
        source="Loughran and McDonald (2011), When Is a Liability Not a Liability? Textual Analysis, Dictionaries, and "
        "10-Ks, Journal of Finance",
    ),
    _define(
        name="filing_tone_change",
        expression="ts_delta(filing_tone, 252)",
        sign=1,
        source="Feldman, Govindaraj, Livnat and Segal (2010), Management's Tone Change, Post Earnings Announcement "
        "Drift and Accruals, Review of Accounting Studies",
        note="Against a year ago; the paper compares with the filings of the last 400 days.",
    ),
    _define(name="filing_similarity", expression="filing_similarity", sign=1, source=_LAZY),
    _define(
        name="filing_length_growth",
        expression="ts_delta(log(filing_length), 252)",
        sign=-1,
        source=_LAZY,
        note="Growing filings are changing ones; the paper measures change by similarity.",
    ),
    _define(
        name="filing_length",
        expression="log(filing_length)",
        sign=-1,
        source="Loughran and McDonald (2014), Measuring Readability in Financial Disclosures, Journal of Finance",
        note="The paper links the size of the filing to volatility and analyst dispersion after it; the sign is that "
        "of slower reading.",
    ),
    _define(
        name="filing_fog",
        expression="filing_readability",
        sign=-1,
        source="Li (2008), Annual Report Readability, Current Earnings, and Earnings Persistence, Journal of "
        "Accounting and Economics",
        note="Gunning's fog index, higher for what is harder to read. The paper finds lower earnings behind it; the "
        "sign for returns is inferred.",
    ),
)
