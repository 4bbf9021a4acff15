"""The reference page of the warehouse's tables, written from the migrations and what is told beside them."""

from __future__ import annotations

from lode.warehouse.tables import Table, tables
from tools.reference.markdown import code, table

_PREFACE = """\
# Tables

*Written by `python -m tools.reference tables` from `src/lode/warehouse/migrations`; do not edit.*

The warehouse is ClickHouse, embedded or a server, with the same tables. `lode sql` reads them; so does any tool that
speaks ClickHouse's HTTP ([Query the warehouse](../how-to/query.md)).

- Rows are only ever appended. A table has an *order key*; of rows with the same key the engine keeps the last one, when
  it merges: read `FROM table FINAL` to see each once.
- What the world revises has two times: the *event time*, which it is about, and the *knowledge time*, from which on it
  could be known. A changed value is a new row with a later knowledge time, and both stay. To read as of a moment, take
  the rows known by then, and of those the latest: `argMax(close, knowledge_time)`.
- Times are UTC, days are of the exchange. `Nullable` columns are null where nothing is known; other texts are empty.
- *Written by* names a step of a run (validate, collect, snapshot, plan, mine, select, prove, publish, notify) or a
  command.

On a replicated server the engines are the same with `Replicated` before them.
"""


def tables_page() -> str:
    """The page in Markdown: one section per table."""
    known = sorted(tables(), key=lambda each: each.name)
    index = table(("table", "one row per"), ((f"[`{each.name}`](#{each.name})", each.row) for each in known))
    return "\n".join([_PREFACE, index, *map(_section, known)])


def _section(each: Table) -> str:
    facts = [
        ("one row per", each.row),
        ("written by", each.written),
        ("event time", each.event),
        ("knowledge time", each.knowledge.removeprefix("knowledge_time: ")),
        ("order key", ", ".join(map(code, each.order))),
        ("engine", code(each.engine)),
    ]
    lines = "\n".join(f"- {name}: {fact}" for name, fact in facts if fact)
    rows = ((code(column.name), code(column.kind), column.meaning) for column in each.columns)
    return f"## `{each.name}` {{ #{each.name} }}\n\n{lines}\n\n{table(('column', 'type', 'meaning'), rows)}"
