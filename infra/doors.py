"""Who may talk to whom: every security group, and every rule between them, inwards and outwards.

A room is a security group. A door lets one room open connections to another at a port, and nothing else passes: the
groups name each other, so that a machine's address means nothing. Two doors lead out of the building and are named by
what is behind them: `s3` is the region's S3 by its prefix list, `internet` is any address, at HTTPS only.
"""

from __future__ import annotations

from typing import NamedTuple

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infra.audit import acknowledge

ROOMS = {
    "balancer": "the load balancer",
    "app": "the app's containers",
    "steps": "the workflow's functions",
    "collectors": "the collectors' functions",
    "shards": "the batch jobs",
    "warehouse": "the ClickHouse servers",
    "rotation": "the function that renews passwords and certificates",
    "watch": "the function that looks for stale data",
    "endpoints": "the interface endpoints of AWS services",
}
ENDS = ("s3", "internet")


class Door(NamedTuple):
    """One who opens connections, to whom, at which port, and why."""

    source: str
    target: str
    port: int
    why: str


DOORS = (
    Door("internet", "balancer", 443, "users"),
    Door("balancer", "app", 8501, "users' requests, health checks"),
    Door("balancer", "internet", 443, "signing in: the identity provider's token and user endpoints"),
    Door("app", "warehouse", 8443, "queries"),
    Door("app", "endpoints", 443, "secret, logs, image"),
    Door("app", "s3", 443, "lake, image layers"),
    Door(
        "app",
        "internet",
        443,
        "the balancer's public keys, which have no private endpoint; Step Functions, where runs are started",
    ),
    Door("steps", "warehouse", 8443, "snapshots, plans, results"),
    Door("steps", "endpoints", 443, "secret"),
    Door("steps", "s3", 443, "lake"),
    Door("collectors", "warehouse", 8443, "bars, what was collected"),
    Door("collectors", "endpoints", 443, "secret"),
    Door("collectors", "s3", 443, "lake"),
    Door("collectors", "internet", 443, "the sources: Yahoo, SEC, web search"),
    Door("shards", "warehouse", 8443, "snapshot, trials"),
    Door("shards", "endpoints", 443, "secret, logs, image"),
    Door("shards", "s3", 443, "lake, image layers"),
    Door("warehouse", "warehouse", 9010, "replicas copy parts from each other (interserver HTTPS)"),
    Door("warehouse", "warehouse", 9281, "a replica asks Keeper (TLS)"),
    Door("warehouse", "warehouse", 9234, "Keeper's votes (Raft over TLS)"),
    Door("warehouse", "endpoints", 443, "secrets, logs, metrics, image, Session Manager"),
    Door("warehouse", "s3", 443, "backups, image layers, Amazon Linux packages"),
    Door("rotation", "warehouse", 8443, "new passwords are set and tried"),
    Door("rotation", "endpoints", 443, "secrets"),
    Door("rotation", "s3", 443, "answers to CloudFormation"),
    Door("watch", "warehouse", 8443, "age of the newest rows"),
    Door("watch", "endpoints", 443, "secret, metrics"),
)
_OPEN = {
    "AwsSolutions-EC23": "The balancer is the one address that users reach; a firewall stands before it, and it lets "
    "nobody on who has not signed in."
}


class Doors(Construct):
    """`room[name]` is the security group of each of ROOMS; none has a rule that is not in DOORS.

    s3_prefixes: id of the prefix list of S3's addresses in this region.
    """

    def __init__(self, scope: Construct, name: str, vpc: ec2.IVpc, s3_prefixes: str) -> None:
        super().__init__(scope, name)
        self.room: dict[str, ec2.SecurityGroup] = {
            room: ec2.SecurityGroup(
                self,
                room.title(),
                vpc=vpc,
                allow_all_outbound=False,
                description=f"Lode: {room}",
            )
            for room in ROOMS
        }
        self._s3 = s3_prefixes
        for door in DOORS:
            self._open(door)

    def _open(self, door: Door) -> None:
        """Add the rule at each end that is a room: an end outside of the building has none."""
        name = f"{door.source.title()}To{door.target.title()}{door.port}"
        rule = {
            "ip_protocol": "tcp",
            "from_port": door.port,
            "to_port": door.port,
            "description": f"{door.source} to {door.target}: {door.why}",
        }
        if door.source in self.room:
            group = self.room[door.source].security_group_id
            ec2.CfnSecurityGroupEgress(
                self, f"{name}Out", group_id=group, **rule, **self._end(door.target, "destination")
            )
        if door.target in self.room:
            group = self.room[door.target].security_group_id
            way_in = ec2.CfnSecurityGroupIngress(
                self, f"{name}In", group_id=group, **rule, **self._end(door.source, "source")
            )
            if door.source == "internet":
                acknowledge(way_in, _OPEN)

    def _end(self, name: str, side: str) -> dict[str, str]:
        if name == "s3":
            return {f"{side}_prefix_list_id": self._s3}
        if name == "internet":
            return {"cidr_ip": "0.0.0.0/0"}
        return {f"{side}_security_group_id": self.room[name].security_group_id}
