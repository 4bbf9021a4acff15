"""Dashboards, alarms, the budget."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

from infra.collection import Collection
from infra.dashboard import Dashboard
from infra.mining import Mining
from infra.storage import Storage
from infra.warehouse import Warehouse
from lode.deploy.deployment import Deployment


class Observability(Stack):
    """Dashboards, alarms, the budget."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        deployment: Deployment,
        storage: Storage,
        warehouse: Warehouse,
        collection: Collection,
        mining: Mining,
        dashboard: Dashboard,
    ) -> None:
        super().__init__(scope, name, description="Lode: observability")
