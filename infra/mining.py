"""The state machine and what it calls."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

from infra.collection import Collection
from infra.network import Network
from infra.storage import Storage
from infra.warehouse import Warehouse
from lode.deploy.deployment import Deployment


class Mining(Stack):
    """The state machine and what it calls."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        deployment: Deployment,
        network: Network,
        storage: Storage,
        warehouse: Warehouse,
        collection: Collection,
    ) -> None:
        super().__init__(scope, name, description="Lode: mining")
