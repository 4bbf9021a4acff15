"""The command line: every command is thin, what it does lives in the packages below."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import cyclopts

import lode
from lode import log
from lode.cli.misplaced import misplaced
from lode.errors import LodeError, UsageError
from lode.settings import load_settings

_USAGE, _FAILED, _INTERRUPTED = 2, 1, 130

COMMANDS = (
    ("run", "mining:run_command", "Collect, mine, prove and publish: the whole workflow."),
    ("collect", "collecting:collect_app", "Collect from sources outside."),
    ("import", "importing:import_app", "Bring your own files in."),
    ("snapshot", "data:snapshot_command", "Freeze what the warehouse knew at a time into a panel."),
    ("mine", "mining:mine_command", "Mine a snapshot."),
    ("evaluate", "factors:evaluate_command", "Print the evidence sheet of a formula."),
    ("compute", "factors:compute_command", "Write the values of formulas to a Parquet file."),
    ("update", "updating:update_command", "Collect what is new and add its sessions to every proven factor."),
    ("factors", "factors:factors_app", "Factors and what is known of them."),
    ("runs", "runs:runs_app", "Runs and their steps."),
    ("calibrate", "calibrating:calibrate_command", "Measure false discoveries on markets without a factor, and power."),
    ("simulate", "simulating:simulate_command", "Write a simulated market to a file."),
    ("sql", "data:sql_command", "Run a read-only query on the warehouse."),
    ("workflow", "runs:workflow_app", "The workflow as it is deployed."),
    ("deploy", "deploying:deploy_app", "The platform on AWS."),
    ("warehouse", "system:warehouse_app", "The embedded warehouse's process."),
    ("app", "system:app_command", "Open the dashboard on this machine."),
    ("doctor", "diagnosing:doctor_command", "Say what is installed, reachable, fresh and broken, and what to do."),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; exit 0 on success, 1 on an explained failure, 2 on wrong usage."""
    sys.exit(_exit_code(sys.argv[1:] if arguments is None else list(arguments)))


def _exit_code(arguments: list[str]) -> int:
    log.configure("info")
    try:
        log.configure(load_settings().log_level)
        _dispatch(arguments)
        sys.stdout.flush()
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
        log.silence(sys.stdout)
        return 0
    except Exception as error:  # noqa: BLE001  the process's entry point
        log.get_logger("cli").error("unexpected failure", arguments=arguments, exc_info=True)
        _complain(f"error: unexpected {type(error).__name__}: {error}; please report it with the lines above", error)
        return _FAILED
    return 0


def _dispatch(arguments: list[str]) -> None:
    try:
        command_line(arguments[:1])(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except cyclopts.CycloptsError as error:
        if said := misplaced(error, arguments[0]):
            raise UsageError(said) from error
        _print_usage(error)
        raise
    except ImportError as error:
        if (absent := _absent(error)) is None:
            raise
        raise UsageError(f"`lode {arguments[0]}` needs {absent}: pip install 'lode-factors[run]'") from error


def _print_usage(error: cyclopts.CycloptsError) -> None:
    """Print what cyclopts says of a wrong call."""
    if error.console is not None:
        error.console.print(cyclopts.CycloptsPanel(error))


def _absent(error: BaseException | None) -> str | None:
    """The package of others that an import failed for, whatever wrapped the failure."""
    while error is not None:
        package = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
        if package and package != "lode" and package not in sys.stdlib_module_names:
            return package
        error = error.__cause__
    return None


def command_line(chosen: Sequence[str] = ()) -> cyclopts.App:
    """Return the command line; a command is loaded when it is chosen, and then its own help is shown."""
    app = cyclopts.App(
        name="lode",
        help="Mine formulas that predict stock returns, and prove or refuse each of them.",
        version=lode.__version__,
        help_format="plaintext",
    )
    for name, place, purpose in COMMANDS:
        own = {} if name in chosen else {"help": purpose}
        app.command(f"lode.cli.{place}", name=name, **own)
    return app


def _complain(message: str, error: BaseException) -> None:
    """Say what ended the command and, in the error's notes, how to go on."""
    sys.stderr.write("\n".join([message, *getattr(error, "__notes__", [])]) + "\n")


if __name__ == "__main__":
    main()
