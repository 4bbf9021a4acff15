"""`lode run --every …`: the clock of one machine."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from lode.cli.interrupting import terminated_as_interrupted
from lode.cli.output import console, emit_json
from lode.lake import open_lake
from lode.settings import load_settings
from lode.workflow.options import MiningOptions
from lode.workflow.schedule import crontab, run_daily, run_due, schedule_of, scheduled
from lode.workflow.turns import Turns, Wait

Every = Literal["daily", "due", "cron"]
Run = Callable[[dict[str, Any]], dict[str, Any]]
Show = Callable[[dict[str, Any]], None]


def repeat(
    every: Every, request: dict[str, Any], run: Run, show: Show, *, further: Sequence[str], as_json: bool
) -> None:
    """Run a request after each session, once if it is due, or print the line for cron that does.

    run: takes the request to its result; show prints it, after the turn is on record: a reader that has gone by then
    undoes nothing. further: words of the command beside the request's. Raises UsageError for a request that cannot
    recur.
    """
    asked = scheduled(request)
    if every == "cron":
        _print_crontab(_shell_command(asked, further))
        return
    schedule = schedule_of(asked)
    turns = Turns(open_lake(load_settings()), schedule.id, _now)
    with terminated_as_interrupted():
        if every == "daily":
            run_daily(schedule, turns, lambda: run(asked), clock=_now, show=show)
            return
        outcome = run_due(schedule, turns, lambda: run(asked), _now)
    if isinstance(outcome, Wait):
        _tell(outcome, as_json=as_json)
    else:
        show(outcome)


def _tell(wait: Wait, *, as_json: bool) -> None:
    until = wait.until.isoformat(timespec="seconds") if wait.until else None
    if as_json:
        emit_json({"run": None, "reason": wait.reason, "until": until})
    else:
        again = f"; again from {wait.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if wait.until else ""
        console().print(f"Nothing to run: {wait.reason}{again}.", markup=False)


def _now() -> datetime:
    return datetime.now(UTC)


def _print_crontab(command: str) -> None:
    """Print comments that say what cron does not see, and the line. Secrets are not printed."""
    unseen = sorted(name for name in os.environ if name.startswith("LODE_") and name != "LODE_HOME")
    lines = ["# for `crontab -e`; starts nothing while a run is still going, nor where no session is due"]
    lines += ["# CRON_TZ is cronie's: under another cron give the line the machine's own time for that hour"]
    if unseen:
        lines += [f"# set in this shell, which cron does not see: {', '.join(unseen)}; .env and lode.toml are read"]
    sys.stdout.write("\n".join([*lines, crontab(command)]) + "\n")


def _shell_command(request: dict[str, Any], further: Sequence[str]) -> str:
    """Return the command that cron is to start, from here: the request with `--every due`."""
    defaults, options = MiningOptions().to_dict(), request["options"]
    asked = {name: request.get(name) for name in ("source", "universe", "start")}
    asked |= {name: value for name, value in options.items() if value != defaults[name]}
    words = [
        word
        for name, value in asked.items()
        if value is not None
        for word in (f"--{name.replace('_', '-')}", *(() if value is True else (str(value),)))
    ]
    called = Path(sys.argv[0])
    program = [str(called.absolute())] if called.name == "lode" else [sys.executable, "-m", "lode.cli"]
    home = [f"LODE_HOME={shlex.quote(os.environ['LODE_HOME'])}"] if "LODE_HOME" in os.environ else []
    command = shlex.join([*program, "run", *words, *further, "--every", "due"])
    return " ".join([f"cd {shlex.quote(str(Path.cwd()))} &&", *home, command])
