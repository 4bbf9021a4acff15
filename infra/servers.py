"""The ClickHouse machines: each with a disk and an address that outlive it, started anew by its group when it dies.

    one replica      one machine
    two replicas     two, and a third zone's small one that only votes in Keeper: two cannot outvote anybody
    three replicas   three, each a server and a voter

An insert returns once most replicas hold it (`insert_quorum` in docker/warehouse/users.xml), so that what was
acknowledged survives the loss of a zone. With two replicas that is both of them: reads go on when one is lost, writes
wait until it is back. With three, both go on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import CfnAutoScalingRollingUpdate, CfnDeletionPolicy, CfnTag, CfnUpdatePolicy, Fn, Stack
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53
from constructs import Construct

from infra.audit import acknowledge
from infra.logs import log_group
from infra.machine_text import cluster_text, environment_text, first_start
from infra.network import PRIVATE, Network
from infra.permissions import WideStatement, made_role, pull_images, read_secret, use_key, write_logs
from infra.storage import Storage
from lode.deploy.deployment import Deployment
from lode.errors import SettingsError

if TYPE_CHECKING:
    from infra.warehouse import Warehouse

TAG = "lode:warehouse"  # the machines' tag; its value is the server's number
ZONE = "lode.internal"  # the private DNS zone of their names
_ROOT = Path(__file__).parents[1]
_AMI = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{}"  # today's, at each start
_ROOT_GIB = 20
_KEEPER_GIB = 20
_TIME_TO_LIVE = "30"
_MAJORITY = 3  # voters that go on when one is lost

_NO_NOTES = {
    "AwsSolutions-AS3": "It never scales: it keeps one machine alive, and each start and end is in CloudTrail; what "
    "matters, a server that does not answer or does not back up, raises an alarm of its own."
}
_OWN_BACKUPS = {
    "NIST.800.53.R5-EC2EBSInBackupPlan": "ClickHouse's own nightly BACKUP to a versioned bucket is consistent, which "
    "a snapshot of a disk under writes is not; it is restored by docs/how-to/aws-warehouse.md."
}


@dataclass(frozen=True)
class Machine:
    """One machine: its number from 1, and whether it holds rows or only votes."""

    number: int
    voter_only: bool

    @property
    def name(self) -> str:
        """Its name in the private zone."""
        return f"warehouse-{self.number}.{ZONE}"


def machines(deployment: Deployment) -> list[Machine]:
    """Return the machines of a deployment. Raises SettingsError where replicas would share a zone."""
    if deployment.warehouse != "ec2":
        return []
    if deployment.replicas == 1:
        return [Machine(1, voter_only=False)]
    if deployment.zones < _MAJORITY:
        raise SettingsError(
            f"[deploy] replicas = {deployment.replicas} with zones = {deployment.zones}: Keeper needs three zones to "
            "outlive one; set zones = 3"
        )
    return [Machine(number, voter_only=number > deployment.replicas) for number in range(1, _MAJORITY + 1)]


def is_graviton(instance_type: str) -> bool:
    """Whether the family's processors are ARM: its letters, its generation, then a g (t4g, r7gd; not g5)."""
    return re.match(r"[a-z]+\d+g", instance_type.partition(".")[0]) is not None


