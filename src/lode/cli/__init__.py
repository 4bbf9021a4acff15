"""The command line: every command is thin, what it does lives in the packages below."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import cyclopts

import lode
from lode import log
from lode.cli.data import collect_app, import_app, simulate_command, snapshot_command, sql_command
from lode.cli.factors import compute_command, evaluate_command, factors_app
from lode.cli.mining import mine_command, run_command
from lode.cli.runs import runs_app, workflow_app
from lode.cli.system import app_command, doctor_command, warehouse_app
from lode.errors import LodeError
from lode.settings import load_settings

_USAGE, _FAILED, _INTERRUPTED = 2, 1, 130

app = cyclopts.App(
    name="lode",
    help="Mine formulas that predict stock returns, and prove or refuse each of them.",
    version=lode.__version__,
    help_format="plaintext",
)
for command, name in (
    (run_command, "run"),
    (mine_command, "mine"),
    (snapshot_command, "snapshot"),
    (evaluate_command, "evaluate"),
    (compute_command, "compute"),
    (simulate_command, "simulate"),
    (sql_command, "sql"),
    (app_command, "app"),
    (doctor_command, "doctor"),
):
    app.command(command, name=name)
for group in (collect_app, import_app, factors_app, runs_app, workflow_app, warehouse_app):
    app.command(group)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; exit 0 on success, 1 on an explained failure, 2 on wrong usage."""
    sys.exit(_exit_code(sys.argv[1:] if arguments is None else list(arguments)))


def _exit_code(arguments: list[str]) -> int:
    log.configure("info")
    try:
        log.configure(load_settings().log_level)
        app(arguments, exit_on_error=False, print_error=True, result_action="return_value")
    except cyclopts.CycloptsError:
        return _USAGE
    except LodeError as error:
        sys.stdout.flush()
        _complain(f"error: {error}", error)
        return error.exit_code
    except KeyboardInterrupt as interruption:
        _complain("interrupted; what was recorded stays, the same command goes on", interruption)
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  the process's entry point
        log.get_logger("cli").error("unexpected failure", arguments=arguments, exc_info=True)
        _complain(f"error: unexpected {type(error).__name__}: {error}; please report it with the lines above", error)
        return _FAILED
    return 0


def _complain(message: str, error: BaseException) -> None:
    """Say what ended the command and, in the error's notes, how to go on."""
    sys.stderr.write("\n".join([message, *getattr(error, "__notes__", [])]) + "\n")


if __name__ == "__main__":
    main()
