"""Alpha101: the 101 formulaic alphas that WorldQuant published, industry neutralisation included.

What the paper leaves open is settled here, in one place, and differs between the implementations that there are:

- `rank` and `ts_rank` run from 0 to 1, `(r - 1) / (n - 1)`, ties sharing their average; others have `r / n` or the
  bare rank of 1 to d. A product of ranks differs by that, a rank of it hardly. As the lowest rank is 0, its logarithm
  (alphas 29 and 81) and division by it (42, 72, 93) are missing, and powers of it are 0.
- `ts_arg_max` and `ts_arg_min` count the sessions back, 0 for today, as WorldQuant's operators do; others count from
  the oldest session on, which turns the sign of what alphas 1, 57, 60, 96, 98 and 100 make of it.
- adv{d} is the mean *dollar* volume, as the paper defines it; others take shares, where `volume / adv20` is about 1
  and the conditions of alphas 7 and 21 come true. With dollars they hold for next to no name.
- Windows that are no whole number are floored, as the paper says; others round (KunQuant does).
- A window with a missing value is missing, and so is a correlation of a flat series; others skip the missing value,
  or take such a correlation for 0. Ranks stand still for days, so that 15, 50, 68, 92 and 97, which correlate ranks
  over few sessions and look at windows of the result, are often missing.
- `IndClass.industry` and `IndClass.subindustry` are the panel's `sector`, as is `IndClass.sector`.
- Prices and volume are adjusted up to t and no later, so that what depends on the level of a price (46, 49, 51, 101)
  does not change afterwards. A dozen formulas mix units (a price and a ratio in alpha 1): each says so, and a search
  would not build them.

KunQuant 0.1.12 has 82 of them. With its scales, its volume in shares and its rounded windows put in, 51 agree in every
cell of a panel of real prices to a thousandth, 11 but for ties and for what is flat, and 20 differ as their notes say
(`benchmarks/values.py` repeats it). py-alpha-lib 0.3.1 runs all 101 on the paper's text, windows floored: 39 agree
alike and 22 but for ties; most of the others neutralise, scale or rank within windows otherwise.
"""

from __future__ import annotations

import re

from lode.library.alpha101_formulas import FORMULAS
from lode.library.definition import Definition

_SOURCE = "Kakushadze (2016), 101 Formulaic Alphas, Wilmott 2016(84), appendix A.1, alpha {number}"
_WINDOW = re.compile(r", (\d+\.\d+)\)")
_ADV = re.compile(r"\badv(\d+)\b")
_LEVEL = re.compile(r", (industry|subindustry)\)")
_NOTES = {
    1: "The square is of a number that is not negative, so that the paper's x^a and a signed power are the same.",
    7: "With dollars, the condition holds only where the mean price of 20 sessions is below 1: all others are -1.",
    21: "With dollars, `volume / adv20` is about 1 / price, below 1 for all but the cheapest names.",
    29: "The day's lowest names are missing: the logarithm of a rank of 0.",
    33: "The power 1 is the paper's.",
    42: "Missing for the name with the lowest `vwap + close`.",
    54: "Missing where high and low agree.",
    53: "Missing where close and low agree, today or nine sessions ago.",
    56: "The paper's cap is the market capitalisation, which needs filings.",
    59: "The weights 0.728317 and 1 - 0.728317 are both of vwap and add up to it.",
    66: "The weights 0.96633 and 1 - 0.96633 are both of low and add up to it.",
    81: "Missing wherever a rank of 0 is among the product's factors: the logarithm of 0.",
    82: "The weights 0.634196 and 1 - 0.634196 are both of open and add up to it.",
    84: "Powers are of a rank within [0, 1]; a rank of 0 with a negative change is missing.",
    89: "The weights 0.967285 and 1 - 0.967285 are both of low and add up to it.",
    90: "The first rank is 0 for the lowest name, and 0 to the power 0 is 1.",
    96: "There is hardly ever a value: a rank within four sessions stands still for three somewhere in its window.",
}

_FLAT = "KunQuant takes 0 or 1 for a correlation of a flat series, and ranks it with the others."
_TIED = "Covariances of ranks tie but for rounding, so that implementations order them differently."
_FIRST = "Of equal extremes KunQuant counts the first."
_ELSEWHERE = {
    1: f"KunQuant leaves out - 0.5. {_FIRST}",
    10: "KunQuant does not rank it.",
    29: "KunQuant sums over 2 sessions in place of the minimum over 2.",
    32: "KunQuant divides the mean of 7 sessions by 7 again.",
    36: "KunQuant divides the mean of 200 sessions by 200 again.",
    38: "KunQuant takes ts_rank of open.",
    47: "KunQuant divides the mean of 5 sessions by 5 again.",
    72: "KunQuant adds 0.0001 to both ranks.",
    **dict.fromkeys((13, 15, 16), _TIED),
    **dict.fromkeys((57, 60), _FIRST),
    **dict.fromkeys((45, 50, 75, 78, 81, 85, 88, 92, 94, 96, 98), _FLAT),
}


def _definition(number: int, formula: str) -> Definition:
    whole = _WINDOW.sub(lambda found: f", {int(float(found[1]))})", formula)
    in_dollars = _ADV.sub(r"ts_mean(dollar_volume, \1)", whole)
    return Definition(
        name=f"alpha_{number:03}",
        expression=_LEVEL.sub(", sector)", in_dollars),
        family="alpha101",
        sign=1,
        source=_SOURCE.format(number=number),
        note=" ".join(_notes(number, formula)),
    )


def _notes(number: int, formula: str) -> list[str]:
    """What is said of one alpha: what it makes of ties, what others make of it, its windows and levels as printed."""
    windows, levels = dict.fromkeys(_WINDOW.findall(formula)), sorted(set(_LEVEL.findall(formula)))
    notes = [said[number] for said in (_NOTES, _ELSEWHERE) if number in said]
    if windows:
        notes.append(f"Printed with the window{'s' if len(windows) > 1 else ''} {', '.join(windows)}.")
    if levels:
        notes.append(f"Neutralised by {' and '.join(levels)} in the paper.")
    return notes


DEFINITIONS = tuple(_definition(number, formula) for number, formula in enumerate(FORMULAS, start=1))
