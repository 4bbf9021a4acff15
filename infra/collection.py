"""The three collectors' functions."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

from infra.network import Network
from infra.storage import Storage
from infra.warehouse import Warehouse
from lode.deploy.deployment import Deployment


class Collection(Stack):
    """The three collectors' functions."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        deployment: Deployment,
        network: Network,
        storage: Storage,
        warehouse: Warehouse,
    ) -> None:
        super().__init__(scope, name, description="Lode: collection")
