"""A Lambda function as each one here is: an image, a log group and a role of its own, a queue for what it did not take.

What calls a function asynchronously finds its dead letters in `queue`; what calls it and waits (the state machine) has
its own rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aws_cdk import Duration, Size
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.audit import acknowledge
from infra.images import function_code
from infra.logs import log_group
from infra.network import Network
from infra.permissions import fixed, join_vpc, made_role, send_messages, send_traces, use_key, write_logs
from infra.storage import Storage
from infra.warehouse import Warehouse
from lode.deploy.deployment import Deployment

LETTER_DAYS = 14  # the most that SQS keeps


@dataclass(frozen=True)
class Place:
    """What the functions of a stack share."""

    deployment: Deployment
    network: Network
    storage: Storage
    warehouse: Warehouse

    @property
    def environment(self) -> dict[str, str]:
        """What all of the product's code finds: its folder, the lake, the warehouse's secret, how much it logs."""
        return {
            "LODE_HOME": "/tmp/lode",  # noqa: S108  all that may be written there
            "LODE_LAKE_URL": f"s3://{self.storage.lake.bucket_name}/lake",
            "LODE_LOG_LEVEL": "info",
        } | self.warehouse.client_environment


@dataclass(frozen=True)
class Shape:
    """What a function is and needs: its handler, its room in the network, its size, what it may do."""

    handler: str
    room: str
    subnets: str
    seconds: int
    memory: int
    at_once: int
    disk: int = 512


class Function(Construct):
    """`function`, with `role`, `logs` and `queue`."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        place: Place,
        shape: Shape,
        environment: Mapping[str, str],
        may: Iterable[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, name)
        storage = place.storage
        self.logs = log_group(self, "Logs", storage.logs_key, place.deployment.log_days)
        self.queue = made_queue(self, "DeadLetters", storage.alarms_key)
        own = [
            write_logs(self.logs),
            send_messages(self.queue),
            use_key(storage.alarms_key, through=("sqs",)),
            use_key(storage.secrets_key, write=False, through=("lambda",)),  # of its environment
        ]
        self.role = made_role(
            self,
            "Role",
            "lambda.amazonaws.com",
            [*may, *own, send_traces(), *join_vpc()],
            description=f"Lode: what {shape.handler} may do",
        )
        self.function = functions.DockerImageFunction(
            self,
            "Function",
            code=function_code(shape.handler),
            role=fixed(self.role),
            timeout=Duration.seconds(shape.seconds),
            memory_size=shape.memory,
            ephemeral_storage_size=Size.mebibytes(shape.disk),
            reserved_concurrent_executions=shape.at_once,
            environment=dict(environment),
            environment_encryption=storage.secrets_key,
            log_group=self.logs,
            tracing=functions.Tracing.ACTIVE,
            dead_letter_queue=self.queue,
            retry_attempts=2,
            vpc=place.network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_group_name=shape.subnets),
            security_groups=[place.network.doors.room[shape.room]],
        )


def made_queue(scope: Construct, name: str, key: kms.IKey) -> sqs.Queue:
    """Return a queue of dead letters: under a key, over TLS, kept for as long as can be."""
    queue = sqs.Queue(
        scope,
        name,
        encryption=sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        data_key_reuse=Duration.hours(1),
        enforce_ssl=True,
        retention_period=Duration.days(LETTER_DAYS),
    )
    acknowledge(queue, {"AwsSolutions-SQS3": "It is itself the queue of dead letters; an alarm watches its depth."})
    return queue
