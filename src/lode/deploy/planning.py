"""`lode deploy plan`: what would stand, what it costs, what would change. It changes nothing."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from lode.deploy.account import Account
from lode.deploy.costs import USE, cost_lines, total
from lode.deploy.deployment import PARTS, Deployment, origins
from lode.deploy.prices import AS_OF, DAYS, REGION
from lode.deploy.raising import lacks, ready
from lode.deploy.toolkit import Toolkit, replaced
from lode.errors import LodeError


def costs(deployment: Deployment) -> dict[str, Any]:
    """Return the table of costs as JSON holds it."""
    lines = cost_lines(deployment)
    return {
        "prices": {"as_of": AS_OF, "region": REGION},
        "assumed": str(USE[deployment.size]),
        "lines": [
            {
                "what": line.what,
                "detail": line.detail,
                "count": line.count,
                "unit": line.price.unit,
                "price": line.price.dollars,
                "sure": line.price.sure,
                "day": line.day,
                "month": line.month,
            }
            for line in lines
        ],
        "day": total(lines) / DAYS,
        "month": total(lines),
    }


def offline_plan(deployment: Deployment, path: Path) -> dict[str, Any]:
    """Return the settings with their origins, the stacks and the costs."""
    came = origins(path)
    values = deployment.model_dump(mode="json")
    return {
        "settings": [{"setting": name, "value": values[name], "from": came[name]} for name in values],
        "stacks": [deployment.stack(part) for part in PARTS],
        "costs": costs(deployment),
    }


def plan(toolkit: Toolkit, account: Account) -> dict[str, Any]:
    """Return the offline plan and, where AWS answers, what would change and what would be replaced.

    What keeps the second half from being told stands under `unknown`.
    """
    deployment = toolkit.deployment
    made = offline_plan(deployment, toolkit.settings)
    try:
        templates = toolkit.synthesize()
        made["missing"] = [str(lack) for lack in lacks(toolkit, templates, PARTS)]
        refused = ready(account)
        if refused is not None:
            return made | {"unknown": str(refused)}
        changes = toolkit.diff(list(PARTS))
    except LodeError as error:
        return made | {"unknown": str(error)}
    return made | {"changes": changes, "replaced": [asdict(row) for row in replaced(changes)]}
