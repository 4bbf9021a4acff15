from __future__ import annotations

import sys

import numpy as np
import pytest

from benchmarks.candidates import agreement
from benchmarks.ours import from_lists, to_lists
from benchmarks.processes import BenchmarkError, figures, last_object, objects, output
from lode.language import parse


def test_only_lines_that_are_objects_are_read():
    assert objects('warning\n{"a": 1}\n{not json\n{"a": 2}\n') == [{"a": 1}, {"a": 2}]
    assert last_object('{"a": 1}\n[2]\n') == {"a": 1}
    with pytest.raises(BenchmarkError, match="nothing that is a JSON object"):
        last_object("Killed\n")


def test_a_process_that_fails_says_its_last_line():
    with pytest.raises(BenchmarkError, match="ended with 1: ZeroDivisionError"):
        figures([sys.executable, "-c", "1 / 0"], threads=1, seconds=30)


def test_a_process_has_as_many_threads_and_the_instruction_set():
    code = "import json, os; print(json.dumps([os.environ[n] for n in ('POLARS_MAX_THREADS', 'LODE_SIMD')]))"
    printed = output([sys.executable, "-c", code], threads=2, seconds=30, simd="avx2")
    assert printed.strip() == '["2", "avx2"]'


@pytest.mark.parametrize("text", ["ts_mean(close, 20) / close", "rank(-1 * ts_delta(volume, 5))", "close"])
def test_expressions_travel_as_lists(text):
    expr = parse(text)
    assert from_lists(to_lists(expr)) == expr


def test_scores_agree_where_both_have_some_and_nearly_all_are_near():
    nan = float("nan")
    ours = np.array([[0.1, 0.2, nan], [0.1, 0.2, 0.3], [nan, nan, nan], [0.1, nan, nan]])
    theirs = np.array([[0.1, 0.2001, 0.5], [0.1, 0.9, 0.3], [nan, nan, nan], [nan, 0.1, nan]])
    assert agreement(ours, theirs) == 2  # the first and the one that nobody scores
