"""`lode update`."""

from __future__ import annotations

from lode.cli.output import AsJson, console, emit_json, print_table
from lode.settings import load_settings
from lode.workflow.context import open_context
from lode.workflow.updating import RunUpdate, summary, update


def update_command(*, as_json: AsJson = False) -> None:
    """Collect what is new and add its sessions to every proven factor: values, and scores where they are known.

    Example: lode update --json
    """
    with open_context(load_settings()) as context:
        done = update(context)
    if as_json:
        emit_json(summary(done))
        return
    if not done:
        console().print("no factor is proven yet, so there is nothing to bring up to date; `lode run` looks for some")
        return
    columns = ["run", "source", "factors", "since", "through", "sessions", "values", "series"]
    print_table("update", columns, [[getattr(each, name) for name in columns] for each in done])
    for each in done:
        _print_notes(each)


def _print_notes(done: RunUpdate) -> None:
    console().print(f"{done.run}: {done.message}", markup=False)
    if done.restated:
        listed = ", ".join(f"{cells} of {name}" for name, cells in done.restated.items())
        console().print(
            f"{done.run}: restated since ({listed} in the sessions looked back to); stored values stay as known then",
            markup=False,
        )
