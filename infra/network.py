"""The network: three kinds of subnets, one way out, every flow logged, and the walls of each."""

from __future__ import annotations

from aws_cdk import Fn, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.audit import acknowledge
from infra.doors import Doors
from infra.endpoints import add_endpoints, bound_s3
from infra.facts import Facts
from infra.keys import allow_logs, made_key
from infra.permissions import fixed, made_role, write_logs
from infra.storage import Storage
from infra.walls import close_default_list, raise_walls
from lode.deploy.deployment import Deployment

PRIVATE, OUTSIDE, PUBLIC = "Private", "Outside", "Public"
_MOST_ZONES = 3


class Network(Stack):
    """`vpc` has three kinds of subnets, `doors.room` the security group of each kind of machine.

    Private: no way out, AWS's services by endpoints. Outside: out through one NAT gateway, not in. Public: the load
    balancer and the NAT gateway; no machine in it gets a public address by itself.
    """

    def __init__(self, scope: Construct, name: str, deployment: Deployment, storage: Storage) -> None:
        super().__init__(scope, name, description="Lode: the network")
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr("10.73.0.0/16"),
            availability_zones=[Fn.select(zone, Fn.get_azs()) for zone in range(deployment.zones)],
            reserved_azs=_MOST_ZONES - deployment.zones,  # a third zone moves no subnet
            nat_gateways=1,
            nat_gateway_subnets=ec2.SubnetSelection(subnet_group_name=PUBLIC),
            restrict_default_security_group=False,  # infra/facts.py does it
            subnet_configuration=[
                ec2.SubnetConfiguration(name=PRIVATE, subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=20),
                ec2.SubnetConfiguration(name=OUTSIDE, subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20),
                ec2.SubnetConfiguration(
                    name=PUBLIC, subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False
                ),
            ],
        )
        gateway = self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        bound_s3(gateway)
        facts = Facts(self, "Facts", self.vpc, storage.logs_key, deployment.log_days)
        self.doors = Doors(self, "Doors", self.vpc, facts.s3_prefixes)
        self.endpoints = add_endpoints(self.vpc, deployment, self.doors.room["endpoints"])
        close_default_list(self.vpc)
        raise_walls(self.vpc)
        self._log_flows()
        self._acknowledge()

    def subnets(self, kind: str) -> ec2.SubnetSelection:
        """Return the subnets of a kind: PRIVATE, OUTSIDE or PUBLIC."""
        return ec2.SubnetSelection(subnet_group_name=kind)

    def _log_flows(self) -> None:
        """Keep a year of accepted and refused flows, encrypted with a key of their own."""
        group = logs.LogGroup(
            self,
            "FlowLogs",
            encryption_key=allow_logs(made_key(self, "FlowLogsKey", "VPC flow logs")),
            retention=logs.RetentionDays.ONE_YEAR,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.vpc.add_flow_log(
            "AllFlows",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group, fixed(self._flows_role(group))),
            traffic_type=ec2.FlowLogTrafficType.ALL,
        )

    def _flows_role(self, group: logs.LogGroup) -> iam.Role:
        """Let flow logs of this account alone write to the group, and look which streams it has."""
        looks = iam.PolicyStatement(actions=["logs:DescribeLogStreams"], resources=[group.log_group_arn])
        return made_role(
            self,
            "FlowsRole",
            "vpc-flow-logs.amazonaws.com",
            [write_logs(group), looks],
            description="Lode: writes the network's flows",
            own_account=True,
        )

    def _acknowledge(self) -> None:
        acknowledge(
            self.vpc,
            {
                "AwsSolutions-VPC3": "The lists of packets repeat the security groups' walls for whole subnets, as a "
                "second wall on purpose: infra/walls.py says what each lets through.",
                "NIST.800.53.R5-VPCDefaultSecurityGroupClosed": "CloudFormation cannot close the default group; a "
                "function does it at deployment (infra/facts.py), and nothing is in the group.",
            },
        )
        for subnet in self.vpc.public_subnets:
            acknowledge(
                subnet,
                {
                    "NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW": "The balancer answers users on the internet and the "
                    "NAT gateway leads out; no machine stands in these subnets (infra/rules checks it)."
                },
            )
