"""The arrays that the engine takes, and the checks at its door."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lode.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats: TypeAlias = NDArray[np.float32]
Labels: TypeAlias = NDArray[np.int32]
Mask: TypeAlias = NDArray[np.bool_]

ROWS_AT_ONCE = 256


def checked(name: str, array: object, dtype: type[np.generic], shape: tuple[int, ...] | None) -> None:
    """DataError unless `array` is a row-major (sessions, names) array of `dtype` and, where given, `shape`."""
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != 2:
        received = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        reason = f"{name} must be a (sessions, names) array of {np.dtype(dtype)}, not {received}"
        raise DataError(reason)
    if shape is not None and array.shape != shape:
        reason = f"{name} has the shape {array.shape}, the other arrays have {shape}: (sessions, names)"
        raise DataError(reason)
    if not array.flags.c_contiguous:
        reason = f"{name} is not row-major; pass np.ascontiguousarray({name})"
        raise DataError(reason)


def common_shape(fields: Mapping[str, Floats], groups: Mapping[str, Labels], mask: Mask | None) -> tuple[int, int]:
    """The (sessions, names) that all arrays share, or DataError."""
    if not fields:
        reason = "no field was given: an evaluator needs at least one array, such as {'close': close}"
        raise DataError(reason)
    shape: tuple[int, ...] | None = None
    for name, field in fields.items():
        checked(f"field {name}", field, np.float32, shape)
        shape = field.shape
    for name, labels in groups.items():
        checked(f"group {name}", labels, np.int32, shape)
    if mask is not None:
        checked("mask", mask, np.bool_, shape)
    sessions, names = shape or (0, 0)
    return sessions, names


def without_infinities(field: Floats) -> Floats:
    """The field itself, or a copy with infinities as NaN: no operator sees one, so that none has to expect one."""
    for start in range(0, len(field), ROWS_AT_ONCE):
        if np.isinf(field[start : start + ROWS_AT_ONCE]).any():
            return np.where(np.isinf(field), np.float32(np.nan), field)
    return field
