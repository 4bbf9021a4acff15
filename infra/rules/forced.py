"""Where AWS takes no narrower resource than a star, action by action, and why.

The list stands apart from the stacks on purpose: a star there passes only when somebody wrote it down here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_LAMBDA = "Lambda makes its network interfaces itself: they have no name at deployment"
_LOOKS = "describing and listing knows no resource"
_TRACES = "X-Ray knows no resources for it"
_DELIVERY = "Step Functions' delivery of logs knows no resource"
_SESSION = "Session Manager's channels have no resource"

FORCED: Mapping[str, str] = MappingProxyType(
    {
        "ec2:CreateNetworkInterface": _LAMBDA,
        "ec2:DeleteNetworkInterface": _LAMBDA,
        "ec2:AssignPrivateIpAddresses": _LAMBDA,
        "ec2:UnassignPrivateIpAddresses": _LAMBDA,
        "ec2:DescribeNetworkInterfaces": _LOOKS,
        "ec2:DescribeSubnets": _LOOKS,
        "ec2:DescribeVolumes": _LOOKS,
        "ec2:DescribeInstances": _LOOKS,
        "ec2:DescribeTags": _LOOKS,
        "ec2:DescribeManagedPrefixLists": _LOOKS,
        "ec2:DescribeSecurityGroupRules": _LOOKS,
        "xray:PutTraceSegments": _TRACES,
        "xray:PutTelemetryRecords": _TRACES,
        "xray:GetSamplingRules": _TRACES,
        "xray:GetSamplingTargets": _TRACES,
        "ecr:GetAuthorizationToken": "the token is the account's",
        "cloudwatch:PutMetricData": "knows no resource; bound by a condition on its namespace",
        "logs:CreateLogDelivery": _DELIVERY,
        "logs:GetLogDelivery": _DELIVERY,
        "logs:UpdateLogDelivery": _DELIVERY,
        "logs:DeleteLogDelivery": _DELIVERY,
        "logs:ListLogDeliveries": _DELIVERY,
        "logs:PutResourcePolicy": _DELIVERY,
        "logs:DescribeResourcePolicies": _DELIVERY,
        "logs:DescribeLogGroups": _LOOKS,
        "batch:DescribeJobs": _LOOKS,
        "ssm:UpdateInstanceInformation": "Session Manager's agent: the machine has no name at deployment",
        "ssmmessages:CreateControlChannel": _SESSION,
        "ssmmessages:CreateDataChannel": _SESSION,
        "ssmmessages:OpenControlChannel": _SESSION,
        "ssmmessages:OpenDataChannel": _SESSION,
        "secretsmanager:GetRandomPassword": "makes a password and reads none",
    }
)

# What is named by AWS after the deployment: our account and region are said, and its kind.
NAMED_LATER: Mapping[str, str] = MappingProxyType(
    {
        "batch:TerminateJob": "job/*",
        "ec2:AttachNetworkInterface": "instance/*",
        "ec2:AttachVolume": "instance/*",
        "ssm:SendCommand": "instance/*",
        "ec2:RevokeSecurityGroupIngress": "security-group-rule/*",
        "ec2:RevokeSecurityGroupEgress": "security-group-rule/*",
    }
)

# Machines get their names when they start: a tag that is ours has to say which.
TAGGED: Mapping[str, str] = MappingProxyType(
    {
        "ssm:SendCommand": "instance/*",
        "ec2:AttachVolume": "instance/*",
        "ec2:AttachNetworkInterface": "instance/*",
    }
)

# What only the role of one service may do on a star, since that service names what it makes.
_BATCH = """
autoscaling: CreateAutoScalingGroup CreateOrUpdateTags DeleteAutoScalingGroup DescribeAccountLimits
    DescribeAutoScalingGroups DescribeAutoScalingInstances DescribeScalingActivities PutNotificationConfiguration
    SetDesiredCapacity SuspendProcesses TerminateInstanceInAutoScalingGroup UpdateAutoScalingGroup
ec2: CreateLaunchTemplate CreateTags DeleteLaunchTemplate DescribeAccountAttributes DescribeImageAttribute
    DescribeImages DescribeInstanceAttribute DescribeInstanceStatus DescribeInstanceTypes
    DescribeLaunchTemplateVersions DescribeSecurityGroups DescribeSpotPriceHistory DescribeVpcs RunInstances
    TerminateInstances
ecs: CreateCluster DeleteCluster DeregisterContainerInstance DeregisterTaskDefinition DescribeClusters
    DescribeContainerInstances DescribeTaskDefinition DescribeTasks ListAccountSettings ListClusters
    ListContainerInstances ListTaskDefinitionFamilies ListTaskDefinitions ListTasks RegisterTaskDefinition RunTask
    StartTask StopTask TagResource UpdateContainerAgent UpdateContainerInstancesState
"""
_AGENT = """
ecs: DeregisterContainerInstance DiscoverPollEndpoint Poll RegisterContainerInstance StartTelemetrySession
    SubmitAttachmentStateChanges SubmitContainerStateChange SubmitTaskStateChange UpdateContainerInstancesState
"""


def _actions(written: str) -> frozenset[str]:
    service, found = "", set()
    for word in written.split():
        if word.endswith(":"):
            service = word
        else:
            found.add(service + word)
    return frozenset(found)


BY_SERVICE: Mapping[str, frozenset[str]] = MappingProxyType(
    {"batch.amazonaws.com": _actions(_BATCH), "ec2.amazonaws.com": _actions(_AGENT)}
)