class Servers(Construct):
    """The machines, their names in a private zone, their image and their log group `logs`."""

    def __init__(self, scope: Warehouse, name: str, deployment: Deployment, network: Network, storage: Storage) -> None:
        super().__init__(scope, name)
        self.deployment, self.network, self.storage, self.warehouse = deployment, network, storage, scope
        self.architecture = "arm64" if is_graviton(deployment.instance_type) else "x86_64"
        self.logs = log_group(self, "Logs", storage.logs_key, deployment.log_days)
        self.image = assets.DockerImageAsset(
            self,
            "Image",
            directory=str(_ROOT / "docker"),
            file="Dockerfile.warehouse",
            platform=assets.Platform.LINUX_ARM64 if self.architecture == "arm64" else assets.Platform.LINUX_AMD64,
            exclude=["*", "!Dockerfile.warehouse", "!warehouse"],
        )
        self.zone = route53.PrivateHostedZone(self, "Zone", zone_name=ZONE, vpc=network.vpc)
        self.machines = machines(deployment)
        for machine in self.machines:
            self._add(machine)

    def _add(self, machine: Machine) -> None:
        place = Construct(self, str(machine.number))
        subnet = self.network.vpc.select_subnets(subnet_group_name=PRIVATE).subnets[machine.number - 1]
        address = ec2.CfnNetworkInterface(
            place,
            "Address",
            subnet_id=subnet.subnet_id,
            group_set=[self.network.doors.room["warehouse"].security_group_id],
            description=f"Lode: {machine.name}",
        )
        route53.CfnRecordSet(
            place,
            "Name",
            hosted_zone_id=self.zone.hosted_zone_id,
            name=f"{machine.name}.",
            type="A",
            ttl=_TIME_TO_LIVE,
            resource_records=[address.attr_primary_private_ip_address],
        )
        disk = self._disk(place, machine, subnet.availability_zone)
        role = made_role(
            place,
            "Role",
            "ec2.amazonaws.com",
            self._may(machine, disk, address),
            description=f"Lode: what {machine.name} may do",
        )
        template = self._template(
            place, machine, role, first_start(self._environment(machine, disk, address), self._cluster(machine))
        )
        self._group(place, machine, subnet, template)

    def _disk(self, place: Construct, machine: Machine, zone: str) -> ec2.CfnVolume:
        disk = ec2.CfnVolume(
            place,
            "Disk",
            availability_zone=zone,
            size=_KEEPER_GIB if machine.voter_only else self.deployment.volume,
            volume_type="gp3",
            encrypted=True,
            kms_key_id=self.storage.warehouse_key.key_arn,
            tags=[CfnTag(key="Name", value=machine.name), CfnTag(key=TAG, value=str(machine.number))],
        )
        disk.cfn_options.deletion_policy = CfnDeletionPolicy.RETAIN
        disk.cfn_options.update_replace_policy = CfnDeletionPolicy.SNAPSHOT
        acknowledge(disk, _OWN_BACKUPS)
        return disk

    def _cluster(self, machine: Machine) -> str:
        return cluster_text(machine.number, [one.name for one in self.machines])

    def _environment(self, machine: Machine, disk: ec2.CfnVolume, address: ec2.CfnNetworkInterface) -> str:
        stack, replicated = Stack.of(self), len(self.machines) > 1
        return environment_text(
            LODE_NAME=machine.name,
            LODE_ROLE="keeper" if machine.voter_only else "server",
            LODE_REGION=stack.region,
            LODE_VOLUME=disk.ref,
            LODE_ADDRESS=address.ref,
            LODE_IMAGE=self.image.image_uri,
            LODE_LOGS=self.logs.log_group_name,
            LODE_SERVER_SECRET=self.warehouse.certificate.secret_arn,
            LODE_LOGINS=" ".join(secret.secret_arn for secret in self.warehouse.logins),
            LODE_BACKUPS_URL=f"https://{self.storage.backups.bucket_regional_domain_name}/warehouse/",
            LODE_DATABASE_ENGINE="ENGINE = Replicated('/clickhouse/databases/lode', '{shard}', '{replica}')"
            if replicated
            else "",
        )

    def _template(self, place: Construct, machine: Machine, role: iam.Role, text: str) -> ec2.CfnLaunchTemplate:
        made = ec2.CfnLaunchTemplate
        small = f"t{'4g' if self.architecture == 'arm64' else '3'}.small"
        profile = iam.CfnInstanceProfile(place, "Profile", roles=[role.role_name])
        system = made.EbsProperty(
            encrypted=True,
            kms_key_id=self.storage.warehouse_key.key_arn,
            volume_type="gp3",
            volume_size=_ROOT_GIB,
            delete_on_termination=True,
        )
        tags = [CfnTag(key="Name", value=machine.name), CfnTag(key=TAG, value=str(machine.number))]
        return ec2.CfnLaunchTemplate(
            place,
            "Template",
            launch_template_data=made.LaunchTemplateDataProperty(
                image_id=_AMI.format(self.architecture),
                instance_type=small if machine.voter_only else self.deployment.instance_type,
                iam_instance_profile=made.IamInstanceProfileProperty(arn=profile.attr_arn),
                metadata_options=made.MetadataOptionsProperty(
                    http_endpoint="enabled",
                    http_tokens="required",
                    http_put_response_hop_limit=1,  # the container shares the machine's network
                    instance_metadata_tags="disabled",
                ),
                monitoring=made.MonitoringProperty(enabled=True),
                ebs_optimized=True,
                network_interfaces=[
                    made.NetworkInterfaceProperty(
                        device_index=0,
                        associate_public_ip_address=False,
                        groups=[self.network.doors.room["warehouse"].security_group_id],
                        delete_on_termination=True,
                    )
                ],
                block_device_mappings=[made.BlockDeviceMappingProperty(device_name="/dev/xvda", ebs=system)],
                tag_specifications=[
                    made.TagSpecificationProperty(resource_type=kind, tags=tags) for kind in ("instance", "volume")
                ],
                user_data=Fn.base64(text),
            ),
        )

    def _group(self, place: Construct, machine: Machine, subnet: ec2.ISubnet, template: ec2.CfnLaunchTemplate) -> None:
        """Keep one machine alive; at an update the old one goes first, since the new one waits for its disk."""
        group = autoscaling.CfnAutoScalingGroup(
            place,
            "Group",
            min_size="0",
            max_size="1",
            desired_capacity="1",
            vpc_zone_identifier=[subnet.subnet_id],
            launch_template=autoscaling.CfnAutoScalingGroup.LaunchTemplateSpecificationProperty(
                launch_template_id=template.ref, version=template.attr_latest_version_number
            ),
            health_check_type="EC2",
            health_check_grace_period=600,
            tags=[
                autoscaling.CfnAutoScalingGroup.TagPropertyProperty(
                    key="Name", value=machine.name, propagate_at_launch=True
                )
            ],
        )
        group.cfn_options.update_policy = CfnUpdatePolicy(
            auto_scaling_rolling_update=CfnAutoScalingRollingUpdate(min_instances_in_service=0, max_batch_size=1)
        )
        acknowledge(group, _NO_NOTES)

    def _may(
        self, machine: Machine, disk: ec2.CfnVolume, address: ec2.CfnNetworkInterface
    ) -> list[iam.PolicyStatement]:
        """Allow a machine its own disk and address, its secrets, its image, its backups, its lines and figures."""
        stack = Stack.of(self)
        parts = [
            stack.format_arn(service="ec2", resource="volume", resource_name=disk.ref),
            stack.format_arn(service="ec2", resource="network-interface", resource_name=address.ref),
        ]
        itself = stack.format_arn(service="ec2", resource="instance", resource_name="*")
        attach = ["ec2:AttachVolume", "ec2:AttachNetworkInterface"]
        backups = self.storage.backups.arn_for_objects(f"warehouse/{machine.name}/*")
        return [
            iam.PolicyStatement(actions=attach, resources=parts),
            WideStatement(
                attach,
                [itself],
                "A machine's id is not known before it starts; the tag is this server's own.",
                {"StringEquals": {f"aws:ResourceTag/{TAG}": str(machine.number)}},
            ),
            read_secret(self.warehouse.certificate),
            *([] if machine.voter_only else [read_secret(secret) for secret in self.warehouse.logins]),
            use_key(self.storage.secrets_key, write=False, through=("secretsmanager",)),
            *pull_images(self.image.repository.repository_arn),
            write_logs(self.logs),
            WideStatement(
                ["cloudwatch:PutMetricData"],
                ["*"],
                "CloudWatch knows no resource for figures; the condition names the only namespace.",
                {"StringEquals": {"cloudwatch:namespace": "Lode"}},
            ),
            WideStatement(
                [
                    "ssm:UpdateInstanceInformation",
                    "ssmmessages:CreateControlChannel",
                    "ssmmessages:CreateDataChannel",
                    "ssmmessages:OpenControlChannel",
                    "ssmmessages:OpenDataChannel",
                ],
                ["*"],
                "Session Manager's agent knows no resources: it reports its own machine and opens its own channels.",
            ),
            WideStatement(
                ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
                [backups],
                "The objects of this server's backups, whose names ClickHouse chooses below its own prefix.",
            ),
            WideStatement(
                ["s3:DeleteObject"],
                [self.storage.backups.arn_for_objects(f"warehouse/{machine.name}/*/.lock")],
                "The lock under which ClickHouse writes a backup and which it removes at the end: one of each backup.",
            ),
            iam.PolicyStatement(
                actions=["s3:ListBucket"],  # without a prefix S3 asks whether a missing object may be called missing
                resources=[self.storage.backups.bucket_arn],
                conditions={"StringLikeIfExists": {"s3:prefix": f"warehouse/{machine.name}/*"}},
            ),
            use_key(self.storage.warehouse_key, through=("s3",)),
        ]
