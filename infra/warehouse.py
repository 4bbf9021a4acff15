"""ClickHouse: its servers or the door to ClickHouse Cloud, and the secrets by which it is opened."""

from __future__ import annotations

from aws_cdk import CfnParameter, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra.network import PRIVATE, Network
from infra.passwords import document, login
from infra.permissions import read_secret, use_key
from infra.servers import Servers, machines
from infra.storage import Storage
from infra.upkeep import Backups, Renewal
from lode.deploy.deployment import Deployment


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
        self.storage, key = storage, storage.secrets_key
        self.machines = machines(deployment)
        hosts = [machine.name for machine in self.machines if not machine.voter_only]
        self.admin = login(self, "Admin", key, hosts, "lode_admin")
        self.secret = login(self, "Secret", key, hosts, "lode")
        self.reader = login(self, "Reader", key, hosts, "lode_reader")
        self.logins = (self.admin, self.secret, self.reader)
        if self.machines:
            self.authority = document(self, "Authority", key, "the private certificate authority of the warehouse")
            self.certificate = document(self, "Certificate", key, "certificate and key of the warehouse's servers")
        self.renewal = Renewal(self, "Renewal", deployment, network, storage)
        if self.machines:
            self.servers = Servers(self, "Servers", deployment, network, storage)
            self.servers.node.add_dependency(self.renewal.made)
            self.backups = Backups(self, "Backups", storage)
        else:
            self._reach_cloud(network)

    def documents(self, server_days: int, authority_days: int) -> dict[secrets.Secret, int]:
        """Return the secrets of certificates, and after how many days each is renewed: none of ClickHouse Cloud's."""
        return {self.certificate: server_days, self.authority: authority_days} if self.machines else {}

    def _reach_cloud(self, network: Network) -> None:
        """Bring ClickHouse Cloud's PrivateLink into the private subnets: no way out is needed to reach it."""
        service = CfnParameter(
            self,
            "ClickHouseService",
            description="Endpoint service of the ClickHouse Cloud service (com.amazonaws.vpce.<region>.vpce-svc-...)",
            allowed_pattern="com\\.amazonaws\\.vpce\\.[a-z0-9-]+\\.vpce-svc-[0-9a-f]+",
        )
        ec2.CfnVPCEndpoint(
            self,
            "Cloud",
            vpc_id=network.vpc.vpc_id,
            service_name=service.value_as_string,
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=network.vpc.select_subnets(subnet_group_name=PRIVATE).subnet_ids,
            security_group_ids=[network.doors.room["warehouse"].security_group_id],
        )

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
