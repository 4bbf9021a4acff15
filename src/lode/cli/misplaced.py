"""Options of `lode snapshot` given to a command that takes the snapshot itself: what leads on."""

from __future__ import annotations

import cyclopts

_OF_SNAPSHOT = ("--source", "--universe", "--start", "--end", "--as-of")


def misplaced(error: cyclopts.CycloptsError, command: str) -> str | None:
    """Return how to choose the data of `command` by a snapshot, where a wrong call tried to choose them otherwise."""
    if not isinstance(error, cyclopts.UnknownOptionError):
        return None
    option = (error.token.keyword or error.token.value).partition("=")[0]
    if option not in _OF_SNAPSHOT or not any("--snapshot" in argument.names for argument in error.argument_collection):
        return None
    return (
        f"`lode {command}` has no {option}: it takes a snapshot. Freeze one with `lode snapshot {option} …`, which "
        f"prints its id, and give `lode {command} … --snapshot ID`"
    )
