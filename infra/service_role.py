"""What AWS Batch may do in the account to bring machines up and down.

AWS's own policy for it is wider; this one lacks what the queue does not use (launch configurations, spot fleets, key
pairs), names each action, and passes the roles of this stack only. The clusters and scaling groups get names from AWS
Batch that nobody knows before, which is why their actions are bound to the region and not to a name.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from infra.permissions import WideStatement

_UNKNOWN = (
    "Only AWS Batch assumes the role; the clusters, scaling groups and machines get names from it that nobody knows "
    "before, looking knows no resources, and one region is allowed."
)
_LOOKS = (
    "autoscaling:DescribeAccountLimits",
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:DescribeScalingActivities",
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeImageAttribute",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceAttribute",
    "ec2:DescribeInstances",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ecs:DescribeClusters",
    "ecs:DescribeContainerInstances",
    "ecs:DescribeTaskDefinition",
    "ecs:DescribeTasks",
    "ecs:ListAccountSettings",
    "ecs:ListClusters",
    "ecs:ListContainerInstances",
    "ecs:ListTaskDefinitionFamilies",
    "ecs:ListTaskDefinitions",
    "ecs:ListTasks",
)
_TASKS = (
    "ecs:CreateCluster",
    "ecs:DeleteCluster",
    "ecs:DeregisterTaskDefinition",
    "ecs:RegisterTaskDefinition",
    "ecs:RunTask",
    "ecs:StartTask",
    "ecs:StopTask",
    "ecs:TagResource",
)
_MACHINES = (
    "autoscaling:CreateAutoScalingGroup",
    "autoscaling:CreateOrUpdateTags",
    "autoscaling:DeleteAutoScalingGroup",
    "autoscaling:PutNotificationConfiguration",
    "autoscaling:SetDesiredCapacity",
    "autoscaling:SuspendProcesses",
    "autoscaling:TerminateInstanceInAutoScalingGroup",
    "autoscaling:UpdateAutoScalingGroup",
    "ec2:CreateLaunchTemplate",
    "ec2:CreateTags",
    "ec2:DeleteLaunchTemplate",
    "ec2:RunInstances",
    "ec2:TerminateInstances",
    "ecs:DeregisterContainerInstance",
    "ecs:UpdateContainerAgent",
    "ecs:UpdateContainerInstancesState",
)


def may_run_machines(
    stack: Stack, passed: Sequence[iam.IRole], *, instances: iam.IRole | None = None
) -> list[iam.PolicyStatement]:
    """Return what the role of AWS Batch may do; with `instances`, the role of EC2 machines, these too."""
    here = {"StringEquals": {"aws:RequestedRegion": stack.region}}
    statements = [
        WideStatement(_LOOKS, ["*"], _UNKNOWN, here),
        WideStatement(_TASKS, ["*"], _UNKNOWN, here),
        _pass(passed, "ecs-tasks.amazonaws.com"),
    ]
    if instances is None:
        return statements
    return [
        *statements,
        WideStatement(_MACHINES, ["*"], _UNKNOWN, here),
        iam.PolicyStatement(actions=["iam:GetRole"], resources=[instances.role_arn]),
        _pass([instances], "ec2.amazonaws.com"),
    ]


def _pass(roles: Sequence[iam.IRole], service: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=["iam:PassRole"],
        resources=[role.role_arn for role in roles],
        conditions={"StringEquals": {"iam:PassedToService": service}},
    )
