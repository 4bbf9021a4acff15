"""`lode warehouse` and `lode app`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cyclopts

from lode.cli.output import AsJson, console, emit_json, print_table
from lode.errors import UsageError
from lode.settings import load_settings
from lode.warehouse import backup, restore, start, status, stop

warehouse_app = cyclopts.App(name="warehouse", help="The embedded warehouse's process. Example: lode warehouse status")


@warehouse_app.command(name="start")
def start_command() -> None:
    """Start the embedded warehouse; every command does so by itself. Example: lode warehouse start"""
    settings = load_settings()
    start(settings)
    _print_status(as_json=False)


@warehouse_app.command(name="stop")
def stop_command() -> None:
    """Stop the embedded warehouse; it starts again on demand. Example: lode warehouse stop"""
    stop(load_settings())
    _print_status(as_json=False)


@warehouse_app.command(name="status")
def status_command(*, as_json: AsJson = False) -> None:
    """Show whether the warehouse runs, and where. Example: lode warehouse status --json"""
    _print_status(as_json=as_json)


@warehouse_app.command(name="backup")
def backup_command(path: Path) -> None:
    """Write every table into a new folder. Example: lode warehouse backup /backups/2026-11-20

    Parameters
    ----------
    path
        A folder that does not exist yet; on a server also s3://bucket/prefix, which its own role may write to.
    """
    backup(load_settings(), path)
    console().print(f"the warehouse is backed up in {path}", markup=False)


@warehouse_app.command(name="restore")
def restore_command(path: Path) -> None:
    """Read a backup into the warehouse; rows that are there stay. Example: lode warehouse restore /backups/2026-11-20

    Parameters
    ----------
    path
        The folder, or the s3:// address, that `lode warehouse backup` wrote.
    """
    restore(load_settings(), path)
    console().print(f"the warehouse holds what {path} holds", markup=False)


def app_command(*, port: int = 8501) -> None:
    """Open the dashboard on this machine; unless told otherwise it listens on loopback. Example: lode app --port 8600

    Parameters
    ----------
    port
        TCP port, 1024 to 65535.
    """
    if not 1024 <= port <= 65535:
        msg = f"--port {port}: allowed is 1024 to 65535"
        raise UsageError(msg)
    from lode.app.server import command, environment  # noqa: PLC0415  needs the extra `app`

    settings = load_settings()
    arguments, variables = command(port, settings), os.environ | environment(settings)
    if os.name == "posix":  # one process, which hears itself that it is to stop
        os.execve(arguments[0], arguments, variables)  # noqa: S606  no shell is wanted
    sys.exit(subprocess.run(arguments, check=False, env=variables).returncode)


def _print_status(*, as_json: bool) -> None:
    found = status(load_settings())
    if as_json:
        emit_json(found)
    else:
        print_table("warehouse", ["what", "value"], found.items())
