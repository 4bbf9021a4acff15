"""ClickHouse."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra.network import Network
from infra.storage import Storage
from lode.deploy.deployment import Deployment


class Warehouse(Stack):
    """ClickHouse; `secret` is what its clients sign in with, `client_environment` what tells them of it."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        deployment: Deployment,
        network: Network,
        storage: Storage,
    ) -> None:
        super().__init__(scope, name, description="Lode: the warehouse")
        self.secret = secrets.Secret(self, "Secret", encryption_key=storage.secrets_key)

    @property
    def client_environment(self) -> dict[str, str]:
        """Settings of a client; a stack's `environment` is the CDK's own, its account and region."""
        return {"LODE_WAREHOUSE_SECRET": str(self.secret.secret_arn)}
