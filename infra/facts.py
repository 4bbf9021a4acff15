"""What CloudFormation cannot do or say of a VPC, by a small function: see infra/functions/network_facts.py."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.audit import acknowledge
from infra.logs import log_group
from infra.permissions import WideStatement, fixed, made_role, send_traces, write_logs

_CODE = Path(__file__).parent / "functions" / "network_facts.py"
_REASONS = {
    "NIST.800.53.R5-LambdaInsideVPC": "It makes the network ready: it runs before a machine could stand in it, and "
    "asks EC2, which has no endpoint here.",
    "CKV_AWS_117": "It makes the network ready: it runs before a machine could stand in it, and asks EC2, which has no "
    "endpoint here.",
    "NIST.800.53.R5-LambdaDLQ": "CloudFormation waits for its answer: a failure ends the deployment with its message.",
    "CKV_AWS_116": "CloudFormation waits for its answer: a failure ends the deployment with its message.",
}


class Facts(Construct):
    """Closes the default security group of `vpc`; `s3_prefixes` is the id of S3's prefix list, known at deployment."""

    def __init__(self, scope: Construct, name: str, vpc: ec2.Vpc, logs_key: kms.IKey, log_days: int) -> None:
        super().__init__(scope, name)
        group = log_group(self, "Logs", logs_key, log_days)
        default_group = vpc.vpc_default_security_group
        self.function = functions.Function(
            self,
            "Function",
            runtime=functions.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=functions.Code.from_inline(_CODE.read_text()),
            description="Lode: closes the VPC's default security group, finds S3's prefix list",
            timeout=Duration.seconds(60),
            role=fixed(made_role(self, "Role", "lambda.amazonaws.com", _may(Stack.of(self), default_group, group))),
            log_group=group,
            tracing=functions.Tracing.ACTIVE,
            reserved_concurrent_executions=1,
        )
        acknowledge(self.function, _REASONS)
        made = CustomResource(
            self,
            "Of",
            service_token=self.function.function_arn,
            resource_type="Custom::NetworkFacts",
            properties={"DefaultSecurityGroup": default_group},
        )
        self.s3_prefixes = made.get_att_string("S3PrefixList")


def _may(stack: Stack, default_group: str, group: logs.LogGroup) -> list[iam.PolicyStatement]:
    closed = [
        stack.format_arn(service="ec2", resource="security-group", resource_name=default_group),
        stack.format_arn(service="ec2", resource="security-group-rule", resource_name="*"),
    ]
    return [
        WideStatement(
            ["ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"],
            closed,
            "The default group alone is closed; its rules get their names from AWS with the VPC.",
        ),
        WideStatement(
            ["ec2:DescribeSecurityGroupRules", "ec2:DescribeManagedPrefixLists"],
            ["*"],
            "AWS knows no resource for describing rules and prefix lists; nothing is changed by it.",
        ),
        write_logs(group),
        send_traces(),
    ]
