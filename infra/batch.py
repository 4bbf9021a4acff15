"""The queue of the shards: what they run on, in which order, and the definition of a shard's job.

Spot capacity comes first and on-demand capacity when there is none; both begin at nothing and end at nothing. Together
they are no more than `max_vcpus`: a quarter of it is the on-demand part, which is what a run still has on a day without
spot capacity. Whoever asks has a share of the queue: a run of few shards does not wait behind another's hundreds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_batch as batch
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.images import job_image
from infra.instances import Instances
from infra.lambdas import Place
from infra.logs import log_group
from infra.permissions import (
    list_objects,
    made_role,
    pull_images,
    read_objects,
    read_secret,
    use_key,
    write_logs,
    write_objects,
)
from infra.service_role import may_run_machines
from lode.workflow.machine import SHARD_ATTEMPTS, SHARD_TIMEOUT_SECONDS

_USER = "10001:10001"  # of the image
_FARGATE_DISK_GIB = 40
_SHARE_SECONDS = 3600  # for how long what a user has had counts
_HALF_HOUR, _HALF_DAY = 1800, 43200
# Why a job may stand at the head of the queue and never begin; a run learns it instead of waiting a day.
_NEVER_BEGINS = {
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE": _HALF_HOUR,
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT": _HALF_HOUR,
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY": _HALF_DAY,
}


@dataclass(frozen=True)
class Capacity:
    """A compute environment of the queue."""

    name: str
    spot: bool
    vcpus: int


def capacities(max_vcpus: int, job_vcpus: int, *, spot: bool) -> list[Capacity]:
    """Return what the queue asks for shards, in its order; together no more than `max_vcpus`, one shard at the least.

    >>> capacities(16, 2, spot=True)
    [Capacity(name='Spot', spot=True, vcpus=12), Capacity(name='OnDemand', spot=False, vcpus=4)]
    """
    most = max(max_vcpus, job_vcpus)
    kept = max(most // 4, job_vcpus)
    if not spot or most - kept < job_vcpus:
        return [Capacity("OnDemand", spot=False, vcpus=most)]
    return [Capacity("Spot", spot=True, vcpus=most - kept), Capacity("OnDemand", spot=False, vcpus=kept)]


class Shards(Construct):
    """`queue` and `definition` by ARN, the `family` of whose revisions the definition is one, `job_role`, `logs`."""

    def __init__(self, scope: Construct, name: str, place: Place) -> None:
        super().__init__(scope, name)
        self.place = place
        self.family = f"{place.deployment.name}-shard"
        self.logs = log_group(self, "Logs", place.storage.logs_key, place.deployment.log_days)
        self.image = job_image(self, "Image")
        self.job_role, self.execution_role = self._job_role(), self._execution_role()
        self.instances = Instances(self, "Instances") if place.deployment.compute == "ec2" else None
        self.queue_resource = self._queue()
        self.definition_resource = self._definition()
        self.queue, self.definition = self.queue_resource.ref, self.definition_resource.ref

    # --- roles

    def _job_role(self) -> iam.Role:
        """What a shard itself may do: read its run and its snapshot, write its results, open the warehouse."""
        storage, warehouse = self.place.storage, self.place.warehouse
        return made_role(
            self,
            "JobRole",
            "ecs-tasks.amazonaws.com",
            [
                read_objects(storage.lake, "runs/", "snapshots/"),
                list_objects(storage.lake, "runs/", "snapshots/"),
                write_objects(storage.lake, "runs/"),
                use_key(storage.key, through=("s3",)),
                read_secret(warehouse.secret),
                use_key(storage.secrets_key, write=False, through=("secretsmanager",)),
            ],
            description="Lode: what a shard may do",
            own_account=True,
        )

    def _execution_role(self) -> iam.Role:
        """What starts a shard's container may do: fetch its image, write its lines."""
        return made_role(
            self,
            "ExecutionRole",
            "ecs-tasks.amazonaws.com",
            [*pull_images(self.image.repository.repository_arn), write_logs(self.logs)],
            description="Lode: what starts a shard may do",
            own_account=True,
        )

    def _service_role(self) -> iam.Role:
        machines = self.instances.role if self.instances else None
        return made_role(
            self,
            "ServiceRole",
            "batch.amazonaws.com",
            may_run_machines(Stack.of(self), [self.job_role, self.execution_role], instances=machines),
            description="Lode: what the queue may do to bring machines up and down",
            own_account=True,
        )

    # --- queue

    def _queue(self) -> batch.CfnJobQueue:
        """Make the queue. Its name tells it from the one of before, to which AWS Batch adds no scheduling policy."""
        deployment = self.place.deployment
        asked = capacities(deployment.max_vcpus, deployment.job_vcpus, spot=deployment.spot)
        role = self._service_role()
        return batch.CfnJobQueue(
            self,
            "FairQueue",
            priority=1,
            scheduling_policy_arn=self._fair_share().attr_arn,
            compute_environment_order=[
                batch.CfnJobQueue.ComputeEnvironmentOrderProperty(
                    order=order, compute_environment=self._environment(capacity, role).ref
                )
                for order, capacity in enumerate(asked, start=1)
            ],
            job_state_time_limit_actions=[
                batch.CfnJobQueue.JobStateTimeLimitActionProperty(
                    action="CANCEL", state="RUNNABLE", reason=reason, max_time_seconds=seconds
                )
                for reason, seconds in _NEVER_BEGINS.items()
            ],
        )

    def _fair_share(self) -> batch.CfnSchedulingPolicy:
        """Let nobody's many shards keep another's few waiting: who had least of the last hour is next."""
        policy = batch.CfnSchedulingPolicy
        return policy(
            self, "FairShare", fairshare_policy=policy.FairsharePolicyProperty(share_decay_seconds=_SHARE_SECONDS)
        )

    def _environment(self, capacity: Capacity, role: iam.Role) -> batch.CfnComputeEnvironment:
        network = self.place.network
        return batch.CfnComputeEnvironment(
            self,
            capacity.name,
            type="MANAGED",
            state="ENABLED",
            service_role=role.role_arn,
            replace_compute_environment=True,  # what a role of one's own needs; the queue goes over to the new one
            compute_resources=batch.CfnComputeEnvironment.ComputeResourcesProperty(
                maxv_cpus=capacity.vcpus,
                subnets=network.vpc.select_subnets(subnet_group_name="Private").subnet_ids,
                security_group_ids=[network.doors.room["shards"].security_group_id],
                **self._kind(capacity),
            ),
        )

    def _kind(self, capacity: Capacity) -> dict[str, Any]:
        if self.instances is None:
            return {"type": "FARGATE_SPOT" if capacity.spot else "FARGATE"}
        strategy = "SPOT_PRICE_CAPACITY_OPTIMIZED" if capacity.spot else "BEST_FIT_PROGRESSIVE"
        return self.instances.resources | {
            "type": "SPOT" if capacity.spot else "EC2",
            "allocation_strategy": strategy,
            "minv_cpus": 0,
        }

    # --- job

    def _definition(self) -> batch.CfnJobDefinition:
        ec2 = self.instances is not None
        made = batch.CfnJobDefinition(
            self,
            "Shard",
            type="container",
            job_definition_name=self.family,
            platform_capabilities=["EC2" if ec2 else "FARGATE"],
            propagate_tags=True,
            scheduling_priority=1,  # within a share, where all are alike
            container_properties=self._container(ec2=ec2),
            retry_strategy=batch.CfnJobDefinition.RetryStrategyProperty(attempts=SHARD_ATTEMPTS),
            timeout=batch.CfnJobDefinition.TimeoutProperty(attempt_duration_seconds=SHARD_TIMEOUT_SECONDS),
            # an execution that began before an update still submits the definition that it names
            resource_retention_policy=batch.CfnJobDefinition.ResourceRetentionPolicyProperty(
                skip_deregister_on_update=True
            ),
        )
        made.node.add_dependency(self.job_role, self.execution_role)
        return made

    def _container(self, *, ec2: bool) -> batch.CfnJobDefinition.ContainerPropertiesProperty:
        properties = batch.CfnJobDefinition
        deployment = self.place.deployment
        resources = {"VCPU": deployment.job_vcpus, "MEMORY": deployment.job_memory}
        fargate = {
            "network_configuration": properties.NetworkConfigurationProperty(assign_public_ip="DISABLED"),
            "fargate_platform_configuration": properties.FargatePlatformConfigurationProperty(platform_version="1.4.0"),
            "ephemeral_storage": properties.EphemeralStorageProperty(size_in_gib=_FARGATE_DISK_GIB),
            "runtime_platform": properties.RuntimePlatformProperty(
                cpu_architecture="X86_64", operating_system_family="LINUX"
            ),
        }
        return properties.ContainerPropertiesProperty(
            image=self.image.image_uri,
            user=_USER,
            privileged=False,
            readonly_root_filesystem=True,
            job_role_arn=self.job_role.role_arn,
            execution_role_arn=self.execution_role.role_arn,
            environment=[
                properties.EnvironmentProperty(name=name, value=value) for name, value in self._settings().items()
            ],
            resource_requirements=[
                properties.ResourceRequirementProperty(type=kind, value=str(value)) for kind, value in resources.items()
            ],
            volumes=[properties.VolumesProperty(name="tmp")],
            mount_points=[
                properties.MountPointsProperty(source_volume="tmp", container_path="/tmp", read_only=False)  # noqa: S108
            ],
            log_configuration=properties.LogConfigurationProperty(
                log_driver="awslogs",
                options={
                    "awslogs-group": self.logs.log_group_name,
                    "awslogs-region": Stack.of(self).region,
                    "awslogs-stream-prefix": "shard",
                },
            ),
            **({} if ec2 else fargate),
        )

    def _settings(self) -> dict[str, str]:
        """What a shard finds; what it takes is for the record of its costs."""
        deployment = self.place.deployment
        return self.place.environment | {
            "LODE_JOB_VCPUS": str(deployment.job_vcpus),
            "LODE_JOB_MEMORY": str(deployment.job_memory),
            "LODE_JOB_SPOT": "1" if deployment.spot else "0",
        }
