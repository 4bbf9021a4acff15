"""The EC2 machines that shards run on where `compute` is "ec2": no key, no login, IMDSv2, an encrypted disk."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.keys import allow_disks, made_key
from infra.permissions import WideStatement, made_role

_DISK_GIB = 100
_FAMILIES = ("m7i", "m6i", "m6a", "c7i", "c6i", "c6a", "r6i")  # x86, as the image is; many, so that spot finds some
_JOINS = (
    "ecs:DeregisterContainerInstance",
    "ecs:Poll",
    "ecs:RegisterContainerInstance",
    "ecs:StartTelemetrySession",
    "ecs:SubmitAttachmentStateChanges",
    "ecs:SubmitContainerStateChange",
    "ecs:SubmitTaskStateChange",
    "ecs:UpdateContainerInstancesState",
)


class Instances(Construct):
    """`role` of the machines, and `resources`: what a compute environment of them is told."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        self.role = made_role(self, "Role", "ec2.amazonaws.com", self._may(), description="Lode: machines of shards")
        profile = iam.CfnInstanceProfile(self, "Profile", roles=[self.role.role_name])
        template = self._template(allow_disks(made_key(self, "DiskKey", "disks of the machines of shards")))
        self.resources: dict[str, Any] = {
            "instance_role": profile.attr_arn,
            "instance_types": list(_FAMILIES),
            "ec2_configuration": [batch.CfnComputeEnvironment.Ec2ConfigurationObjectProperty(image_type="ECS_AL2023")],
            "launch_template": batch.CfnComputeEnvironment.LaunchTemplateSpecificationProperty(
                launch_template_id=template.ref, version=template.attr_latest_version_number
            ),
        }

    def _may(self) -> list[iam.PolicyStatement]:
        """Allow what the agent of ECS needs. The cluster, whose name AWS Batch chooses, is any of the account."""
        stack = Stack.of(self)
        clusters = [
            stack.format_arn(service="ecs", resource=kind, resource_name="*")
            for kind in ("cluster", "container-instance")
        ]
        return [
            WideStatement(_JOINS, clusters, "AWS Batch makes the cluster that a machine joins and names it."),
            WideStatement(["ecs:DiscoverPollEndpoint"], ["*"], "ECS knows no resource for asking where its agent is."),
        ]

    def _template(self, key: kms.Key) -> ec2.CfnLaunchTemplate:
        made = ec2.CfnLaunchTemplate
        disk = made.EbsProperty(
            encrypted=True, kms_key_id=key.key_arn, volume_type="gp3", volume_size=_DISK_GIB, delete_on_termination=True
        )
        return ec2.CfnLaunchTemplate(
            self,
            "Template",
            launch_template_data=made.LaunchTemplateDataProperty(
                metadata_options=made.MetadataOptionsProperty(
                    http_tokens="required", http_endpoint="enabled", http_put_response_hop_limit=1
                ),
                monitoring=made.MonitoringProperty(enabled=True),
                block_device_mappings=[made.BlockDeviceMappingProperty(device_name="/dev/xvda", ebs=disk)],
            ),
        )
