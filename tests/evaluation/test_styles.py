import numpy as np
import pytest

from lode.evaluation.styles import market_beta, styles_of

NAN = np.nan


def test_only_styles_whose_fields_are_there():
    close = np.ones((5, 3), np.float32)
    assert set(styles_of({})) == set()
    assert set(styles_of({"close": close})) == {"beta", "momentum", "short_term_reversal"}
    assert set(styles_of({"close": close, "volume": close})) == {"beta", "momentum", "short_term_reversal", "size"}
    assert set(styles_of({"dollar_volume": close})) == {"size"}


def test_beta_agrees_with_a_regression():
    rng = np.random.default_rng(0)
    market = rng.standard_normal((300, 1))
    returns = (market * np.linspace(0.5, 1.5, 30) + 0.5 * rng.standard_normal((300, 30))).astype(np.float32)
    returns[rng.random(returns.shape) < 0.05] = NAN
    beta = market_beta(returns, 100)
    assert np.isnan(beta[:49]).all()
    mean = np.nanmean(returns, axis=1)
    for t in (120, 299):
        for name in (0, 15, 29):
            window = slice(t - 99, t + 1)
            used = np.isfinite(returns[window, name])
            expected = np.polyfit(mean[window][used], returns[window, name][used], 1)[0]
            assert beta[t, name] == pytest.approx(expected, rel=1e-4)


def test_momentum_skips_the_last_month_and_reversal_is_that_month():
    close = np.exp(0.001 * np.arange(300))[:, None].astype(np.float32) * np.ones((1, 2), np.float32)
    close[290:, 1] *= 2
    styles = styles_of({"close": close})
    np.testing.assert_allclose(styles["momentum"][299], np.exp(0.231) - 1, rtol=1e-4)
    np.testing.assert_allclose(
        styles["short_term_reversal"][299], [1 - np.exp(0.021), 1 - 2 * np.exp(0.021)], rtol=1e-4
    )
    assert np.isnan(styles["momentum"][:252]).all()


def test_size_is_the_logarithm_of_mean_dollar_volume():
    traded = np.full((100, 2), 10.0, np.float32)
    traded[50:60, 0] = NAN
    traded[:, 1] = 0
    size = styles_of({"dollar_volume": traded})["size"]
    assert size[99, 0] == pytest.approx(np.log(10))
    assert np.isnan(size[:30]).all()
    assert np.isnan(size[:, 1]).all()


def test_styles_use_nothing_later():
    rng = np.random.default_rng(1)
    fields = {name: rng.uniform(1, 2, (400, 12)).astype(np.float32) for name in ("close", "volume")}
    whole = styles_of(fields)
    cut = styles_of({name: field[:350] for name, field in fields.items()})
    for name, style in cut.items():
        np.testing.assert_array_equal(style, whole[name][:350])
