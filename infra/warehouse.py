"""ClickHouse."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

from infra.network import Network
from infra.storage import Storage
from lode.deploy.deployment import Deployment


class Warehouse(Stack):
    """ClickHouse."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        deployment: Deployment,
        network: Network,
        storage: Storage,
    ) -> None:
        super().__init__(scope, name, description="Lode: the warehouse")
