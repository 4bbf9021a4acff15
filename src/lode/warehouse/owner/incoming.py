"""Rows on their way in: kept in a file until the last has arrived, then inserted from it.

chDB 4.4 also takes the rows of an insert as they come, but then swallows what goes wrong when it stores them: on a full
disk it reports an insert that never was. Reading them from a file, it reports the error; and a body that breaks off
half-way is never inserted.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO


class Incoming:
    """The folder of such files; emptied when the owner starts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "incoming"
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700)

    @contextmanager
    def file(self) -> Iterator[IO[bytes]]:
        """Yield a new file that is deleted afterwards. A full disk raises as ClickHouse says it."""
        try:
            with NamedTemporaryFile(dir=self._folder) as file:
                yield file
        except OSError as error:
            raise RuntimeError(f"Code: 243. DB::Exception: {error.strerror} (NOT_ENOUGH_SPACE)") from error
