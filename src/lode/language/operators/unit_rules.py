"""The unit rules that operators choose from. Their docstrings are printed in the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lode.language.units import Unit, UnitError, joined, product, raised

if TYPE_CHECKING:
    from lode.language.operators.declaration import UnitRule, Units, Values


def returns(unit: Unit) -> UnitRule:
    """A rule whose result has this unit, whatever the arguments are."""

    def rule(units: Units, values: Values) -> Unit:  # noqa: ARG001
        return unit

    rule.__doc__ = unit.name
    return rule


def same_as_x(units: Units, values: Values) -> Unit:  # noqa: ARG001
    """That of x."""
    return units[0]


def same_as_y(units: Units, values: Values) -> Unit:  # noqa: ARG001
    """That of y."""
    return units[0]


def common(units: Units, values: Values) -> Unit:  # noqa: ARG001
    """That of x and y, which must agree."""
    return joined(units[0], units[1])


def common_of_two(units: Units, values: Values) -> Unit:  # noqa: ARG001
    """That of x; y must agree, or be a plain number."""
    return units[0] if units[1] in {Unit.NUMBER, Unit.ZERO} else joined(units[0], units[1])


def comparison(units: Units, values: Values) -> Unit:  # noqa: ARG001
    """Count; x and y must agree."""
    joined(units[0], units[1])
    return Unit.COUNT


def choice(units: Units, values: Values) -> Unit:  # noqa: ARG001
    """That of x and y, which must agree; the condition has no dimension."""
    if not units[0].dimensionless:
        reason = f"a condition must be a comparison or a ratio, not a {units[0]}"
        raise UnitError(reason)
    return joined(units[1], units[2])


def logical(units: Units, values: Values) -> Unit:
    """Count; the arguments have no dimension."""
    without_dimension(units, values)
    return Unit.COUNT


def held(units: Units, values: Values) -> Unit:
    """That of alpha; trigger and exit have no dimension."""
    without_dimension((units[0], units[2]), values)
    return units[1]


def of_regression(units: Units, values: Values) -> Unit:
    """That of y; for slopes that of y over that of x, for squares that of y squared, for R² ratio."""
    y, wanted = units[0], values[4]
    if wanted in {2, 8}:
        return over(units, values)
    if wanted == 6:  # R²
        return Unit.RATIO
    return raised(y, 2.0) if wanted in {4, 5, 7} else y


def to_the_order(units: Units, values: Values) -> Unit:
    """That of x to the power k."""
    return raised(units[0], 2.0 if values[2] is None else values[2])


def times(units: Units, values: Values) -> Unit:  # noqa: ARG001
    """That of x times that of y."""
    return product(units[0], units[1])


def over(units: Units, values: Values) -> Unit:  # noqa: ARG001
    """That of x over that of y."""
    return product(units[0], raised(units[1], -1.0))


def slope_of_y(units: Units, values: Values) -> Unit:  # noqa: ARG001
    """That of y over that of x."""
    return product(units[1], raised(units[0], -1.0))


def powered(units: Units, values: Values) -> Unit:
    """That of x to the power m."""
    return raised(units[0], 1.0 if values[1] is None else values[1])


def weighted(units: Units, values: Values) -> Unit:  # noqa: ARG001
    """That of x, whatever the weight's is."""
    return units[0]


def reciprocal(units: Units, values: Values) -> Unit:  # noqa: ARG001
    """One over that of x."""
    return raised(units[0], -1.0)


def square_root(units: Units, values: Values) -> Unit:  # noqa: ARG001
    """The square root of that of x."""
    return raised(units[0], 0.5)


def to_the_power(units: Units, values: Values) -> Unit:
    """That of x to the power y; when y is no constant both must have no dimension."""
    if values[1] is not None:
        return raised(units[0], values[1])
    return without_dimension(units, values)


def without_dimension(units: Units, values: Values) -> Unit:  # noqa: ARG001
    """Ratio; no argument may have a dimension."""
    for unit in units:
        if not unit.dimensionless:
            reason = f"only values without a dimension (ratio, rank, count, number) can stand here, not a {unit}"
            raise UnitError(reason)
    return Unit.RATIO
