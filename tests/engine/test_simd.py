import os
import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest

from lode.engine import instruction_set
from lode.engine.simd import INSTRUCTION_SETS, chosen
from lode.errors import SettingsError

BEST = import_module("lode.engine._core_baseline").best_instruction_set()
ABLE = INSTRUCTION_SETS[: INSTRUCTION_SETS.index(BEST) + 1]
SCRIPT = """
import sys, numpy as np
from tests.engine.markets import NESTED, market
from tests.engine.test_blocks import EXPRESSIONS
from lode.engine import Evaluator, instruction_set
from lode.language import parse
fields, groups = market(names=77)
evaluator = Evaluator(fields, groups)
np.savez(sys.argv[1], *[evaluator.value(parse(text)) for text in EXPRESSIONS], name=instruction_set())
"""


def test_the_widest_runs_unless_another_is_named():
    assert chosen(None, "avx2") == "avx2"
    assert chosen("", "avx512") == "avx512"
    assert chosen("baseline", "avx512") == "baseline"
    assert instruction_set() == (os.environ.get("LODE_SIMD") or BEST)


@pytest.mark.parametrize(("wanted", "best"), [("avx512", "avx2"), ("sse9", "avx512")])
def test_what_the_processor_cannot_run_is_refused(wanted, best):
    with pytest.raises(SettingsError, match=f"LODE_SIMD={wanted}: this processor runs baseline"):
        chosen(wanted, best)


def test_all_instruction_sets_agree(tmp_path):
    results = {}
    for name in ABLE:
        path = tmp_path / f"{name}.npz"
        environment = {**os.environ, "LODE_SIMD": name, "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-c", SCRIPT, str(path)], check=True, env=environment)
        with np.load(path) as arrays:
            results[name] = {key: arrays[key] for key in arrays.files}
        assert results[name].pop("name") == name
    for name in ABLE[1:]:
        for key, values in results[name].items():
            np.testing.assert_allclose(values, results["baseline"][key], rtol=1e-5, atol=1e-6)
