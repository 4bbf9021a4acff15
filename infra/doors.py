"""Who may talk to whom: every security group, and every rule between them."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

ROOMS = ("balancer", "app", "steps", "collectors", "shards", "warehouse", "rotation", "endpoints")


class Doors(Construct):
    """`room[name]` is the security group of each of ROOMS; none has a rule that is not in this module."""

    def __init__(self, scope: Construct, name: str, vpc: ec2.IVpc) -> None:
        super().__init__(scope, name)
        self.room = {
            room: ec2.SecurityGroup(self, room.title(), vpc=vpc, allow_all_outbound=False, description=f"Lode: {room}")
            for room in ROOMS
        }
