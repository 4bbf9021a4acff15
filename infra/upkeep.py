"""What keeps a warehouse well: backups by schedule, passwords and certificates renewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CustomResource, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_secretsmanager as secrets
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.network import PRIVATE, Network
from infra.permissions import WideStatement, made_role, send_messages, use_key
from infra.servers import TAG
from infra.storage import Storage
from lode.deploy.deployment import Deployment

if TYPE_CHECKING:
    from infra.warehouse import Warehouse

_BACKUP_SECONDS = "14400"
_LOGIN_DAYS, _SERVER_DAYS, _AUTHORITY_DAYS = 30, 60, 365


class Backups(Construct):
    """Every night the first server writes all of its tables to the bucket of backups, by a command of its own."""

    def __init__(self, scope: Construct, name: str, storage: Storage) -> None:
        super().__init__(scope, name)
        from infra.lambdas import made_queue  # noqa: PLC0415  its module knows this one's stack

        self.queue = made_queue(self, "DeadLetters", storage.alarms_key)
        self.document = ssm.CfnDocument(
            self,
            "Command",
            document_type="Command",
            update_method="NewVersion",
            content={
                "schemaVersion": "2.2",
                "description": "Lode: write every table of the warehouse to the bucket of backups",
                "mainSteps": [
                    {
                        "action": "aws:runShellScript",
                        "name": "backup",
                        "inputs": {"timeoutSeconds": _BACKUP_SECONDS, "runCommand": ["/opt/lode/host backup"]},
                    }
                ],
            },
        )
        stack = Stack.of(self)
        document = stack.format_arn(service="ssm", resource="document", resource_name=self.document.ref)
        role = made_role(
            self,
            "Role",
            "scheduler.amazonaws.com",
            self._may(document, storage),
            own_account=True,
            description="Lode: what the schedule of backups may do",
        )
        self.schedule = scheduler.CfnSchedule(
            self,
            "Nightly",
            description="Lode: the warehouse's backup",
            schedule_expression="cron(30 3 * * ? *)",
            schedule_expression_timezone="UTC",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            kms_key_arn=storage.alarms_key.key_arn,
            target=scheduler.CfnSchedule.TargetProperty(
                arn=f"arn:{stack.partition}:scheduler:::aws-sdk:ssm:sendCommand",
                role_arn=role.role_arn,
                input=stack.to_json_string(
                    {"DocumentName": self.document.ref, "Targets": [{"Key": f"tag:{TAG}", "Values": ["1"]}]}
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self.queue.queue_arn),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(maximum_retry_attempts=3),
            ),
        )

    def _may(self, document: str, storage: Storage) -> list[iam.PolicyStatement]:
        instances = Stack.of(self).format_arn(service="ec2", resource="instance", resource_name="*")
        return [
            iam.PolicyStatement(actions=["ssm:SendCommand"], resources=[document]),
            WideStatement(
                ["ssm:SendCommand"],
                [instances],
                "A machine's id changes when it is replaced; the tag is the first server's.",
                {"StringEquals": {f"ssm:resourceTag/{TAG}": "1"}},
            ),
            send_messages(self.queue),
            use_key(storage.alarms_key),
        ]


class Renewal(Construct):
    """One function makes certificates at deployment and renews every secret by its schedule."""

    def __init__(self, scope: Warehouse, name: str, deployment: Deployment, network: Network, storage: Storage) -> None:
        super().__init__(scope, name)
        from infra.lambdas import Function, Place, Shape  # noqa: PLC0415  its module knows this one's stack

        every = dict.fromkeys(scope.logins, _LOGIN_DAYS) | scope.documents(_SERVER_DAYS, _AUTHORITY_DAYS)
        place = Place(deployment, network, storage, scope)
        shape = Shape("lode.deploy.rotation.handler", "rotation", PRIVATE, seconds=120, memory=512, at_once=1)
        made = Function(
            self, "Function", place, shape, self._environment(scope), self._may(scope, storage, list(every))
        )
        self.function = made.function
        for secret, days in every.items():
            self._renew(secret, days)
        if scope.machines:
            self.made = CustomResource(
                self,
                "Certificates",
                service_token=self.function.function_arn,
                resource_type="Custom::Certificates",
                properties={"Names": ",".join(self._names(scope))},
            )

    def _names(self, warehouse: Warehouse) -> list[str]:
        return [*(machine.name for machine in warehouse.machines), "localhost"]

    def _environment(self, warehouse: Warehouse) -> dict[str, str]:
        known = {
            "LODE_HOME": "/tmp/lode",  # noqa: S108  all that may be written there
            "LODE_LOG_LEVEL": "info",
            "LODE_ADMIN_SECRET": warehouse.admin.secret_arn,
            "LODE_LOGINS": f"{warehouse.secret.secret_arn},{warehouse.reader.secret_arn}",
        }
        if warehouse.machines:
            known |= {
                "LODE_AUTHORITY_SECRET": warehouse.authority.secret_arn,
                "LODE_SERVER_SECRET": warehouse.certificate.secret_arn,
                "LODE_SERVER_NAMES": ",".join(self._names(warehouse)),
            }
        return known

    def _may(self, warehouse: Warehouse, storage: Storage, every: list[secrets.Secret]) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(
                actions=[
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:PutSecretValue",
                    "secretsmanager:UpdateSecretVersionStage",
                ],
                resources=[secret.secret_arn for secret in every],
            ),
            use_key(storage.secrets_key, through=("secretsmanager",)),
        ]

    def _renew(self, secret: secrets.Secret, days: int) -> None:
        """Renew a secret every so many days; not at once: at the first deployment the servers are still starting."""
        self.function.add_permission(
            f"By{secret.node.id}",
            principal=iam.ServicePrincipal("secretsmanager.amazonaws.com"),
            source_arn=secret.secret_arn,
            source_account=Stack.of(self).account,
        )
        schedule = secrets.CfnRotationSchedule(
            self,
            f"{secret.node.id}Renewal",
            secret_id=secret.secret_arn,
            rotation_lambda_arn=self.function.function_arn,
            rotate_immediately_on_update=False,
            rotation_rules=secrets.CfnRotationSchedule.RotationRulesProperty(automatically_after_days=days),
        )
        schedule.node.add_dependency(self.function)
