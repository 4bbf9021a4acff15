"""What may be reached from where: security groups, addresses, routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.rules.template import Breach, Resource, Templates, is_true, listed, text

_NOWHERE = "255.255.255.255/32"  # what the CDK writes for "no egress", since none at all means everything
_OPEN = ("0.0.0.0/0", "::/0")
_ANSWERS = 1024  # the first port that a machine takes for connections of its own
_WEB = {(80, 80), (443, 443)}
_PUBLIC = {"AssociatePublicIpAddress", "MapPublicIpOnLaunch", "AssignPublicIp", "PubliclyAccessible"}
_PUBLIC |= {"AssignIpv6AddressOnCreation"}
_WAYS_OUT = {"GatewayId", "NatGatewayId", "EgressOnlyInternetGatewayId", "TransitGatewayId", "InstanceId"}
_WAYS_OUT |= {"VpcPeeringConnectionId", "NetworkInterfaceId", "CarrierGatewayId", "LocalGatewayId", "CoreNetworkArn"}
_ALLOWED_WAYS = {"Public": {"GatewayId"}, "Private": {"NatGatewayId"}}
_MACHINES = (
    "Lambda::Function",
    "EC2::Instance",
    "EC2::LaunchTemplate",
    "EC2::NetworkInterface",
    "ECS::Service",
    "Batch::ComputeEnvironment",
    "AutoScaling::AutoScalingGroup",
    "Scheduler::Schedule",
    "Events::Rule",
)


def ingress(templates: Templates) -> Iterator[Breach]:
    """Groups let in other groups, one port each; the balancer alone lets in the world, where it listens."""
    balancers = {
        found.name
        for balancer in templates.of("ElasticLoadBalancingV2::LoadBalancer")
        for found in templates.targets(balancer.stack, balancer.properties.get("SecurityGroups"))
    }
    heard = {"443"} | {str(listener.properties.get("Port")) for listener in redirecting(templates)}
    for owner, group, rule in _doors(templates, "Ingress"):
        if "CidrIp" in rule or "CidrIpv6" in rule:
            if not (group in balancers and _is_narrow(rule) and str(rule["FromPort"]) in heard):
                yield owner.breach("open-ingress", f"lets in {_whom(rule)}; name the group that may come in")
        elif not templates.is_a("EC2::SecurityGroup", owner.stack, rule.get("SourceSecurityGroupId")):
            yield owner.breach("open-ingress", "lets in nobody of ours; name the group that may come in")
        if not _is_narrow(rule):
            yield owner.breach("open-ingress", f"opens {_ports(rule)}; open one port of one protocol")


def redirecting(templates: Templates) -> list[Resource]:
    """Return the listeners that answer nothing but where to find them by HTTPS."""
    return [
        listener
        for listener in templates.of("ElasticLoadBalancingV2::Listener")
        if all(
            action.get("Type") == "redirect" and action.get("RedirectConfig", {}).get("Protocol") == "HTTPS"
            for action in listener.properties.get("DefaultActions", [{}])
        )
    ]


def egress(templates: Templates) -> Iterator[Breach]:
    """Groups reach other groups, one port each; what must reach the world does so on 443 alone."""
    for group in templates.of("EC2::SecurityGroup"):
        if not group.properties.get("SecurityGroupEgress"):
            yield group.breach("open-egress", "says nothing of egress, which lets everything out")
    for owner, _, rule in _doors(templates, "Egress"):
        if rule.get("CidrIp") == _NOWHERE:
            continue
        if ("CidrIp" in rule or "CidrIpv6" in rule) and not (_is_https(rule) and rule.get("CidrIpv6") is None):
            yield owner.breach("open-egress", f"reaches {_whom(rule)} on {_ports(rule)}; name a group, or only tcp 443")
        if not _is_narrow(rule):
            yield owner.breach("open-egress", f"reaches {_ports(rule)}; open one port of one protocol")


def packet_lists(templates: Templates) -> Iterator[Breach]:
    """A subnet's list lets in from outside answers and the web, never everything, SSH or remote desktop."""
    for entry in templates.of("EC2::NetworkAclEntry"):
        said = entry.properties
        anyone = said.get("CidrBlock") in _OPEN or said.get("Ipv6CidrBlock") in _OPEN
        if not anyone or is_true(said.get("Egress")) or said.get("RuleAction") != "allow":
            continue
        ports = said.get("PortRange", {})
        first, last = int(ports.get("From", 0)), int(ports.get("To", 65535))
        if str(said.get("Protocol")) not in {"6", "17"} or (first < _ANSWERS and (first, last) not in _WEB):
            yield entry.breach("open-list", f"lets anyone in at {first}-{last}; answers, 80 and 443 alone")


