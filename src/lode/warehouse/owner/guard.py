"""What read-only sessions may not ask for.

Three walls, each enough for most attempts:

1. The session itself: ClickHouse's `readonly = 1` (no writes, no table functions that reach outside, no change of
   settings) and a role that may read the database `lode` and nothing else; see `sessions`.
2. The statement's class, told by ClickHouse's own parser: exactly one statement, and one that only reads. This
   refuses what the session's settings do not: INTO OUTFILE, SET ROLE, USE, SYSTEM, KILL, BACKUP.
3. The statement's syntax tree, told by ClickHouse's own parser too: no function that reaches outside, be it called,
   named as an argument (`arrayMap(file, …)`) or applied to columns; no system table but those that describe tables.
   Comments, case and quoting do not survive parsing, and literals are literals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from lode.warehouse.owner.engine import Connection

# Table functions that make rows out of nothing or of what the session may read anyway.
_TABLE_FUNCTIONS = frozenset(
    {
        "numbers",
        "numbers_mt",
        "zeros",
        "zeros_mt",
        "null",
        "values",
        "generateseries",
        "generate_series",
        "primes",
        "view",
    }
)
# Functions that reach outside of the tables, or that evaluate text.
_REACHING = re.compile(
    r"file|dict.*|joinget.*|filesystem.*|hascolumnintable|catboostevaluate|ai[a-z]*|addressto.*|showcertificate"
    r"|getserverport|getserversetting|getmacro|getclienthttpheader|serveruuid|getoskernelversion|structureto.*"
    r"|region.*|sleep.*|eval.*|executable.*|python.*",
    re.IGNORECASE,
)
_SYSTEM_TABLES = frozenset(
    {
        "build_options",
        "columns",
        "data_type_families",
        "databases",
        "formats",
        "functions",
        "numbers",
        "numbers_mt",
        "one",
        "parts",
        "parts_columns",
        "settings",
        "table_engines",
        "tables",
        "time_zones",
        "zeros",
        "zeros_mt",
    }
)
_DATABASES = frozenset({"lode", "information_schema"})
_STEP = re.compile(r"^\s*(?P<kind>\w+)(?: (?P<name>.*?))?(?: \(alias .*\))?(?: \(children \d+\))?$", re.DOTALL)


class Refused(RuntimeError):  # noqa: N818  an answer to the client, phrased as ClickHouse phrases its own
    """A statement that a read-only session may not run; the message is in ClickHouse's form."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Code: 497. DB::Exception: a read-only session refuses {reason}. (ACCESS_DENIED)")


def check(connection: Connection, sql: str, params: Mapping[str, str], outside: frozenset[str]) -> None:
    """Let `sql` pass when it only reads tables of the warehouse. Raises Refused, or ClickHouse's own syntax error.

    `outside` has the lower-case names of the table functions that this engine offers and that reach outside.
    """
    kind = connection.classify_query(sql)
    if kind["statement_count"] == 1 and _name(kind["query_class"]) != "READ_ONLY":
        raise Refused("a statement that does not only read")
    tree = connection.query(f"EXPLAIN AST {sql}", "JSONCompactEachRow", params=params)  # a syntax error is raised here
    if kind["statement_count"] != 1:
        raise Refused("anything but one statement that only reads")
    for line in tree.bytes().decode("utf-8", "replace").splitlines():
        _check_node(json.loads(line)[0], outside)


def outside_functions(connection: Connection) -> frozenset[str]:
    """Lower-case names of the engine's table functions, those apart that read nothing but what they are given.

    `format` is left to `readonly = 1`, since a plain function has the same name.
    """
    names = connection.query("SELECT lower(name) FROM system.table_functions", "TabSeparated").bytes().decode().split()
    return frozenset(names) - _TABLE_FUNCTIONS - {"format"}


def _check_node(line: str, outside: frozenset[str]) -> None:
    node = _STEP.match(line)
    if node is None:
        return
    kind, name = node["kind"], (node["name"] or "").lower()
    if kind == "Function" and (name in outside or _REACHING.fullmatch(name)):
        raise Refused(f"the function {name}: it reaches outside of the warehouse's tables")
    if kind == "Identifier" and _REACHING.fullmatch(name):
        raise Refused(f"the name {name}: a function of that name reaches outside of the warehouse's tables")
    if kind == "ColumnsApplyTransformer":
        raise Refused("APPLY: name the function and the columns instead")
    if kind == "TableIdentifier":
        _check_table(name)


def _check_table(name: str) -> None:
    database, dot, table = name.partition(".")
    if not dot or database in _DATABASES or (database == "system" and table in _SYSTEM_TABLES):
        return
    raise Refused(f"the table {name}: it reads tables of the database lode, and those of system that describe them")


def _name(query_class: object) -> str:
    return str(getattr(query_class, "name", query_class))
