from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import pytest

import lode
from lode.errors import UsageError
from lode.workflow.options import MiningOptions, code_version, run_id


def test_defaults_are_those_of_the_interface() -> None:
    assert MiningOptions().to_dict() == {
        "candidates": 2000,
        "searcher": "genetic",
        "shards": 4,
        "seed": 0,
        "horizon": 1,
        "delay": 1,
        "splits": "60/20/20",
        "alpha": 0.05,
        "cost_bps": 10,
        "neutralize": "none",
        "min_names": 10,
        "racing": False,
        "pool": "ridge",
        "formulas": "",
    }


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("candidates", value) for value in (0, -1, 100_000_001, "20", 2.0, True, None, np.int64(5))),
        *(("shards", value) for value in (0, 2001, 10_001)),
        *(("seed", value) for value in (-1, 2**63, 0.5)),
        *(("horizon", value) for value in (0, -1, 251)),
        *(("delay", value) for value in (-1, 6)),
        *(("alpha", value) for value in (0, 0.51, float("nan"), "5%")),
        *(("cost_bps", value) for value in (-0.1, float("inf"))),
        *(("min_names", value) for value in (2, 100_001)),
        *(("racing", value) for value in (1, "yes", None)),
        *(("pool", value) for value in ("", "ols", None)),
        *(("neutralize", value) for value in ("beta", "", None)),
        *(("splits", value) for value in ("", "60/20", "60/20/10", "100/0/0", "-1/51/50", "a/b/c", "60/20/nan", 3)),
    ],
)
def test_what_is_not_allowed_is_named(option: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"^--{option.replace('_', '-')} "):
        MiningOptions(**{option: value})  # type: ignore[arg-type]


def test_unknown_options_are_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"unknown mining options \['candidate'\]; known are .*'candidates'"):
        MiningOptions.from_dict({"candidate": 5})


def test_options_survive_json() -> None:
    options = MiningOptions(candidates=7, splits="50/25/25", neutralize="market", shards=1)
    assert MiningOptions.from_dict(json.loads(json.dumps(options.to_dict()))) == options
    assert options.shares == (50, 25, 25)


def test_a_whole_number_for_a_number_is_the_same_run() -> None:
    assert json.dumps(MiningOptions(cost_bps=10).to_dict()) == json.dumps(MiningOptions(cost_bps=10.0).to_dict())


def test_every_option_and_the_snapshot_are_part_of_a_runs_id() -> None:
    options = MiningOptions()
    others = {
        "candidates": 2001,
        "searcher": "random",
        "shards": 3,
        "seed": 1,
        "horizon": 2,
        "delay": 0,
        "splits": "50/25/25",
        "alpha": 0.01,
        "cost_bps": 5.0,
        "neutralize": "market",
        "min_names": 11,
        "racing": True,
        "pool": "nonnegative",
        "formulas": "rank(close)",
    }
    assert set(others) == {field.name for field in fields(options)}
    ids = {run_id("s", replace(options, **{name: value})) for name, value in others.items()}  # type: ignore[arg-type]
    assert len(ids | {run_id("s", options), run_id("t", options)}) == len(others) + 2
    assert run_id("s", options) == run_id("s", MiningOptions())


def test_the_code_has_a_version_that_stays_while_it_does() -> None:
    version, digest = code_version().split("+")
    assert version == lode.__version__
    assert len(digest) == 12
