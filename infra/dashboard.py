"""The app behind its load balancer."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

from infra.mining import Mining
from infra.network import Network
from infra.storage import Storage
from infra.warehouse import Warehouse
from lode.deploy.deployment import Deployment


class Dashboard(Stack):
    """The app behind its load balancer."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        deployment: Deployment,
        network: Network,
        storage: Storage,
        warehouse: Warehouse,
        mining: Mining,
    ) -> None:
        super().__init__(scope, name, description="Lode: the app")
