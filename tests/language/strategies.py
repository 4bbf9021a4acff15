"""Random expressions, of right units where asked."""

from __future__ import annotations

from hypothesis import strategies as st

from lode.language import BAR_FIELDS, OPERATORS, Call, Constant, Field, Numbers, Unit, UnitError, unit

SERIES = tuple(name for name, measured in BAR_FIELDS.items() if measured != Unit.GROUP)
GROUPS = tuple(name for name, measured in BAR_FIELDS.items() if measured == Unit.GROUP)

fields = st.sampled_from(SERIES).map(Field)
plain_groups = st.sampled_from(GROUPS).map(Field)
constants = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 3.0]),
    st.floats(-1000, 1000, width=32).map(lambda value: float(f"{value:.6g}")),
).map(Constant)


def windows(low=1, high=2520):
    return st.integers(low, high).map(lambda d: Constant(float(d)))


def edges():
    return st.lists(st.integers(-40, 40), min_size=1, max_size=6, unique=True).map(
        lambda tenths: Numbers(tuple(tenth / 10 for tenth in sorted(tenths)))
    )


def groups(series):
    """A field, or a group that is made of one or two others, or of a series."""
    truth = st.sampled_from([0.0, 1.0]).map(Constant)
    made = st.tuples(series, edges(), truth, truth, truth, truth).map(lambda args: Call("bucket", args))
    single = st.one_of(plain_groups, plain_groups, made)
    two = st.tuples(st.sampled_from(["group_cartesian_product", "group_coalesce"]), single, single)
    return st.one_of(
        single,
        single,
        plain_groups.map(lambda group: Call("densify", (group,))),
        two.map(lambda parts: Call(parts[0], parts[1:])),
    )


VALUED = tuple(sorted(name for name, operator in OPERATORS.items() if operator.kind != "grouping"))


def calls(children, *, longest_window=2520, names=None):
    """A call of any operator (or of `names`), its series arguments drawn from `children`."""

    def argument(param):
        if param.kind == "series":
            return children
        if param.kind == "group":
            return groups(children)
        if param.kind == "window":
            return windows(int(param.low), min(int(param.high), longest_window))
        if param.integer:
            return st.integers(int(param.low), int(param.high)).map(lambda value: Constant(float(value)))
        low, high = max(param.low, -1000), min(param.high, 1000)
        return st.floats(low, high, width=32).map(lambda value: Constant(float(value)))

    def call(name):
        return st.tuples(*map(argument, OPERATORS[name].params)).map(lambda args: Call(name, args))

    return st.sampled_from(sorted(names or VALUED)).flatmap(call)


def expressions(*, max_leaves=12, longest_window=2520, names=None):
    """Any expression the parser accepts; units may be nonsense."""
    leaves = st.one_of(fields, constants)
    return st.recursive(
        leaves, lambda inner: calls(inner, longest_window=longest_window, names=names), max_leaves=max_leaves
    )


def typed_expressions(*, max_leaves=12, longest_window=2520, names=None):
    """Expressions whose units agree: a call that they refuse is replaced by its first argument."""

    def agreeing(inner):
        return calls(inner, longest_window=longest_window, names=names).map(lambda e: e if _agrees(e) else e.args[0])

    return st.recursive(fields, agreeing, max_leaves=max_leaves)


def _agrees(expr):
    try:
        unit(expr)
    except UnitError:
        return False
    return True
