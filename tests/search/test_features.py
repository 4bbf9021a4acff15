import numpy as np

from lode.language import BAR_FIELDS, parse
from lode.search.features import WIDTH, features


def of(text):
    return features(parse(text), BAR_FIELDS)


def test_the_same_expression_has_the_same_features_and_another_has_others():
    assert of("ts_mean(close, 5)").shape == (WIDTH,)
    assert np.array_equal(of("ts_mean(close, 5)"), of("ts_mean(close, 5)"))
    assert not np.array_equal(of("ts_mean(close, 5)"), of("ts_mean(close, 6)"))


def likeness(one, other):
    a, b = of(one), of(other)
    return a @ b / np.sqrt((a @ a) * (b @ b))


def test_what_shares_more_is_more_alike():
    base = "ts_corr(close, volume, 10)"
    alike = [likeness(base, other) for other in (base, "ts_corr(close, volume, 15)", "ts_corr(close, volume, 250)")]
    assert alike == sorted(alike, reverse=True)
    assert likeness(base, "ts_corr(open, volume, 10)") > likeness(base, "ts_rank(returns, 10)")


def test_published_formulas_of_other_operators_have_features_too():
    assert np.isfinite(of("trade_when(volume > ts_mean(volume, 20), ts_sum(returns, 5), -1)")).all()
