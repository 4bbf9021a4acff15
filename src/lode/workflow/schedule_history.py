"""What became of the schedules that share a lake: the last turn of each, read from the turns on record.

A schedule leaves nothing but its turns (turns.py), so that one which was ended on purpose looks like one that died:
both have no turn for the sessions since.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from lode.lake import Lake
from lode.workflow.turns import Turn

_FOLDER = "schedules"
_ENDED = ".ended.json"


@dataclass(frozen=True)
class LastTurn:
    """The last turn of a schedule.

    exchange: whose sessions it follows. session: the one it was for. outcome: succeeded, failed, interrupted, refused,
    or "" without an end: it goes on, or was killed. told: the run's id, or why it came to nothing.
    """

    schedule: str
    exchange: str
    number: int
    session: date
    claimed_at: datetime
    outcome: str
    told: str
    ended_at: datetime | None


def read_last_turns(lake: Lake) -> list[LastTurn]:
    """Return the last turn of every schedule, sorted by name. LakeError where the lake cannot be read."""
    return list(_last_turns(lake))


def _last_turns(lake: Lake) -> Iterator[LastTurn]:
    for schedule, keys in groupby(lake.list(_FOLDER), key=lambda key: key.split("/")[1]):
        known = set(keys)
        claims = [key for key in known if not key.endswith(_ENDED)]
        if not claims:
            continue
        claim = max(claims)
        turn = Turn(**json.loads(lake.get(claim)))
        end = claim.removesuffix(".json") + _ENDED
        ended: dict[str, str] = json.loads(lake.get(end)) if end in known else {}
        yield LastTurn(
            schedule,
            schedule.rpartition("-")[0],
            turn.number,
            date.fromisoformat(turn.session),
            datetime.fromisoformat(turn.claimed_at),
            ended.get("outcome", ""),
            ended.get("told", ""),
            datetime.fromisoformat(ended["ended_at"]) if ended else None,
        )
