"""The network's lists of allowed packets: a second wall behind the security groups, without memory of connections.

    Private   in: TCP from the VPC, answers of S3.        out: TCP to the VPC, S3 at 443
    Outside   in: TCP from the VPC, answers of anyone.    out: TCP to the VPC, anyone at 443
    Public    in: anyone at 80 and 443, answers, the VPC. out: anyone at 443, answers, the VPC

No list lets anyone outside open a connection to a private subnet at a port below 1024, nor reach SSH or remote
desktop anywhere. The VPC's own list, which a new subnet would get, lets nothing through.
"""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2

_ANYONE = "0.0.0.0/0"
_ANSWERS = (1024, 65535)
_REMOTE_DESKTOP = 3389


def close_default_list(vpc: ec2.Vpc) -> None:
    """Refuse everything in the list that came with the VPC, ahead of its own rule that allows everything."""
    for direction, outwards in (("In", False), ("Out", True)):
        ec2.CfnNetworkAclEntry(
            vpc,
            f"DefaultList{direction}",
            network_acl_id=vpc.vpc_default_network_acl,
            rule_number=1,
            rule_action="deny",
            egress=outwards,
            protocol=-1,
            cidr_block=_ANYONE,
        )


def raise_walls(vpc: ec2.Vpc) -> None:
    """Give each kind of subnet its list."""
    for kind, ways_in in (
        ("Private", [(_ANYONE, _ANSWERS)]),
        ("Outside", [(_ANYONE, _ANSWERS)]),
        ("Public", [(_ANYONE, (80, 80)), (_ANYONE, (443, 443)), (_ANYONE, _ANSWERS)]),
    ):
        ways_out = [(_ANYONE, (443, 443))] + ([(_ANYONE, _ANSWERS)] if kind == "Public" else [])
        _raise_wall(vpc, kind, ways_in, ways_out)


def _raise_wall(
    vpc: ec2.Vpc, kind: str, ways_in: list[tuple[str, tuple[int, int]]], ways_out: list[tuple[str, tuple[int, int]]]
) -> None:
    inside = (vpc.vpc_cidr_block, (0, 65535))
    wall = ec2.NetworkAcl(vpc, f"{kind}List", vpc=vpc, subnet_selection=ec2.SubnetSelection(subnet_group_name=kind))
    for direction, ways in (
        (ec2.TrafficDirection.INGRESS, [inside, *ways_in]),
        (ec2.TrafficDirection.EGRESS, [inside, *ways_out]),
    ):
        side = "In" if direction is ec2.TrafficDirection.INGRESS else "Out"
        if side == "In":
            _entry(wall, f"{side}50", 50, direction, (_ANYONE, (_REMOTE_DESKTOP, _REMOTE_DESKTOP)), allow=False)
        for step, way in enumerate(ways):
            _entry(wall, f"{side}{100 + 10 * step}", 100 + 10 * step, direction, way)


def _entry(
    wall: ec2.NetworkAcl,
    name: str,
    number: int,
    direction: ec2.TrafficDirection,
    way: tuple[str, tuple[int, int]],
    *,
    allow: bool = True,
) -> None:
    whom, (first, last) = way
    wall.add_entry(
        name,
        rule_number=number,
        direction=direction,
        cidr=ec2.AclCidr.ipv4(whom),
        traffic=ec2.AclTraffic.tcp_port_range(first, last),
        rule_action=ec2.Action.ALLOW if allow else ec2.Action.DENY,
    )
