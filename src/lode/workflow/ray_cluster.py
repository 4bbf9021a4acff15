"""The executor of a Ray cluster: every shard is a task, and a node that goes down takes no work with it.

The nodes have the same version of Lode installed and reach the same lake and warehouse: on one machine those of
LODE_HOME, on several a server and a bucket (LODE_WAREHOUSE_URL, LODE_LAKE_URL). A shard whose node is lost is given to
another one and goes on from its last generation, three times at most.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lode import log
from lode.errors import LodeError, SourceUnavailableError, StepError, UsageError
from lode.settings import Settings
from lode.workflow.context import Event, Report, open_context
from lode.workflow.mining import mine_recorded
from lode.workflow.options import code_version

if TYPE_CHECKING:
    from ray.actor import ActorHandle

_RETRIES = 2
_LISTEN_SECONDS = 0.5
_KNOCK_SECONDS = 5.0
_OWN = "local"


class RayExecutor:
    """Runs shards as tasks of a Ray cluster. `address`: host:port, ray://host:port or auto; absent: one of its own.

    Raises UsageError where the extra is missing or the cluster could not reach what shards need, SourceUnavailableError
    where no cluster answers.
    """

    def __init__(self, settings: Settings, *, address: str | None = None) -> None:
        self._settings = settings
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        if address and _has_token():
            os.environ.setdefault("RAY_AUTH_MODE", "token")
        try:
            import ray  # noqa: PLC0415  only this executor needs the extra
        except ImportError as error:
            raise UsageError(f"--executor ray needs {error.name}: pip install 'lode-factors[ray]'") from error
        self._ray = ray
        try:
            _knock(address)
            ray.init(address=address or _OWN, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
        except (OSError, RuntimeError, ValueError) as error:
            raise SourceUnavailableError(
                f"--address {address or _OWN}: no Ray cluster answers there ({_root(error)}); start one with "
                "`ray start --head`, or leave --address out for one on this machine"
            ) from error
        self._refuse_what_cannot_be_reached()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster; one of our own ends."""
        self._ray.shutdown()

    def run(self, events: Sequence[Event], report: Report) -> list[Event]:
        """Run the shard of every event; the results stand in the order of the events. Raises StepError."""
        ray = self._ray
        ears = ray.remote(num_cpus=0, max_restarts=-1)(_Ears).remote()
        task = ray.remote(num_cpus=1, max_retries=_RETRIES)(_shard)
        disclosed, version = ray.put(self._settings.disclosed()), code_version()
        waiting = [task.remote(disclosed, event, version, ears) for event in events]
        places = {reference: place for place, reference in enumerate(waiting)}
        results: dict[int, Event] = {}
        while waiting:
            done, waiting = ray.wait(waiting, num_returns=1, timeout=_LISTEN_SECONDS)
            self._hear(ears, report)
            for reference in done:
                results[places[reference]] = self._answer(reference, events[places[reference]])
        self._hear(ears, report)
        ray.kill(ears)
        return [results[place] for place in range(len(events))]

    def _answer(self, reference: Any, event: Event) -> Event:  # noqa: ANN401  Ray's reference
        try:
            answer = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            reason = f"{type(error).__name__}: {str(error).strip().splitlines()[-1]}"
            raise StepError(
                f"shard {event['shard']} was lost {_RETRIES + 1} times on the cluster ({reason})"
            ) from error
        if "error" in answer:
            raise StepError(answer["error"])
        return dict(answer["result"])

    def _hear(self, ears: ActorHandle[Any], report: Report) -> None:
        """Pass on what shards reported; progress may be lost with a node, work is not."""
        try:
            heard: list[tuple[int, str]] = self._ray.get(ears.drain.remote())
            for count, note in heard:
                report(count, note)
        except self._ray.exceptions.RayError as error:
            log.get_logger("ray").debug("progress was lost", reason=type(error).__name__)

    def _nodes(self) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = self._ray.nodes()  # type: ignore[no-untyped-call]
        return nodes

    def _refuse_what_cannot_be_reached(self) -> None:
        """Raise UsageError where nodes on other machines would look for the lake or the warehouse on their own disk."""
        hosts = {node["NodeManagerHostname"] for node in self._nodes() if node["Alive"]}
        local = [
            name
            for name, value in (
                ("LODE_WAREHOUSE_URL", self._settings.warehouse_url or self._settings.warehouse_secret),
                ("LODE_LAKE_URL", self._settings.lake_url),
            )
            if value is None
        ]
        if len(hosts) > 1 and local:
            self.close()
            raise UsageError(
                f"the cluster has {len(hosts)} machines, and they cannot reach what is on this one: set "
                f"{' and '.join(local)} to a ClickHouse server and a bucket that all of them reach"
            )


def _knock(address: str | None) -> None:
    """Raise OSError at once where nothing listens: Ray itself would try for minutes."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=_KNOCK_SECONDS).close()


def _has_token() -> bool:
    """Whether Ray's token is there, with which `ray start` guards a cluster; Ray looks for it when it is imported."""
    return "RAY_AUTH_TOKEN" in os.environ or (Path.home() / ".ray" / "auth_token").exists()


def _root(error: BaseException) -> str:
    """Return what an error began with, in one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split()) or type(error).__name__


class _Ears:
    """Collects the progress of shards until the driver asks."""

    def __init__(self) -> None:
        self._heard: list[tuple[int, str]] = []

    def hear(self, count: int, note: str) -> None:
        self._heard.append((count, note))

    def drain(self) -> list[tuple[int, str]]:
        heard, self._heard = self._heard, []
        return heard


def _shard(disclosed: dict[str, Any], event: Event, version: str, ears: ActorHandle[Any]) -> dict[str, Any]:
    """Run one shard on a node; failures come back as text, since a node may lack what an exception is made of."""
    settings = Settings(**disclosed)
    log.configure(settings.log_level)
    if (own := code_version()) != version:
        return {
            "error": f"a node runs version {own} of Lode and this machine {version}: install the same on all of them"
        }
    try:
        with open_context(settings, report=ears.hear.remote) as context:
            return {"result": mine_recorded(event, context)}
    except LodeError as error:
        return {"error": str(error)}
