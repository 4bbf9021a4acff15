from __future__ import annotations

import pytest

from lode.language import ALIASES, OPERATORS, Constant, Field, Param, Unit, lookback, parse, unit
from lode.language.operators.declaration import GROUPINGS

FIRST_CUT = {
    "elementwise": "add subtract multiply divide reverse abs sign log sqrt power signed_power inverse min max if_else "
    "less less_equal greater greater_equal equal not_equal is_nan",
    "time series": "ts_mean ts_sum ts_std_dev ts_delta ts_delay ts_rank ts_zscore ts_min ts_max ts_arg_min ts_arg_max "
    "ts_corr ts_covariance ts_decay_linear ts_product ts_av_diff ts_backfill ts_scale",
    "cross-section": "rank zscore scale winsorize normalize",
    "group": "group_rank group_zscore group_mean group_neutralize",
}


_SHORTEST = {
    **dict.fromkeys(("ts_std_dev", "ts_zscore", "ts_corr", "ts_covariance", "ts_regression", "ts_ir", "jump_decay"), 2),
    **dict.fromkeys(("ts_co_skewness", "ts_co_kurtosis", "ts_triple_corr", "ts_theilsen", "ts_poly_regression"), 2),
    "ts_partial_corr": 3,
    **dict.fromkeys(("slope", "rsquare", "resi", "ts_vector_proj", "ts_vector_neut"), 2),
    "ts_skewness": 3,
    "ts_kurtosis": 4,
}


def test_the_operators_are_all_there():
    for kind, names in FIRST_CUT.items():
        assert all(OPERATORS[name].kind == kind for name in names.split())
    assert all(name == operator.name for name, operator in OPERATORS.items())
    assert set(ALIASES.values()) <= set(OPERATORS)


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=lambda operator: operator.name)
def test_declarations_are_complete(operator):
    assert operator.formula
    assert operator.nan_rule
    example = parse(operator.example)
    assert example.op == operator.name
    assert (unit(example) == Unit.GROUP) == (operator.kind == "grouping") == (operator.name in GROUPINGS)
    assert unit(example).name
    assert lookback(example) >= 0
    names = [param.name for param in operator.params]
    assert len(set(names)) == len(names)
    assert all(param.default is None for param in operator.params[: operator.required])
    assert all(param.default is not None for param in operator.params[operator.required :])


def test_ranks_say_their_tie_rule():
    for name in ("rank", "ts_rank", "group_rank", "ts_arg_min", "ts_arg_max"):
        assert OPERATORS[name].tie_rule


def test_windows_are_whole_numbers_up_to_ten_years():
    for operator in OPERATORS.values():
        for param in operator.params:
            if param.kind == "window":
                assert (param.integer, param.high) == (True, 2520)
                assert param.low == _SHORTEST.get(operator.name, 1)


def test_signatures_show_defaults():
    assert OPERATORS["winsorize"].signature == "winsorize(x, std=4)"
    assert OPERATORS["ts_corr"].signature == "ts_corr(x, y, d)"


def test_parameters_explain_their_range():
    assert Param("f", "number", low=0.0).range == "a number from 0"
    assert Param("f", "number", high=1.0).range == "a number up to 1"
    assert Param("f", "number").fault(Constant(3.0)) is None
    assert Param("f", "number", low=0.0).fault(Field("close")) == "f must be a number from 0, not close"
