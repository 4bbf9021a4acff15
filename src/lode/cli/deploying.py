"""`lode deploy`: the platform on AWS."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter

from lode.cli.output import AsJson, console, emit_json, print_table
from lode.deploy.account import Account
from lode.deploy.deployment import Deployment, read_deployment
from lode.errors import UsageError

Yes = Annotated[bool, Parameter(name="--yes", negative="", help="Do not ask.")]
Settings = Annotated[Path, Parameter(name="--settings", help="File with the table [deploy].")]
deploy_app = cyclopts.App(name="deploy", help="The platform on AWS (docs/how-to/aws.md). Example: lode deploy plan")
_TOML = Path("lode.toml")


@deploy_app.command(name="plan")
def plan_command(*, settings: Settings = _TOML, as_json: AsJson = False) -> None:
    """Show the settings, the stacks, the costs and what would change; change nothing. Example: lode deploy plan"""
    from lode.deploy.planning import offline_plan, plan  # noqa: PLC0415  needed by this command alone
    from lode.deploy.toolkit import open_toolkit  # noqa: PLC0415

    deployment = read_deployment(settings)
    try:
        with open_toolkit(deployment, settings) as toolkit:
            made = plan(toolkit, Account(deployment.region))
    except UsageError as error:
        made = offline_plan(deployment, settings) | {"unknown": str(error)}
    if as_json:
        emit_json(made)
        return
    _print_plan(made)


@deploy_app.command(name="up")
def up_command(
    *,
    stacks: str | None = None,
    replace: Annotated[tuple[str, ...], Parameter(name="--replace", negative="")] = (),
    settings: Settings = _TOML,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Bring the stacks up, or to what lode.toml says. Example: lode deploy up --stacks storage,network

    Parameters
    ----------
    stacks
        Which, with commas: storage, network, warehouse, collection, mining, app, observability; what they stand on
        comes with them. All without it.
    replace
        Name of a resource that holds data and may be replaced all the same; can be given again.
    """
    from lode.deploy.costs import cost_lines, total  # noqa: PLC0415
    from lode.deploy.prices import DAYS  # noqa: PLC0415
    from lode.deploy.raising import chosen, raise_stacks  # noqa: PLC0415
    from lode.deploy.toolkit import open_toolkit  # noqa: PLC0415

    deployment = read_deployment(settings)
    month = total(cost_lines(deployment))
    parts = chosen(stacks)

    def confirm(what: str) -> None:
        _confirm(f"{what}: about ${month / DAYS:.2f} a day when all stands", deployment, yes=yes)

    with open_toolkit(deployment, settings) as toolkit:
        made = raise_stacks(toolkit, Account(deployment.region), parts, replace=replace, confirm=confirm)
    if as_json:
        emit_json(made)
        return
    _print_told(made)


@deploy_app.command(name="down")
def down_command(
    *, delete_data: str | None = None, settings: Settings = _TOML, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Take the stacks down; data stays. Example: lode deploy down --delete-data lode

    Parameters
    ----------
    delete_data
        The deployment's name: delete the lake, the backups, disks, secrets and keys too. There is no way back.
    """
    from lode.deploy import lowering  # noqa: PLC0415  needed by this command alone

    deployment = read_deployment(settings)
    if delete_data is not None and delete_data != deployment.name:
        raise UsageError(f"--delete-data {delete_data}: allowed is the deployment's name, {deployment.name}")
    account = Account(deployment.region)
    wholly = delete_data is not None
    what = "all stacks and ALL DATA of" if wholly else "the stacks of"
    _confirm(f"remove {what} {deployment.name} in account {account.number()}", deployment, yes=yes)
    lowering.lower_stacks(account, deployment, delete_data=wholly, tell=_tell)
    unknown = lowering.delete_data(account, deployment, _tell) if wholly else []
    made = {"removed": True, "data_deleted": wholly, "not_deleted": unknown, "left": lowering.left(account, deployment)}
    if as_json:
        emit_json(made)
        return
    _print_left(made, deployment)


@deploy_app.command(name="status")
def status_command(*, settings: Settings = _TOML, as_json: AsJson = False) -> None:
    """Show the stacks, the last runs, the alarms. Example: lode deploy status --json"""
    from lode.deploy.state import status  # noqa: PLC0415  needed by this command alone

    deployment = read_deployment(settings)
    made = status(Account(deployment.region), deployment)
    if as_json:
        emit_json(made)
        return
    _print_rows("stacks", made["stacks"], ("stack", "state", "changed", "drift"))
    _print_rows("last runs", made["executions"], ("execution", "state", "started", "ended"))
    _print_rows("alarms", made["alarms"], ("alarm", "state", "since"))
    _print_told(made)


def _confirm(what: str, deployment: Deployment, *, yes: bool) -> None:
    """Go on only if it is wanted: --yes, or the deployment's name typed at a terminal."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{what}: there is no terminal to ask at; give --yes")
    sys.stderr.write(f"{what}\nType {deployment.name} to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != deployment.name:
        raise UsageError("not confirmed: nothing was changed")


def _tell(what: str) -> None:
    sys.stderr.write(f"{what}\n")


def _print_rows(title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    if rows:
        print_table(title, columns, [[row.get(name) for name in columns] for row in rows])


def _print_plan(made: dict[str, Any]) -> None:
    out = console()
    _print_rows("settings", made["settings"], ("setting", "value", "from"))
    out.print(f"Stacks: {', '.join(made['stacks'])}", markup=False)
    from lode.deploy.prices import priced  # noqa: PLC0415

    costs = made["costs"]
    rows = [
        [
            row["what"],
            row["detail"],
            priced(row["price"], sure=row["sure"]),
            row["unit"],
            *(f"{row[per]:.2f}" for per in ("day", "month")),
        ]
        for row in costs["lines"]
    ]
    title = f"costs in dollars, prices of {costs['prices']['region']} as of {costs['prices']['as_of']}"
    print_table(title, ["what", "of", "price", "per", "a day", "a month"], rows)
    out.print(f"Together ${costs['day']:.2f} a day, ${costs['month']:.0f} a month.", markup=False)
    out.print(f"Assumed: {costs['assumed']}. Without tax; other regions differ.", markup=False)
    for lack in made.get("missing", ()):
        out.print(f"Missing: {lack}", markup=False)
    if "unknown" in made:
        out.print(f"What would change is not known: {made['unknown']}", markup=False)
        return
    out.print(made["changes"], markup=False)
    for row in made["replaced"]:
        out.print(f"WOULD NOT STAY: {row['name']} ({row['kind']} in {row['stack']}): {row['how']}", markup=False)


def _print_told(made: dict[str, Any]) -> None:
    out = console()
    for name, value in made["outputs"].items():
        out.print(f"{name}: {value}", markup=False, soft_wrap=True)
    for name, value in made["settings"].items():
        out.print(f"{name}={value}", markup=False, soft_wrap=True)


def _print_left(made: dict[str, Any], deployment: Deployment) -> None:
    out = console()
    for arn in made["left"]["resources"]:
        out.print(f"left: {arn}", markup=False, soft_wrap=True)
    if made["data_deleted"]:
        out.print("Secrets and keys are deleted in seven days; until then they can be called back.", markup=False)
        return
    out.print(f"What is left costs about ${made['left']['month']:.2f} a month.", markup=False)
    again = f"lode deploy down --delete-data {deployment.name}"
    out.print(f"`lode deploy up` finds the same lake and backups; `{again}` removes everything.", markup=False)
