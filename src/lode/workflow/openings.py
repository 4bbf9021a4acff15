"""Claims of vault openings in the lake.

A claim is an object that can be created once, so that two runs that open at the same moment get different numbers and
a run that died after its claim finds it again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date

from lode.evidence.vault import Opening
from lode.lake import Lake

_PREFIX = "vault/openings/"


def read_claims(lake: Lake) -> list[Opening]:
    """Every opening ever claimed, in order."""
    return [_decoded(lake.get(key)) for key in lake.list(_PREFIX)]


def claim_opening(lake: Lake, run: str, make: Callable[[Sequence[Opening]], Opening]) -> Opening:
    """Claim the next opening for a run; one that the run has already, from whichever process, is returned.

    `make` gets the earlier openings and returns the new one or raises what forbids it. Another process may take the
    number first: then `make` is asked again with that one among the earlier.
    """
    while True:
        earlier = read_claims(lake)
        if (own := next((opening for opening in earlier if opening.run == run), None)) is not None:
            return own
        opening = make(earlier)
        if lake.claim(f"{_PREFIX}{opening.number:08d}.json", _encoded(opening)):
            return opening


def _encoded(opening: Opening) -> bytes:
    content = asdict(opening) | {
        "first_session": opening.first_session.isoformat(),
        "last_session": opening.last_session.isoformat(),
        "instruments": sorted(opening.instruments),
    }
    return json.dumps(content, sort_keys=True).encode()


def _decoded(body: bytes) -> Opening:
    content = json.loads(body)
    return Opening(
        **content
        | {
            "first_session": date.fromisoformat(content["first_session"]),
            "last_session": date.fromisoformat(content["last_session"]),
            "instruments": frozenset(content["instruments"]),
            "finalists": tuple(content["finalists"]),
        }
    )
