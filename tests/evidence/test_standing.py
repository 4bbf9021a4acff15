import math
from dataclasses import replace

import numpy as np
import pytest

from lode.evaluation import References, SheetOptions, evidence_sheet
from lode.evidence.sharpe import deflated_sharpe_ratio, probabilistic_sharpe_ratio
from lode.evidence.standing import TrialScores, standing
from lode.language import parse
from tests.evidence.conftest import make_panel

REVERSAL = "rank(-ts_delta(close, 1) / ts_delay(close, 1))"


@pytest.fixture(scope="module")
def sheet():
    """Sheet of a planted reversal beside noise: a third of each day's own return comes back two days later."""
    rng = np.random.default_rng(7)
    shocks = 0.02 * rng.standard_normal((300, 50))
    returns = shocks.copy()
    returns[2:] -= 0.3 * shocks[:-2]
    panel = make_panel(40 * np.exp(np.cumsum(returns, axis=0)), volume=rng.lognormal(10, 1, returns.shape))
    noise = {f"n{lag}": parse(f"ts_delay(volume, {lag})") for lag in range(1, 8)}
    return evidence_sheet(parse(REVERSAL), panel, SheetOptions(), References(library=noise))


def test_one_trial_is_not_deflated_and_many_are(sheet):
    test, ic = sheet.horizons[1][1].test, sheet.daily.rank_ic
    known = ic[np.isfinite(ic)]
    one, many = (standing(sheet, TrialScores(n, v)) for n, v in ((1, 0.0), (100_000, 0.05)))
    around = known - known.mean()
    shape = {f: (around**p).mean() / around.std() ** p for f, p in (("skew", 3), ("kurtosis", 4))}
    assert one["dsr"] == pytest.approx(probabilistic_sharpe_ratio(test.t / math.sqrt(test.n), test.n, **shape))
    expected = deflated_sharpe_ratio(test.t / math.sqrt(test.n), test.n, trials=100_000, variance=0.05, **shape)
    assert many["dsr"] == pytest.approx(expected)
    weak = replace(
        sheet, horizons={1: (sheet.horizons[1][0], replace(sheet.horizons[1][1], test=replace(test, t=2.0)))}
    )
    assert standing(weak, TrialScores(100, 0.01))["dsr"] < standing(weak, TrialScores(1, 0.0))["dsr"]
    assert (one["trials"], many["trials"]) == (1, 100_000)


def test_planted_factor_beats_noise(sheet):
    told = standing(sheet, TrialScores(1, 0.0))
    assert told["psr"] > 0.99
    assert told["track_record_sessions"] < 300
    assert told["pbo"] < 0.05
    assert told["spa_p"] < 0.01


def test_noise_does_not_beat_the_planted_factor(sheet):
    noise = replace(sheet, portfolio=replace(sheet.portfolio, returns=-sheet.library[0].daily[-300:]))
    assert standing(noise, TrialScores(1, 0.0))["spa_p"] > 0.05


def test_factor_is_bet_on_in_its_own_direction(sheet):
    turned = replace(
        sheet,
        horizons={
            1: (sheet.horizons[1][0], replace(sheet.horizons[1][1], test=replace(sheet.horizons[1][1].test, t=-5)))
        },
        daily=replace(sheet.daily, rank_ic=-sheet.daily.rank_ic),
    )
    upright = replace(
        sheet,
        horizons={
            1: (sheet.horizons[1][0], replace(sheet.horizons[1][1], test=replace(sheet.horizons[1][1].test, t=5)))
        },
    )
    trials = TrialScores(10, 0.01)
    assert standing(turned, trials)["dsr"] == pytest.approx(standing(upright, trials)["dsr"])


def test_without_a_book_or_company_nothing_is_said():
    panel = make_panel(np.ones((60, 12)))
    told = standing(evidence_sheet(parse("close"), panel, SheetOptions()), TrialScores(3, math.nan))
    assert told.pop("trials") == 3
    assert all(math.isnan(figure) for figure in told.values())
