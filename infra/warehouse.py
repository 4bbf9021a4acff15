"""ClickHouse: its servers or the door to ClickHouse Cloud, and the secrets by which it is opened."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra.network import Network
from infra.passwords import login
from infra.permissions import read_secret, use_key
from infra.storage import Storage
from lode.deploy.deployment import Deployment

ZONE = "lode.internal"  # the private DNS zone of the servers' names


class Warehouse(Stack):
    """`secret` opens the warehouse for all that write to it, `reader` for those that only look.

    `client_environment` tells product code of the secret; `may_open()` are the statements of a role that reads it.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        deployment: Deployment,
        network: Network,
        storage: Storage,
    ) -> None:
        super().__init__(scope, name, description="Lode: the warehouse")
        self.storage = storage
        own = deployment.warehouse == "ec2"
        self.hosts = [f"warehouse-{number + 1}.{ZONE}" for number in range(deployment.replicas)] if own else []
        key = storage.secrets_key
        self.admin = login(self, "Admin", key, self.hosts, "lode_admin")
        self.secret = login(self, "Secret", key, self.hosts, "lode")
        self.reader = login(self, "Reader", key, self.hosts, "lode_reader")

    @property
    def client_environment(self) -> dict[str, str]:
        """Settings of a client; a stack's `environment` is the CDK's own, its account and region."""
        return {"LODE_WAREHOUSE_SECRET": str(self.secret.secret_arn)}

    def may_open(self, secret: secrets.ISecret | None = None) -> list[iam.PolicyStatement]:
        """Return what a role needs to read a secret (without one, the writer's), and nothing else."""
        return [
            read_secret(secret or self.secret),
            use_key(self.storage.secrets_key, write=False, through=("secretsmanager",)),
        ]

    def grant_read(self, grantee: iam.IGrantable) -> None:
        """Let a role read the writer's secret."""
        for statement in self.may_open():
            grantee.grant_principal.add_to_principal_policy(statement)
