"""The app behind its load balancer: who may look, what refuses attacks, the copies that answer.

balancer.py   TLS, the listener, the copies' group
visitors.py   the sign-in: Cognito or the company's own provider
starting.py   what a deployment adds whose researchers start runs from the page
firewall.py   AWS WAF
copies.py     the containers, their roles, their number
"""

from __future__ import annotations

from aws_cdk import CfnOutput, CfnParameter, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.audit import acknowledge
from infra.balancer import Balancer
from infra.copies import Copies
from infra.firewall import Firewall
from infra.mining import Mining
from infra.network import Network
from infra.permissions import list_objects, read_objects, use_key
from infra.starting import may_start, who_starts
from infra.storage import Storage
from infra.visitors import SESSION, SignIn, sign_in
from infra.warehouse import Warehouse
from lode.deploy.deployment import Deployment

# What the pages read from the lake: which process has a run in hand, the schedules' last turns, what a run kept beside
# its rows (sheets, likeness, the search's record), the texts of filings.
_READ = ("rate/runs/", "rate/schedules/", "schedules/", "runs/", "raw/sec/")
_LISTED = ("rate/runs/", "rate/schedules/", "schedules/")
_DOMAIN = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"


class Dashboard(Stack):
    """The app: `door` (balancer, target group), `firewall`, `copies` (cluster, service, log group).

    The parameters name what is the user's: Domain, CertificateArn, and for `oidc` the provider's addresses.
    """

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
        self._domain = CfnParameter(
            self, "Domain", description="Domain of the app (lode.example.com)", allowed_pattern=_DOMAIN
        ).value_as_string
        asked = sign_in(self, deployment, self._domain)
        self.door = Balancer(self, "Door", deployment, network, storage, self._domain)
        self.firewall = Firewall(self, "Firewall", deployment, storage.logs_key, self.door.balancer.load_balancer_arn)
        self.copies = Copies(
            self,
            "Copies",
            deployment,
            network,
            storage,
            environment=self._environment(deployment, storage, warehouse, asked)
            | (who_starts(self, mining) if deployment.app_starts else {}),
            may=_may(storage, warehouse) + (may_start(storage, mining) if deployment.app_starts else []),
        )
        self._acknowledge()
        self.door.listen(asked)
        self.copies.behind(self.door.target_group)
        base = f"/{deployment.app_path}" if deployment.app_path else ""
        CfnOutput(self, "Address", value=f"https://{self._domain}{base}", description="The app")
        CfnOutput(
            self,
            "BalancerName",
            value=self.door.balancer.load_balancer_dns_name,
            description="What the domain's DNS record points to",
        )

    def _acknowledge(self) -> None:
        """Say why the copies may break a rule that is right elsewhere."""
        acknowledge(
            self.copies,
            {"AwsSolutions-ECS2": "The environment holds addresses and ids; secrets come from Secrets Manager."},
        )

    def _environment(
        self, deployment: Deployment, storage: Storage, warehouse: Warehouse, asked: SignIn
    ) -> dict[str, str]:
        return {
            "LODE_WAREHOUSE_SECRET": warehouse.reader.secret_arn,
            "LODE_HOME": "/tmp/lode",  # noqa: S108  the container's own volume
            "LODE_LAKE_URL": f"s3://{storage.lake.bucket_name}/lake",
            "LODE_LOG_LEVEL": "info",
            "LODE_APP_ADDRESS": "0.0.0.0",  # noqa: S104  behind the balancer, whose signature it asks for
            "LODE_APP_DOMAIN": self._domain,
            "LODE_APP_PATH": deployment.app_path,
            "LODE_SIGN_IN": "balancer",
            "LODE_BALANCER_ARN": self.door.balancer.load_balancer_arn,
            "LODE_SIGN_IN_CLIENT": asked.client,
            "LODE_SIGN_IN_ISSUER": asked.issuer,
            "LODE_SIGN_IN_SESSION": str(SESSION.to_seconds()),
        }


def _may(storage: Storage, warehouse: Warehouse) -> list[iam.PolicyStatement]:
    """What the app itself is allowed: to read. Its login to the warehouse is the one of who only looks."""
    return [
        *warehouse.may_open(warehouse.reader),
        read_objects(storage.lake, *_READ),
        list_objects(storage.lake, *_LISTED),
        use_key(storage.key, write=False, through=("s3",)),
    ]
