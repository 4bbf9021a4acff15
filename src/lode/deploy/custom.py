"""Answer CloudFormation, which waits at a URL that it signed for a custom resource's function to say how it went."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.request import Request, urlopen

from lode import log
from lode.errors import LodeError

_SECONDS = 10
_LONGEST = 1000


def answer(event: Mapping[str, Any], make: Callable[[], None]) -> dict[str, Any]:
    """Call `make` unless the resource is being deleted, and tell CloudFormation; returns what it was told.

    Nothing is undone at deletion: what was made outlives the stack. Raises LodeError for a URL that is not https.
    """
    told = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    told |= {"PhysicalResourceId": event.get("PhysicalResourceId", event["LogicalResourceId"]), "Status": "SUCCESS"}
    try:
        if event["RequestType"] != "Delete":
            make()
    except Exception as error:  # noqa: BLE001  whatever it is: a stack that is not told waits for an hour
        log.get_logger("custom").error("a custom resource failed", resource=event["LogicalResourceId"], exc_info=True)
        told |= {"Status": "FAILED", "Reason": f"{type(error).__name__}: {error}"[:_LONGEST]}
    _put(event["ResponseURL"], json.dumps(told).encode())
    return told


def _put(url: str, body: bytes) -> None:
    if not url.startswith("https://"):
        raise LodeError(f"CloudFormation's URL begins with {url[:8]!r}: expected https://")
    request = Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310  https, as checked
    urlopen(request, timeout=_SECONDS).close()  # noqa: S310
