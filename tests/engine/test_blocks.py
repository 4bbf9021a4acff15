import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.engine import Blocks, Evaluator
from lode.errors import UsageError
from lode.language import FIELD_UNITS, OPERATORS, Call, lookback, parse, postorder
from lode.search import SearchSpace
from lode.search.grammar import Grammar
from tests.engine.markets import EVERY_OPERATOR, NESTED, market

EXPRESSIONS = sorted({*EVERY_OPERATOR, *NESTED, "ts_regression(close, volume, 7, lag=3, rettype=2)"})


def bits(values):
    return np.ascontiguousarray(values).view(np.uint32)


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_values_do_not_change_when_later_data_does(text):
    fields, groups = market()
    changed = {name: field.copy() for name, field in fields.items()}
    for field in changed.values():
        field[41:] = np.where(np.isnan(field[41:]), 1e9, np.float32(np.nan))
    expr = parse(text)
    before, after = Evaluator(fields, groups).value(expr), Evaluator(changed, groups).value(expr)
    np.testing.assert_array_equal(bits(before[:41]), bits(after[:41]))
    cut = Evaluator({k: v[:41] for k, v in fields.items()}, {k: v[:41] for k, v in groups.items()}).value(expr)
    np.testing.assert_array_equal(bits(before[:41]), bits(cut))


@given(st.sampled_from(EXPRESSIONS), st.integers(0, 60), st.integers(0, 60), st.integers(0, 2000))
@settings(max_examples=200, deadline=None)
def test_a_block_with_its_lookback_has_the_bits_of_the_whole(text, one, other, first_row):
    fields, groups = market(seed=3)
    expr = parse(text)
    start, stop = sorted((one, other))
    reach = max(0, start - lookback(expr))
    whole = Evaluator(fields, groups, first_row=first_row).value(expr)
    block = Evaluator(
        {name: np.ascontiguousarray(field[reach:stop]) for name, field in fields.items()},
        {name: np.ascontiguousarray(labels[reach:stop]) for name, labels in groups.items()},
        first_row=first_row + reach,
    ).value(expr)
    np.testing.assert_array_equal(bits(block[start - reach :]), bits(whole[start:stop]))


@pytest.mark.parametrize("names", [1, 3, 4, 7, 8, 15, 16, 17, 63, 64, 65, 100])
def test_a_name_does_not_depend_on_its_neighbours_in_the_tile(names):
    fields, _ = market(names=100, seed=5)
    some = {name: np.ascontiguousarray(field[:, :names]) for name, field in fields.items()}
    for text in EXPRESSIONS:
        kinds = {OPERATORS[node.op].kind for node in postorder(parse(text)) if isinstance(node, Call)}
        if kinds <= {"time series", "elementwise"}:
            whole, part = Evaluator(fields).value(parse(text)), Evaluator(some).value(parse(text))
            np.testing.assert_array_equal(bits(part), bits(whole[:, :names]), err_msg=text)


def test_two_threads_have_the_bits_of_one():
    fields, groups = market(names=80, seed=7)
    exprs = [parse(text) for text in EXPRESSIONS]

    def values(chosen):
        return {str(e): bits(v.copy()) for e, v in zip(chosen, Evaluator(fields, groups).values(chosen), strict=True)}

    alone = values(exprs)
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(values, (exprs[::2], exprs[::-1]))
    for part in halves:
        for text, found in part.items():
            np.testing.assert_array_equal(found, alone[text], err_msg=text)


SPACE = SearchSpace.of({name: FIELD_UNITS[name] for name in (*market()[0], "sector")}, history=60)


@given(st.integers(0, 10**6), st.integers(1, 90), st.integers(0, 90), st.integers(0, 90), st.sampled_from([1, 2, 3]))
@settings(max_examples=60, deadline=None)
def test_blocks_of_any_height_on_any_number_of_threads_have_the_bits_of_the_whole(seed, height, one, other, threads):
    rng, (start, stop) = Random(seed), sorted((one, other))
    fields, groups = market(sessions=90, names=17, seed=seed % 5)
    mask = np.random.default_rng(seed).random((90, 17)) < 0.9
    drawn = [Grammar(SPACE).factor(rng, rng.randint(1, 14)) for _ in range(4)]
    exprs = [parse(rng.choice(EXPRESSIONS)), *(expr for expr in drawn if expr is not None)]
    outputs = np.full((len(exprs), stop - start, 17), np.float32(7))
    blocks = Blocks(exprs, fields, groups, mask=mask, rows=slice(start, stop), height=height, threads=threads)
    blocks.fill(list(outputs))
    for expr, found in zip(exprs, outputs, strict=True):
        whole = Evaluator(fields, groups, mask=mask).value(expr)
        np.testing.assert_array_equal(bits(found), bits(whole[start:stop]), err_msg=str(expr))


@pytest.mark.parametrize("height", [1, 23])
def test_every_operator_computes_no_more_rows_than_it_needs_to_the_same_bits(height):
    fields, groups = market(sessions=70, names=19, seed=9)
    exprs = [parse(text) for text in EXPRESSIONS]
    whole = Evaluator(fields, groups).values(exprs)
    outputs = np.empty((len(exprs), 70, 19), np.float32)
    Blocks(exprs, fields, groups, height=height).fill(list(outputs))
    for expr, found, values in zip(exprs, outputs, whole, strict=True):
        np.testing.assert_array_equal(bits(found), bits(values), err_msg=str(expr))


