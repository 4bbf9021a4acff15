"""What is alarmed: a table by kind of resource, applied to every resource of that kind in every stack.

A queue, function or machine that is added later has its alarms without a line here; `tests/aws/test_observability.py`
refuses a template that has one without.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from aws_cdk import CfnResource, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

_REF = "Ref"
_MISSING = cloudwatch.TreatMissingData

FUNCTION, MACHINE, QUEUE = "AWS::Lambda::Function", "AWS::StepFunctions::StateMachine", "AWS::SQS::Queue"
TOPIC, EVENTS, SCHEDULES = "AWS::SNS::Topic", "AWS::Events::Rule", "AWS::Scheduler::ScheduleGroup"
INSTANCE, NAT, SERVICE = "AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::NatGateway", "AWS::ECS::Service"
BALANCER, TARGETS = "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::TargetGroup"

# The namespace of a resource's metrics and their dimensions, each by the attribute that is its value ("Ref": what
# CloudFormation calls the resource by; in small letters: another resource that it belongs to).
KINDS: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        FUNCTION: ("AWS/Lambda", {"FunctionName": _REF}),
        MACHINE: ("AWS/States", {"StateMachineArn": _REF}),
        QUEUE: ("AWS/SQS", {"QueueName": "QueueName"}),
        TOPIC: ("AWS/SNS", {"TopicName": "TopicName"}),
        EVENTS: ("AWS/Events", {"RuleName": _REF}),
        SCHEDULES: ("AWS/Scheduler", {"ScheduleGroup": _REF}),
        INSTANCE: ("AWS/EC2", {"AutoScalingGroupName": _REF}),  # of one machine each
        NAT: ("AWS/NATGateway", {"NatGatewayId": _REF}),
        SERVICE: ("AWS/ECS", {"ServiceName": "Name", "ClusterName": "cluster"}),
        BALANCER: ("AWS/ApplicationELB", {"LoadBalancer": "LoadBalancerFullName"}),
        TARGETS: ("AWS/ApplicationELB", {"TargetGroup": "TargetGroupFullName", "LoadBalancer": "balancer"}),
    }
)


@dataclass(frozen=True)
class Rule:
    """An alarm of every resource of a type: `of` of the last `periods` values, each of `minutes`, are over `over`.

    under: too little is what is wrong. missing: what a value that never came stands for.
    """

    type: str
    metric: str
    says: str
    over: float = 0
    statistic: str = "Sum"
    minutes: int = 5
    of: int = 1
    periods: int = 1
    missing: cloudwatch.TreatMissingData = _MISSING.NOT_BREACHING
    under: bool = False


RULES = (
    Rule(FUNCTION, "Errors", "a function failed"),
    Rule(FUNCTION, "Throttles", "a function was refused for half an hour", minutes=15, of=2, periods=2),
    Rule(QUEUE, "ApproximateNumberOfMessagesVisible", "an event that nobody took is a dead letter", 0, "Maximum"),
    Rule(TOPIC, "NumberOfNotificationsFailed", "an alarm reached nobody"),
    Rule(MACHINE, "ExecutionsFailed", "a run failed"),
    Rule(MACHINE, "ExecutionsTimedOut", "a run took longer than a day"),
    Rule(MACHINE, "ExecutionsAborted", "a run was stopped by hand"),
    Rule(EVENTS, "FailedInvocations", "an event did not reach its target"),
    Rule(SCHEDULES, "TargetErrorCount", "the schedule could not start a run"),
    Rule(INSTANCE, "StatusCheckFailed", "a server is down", 0, "Maximum", 5, 2, 3, _MISSING.BREACHING),
    Rule(INSTANCE, "CPUUtilization", "a server's processors are busy for an hour", 90, "Average", 15, 4, 4),
    Rule(NAT, "ErrorPortAllocation", "the way out has no ports left"),
    Rule(NAT, "PacketsDropCount", "the way out loses packets", 100, minutes=15, of=2, periods=2),
    Rule(BALANCER, "HTTPCode_ELB_5XX_Count", "the balancer found no app to ask", 5),
    Rule(BALANCER, "HTTPCode_Target_5XX_Count", "the app answers with errors", 5),
    Rule(BALANCER, "RejectedConnectionCount", "the balancer is at its limit"),
    Rule(BALANCER, "ELBAuthError", "the sign-in is set up wrongly or does not answer", 3, minutes=15),
    Rule(BALANCER, "ELBAuthFailure", "many sign-ins are refused", 20, minutes=15),
    Rule(TARGETS, "UnHealthyHostCount", "a copy of the app is ill", 0, "Maximum", 5, 3, 3),
    Rule(
        TARGETS, "HealthyHostCount", "no copy of the app is well", 1, "Minimum", 5, 2, 2, _MISSING.BREACHING, under=True
    ),
    Rule(SERVICE, "CPUUtilization", "the app's processors are busy for an hour", 90, "Average", 15, 4, 4),
    Rule(SERVICE, "MemoryUtilization", "the app's memory is nearly full", 90, "Maximum", 5, 2, 3),
)


def resources(*scopes: Construct) -> Iterator[CfnResource]:
    """Yield everything below the scopes that becomes part of a template."""
    for scope in scopes:
        yield from (part for part in scope.node.find_all() if CfnResource.is_cfn_resource(part))


def alarm_all(scope: Construct, stacks: Iterable[Stack]) -> dict[str, list[cloudwatch.Alarm]]:
    """Make every alarm of RULES in `scope`; returned by the name of the stack's class."""
    made: dict[str, list[cloudwatch.Alarm]] = {}
    for stack in stacks:
        for resource in list(resources(stack)):
            for rule in RULES:
                if rule.type == resource.cfn_resource_type:
                    made.setdefault(type(stack).__name__, []).append(_alarm(scope, rule, resource))
    return made