def open_egress_from_isolation(templates: Templates) -> Iterator[Breach]:
    """A group that may reach the world is on no machine of a subnet without a way out."""
    for owner, group, rule in _doors(templates, "Egress"):
        if rule.get("CidrIp") not in _OPEN:
            continue
        for machine in templates.of(*_MACHINES):
            near = {found.name for found in templates.targets(machine.stack, machine.properties)}
            if group in near and "Isolated" in _kinds(templates, machine):
                yield owner.breach("open-egress", f"lets {machine.name}, which stands in an isolated subnet, out")


def _doors(templates: Templates, way: str) -> Iterator[tuple[Resource, str, Mapping[str, Any]]]:
    """Yield every rule of every group: the resource that has it, the group's name, the rule."""
    for group in templates.of("EC2::SecurityGroup"):
        for rule in listed(group.properties.get(f"SecurityGroup{way}")):
            yield group, group.name, rule
    for own in templates.of(f"EC2::SecurityGroup{way}"):
        found = templates.target(own.stack, own.properties.get("GroupId"))
        yield own, found.name if found else "", own.properties


def _is_https(rule: Mapping[str, Any]) -> bool:
    return (str(rule.get("IpProtocol")), str(rule.get("FromPort")), str(rule.get("ToPort"))) == ("tcp", "443", "443")


def _is_narrow(rule: Mapping[str, Any]) -> bool:
    is_one = "FromPort" in rule and str(rule["FromPort"]) == str(rule.get("ToPort"))
    return is_one and str(rule.get("IpProtocol")) in {"tcp", "udp", "6", "17"}


def _whom(rule: Mapping[str, Any]) -> str:
    return text(rule.get("CidrIp", rule.get("CidrIpv6")))


def _ports(rule: Mapping[str, Any]) -> str:
    return f"{rule.get('IpProtocol')} {rule.get('FromPort', 'all')}–{rule.get('ToPort', 'all')}"


def public_addresses(templates: Templates) -> Iterator[Breach]:
    """Only the balancer has a public address, and the NAT that others leave through."""
    nats = {
        found.name
        for nat in templates.of("EC2::NatGateway")
        for found in templates.targets(nat.stack, nat.properties.get("AllocationId"))
    }
    for resource in templates.resources:
        for path, value in resource.inside:
            if path and path[-1] in _PUBLIC and (is_true(value) or value == "ENABLED"):
                yield resource.breach("public-address", f"{path[-1]} is {value}")
    for address in templates.of("EC2::EIP"):
        if address.name not in nats or "InstanceId" in address.properties:
            yield address.breach("public-address", "is an address of something that is no NAT")
    for association in templates.of("EC2::EIPAssociation"):
        yield association.breach("public-address", "gives a machine a public address")


def routes(templates: Templates) -> Iterator[Breach]:
    """Public subnets leave by the gateway, private ones by the NAT, isolated ones not at all."""
    kinds: dict[tuple[str, str], set[str]] = {}
    for join in templates.of("EC2::SubnetRouteTableAssociation"):
        subnet = templates.target(join.stack, join.properties.get("SubnetId"))
        table = templates.target(join.stack, join.properties.get("RouteTableId"))
        if subnet and table:
            kinds.setdefault((table.stack, table.name), set()).add(_kind(subnet))
    for route in templates.of("EC2::Route"):
        table = templates.target(route.stack, route.properties.get("RouteTableId"))
        for kind in kinds.get((table.stack, table.name), {"Isolated"}) if table else {"Isolated"}:
            for way in sorted(_WAYS_OUT & set(route.properties) - _ALLOWED_WAYS.get(kind, set())):
                yield route.breach("way-out", f"leads out of a {kind.lower()} subnet by {way}")


def machines_in_public_subnets(templates: Templates) -> Iterator[Breach]:
    """Nothing but the balancer and the NAT stands in a public subnet."""
    for machine in templates.of(*_MACHINES):
        if "Public" in _kinds(templates, machine):
            yield machine.breach("public-subnet", "stands in a public subnet; take Private, or Outside")


def _kinds(templates: Templates, machine: Resource) -> set[str]:
    return {_kind(r) for r in templates.targets(machine.stack, machine.properties) if r.type == "AWS::EC2::Subnet"}


def _kind(subnet: Resource) -> str:
    """Return Public, Private (behind a NAT) or Isolated; a subnet that does not say so counts as isolated."""
    tags = {tag["Key"]: tag["Value"] for tag in subnet.properties.get("Tags", [])}
    return str(tags.get("aws-cdk:subnet-type", "Isolated"))


def flow_logs(templates: Templates) -> Iterator[Breach]:
    """Every network logs every flow."""
    logged = {
        found.name
        for log in templates.of("EC2::FlowLog")
        if log.properties.get("TrafficType") == "ALL"
        for found in templates.targets(log.stack, log.properties.get("ResourceId"))
    }
    for network in templates.of("EC2::VPC"):
        if network.name not in logged:
            yield network.breach("flow-logs", "does not log all its flows")


RULES = (
    ingress,
    egress,
    packet_lists,
    open_egress_from_isolation,
    public_addresses,
    routes,
    machines_in_public_subnets,
    flow_logs,
)