def test_the_last_session_of_nested_windows_is_computed_from_the_rows_that_each_needs():
    fields, _ = market(sessions=40, names=5)
    heights = {}

    class Recording(dict):
        def __getitem__(self, name):
            kernel = super().__getitem__(name)

            def run(site, arguments, out):
                heights[name] = (len(out), site.first_row)
                kernel.run(site, arguments, out)

            return type(kernel)(kernel.kind, kernel.panels, run)

    from lode.engine import KERNELS

    expr = parse("rank(ts_mean(ts_delta(close, 3), 5))")
    evaluator = Evaluator(fields, first_row=100, last_rows=1, kernels=Recording(KERNELS))
    assert evaluator.value(expr).shape == (1, 5)
    assert heights == {"rank": (1, 139), "ts_mean": (5, 135), "ts_delta": (8, 132)}


def test_a_budget_too_small_says_how_much_it_takes():
    fields, _ = market()
    with pytest.raises(UsageError, match=r"100 MB of memory do not suffice for 37 names.*give at least \d+ MB"):
        Blocks([parse("close")], fields, memory=100 << 20)


def test_the_height_follows_the_memory_as_long_as_panels_are_near_the_cache():
    fields = {"close": np.ones((4000, 3000), np.float32)}
    exprs = [parse("rank(ts_corr(rank(close), ts_mean(close, 20), 250))")]
    heights = [Blocks(exprs, fields, memory=mb << 20).height for mb in (700, 710, 8000, 16000)]
    assert heights[0] < heights[1] < heights[2] == heights[3] == 1334


def test_every_thread_has_as_many_blocks():
    fields = {"close": np.ones((3000, 2000), np.float32)}
    for threads in (1, 2, 3):
        blocks = Blocks([parse("close + 1")], fields, memory=8 << 30, threads=threads).blocks
        assert len(blocks) % threads == 0
        assert len({rows.stop - rows.start for rows in blocks[:-1]}) == 1


@pytest.mark.parametrize(
    "text", ["rank(close)", "close / 2", "2 * 3", "ts_mean(close, 3)", "ts_median(close, 3)", "close"]
)
@pytest.mark.parametrize("masked", [False, True])
def test_values_are_written_where_they_are_to_stand(text, masked):
    close = np.random.default_rng(3).standard_normal((40, 7)).astype(np.float32)
    mask = np.random.default_rng(4).random(close.shape) < 0.8 if masked else None
    exprs = [parse(text), parse(f"sign({text})"), parse(text)]
    apart = np.full((40, 14), -9, np.float32)  # every other name is somebody else's
    outputs = [np.full_like(close, -9), apart[:, ::2], np.full_like(close, -9)]
    Blocks(exprs, {"close": close}, mask=mask, height=9).fill(outputs)
    for out, values in zip(outputs, Evaluator({"close": close}, mask=mask).values(exprs), strict=True):
        np.testing.assert_array_equal(out, values)
    assert (apart[:, 1::2] == -9).all()


_MEASURE = """
import json, sys
import numpy as np
from lode.engine import Blocks, Evaluator
from lode.language import parse

folder, sessions, names, memory = sys.argv[1], *map(int, sys.argv[2:])
shape = (sessions, names)
fields = {n: np.memmap(f"{folder}/{n}", np.float32, "r", shape=shape) for n in "abcdefgh"}
texts = [
    "rank(ts_corr(rank(a), rank(b), 20)) - zscore(ts_mean(c, 60) / d)",
    "ts_rank(e, 10) * if_else(f > g, ts_decay_linear(h, 30), winsorize(a, 3))",
]
exprs = [parse(text) for text in texts]
Evaluator({n: np.ones((300, 5), np.float32) for n in fields}).value(exprs[0])  # libraries are loaded
def peak():
    return 1024 * int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
before = peak()
outputs = [np.memmap(f"{folder}/out{i}", np.float32, "w+", shape=shape) for i in range(len(exprs))]
blocks = Blocks(exprs, fields, memory=memory)
blocks.fill(outputs)
print(json.dumps({"before": before, "peak": peak(), "height": blocks.height}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_a_panel_larger_than_the_memory_is_computed_within_it(tmp_path, soak_scale):
    """A fifth of the sessions and a quarter of the names of 7,000 × 7,500 in as much less room; all of it soaks."""
    sessions, names, room = (7500, 7000, 1536 << 20) if soak_scale == 1 else (1500, 1750, 80 << 20)
    for number, name in enumerate("abcdefgh"):
        rng = np.random.default_rng(number)
        with (tmp_path / name).open("wb") as file:
            for _ in range(0, sessions, 500):
                file.write(rng.standard_normal((500, names), np.float32).data)
    assert 8 * 4 * sessions * names > room or soak_scale == 1
    run = [sys.executable, "-c", _MEASURE, str(tmp_path), *map(str, (sessions, names, (512 << 20) + room))]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=3000)
    measured = json.loads(done.stdout)
    assert measured["height"] < sessions
    assert measured["peak"] - measured["before"] <= room
    assert measured["peak"] <= (512 << 20) + room
