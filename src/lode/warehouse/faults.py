"""ClickHouse's and the transport's errors as Lode's: what happened, and the next step. Mapped once, here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lode.errors import QueryRefusedError, UsageError, WarehouseError

try:
    from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, Error, OperationalError
except ModuleNotFoundError as absent:  # everything that opens a warehouse comes through here
    raise UsageError(f"the warehouse needs {absent.name}: pip install 'lode-factors[warehouse]'") from absent

_REFUSED = frozenset({164, 291, 392, 452, 497})
_CREDENTIALS = frozenset({192, 193, 194, 516})
_NO_SPACE = frozenset({243, 252})
_TIMEOUT = frozenset({159, 160})
_UNKNOWN_TABLE = frozenset({60, 81})
_DETAIL = re.compile(r"(?:server response: )?(?:Code: \d+\. )?(?:DB::Exception: )?(?P<text>.+)", re.DOTALL)
_UNWRITABLE = re.compile("ermission denied|Read-only file system")
_DAMAGED = re.compile("CORRUPTED_DATA|CHECKSUM_DOESNT_MATCH|CANNOT_READ_ALL_DATA")
_LONGEST = 600
_BROKEN_OFF = b"__exception__\r\n"
_READ_ONLY = "Read-only sessions take one statement that reads the warehouse's tables: SELECT, SHOW, DESCRIBE, EXPLAIN"
_LOST_EMBEDDED = "Try again; its log is owner.log in that folder"
_LOST_SERVER = "Check LODE_WAREHOUSE_URL (or what LODE_WAREHOUSE_SECRET names) and the network"


@dataclass(frozen=True)
class Place:
    """What messages say about where the warehouse is: never a password.

    name: "the warehouse in /folder" or "the ClickHouse server host:port".
    query_limit: seconds, the longest read-only statement.
    """

    name: str
    embedded: bool
    access: str
    query_limit: float


def raise_told(tail: bytes) -> None:
    """Raise ClickHouse's error that an answer's `tail` ends with: it arose when a part had been sent already."""
    if not tail.endswith(_BROKEN_OFF):
        return
    told = tail[: -len(_BROKEN_OFF)].removesuffix(b"\r\n")
    length = told.rsplit(b"\r\n", 1)[-1]  # and the answer's tag
    text = told[: -len(length) - 2][-int(length.split()[0]) :].decode("utf-8", "replace")
    found = re.search(r"Code: (\d+)", text)
    raise DatabaseError(text, code=int(found[1]) if found else None)


def is_lost(fault: ClickHouseError) -> bool:
    """Whether the connection, not the statement, failed: the owner was killed, ended, or replaced."""
    if isinstance(fault, OperationalError) and fault.code is None and fault.__cause__ is not None:
        return True
    return _code(fault) in _CREDENTIALS  # a new owner behind the old port


def was_never_sent(fault: ClickHouseError) -> bool:
    """Whether the statement cannot have been run, so that it may be sent again whatever it does."""
    if _code(fault) in _CREDENTIALS:
        return True
    return "NewConnectionError" in repr(fault.__cause__) or "ConnectionRefused" in repr(fault.__cause__)


def explain(fault: ClickHouseError, place: Place) -> WarehouseError:
    """Return Lode's error for `fault`."""
    code, text = _code(fault), _detail(fault)
    if code in _REFUSED and place.access == "read":
        return QueryRefusedError(f"{text}. {_READ_ONLY}")
    if code is None and is_lost(fault):
        step = _LOST_EMBEDDED if place.embedded else _LOST_SERVER
        return WarehouseError(f"{place.name} does not answer ({_reason(fault) or text}). {step}")
    return WarehouseError(f"{place.name}: {text}. {_next_step(code, text, place)}")


def _reason(fault: ClickHouseError) -> str:
    """Return what the system said of a broken connection, from below the driver's words; they may show statements."""
    error: BaseException | None = fault
    while error is not None:
        if isinstance(error, OSError) and error.strerror:
            return error.strerror
        nested = getattr(error, "reason", None)
        error = nested if isinstance(nested, BaseException) else error.__cause__ or error.__context__
    return ""


def _next_step(code: int | None, text: str, place: Place) -> str:
    if code in _TIMEOUT:
        return f"Narrow the query, or raise LODE_QUERY_LIMIT (now {place.query_limit:g} s)"
    steps = (
        (code in _NO_SPACE or "No space left" in text, "Free some space on its disk; acknowledged rows are kept"),
        (code in _CREDENTIALS, "Check the user and the password in LODE_WAREHOUSE_URL or in the secret"),
        (code in _UNKNOWN_TABLE, "SHOW TABLES lists what is there"),
        (_UNWRITABLE.search(text), "Set LODE_HOME to a folder that you may write to"),
        (_DAMAGED.search(text), "Its files are damaged: restore a backup (lode warehouse restore)"),
    )
    return next((step for applies, step in steps if applies), "Correct the statement and try again")


def _code(fault: ClickHouseError) -> int | None:
    return fault.code if isinstance(fault, Error) else None


def _detail(fault: ClickHouseError) -> str:
    text = str(fault)
    _, found, rest = text.partition("server response: ")
    match = _DETAIL.match(rest if found else text)
    detail = (match["text"] if match else text).strip().rstrip(".")
    return detail if len(detail) <= _LONGEST else f"{detail[:_LONGEST]}…"
