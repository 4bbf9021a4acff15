"""The lake: immutable objects in a folder or in S3.

An object is written once and never changed. Puts are conditional (`If-None-Match: *` on S3, a hard link of a staged
file in a folder) and therefore atomic: a killed process leaves the whole object or none.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote, urlsplit

import obstore
from obstore import exceptions
from obstore.store import LocalStore, S3Store

from lode.errors import LakeError, NotFoundError, SettingsError, UsageError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

    from lode.settings import Settings

_SEGMENT = re.compile(r"[A-Za-z0-9=._:@^+~,$&-]+")
_DISCARDABLE = "rate/"
_LONGEST_KEY = 900  # S3 allows 1,024 bytes, the prefix included
# Throttling (503 SlowDown) and failures of S3's own are waited for with growing, jittered pauses: for a minute.
_PATIENCE = timedelta(minutes=1)
_RETRIES = {
    "max_retries": 100,  # the time decides
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=10), "base": 3},
    "retry_timeout": _PATIENCE,
}
_BUSY = re.compile(r"SlowDown|TooManyRequests|status code: (?:429|5\d\d)|InternalError|ServiceUnavailable")


class Lake:
    """Immutable objects under string keys such as `raw/yahoo/chart/symbol=AAPL/…`.

    url: `file:///folder` or `s3://bucket/prefix`. `options` are obstore's S3 settings (`region`, `endpoint`, …); what
    they leave open comes from the environment, `AWS_ENDPOINT_URL` included. Nothing is opened before the first use,
    and a lake may be pickled and shared by threads. Raises SettingsError for another kind of url; every method raises
    UsageError for a key that is no clean relative path, and LakeError where the store refuses.
    """

    def __init__(self, url: str, *, options: Mapping[str, str] | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"file", "s3"} or (parts.scheme == "s3") != bool(parts.netloc):
            raise SettingsError(
                f"lake URL {url!r}: allowed are file:///folder and s3://bucket/prefix; set LODE_LAKE_URL to one of them"
            )
        self.url, self.options = url.rstrip("/"), dict(options or {})
        self._folder = _folder_of(parts.path) if parts.scheme == "file" else None

    def __repr__(self) -> str:
        return f"Lake({self.url!r})"

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_store"}

    def put(self, key: str, body: bytes) -> bool:
        """Create the object; True when it was written, False when the same bytes were there.

        Raises LakeError when other bytes stand under `key`, or when the storage refuses.
        """
        if self.claim(key, body):
            return True
        if self.get(key) != body:
            raise LakeError(
                f"{key} exists in {self.url} with other bytes; objects are never changed: write under a new key"
            )
        return False

    def claim(self, key: str, body: bytes) -> bool:
        """Create the object if `key` is free; False, and nothing written, when it is taken, whatever its bytes."""
        with self._faults("write", _checked(key)):
            try:
                obstore.put(self._store, key, body, mode="create", use_multipart=False)
            except (exceptions.AlreadyExistsError, exceptions.PreconditionError):
                return False
        return True

    def get(self, key: str) -> bytes:
        """Return the object's bytes; NotFoundError when there is none."""
        with self._faults("read", _checked(key)):
            return bytes(obstore.get(self._store, key).bytes())

    def exists(self, key: str) -> bool:
        """Tell whether there is an object under `key`."""
        with suppress(NotFoundError), self._faults("read", _checked(key)):
            obstore.head(self._store, key)
            return True
        return False

    def discard(self, key: str) -> None:
        """Remove an object under `rate/`, where processes agree on when to ask a source; all others stay for ever.

        One that is gone already is no error. On S3 let a lifecycle rule expire `rate/` after a day: it removes what
        killed processes leave behind.
        """
        if not _checked(key).startswith(_DISCARDABLE):
            raise UsageError(f"lake key {key!r}: only objects under {_DISCARDABLE} may be removed; all others stay")
        with suppress(NotFoundError), self._faults("read", key):  # gone already
            obstore.delete(self._store, key)

    def list(self, prefix: str) -> list[str]:
        """Sorted keys of the objects under the folder `prefix` (whole segments; "" lists everything)."""
        folder = prefix.rstrip("/")
        with self._faults("list", _checked(folder) if folder else ""):
            return sorted(entry["path"] for batch in obstore.list(self._store, folder or None) for entry in batch)

    def local_path(self, key: str, cache: Path) -> Path:
        """Return a local file with the object's bytes, for memory-mapping.

        In a folder lake it is the object itself, never to be written; else a copy under `cache`, made on first use.
        """
        if self._folder is not None:
            path = self._folder.joinpath(*_checked(key).split("/"))
            if not path.is_file():
                self._missing(key)
            return path
        path = cache / "lake" / hashlib.sha256(self.url.encode()).hexdigest()[:16] / _checked(key)
        if not path.exists():
            self._copy(key, path)
        return path

    def _copy(self, key: str, path: Path) -> None:
        """Download to a neighbour of `path` and rename, so that a reader never sees half a file."""
        partial: Path | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
                partial = Path(file.name)
                with self._faults("read", key):
                    chunks = iter(obstore.get(self._store, key).stream(min_chunk_size=8 << 20))
                    while (chunk := next(chunks, None)) is not None:
                        file.write(chunk)
            partial.replace(path)
        except OSError as error:
            raise LakeError(
                f"cannot keep a copy of {key} in {path.parent}: {error.strerror}; make room there or set LODE_HOME"
            ) from error
        finally:
            if partial is not None:
                partial.unlink(missing_ok=True)

    @cached_property
    def _store(self) -> ObjectStore:
        if self._folder is not None:
            return LocalStore(self._folder, mkdir=True)
        endpoint = self.options.get("endpoint") or os.environ.get("AWS_ENDPOINT_URL", "")
        config = {"conditional_put": "etag", **({"endpoint": endpoint} if endpoint else {}), **self.options}
        # obstore's stubs name every option; the mapping is checked at run time
        return S3Store.from_url(
            self.url,
            config=config,  # type: ignore[arg-type]
            client_options={"allow_http": endpoint.startswith("http://")},
            retry_config=_RETRIES,  # type: ignore[arg-type]
        )

    @contextmanager
    def _faults(self, verb: str, key: str) -> Iterator[None]:
        """Turn the storage's own errors into Lode's."""
        try:
            yield
        except (exceptions.BaseError, OSError, ValueError) as error:
            if isinstance(error, FileNotFoundError) and verb == "read":
                self._missing(key)
            reason = str(error).split("\n\nDebug source", maxsplit=1)[0].strip()
            raise LakeError(
                f"the lake at {self._folder or self.url} cannot {verb} {key or 'its objects'}: {reason}; "
                f"{self._remedy(reason)}"
            ) from error

    def _missing(self, key: str) -> NoReturn:
        raise NotFoundError(
            f"no object {key} in the lake at {self._folder or self.url}; was it collected or imported into this lake?"
        ) from None

    def _remedy(self, reason: str) -> str:
        if self._folder is not None:
            return "see that the folder may be written and has room, or set LODE_HOME or LODE_LAKE_URL to another one"
        if _BUSY.search(reason):
            return "it throttles or is down: try again later, the same command goes on; fewer shards at once ask less"
        return "see that the bucket exists and that the credentials, region and AWS_ENDPOINT_URL are right"


def open_lake(settings: Settings) -> Lake:
    """Return the lake that the settings name."""
    return Lake(settings.lake)


def _folder_of(path: str) -> Path:
    """Folder of a file URL's path; a Windows drive arrives as `/C:/…`."""
    text = unquote(path)
    return Path(text[1:] if re.match(r"/[A-Za-z]:", text) else text)


def _checked(key: str) -> str:
    """Return `key` when it is a clean relative path, else raise UsageError."""
    segments = key.split("/")
    clean = all(_SEGMENT.fullmatch(s) and s.strip(".") for s in segments)
    if not clean or len(key) > _LONGEST_KEY:
        raise UsageError(
            f"lake key {key[:120]!r}: allowed are relative paths of letters, digits and =._:@^+~,$&- "
            f"without empty, . or .. segments, at most {_LONGEST_KEY} characters"
        )
    return key
