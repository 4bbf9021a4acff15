"""Hosts that refuse connections: where nothing listens, asking on for every subject is in vain.

A refusal is asked again as any failure of a source. The third in a row for one subject, with no other sign of life from
the host meanwhile, ends the collection: that is a few seconds, which a service that is being started again may take.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

from lode.errors import CollectError, SourceUnavailableError

MOST_REFUSALS = 3
_COULD_NOT_CONNECT = 7  # curl's code


class ConnectionRefusedByHostError(SourceUnavailableError):
    """Nothing listens at the host of `url`. setting: what says where the source is; source: its name; "" for none."""

    def __init__(self, url: str, setting: str = "", source: str = "") -> None:
        self.host = host_of(url)
        where = f"{source} at {self.host}" if source else self.host
        super().__init__(
            f"{where} refuses connections: nothing listens there; see whether {setting or 'its address'} is right and "
            "its service runs"
        )


class HostDownError(CollectError):
    """A host refused too often: nothing more is asked in this collection."""


class Hosts:
    """What the hosts of a collection last did. Shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refusals: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.down: HostDownError | None = None

    def require_up(self) -> None:
        """Raise HostDownError once a host is given up."""
        if self.down is not None:
            raise HostDownError(str(self.down))

    def refused(self, subject: str, error: ConnectionRefusedByHostError) -> None:
        """Count a refusal; HostDownError where it is one too many."""
        with self._lock:
            count = self._refusals[error.host]
            count[subject] += 1
            if count[subject] >= MOST_REFUSALS and self.down is None:
                self.down = HostDownError(str(error))
        self.require_up()

    def lives(self, url: str) -> None:
        """Note that the host of `url` did anything else."""
        with self._lock:
            self._refusals.pop(host_of(url), None)


def host_of(url: str) -> str:
    """Return host and port as the address has them."""
    return urlsplit(url).netloc.rpartition("@")[2] or url


def is_refusal(error: BaseException | None) -> bool:
    """Whether a client's error, httpx's or curl's, says that the connection was refused."""
    return any(
        isinstance(each, ConnectionRefusedError) or getattr(each, "code", None) == _COULD_NOT_CONNECT
        for each in _causes(error)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        yield from (each for each in error.args if isinstance(each, BaseException))
        error = error.__cause__ or error.__context__
