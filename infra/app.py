"""The stacks together: `python -m infra.app [lode.toml [folder]]` synthesizes them, into infra/cdk.out by default.

Nothing is looked up and no account or region is named: the templates fit any.
"""

from __future__ import annotations

import sys
from pathlib import Path

from infra.node import use_locked_node

use_locked_node()

from aws_cdk import App, Stack, Tags  # noqa: E402  starts node at once

from infra.audit import excuse_order  # noqa: E402
from infra.collection import Collection  # noqa: E402
from infra.dashboard import Dashboard  # noqa: E402
from infra.lambdas import Place  # noqa: E402
from infra.mining import Mining  # noqa: E402
from infra.network import Network  # noqa: E402
from infra.observability import Observability  # noqa: E402
from infra.storage import Storage  # noqa: E402
from infra.warehouse import Warehouse  # noqa: E402
from lode.deploy.deployment import Deployment, read_deployment  # noqa: E402

OUTPUT = Path(__file__).parent / "cdk.out"
_CONTEXT = {
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,  # ACLs are off on both buckets
    "@aws-cdk/aws-iam:minimizePolicies": True,
}


def build(output: Path = OUTPUT, deployment: Deployment | None = None) -> App:
    """Return the application; `synth()` writes its templates into `output`. Without a deployment, lode.toml's."""
    made = deployment or read_deployment()
    app = App(outdir=str(output), context=_CONTEXT, analytics_reporting=False)
    called = made.stack
    storage = Storage(app, called("Storage"), made)
    network = Network(app, called("Network"), made, storage)
    warehouse = Warehouse(app, called("Warehouse"), made, network, storage)
    collection = Collection(app, called("Collection"), made, network, storage, warehouse)
    mining = Mining(app, called("Mining"), made, network, storage, warehouse, collection)
    dashboard = Dashboard(app, called("App"), made, network, storage, warehouse, mining)
    place = Place(made, network, storage, warehouse)
    Observability(app, called("Observability"), place, collection, mining, dashboard)
    for stack in app.node.children:
        excuse_order(stack)
    _protect(storage, network, warehouse, dashboard)
    for name, value in made.all_tags.items():
        Tags.of(app).add(name, value)
    return app


def _protect(*stacks: Stack) -> None:
    """Let no one delete the stacks that hold data, keys, the network under them or the list of who may sign in."""
    for stack in stacks:
        stack.termination_protection = True


def main() -> int:
    """Write the templates and say where they are."""
    given = [Path(argument) for argument in sys.argv[1:3]]
    settings, output = (*given, *(Path("lode.toml"), OUTPUT)[len(given) :])
    assembly = build(output, read_deployment(settings)).synth()
    for stack in assembly.stacks:
        print(stack.template_full_path)  # noqa: T201  the command's answer
    return 0


if __name__ == "__main__":
    sys.exit(main())
