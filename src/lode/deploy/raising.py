"""`lode deploy up`: checks, the bootstrap, the stacks, what they put out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lode.deploy.account import Account
from lode.deploy.bootstrap import bootstrap, bootstrapped, scan_images
from lode.deploy.deployment import PARTS, Deployment
from lode.deploy.stacks import outputs, resources, standing, way_in
from lode.deploy.toolkit import Replaced, Template, Toolkit, replaced
from lode.errors import DeployError, LodeError, NotFoundError, UsageError

_DISK = "AWS::EC2::Volume"  # one of each of the warehouse's machines
_NEXT_STEPS = {
    "Domain": "the host name of the app, e.g. lode.example.com, of which you can set the DNS",
    "CertificateArn": "ARN of an issued ACM certificate for that name in this region: `aws acm request-certificate "
    "--domain-name NAME --validation-method DNS`, then the record that it asks for",
    "AlarmEmail": "where alarms go; the address must confirm the subscription that AWS mails it",
    "SecContact": "the name and e-mail address that the SEC asks every program to send",
}


@dataclass(frozen=True)
class Lack:
    """Something that `up` needs and does not have, and the next step."""

    what: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.what}: {self.next_step}"


def chosen(stacks: str | None) -> list[str]:
    """Return the parts that `--stacks` names (all without it), in the order in which they stand on each other."""
    if stacks is None:
        return list(PARTS)
    asked = {word.strip().lower() for word in stacks.split(",") if word.strip()}
    unknown = sorted(asked - {part.lower() for part in PARTS})
    if unknown or not asked:
        raise UsageError(f"--stacks {stacks}: allowed are {', '.join(part.lower() for part in PARTS)}, with commas")
    return [part for part in PARTS if part.lower() in asked]


def asked_parameters(templates: Mapping[str, Template]) -> dict[str, dict[str, str]]:
    """Return the parameters that a person gives, by part: name and description, those without a default."""
    return {
        part: {
            name: str(given.get("Description", ""))
            for name, given in template.get("Parameters", {}).items()
            if "Default" not in given
        }
        for part, template in templates.items()
    }


def given_parameters(deployment: Deployment, templates: Mapping[str, Template]) -> dict[str, dict[str, str]]:
    """Return the parameters that lode.toml gives and a stack takes, by part."""
    return {
        part: {name: value for name, value in deployment.parameters.items() if name in template.get("Parameters", {})}
        for part, template in templates.items()
    }


def lacks(toolkit: Toolkit, templates: Mapping[str, Template], parts: Sequence[str]) -> list[Lack]:
    """Return what is missing on this machine: parameters of lode.toml, and a container engine for the images."""
    deployment = toolkit.deployment
    found = [
        Lack(f"parameter {name} of {part}", _ask_for(name, told))
        for part, asked in asked_parameters(templates).items()
        if part in parts
        for name, told in asked.items()
        if not deployment.parameters.get(name)
    ]
    taken = {name for template in templates.values() for name in template.get("Parameters", {})}
    found += [
        Lack(f"parameter {name}", f"no stack takes it; there are {', '.join(sorted(taken - {'BootstrapVersion'}))}")
        for name in sorted(set(deployment.parameters) - taken)
    ]
    return found + (_without_engine(toolkit) if toolkit.builds_images(parts) else [])


def _without_engine(toolkit: Toolkit) -> list[Lack]:
    engine = os.environ.get("CDK_DOCKER", "docker")
    if shutil.which(engine) is None:
        return [Lack(f"no `{engine}`", "install Docker or Podman (CDK_DOCKER=podman): the images are built here")]
    if toolkit.engine().code:
        return [Lack(f"`{engine} info` fails", f"start {engine}: the images are built here")]
    return []


def require(found: Sequence[Lack]) -> None:
    """Refuse with every lack, each with its next step."""
    if found:
        raise UsageError("not yet:\n" + "\n".join(f"  {lack}" for lack in found))


def require_kept(found: Sequence[Replaced], allowed: Collection[str]) -> None:
    """Refuse to replace or lose what holds data, unless its name was given."""
    lost = [row for row in found if row.name not in allowed]
    if lost:
        listed = "\n".join(f"  {row.name} ({row.kind} in {row.stack}): {row.how}" for row in lost)
        again = " ".join(f"--replace {row.name}" for row in lost)
        raise DeployError(
            f"these hold data and would not stay:\n{listed}\nTo go back, restore the setting that changed; to have it "
            f"so, take a backup first (docs/how-to/aws.md), then `lode deploy up {again}`"
        )


def require_same_cluster(account: Account, deployment: Deployment, template: Template) -> None:
    """Refuse to put servers beside a warehouse of one: its tables are not replicated, the new ones would stay empty."""
    wanted = sum(part["Type"] == _DISK for part in template["Resources"].values())
    if wanted > 1 and _standing_disks(account, deployment) == 1:
        raise DeployError(
            f"replicas = {deployment.replicas}: the warehouse that stands has one server, and no other would get its "
            "rows. Set replicas = 1; or take a backup, deploy a second one with another `name`, and restore there "
            "(docs/how-to/aws-warehouse.md)"
        )


def _standing_disks(account: Account, deployment: Deployment) -> int:
    try:
        return len(resources(account, deployment, "Warehouse", _DISK))
    except NotFoundError:
        return 0


def raise_stacks(
    toolkit: Toolkit,
    account: Account,
    parts: Sequence[str],
    *,
    replace: Collection[str],
    confirm: Callable[[str], None],
) -> dict[str, Any]:
    """Bring stacks up and return what `up` prints. confirm: takes what will be done; raises unless it is wanted."""
    deployment = toolkit.deployment
    templates = toolkit.synthesize()
    wanted = toolkit.with_what_they_stand_on(parts)
    require(lacks(toolkit, templates, wanted))
    number = account.number()
    prepared = bootstrapped(account)
    if prepared:
        require_same_cluster(account, deployment, templates["Warehouse"])
        require_kept(replaced(toolkit.diff(list(PARTS))), replace)
    confirm(f"deploy {', '.join(wanted)} into account {number}, {deployment.region}")
    if not prepared:
        bootstrap(account, number, toolkit)
    scan_images(account, number)
    toolkit.deploy(parts, given_parameters(deployment, templates))
    return told(account, deployment)


def told(account: Account, deployment: Deployment) -> dict[str, Any]:
    """Return what the deployed stacks put out, and the settings that `lode run --executor aws` needs."""
    stacks = standing(account, deployment)
    return {
        "deployment": deployment.name,
        "region": deployment.region,
        "stacks": {deployment.stack(part): stack["StackStatus"] for part, stack in stacks.items()},
        "outputs": {name: value for stack in stacks.values() for name, value in outputs(stack).items()},
        "settings": way_in(account, deployment, stacks),
    }


def ready(account: Account) -> LodeError | None:
    """Return why AWS cannot be asked; None if it can."""
    try:
        account.number()
    except LodeError as error:
        return error
    return None


def _ask_for(name: str, told: str) -> str:
    what = _NEXT_STEPS.get(name) or told or "see docs/how-to/aws.md"
    return f'set {name} = "…" under [deploy.parameters] in lode.toml: {what}'