def _alarm(scope: Construct, rule: Rule, resource: CfnResource) -> cloudwatch.Alarm:
    metric = metric_of(resource, rule.metric, rule.statistic, rule.minutes)
    return made_alarm(scope, f"{name_of(resource)} {rule.metric}", metric, rule)


def made_alarm(scope: Construct, name: str, metric: cloudwatch.IMetric, rule: Rule) -> cloudwatch.Alarm:
    """Return an alarm with a rule's bounds over any metric."""
    operator = cloudwatch.ComparisonOperator
    return cloudwatch.Alarm(
        scope,
        name,
        metric=metric,
        alarm_description=f"Lode: {rule.says} ({name})",
        threshold=rule.over,
        comparison_operator=operator.LESS_THAN_THRESHOLD if rule.under else operator.GREATER_THAN_THRESHOLD,
        datapoints_to_alarm=rule.of,
        evaluation_periods=rule.periods,
        treat_missing_data=rule.missing,
    )


def metric_of(resource: CfnResource, name: str, statistic: str = "Sum", minutes: int = 5) -> cloudwatch.Metric:
    """Return a metric of a resource of one of KINDS."""
    namespace, dimensions = KINDS[resource.cfn_resource_type]
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map={dimension: _value(resource, attribute) for dimension, attribute in dimensions.items()},
        statistic=statistic,
        period=Duration.minutes(minutes),
    )


def name_of(resource: CfnResource) -> str:
    """Return what a person calls a resource: its path without the words that the CDK puts in."""
    return " ".join(part for part in resource.node.path.split("/") if part not in {"Resource", "Default"})


def _value(resource: CfnResource, attribute: str) -> Any:  # noqa: ANN401  a token
    """Return the value of a dimension: an attribute, or the resource that this one belongs to."""
    if attribute == _REF:
        return resource.ref
    if attribute == "cluster":
        return resource.cluster
    if attribute == "balancer":
        (balancer,) = (part for part in resources(Stack.of(resource)) if part.cfn_resource_type == BALANCER)
        return balancer.get_att("LoadBalancerFullName").to_string()
    return resource.get_att(attribute).to_string()
