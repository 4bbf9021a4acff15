"""The network: private subnets in two zones, no way out, every flow logged."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.doors import Doors
from infra.storage import Storage
from lode.deploy.deployment import Deployment


class Network(Stack):
    """A VPC whose subnets have neither internet gateway nor NAT; S3 is reached through a gateway endpoint.

    `vpc` is for the stacks that put machines into it.
    """

    def __init__(self, scope: Construct, name: str, deployment: Deployment, storage: Storage) -> None:
        super().__init__(scope, name, description="Lode: the network")
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr("10.73.0.0/16"),
            max_azs=deployment.zones,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Private", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=20)
            ],
            gateway_endpoints={"S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
        )
        self.doors = Doors(self, "Doors", self.vpc)
        self.storage = storage
        self._log_flows()

    def _log_flows(self) -> None:
        """Keep a year of accepted and refused flows, encrypted with a key of their own."""
        key = kms.Key(
            self,
            "FlowLogsKey",
            description="Lode: VPC flow logs",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{self.region}.amazonaws.com")],
                actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
                resources=["*"],  # in a key's own policy this is the key
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": self.format_arn(service="logs", resource="log-group:*")
                    }
                },
            )
        )
        group = logs.LogGroup(
            self,
            "FlowLogs",
            encryption_key=key,
            retention=logs.RetentionDays.ONE_YEAR,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.vpc.add_flow_log(
            "AllFlows",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group),
            traffic_type=ec2.FlowLogTrafficType.ALL,
        )
