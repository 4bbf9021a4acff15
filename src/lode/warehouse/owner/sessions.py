"""One chDB connection per client session, each with its own settings.

On a shared connection a `SELECT 1` waits behind the longest query. A connection costs half a millisecond; those of a
session are kept until it has been silent for a while, those of requests without a session are closed at once.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from uuid import uuid4
from xml.sax.saxutils import escape

from lode.warehouse.owner.engine import Connection, Engine

Access = Literal["write", "read"]
SILENT_SECONDS = 60.0
DATABASE = "lode"

_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What a reader may ask for: how the answer looks, and tighter limits.
_READER_SETTINGS = re.compile(r"output_format_(arrow|csv|json|native|pretty|tsv)_\w+|max_threads|max_result_rows|final")
# Answers are for programs that take Arrow over loopback: compression would cost more than it saves. An insert may hold
# rows that replace each other (readers say FINAL); folding them at once would double the time of a large insert.
_DEFAULTS = {
    "output_format_arrow_compression_method": "none",
    "output_format_pretty_color": "0",
    "optimize_on_insert": "0",
    "async_insert": "0",
    "fsync_metadata": "0",
}
_CONFIG = """<clickhouse>
  <users_config>{users}</users_config>
  <timezone>UTC</timezone>
  <mark_cache_size>268435456</mark_cache_size>
  <backups><allowed_path>/</allowed_path></backups>
</clickhouse>
"""
_USERS = """<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <roles>
    <writer><grants><query>GRANT ALL ON *.*</query></grants></writer>
    <reader><grants><query>GRANT SELECT, SHOW ON lode.*</query></grants></reader>
  </roles>
  <users>
    <default>
      <password></password>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants><query>GRANT writer</query><query>GRANT reader</query></grants>
    </default>
  </users>
</clickhouse>
"""


@dataclass(frozen=True)
class SessionKey:
    """What tells one session's connection from another's."""

    access: Access
    session: str
    settings: tuple[tuple[str, str], ...]
    query_limit: float
    database: str = DATABASE


@dataclass
class Session:
    """A connection, and the mark by which its statements can be found and ended."""

    connection: Connection
    mark: str = field(default_factory=lambda: uuid4().hex)
    used: float = field(default_factory=time.monotonic)


def write_config(folder: Path) -> Path:
    """Write ClickHouse's configuration into `folder`: UTC, a role that reads, and a role that writes."""
    users, config = folder / "users.xml", folder / "config.xml"
    users.write_text(_USERS, encoding="utf-8")
    config.write_text(_CONFIG.format(users=escape(str(users))), encoding="utf-8")
    return config


class Sessions:
    """The connections of one owner; safe to use from several threads."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine, self._path = engine, f"{folder / 'chdb'}?config-file={write_config(folder)}"
        self._lock = threading.Lock()
        self._resting: dict[SessionKey, list[Session]] = {}
        self._own = engine.connect(self._path)
        self._own.query(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")

    @property
    def own(self) -> Connection:
        """The owner's own connection; it may do anything, and keeps the folder open."""
        return self._own

    @contextmanager
    def session(self, key: SessionKey) -> Iterator[Session]:
        """A connection for `key` that nobody else uses meanwhile.

        It is closed when the statement fails: chDB 4.4 puts what a failed stream had written before the next answer.
        """
        with self._lock:
            resting = self._resting.get(key)
            session = resting.pop() if resting else None
        session = session or self._open(key)
        try:
            yield session
        except BaseException:
            session.connection.close()
            raise
        self._rest(key, session)

    def kill(self, session: Session) -> None:
        """End the statement that `session` runs, if it runs one."""
        connection = self._engine.connect(self._path)
        try:
            connection.query(f"KILL QUERY WHERE Settings['log_comment'] = '{session.mark}' ASYNC")
        finally:
            connection.close()

    def kill_all(self) -> None:
        """End the statements of all sessions."""
        self._own.query("KILL QUERY WHERE 1 ASYNC")

    def close_silent(self) -> None:
        """Close the connections of sessions that have been silent for a while."""
        before = time.monotonic() - SILENT_SECONDS
        with self._lock:
            silent = [s for kept in self._resting.values() for s in kept if s.used < before]
            left = {key: [s for s in kept if s.used >= before] for key, kept in self._resting.items()}
            self._resting = {key: kept for key, kept in left.items() if kept}
        for session in silent:
            session.connection.close()

    def close(self) -> None:
        """Close every connection that rests, and the folder with the last one."""
        with self._lock:
            resting, self._resting = self._resting, {}
        for session in (s for kept in resting.values() for s in kept):
            session.connection.close()
        self._own.close()

    def _rest(self, key: SessionKey, session: Session) -> None:
        if not key.session:
            session.connection.close()
            return
        session.used = time.monotonic()
        with self._lock:
            self._resting.setdefault(key, []).append(session)

    def _open(self, key: SessionKey) -> Session:
        session = Session(self._engine.connect(self._path))
        settings = _DEFAULTS | dict(key.settings) | {"log_comment": session.mark}
        if key.access == "read":
            settings |= {"max_execution_time": str(key.query_limit), "timeout_overflow_mode": "throw", "readonly": "1"}
        try:
            session.connection.query(f"USE {_identifier(key.database)}")
            if key.access == "read":
                session.connection.query("SET ROLE reader")
            for name in sorted(settings, key=lambda name: name == "readonly"):  # the last that can be set
                session.connection.query(f"SET {_identifier(name)} = {literal(settings[name])}")
        except RuntimeError:
            session.connection.close()
            raise
        return session


def reader_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """Keep of `settings` those that a reader may choose."""
    return {name: value for name, value in settings.items() if _READER_SETTINGS.fullmatch(name)}


def _identifier(name: str) -> str:
    if not _SETTING.fullmatch(name):
        raise RuntimeError(f"Code: 62. DB::Exception: {name!r} is not a name. (SYNTAX_ERROR)")
    return name


def literal(value: str) -> str:
    """Return `value` as ClickHouse writes a text."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
