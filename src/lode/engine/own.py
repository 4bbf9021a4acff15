"""A user's own operators: Python functions on arrays, declared so that language, engine and search know them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from lode.engine.kernel import Argument, Kernel, Site
from lode.engine.kernels import KERNELS
from lode.engine.memory import twin
from lode.errors import DataError, ExpressionError
from lode.language import Operator, Param, Unit, add_operator, remove_operator

if TYPE_CHECKING:
    from lode.engine.arrays import Floats
    from lode.language.operators.declaration import LookbackRule, OperatorKind, ParamKind, UnitRule

Function: TypeAlias = Callable[..., Any]
Declared = TypeVar("Declared", bound=Function)

OWN_KERNELS: dict[str, Kernel] = {}
_PRISTINE: dict[str, tuple[Operator, FunctionType]] = {}
_LONGEST = 2520
_NUMBERS = 1e15
_TRIAL_NAMES = 7
_TRIAL_ROWS = 40
_TRIAL_WINDOW = 5
_ORDER = {"series": 0, "group": 1, "window": 2, "number": 2}


def declare(
    kind: OperatorKind,
    *,
    unit: Unit | UnitRule | None = None,
    lookback: int | Callable[..., int] | None = None,
    missing: str = "as the function says",
    ties: str = "",
    **params: ParamKind | Param,
) -> Callable[[Declared], Declared]:
    """Make an operator of the function that follows; it keeps its name, and its docstring is the formula.

    params: what each of the function's parameters is, in their order: series, then a group, then windows and numbers;
        a default is the function's. A Param says the range too.
    unit: of the result; that of the first series where None. lookback: sessions before t that are looked back to: a
        number, or a function of the windows and numbers by name; window - 1 where None, 0 without a window.
    missing, ties: what becomes of missing and equal values, for readers.

    The function gets series as read-only (sessions, names) float32 arrays, a group as such int32 labels (-1 for
    missing), windows as int, numbers as float, and returns an array of the same shape. ExpressionError where the
    declaration is wrong, or a trial on a small random panel shows that the function does not do what it declares;
    DataError when its result later has another shape or cannot be a float32.
    """

    def register(function: Declared) -> Declared:
        taken = _params(function, params)
        operator = Operator(
            name=function.__name__,
            kind=kind,
            params=taken,
            rule=_rule(unit),
            lookback=_lookback(taken, lookback),
            formula=(inspect.getdoc(function) or "no formula is given").split("\n\n")[0],
            nan_rule=missing,
            tie_rule=ties,
            example=f"{function.__name__}({', '.join(map(_example, taken))})",
        )
        kernel = _kernel(operator, function)
        pristine = twin(function) if isinstance(function, FunctionType) else None
        _try(operator, kernel)
        add_operator(operator)
        OWN_KERNELS[operator.name] = kernel
        if pristine:
            _PRISTINE[operator.name] = operator, pristine
        return function

    return register


def forget(name: str) -> None:
    """Take an own operator away, if it is there."""
    remove_operator(name)
    OWN_KERNELS.pop(name, None)
    _PRISTINE.pop(name, None)


def fresh_kernels() -> dict[str, Kernel]:
    """Return every kernel, own operators as they were declared: a leak check must not see what they remember.

    Values raise DataError where such an operator fails or returns another shape.
    """
    renewed = {name: _kernel(operator, twin(kept)) for name, (operator, kept) in _PRISTINE.items()}
    return {**KERNELS, **OWN_KERNELS, **renewed}


def _params(function: Function, given: Mapping[str, ParamKind | Param]) -> tuple[Param, ...]:
    takes = inspect.signature(function).parameters
    if list(takes) != list(given):
        reason = (
            f"own operator `{function.__name__}` takes ({', '.join(takes)}), its declaration is of "
            f"({', '.join(given)}): declare each parameter, in their order"
        )
        raise ExpressionError(reason)
    params = tuple(_param(function, name, what, takes[name].default) for name, what in given.items())
    places = [_ORDER[param.kind] for param in params]
    groups = sum(param.kind == "group" for param in params)
    if places != sorted(places) or not places or places[0] or groups > 1:
        reason = f"own operator `{function.__name__}`: series come first (one at least), then a group, then numbers"
        raise ExpressionError(reason)
    return params


def _param(function: Function, name: str, what: ParamKind | Param, default: object) -> Param:
    if isinstance(what, Param) and what.kind in _ORDER:
        return what
    if what not in _ORDER:
        reason = f"own operator `{function.__name__}`: {name} is {what!r}; allowed are {', '.join(_ORDER)}, or a Param"
        raise ExpressionError(reason)
    number = float(default) if isinstance(default, (int, float)) else None
    if what == "window":
        return Param(name, "window", default=number, low=1, high=_LONGEST, integer=True)
    if what == "number":
        return Param(name, "number", default=number, low=-_NUMBERS, high=_NUMBERS)
    return Param(name, what)


def _rule(unit: Unit | UnitRule | None) -> UnitRule:
    if unit is not None and not isinstance(unit, Unit):
        return unit

    def rule(units: Sequence[Unit], _: Sequence[float | None]) -> Unit:
        return units[0] if unit is None else unit

    rule.__doc__ = "That of x." if unit is None else unit.name
    return rule


def _lookback(params: Sequence[Param], given: int | Callable[..., int] | None) -> LookbackRule:
    windows = [at for at, param in enumerate(params) if param.kind == "window"]

    def rule(values: Sequence[float | None]) -> int:
        if isinstance(given, int):
            return given
        numbers = {param.name: _number(param, value) for param, value in zip(params, values, strict=True)}
        if given is not None:
            return int(given(**{p.name: numbers[p.name] for p in params if p.kind in ("window", "number")}))
        return max((int(numbers[params[at].name]) - 1 for at in windows), default=0)

    rule.__doc__ = f"{given} sessions." if isinstance(given, int) else "as declared." if given else "the window - 1."
    return rule


def _number(param: Param, value: float | None) -> float:
    if param.kind in ("window", "number") and value is None:
        reason = f"{param.name} must be a constant"
        raise ExpressionError(reason)
    number = value or 0.0
    return int(number) if param.integer else number


def _kernel(operator: Operator, function: Function) -> Kernel:
    panels = sum(param.kind == "series" for param in operator.params)
    kind = "group" if any(param.kind == "group" for param in operator.params) else operator.kind

    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        given = [_given(site, p, a, out) for p, a in zip(operator.params, arguments, strict=True)]
        try:
            found = function(*given)
        except Exception as error:  # the user's own code: whatever it raises is told with the operator's name
            reason = f"own operator `{operator.name}` failed: {type(error).__name__}: {error}"
            raise DataError(reason) from error
        np.copyto(out, _checked(operator.name, found, out.shape), casting="unsafe")
        out[np.isinf(out)] = np.nan

    return Kernel(kind, panels, run)


def _given(site: Site, param: Param, argument: Argument, out: Floats) -> object:
    """The argument as the function gets it."""
    if param.kind == "group":
        array: np.ndarray[Any, Any] = site.groups[str(argument)].labels
    elif param.kind == "series":
        array = argument if isinstance(argument, np.ndarray) else np.full_like(out, float(argument))
        if array.shape != out.shape:  # a constant that is folded
            array = np.broadcast_to(array, out.shape)
    else:
        return int(float(argument)) if param.integer else float(argument)
    view = array.view()
    view.flags.writeable = False
    return view


def _checked(name: str, found: object, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """What the function returned, or DataError where it is no panel of this shape."""
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiub" or found.shape != shape:
        received = f"{found.dtype} {found.shape}" if isinstance(found, np.ndarray) else type(found).__name__
        reason = (
            f"own operator `{name}` returned {received}; a panel of numbers is needed, float32 {shape}: "
            "(sessions, names), as its arguments are"
        )
        raise DataError(reason)
    return found


def _example(param: Param) -> str:
    if param.kind == "series":
        return "close"
    return "sector" if param.kind == "group" else f"{_trial_number(param):g}"


def _trial_number(param: Param) -> float:
    if param.default is not None:
        return param.default
    return min(max(float(_TRIAL_WINDOW), param.low or 1.0), param.high or _NUMBERS)


def _try(operator: Operator, kernel: Kernel) -> None:
    """Run the function on a small random panel: its result's shape, and that it looks no further back than declared.

    Whether it looks ahead is what the leak checks of a factor say.
    """
    values = [_trial_number(p) if p.kind in ("window", "number") else None for p in operator.params]
    reach = operator.lookback(values)
    rows = 2 * reach + _TRIAL_ROWS
    cut = rows - reach - _TRIAL_ROWS // 2
    whole, part = (_trial(operator, kernel, values, rows, start) for start in (0, cut))
    same = (whole[cut:].view(np.uint32) == part.view(np.uint32)) | (np.isnan(whole[cut:]) & np.isnan(part))
    if not same[reach:].all():
        reason = (
            f"own operator `{operator.name}` declares a lookback of {reach} sessions ({operator.example}), but its "
            "values change, if only in the last digit, with what lies further back: declare more, or compute each "
            "value from its window alone (a sum that runs on from the first session does not)"
        )
        raise ExpressionError(reason)


def _trial(operator: Operator, kernel: Kernel, values: Sequence[float | None], rows: int, start: int) -> Floats:
    from lode.engine.kernel import Group  # noqa: PLC0415  for this trial alone

    rng = np.random.default_rng(0)
    arguments: list[Argument] = []
    labels = rng.integers(-1, 3, (rows, _TRIAL_NAMES)).astype(np.int32)
    for param, value in zip(operator.params, values, strict=True):
        if value is not None:
            arguments.append(value)
        elif param.kind == "group":
            arguments.append("sector")
        else:
            panel = (100 + rng.standard_normal((rows, _TRIAL_NAMES))).astype(np.float32)
            panel[rng.random(panel.shape) < 0.03] = np.nan
            arguments.append(np.ascontiguousarray(panel[start:]))
    out = np.empty((rows - start, _TRIAL_NAMES), np.float32)
    kernel.run(Site(start, {"sector": Group(labels[start:], 3)}), arguments, out)
    return out
