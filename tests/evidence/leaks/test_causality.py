from dataclasses import replace

import numpy as np
import pytest

from lode.engine import Evaluator
from lode.evidence.leaks import check_cut, check_scramble, random_cuts, scramble
from lode.language import parse

CUTS = [120, 250]


def formula(text):
    def evaluate(panel):
        return Evaluator(panel.fields, panel.groups, mask=panel.tradable).value(parse(text))

    return evaluate


def centred_mean(panel):
    close = panel.fields["close"]
    mean = np.full_like(close, np.nan)
    mean[1:-1] = (close[:-2] + close[1:-1] + close[2:]) / 3
    return mean


def standardised_over_the_whole_sample(panel):
    close = panel.fields["close"]
    return (close - np.nanmean(close, axis=0)) / np.nanstd(close, axis=0)


def tomorrows_return(panel):
    close = panel.fields["close"]
    return np.concatenate([close[1:] / close[:-1] - 1, np.full((1, close.shape[1]), np.nan, np.float32)])


def reads_the_labels(panel):
    return panel.label_price.argmax(axis=0).astype(np.float32) + np.zeros_like(panel.fields["close"])


SOUND = [
    "rank(ts_mean(close, 20) / close)",
    "ts_corr(close, volume, 10)",
    "group_neutralize(ts_std_dev(ts_delta(close, 1), 20), sector)",
    "zscore(ts_rank(volume, 30))",
]
LEAKS = [centred_mean, standardised_over_the_whole_sample, tomorrows_return, reads_the_labels]


def rebuild_from(panel):
    return lambda session: panel.slice(0, int(np.searchsorted(panel.sessions, session)) + 1)


@pytest.mark.parametrize("text", SOUND)
def test_sound_formulas_do_not_move_by_one_bit(market, text):
    evaluate = formula(text)
    values = evaluate(market)
    assert check_cut(evaluate, market, values, rebuild_from(market), CUTS).outcome == "passed"
    assert check_scramble(evaluate, market, values, CUTS, rng=np.random.default_rng(1)).outcome == "passed"


@pytest.mark.parametrize("evaluate", LEAKS)
def test_knowledge_of_the_future_is_caught_by_both(market, evaluate):
    values = evaluate(market)
    cut = check_cut(evaluate, market, values, rebuild_from(market), CUTS)
    scrambled = check_scramble(evaluate, market, values, CUTS, rng=np.random.default_rng(1))
    assert cut.outcome == scrambled.outcome == "failed"
    assert str(market.sessions[CUTS[0]]) in cut.detail


def test_restated_rows_are_caught_by_the_cut(market):
    evaluate = formula("rank(volume)")

    def rebuild(session):
        known = rebuild_from(market)(session)
        first_told = known.fields["volume"].copy()
        first_told[100, 3] *= 2
        return replace(known, fields={**known.fields, "volume": first_told})

    found = check_cut(evaluate, market, evaluate(market), rebuild, CUTS)
    assert found.outcome == "failed"
    assert "N003" in found.detail or str(market.sessions[100]) in found.detail


def test_names_that_were_not_known_yet_count_as_missing(market):
    late = market.fields["close"].copy()
    late[:200, 7] = np.nan
    panel = replace(market, fields={**market.fields, "close": late}, tradable=np.isfinite(late))
    keep = [i for i in range(40) if i != 7]

    def rebuild(session):
        known = rebuild_from(panel)(session)
        if len(known.sessions) > 200:
            return known
        return replace(
            known,
            names=tuple(known.names[i] for i in keep),
            fields={k: np.ascontiguousarray(f[:, keep]) for k, f in known.fields.items()},
            groups={k: np.ascontiguousarray(g[:, keep]) for k, g in known.groups.items()},
            tradable=np.ascontiguousarray(known.tradable[:, keep]),
            label_price=np.ascontiguousarray(known.label_price[:, keep]),
        )

    evaluate = formula("rank(ts_delta(close, 5))")
    assert check_cut(evaluate, panel, evaluate(panel), rebuild, CUTS).outcome == "passed"


def test_membership_of_today_projected_back_is_caught(market):
    survivors = replace(
        market,
        names=market.names[:20],
        fields={k: np.ascontiguousarray(f[:, :20]) for k, f in market.fields.items()},
        groups={},
        tradable=np.ascontiguousarray(market.tradable[:, :20]),
        label_price=np.ascontiguousarray(market.label_price[:, :20]),
    )
    evaluate = formula("rank(close)")
    found = check_cut(evaluate, survivors, evaluate(survivors), rebuild_from(market), CUTS)
    assert found.outcome == "failed"
    assert "names that this panel lacks: N020" in found.detail


def test_rebuilt_panel_with_other_sessions_is_not_taken_for_the_same(market):
    evaluate = formula("rank(close)")
    found = check_cut(evaluate, market, evaluate(market), lambda _: market.slice(1, 300), CUTS)
    assert (found.outcome, "other sessions" in found.detail) == ("failed", True)


def test_values_that_begin_after_every_cut_are_not_checkable(market):
    evaluate = formula("ts_mean(volume, 280)")
    values = evaluate(market)
    assert check_scramble(evaluate, market, values, CUTS, rng=np.random.default_rng(1)).outcome == "not checkable"
    assert check_cut(evaluate, market, values, rebuild_from(market), []).outcome == "not checkable"


def test_scramble_changes_every_later_row_and_no_earlier_bit(market):
    other = scramble(market, 120, rng=np.random.default_rng(1))
    for name, field in market.fields.items():
        np.testing.assert_array_equal(field[:121], other.fields[name][:121])
        assert (field[121:] != other.fields[name][121:]).any(axis=1).all()
    assert np.nanmean(other.fields["close"]) != pytest.approx(np.nanmean(market.fields["close"]), rel=1e-3)


def test_cuts_are_distinct_and_leave_something_on_both_sides():
    for sessions in range(40):
        cuts = random_cuts(sessions, rng=np.random.default_rng(sessions))
        assert cuts == sorted(set(cuts))
        assert all(sessions // 4 <= cut < sessions - 1 for cut in cuts)
    assert len(random_cuts(1000, rng=np.random.default_rng(0))) == 3
