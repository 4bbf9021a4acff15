"""The identities of every operator, in one list; operators without an entry stay as they are."""

from __future__ import annotations

from lode.language.identities import RULES as ARITHMETIC
from lode.language.joint import JOINT
from lode.language.linear import Linear
from lode.language.scaling import Args, Rule, plain
from lode.language.spelled_out import SPELLED_OUT
from lode.language.symmetries import SYMMETRIES

_LARGEST = 1000
_REPEATING = (
    "ts_delta", "ts_av_diff", "vector_neut", "regression_neut", "ts_vector_neut", "ts_regression", "group_vector_neut",
    "rank_gmean_amean_diff", "ts_rank_gmean_amean_diff", "inst_tvr", *SPELLED_OUT,
)  # fmt: skip


def _within_bounds(rule: Rule) -> Rule:
    """A rule that writes an argument more than once: 200 of them in a row would write it 2 ** 200 times.

    So arguments of more than 1,000 nodes are left where they stand.
    """

    def bounded(op: str, args: Args) -> Linear:
        return (rule if sum(arg.expr.size for arg in args) <= _LARGEST else plain)(op, args)

    return bounded


_ALL: dict[str, Rule] = {**ARITHMETIC, **SYMMETRIES, **SPELLED_OUT, **JOINT}
RULES: dict[str, Rule] = {op: _within_bounds(rule) if op in _REPEATING else rule for op, rule in _ALL.items()}
