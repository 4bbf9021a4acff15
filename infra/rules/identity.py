"""Who may do what: policies of roles, trust, and policies of what is touched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.rules.forced import BY_SERVICE, FORCED, NAMED_LATER, TAGGED
from infra.rules.template import Breach, Resource, Templates, is_true, listed, text, walk

_CONDITIONED = {
    "cloudwatch:PutMetricData": "cloudwatch:namespace",
    "ec2:AttachNetworkInterface": "ResourceTag/",
    "ec2:AttachVolume": "ResourceTag/",
    "ssm:SendCommand": "resourceTag/",
}
_DEPUTIES = {"states", "scheduler", "ecs-tasks", "batch", "vpc-flow-logs", "events"}
_OURS = re.compile(r"aws:(Source|Principal)(Account|Arn|OrgID)|kms:(CallerAccount|EncryptionContext:.+)", re.IGNORECASE)
_NAMED = 12  # letters of a bucket's name that say whose it is
_KEY_USE = {"kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*", "kms:Encrypt*", "kms:Decrypt*"}
_TRUST = "AssumeRolePolicyDocument"
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com")


def statements(templates: Templates) -> Iterator[tuple[Resource, str, Mapping[str, Any]]]:
    """Yield every statement of every policy: its resource, the property that it stands in, itself."""
    for resource in templates.resources:
        for path, value in resource.inside:
            if path and path[-1] == "Statement" and isinstance(value, list | Mapping):
                for statement in listed(value):
                    yield resource, path[-2] if len(path) > 1 else "", statement


def actions(templates: Templates) -> Iterator[Breach]:
    """A policy allows actions by their full names."""
    for resource, _, statement in statements(templates):
        if statement.get("Effect") != "Allow":
            continue
        if {"NotAction", "NotResource", "NotPrincipal"} & set(statement):
            yield resource.breach("star-action", "allows all but something; name what is allowed")
        for action in map(text, listed(statement.get("Action"))):
            if re.search(r"[*?]", action) and not _may_star(resource, statement, action):
                yield resource.breach("star-action", f"allows {action}; name each action")


def _may_star(resource: Resource, statement: Mapping[str, Any], action: str) -> bool:
    """Whether a star grants nothing, or is what the manual of a key asks for.

    An endpoint's policy only narrows what others grant, here to our account. A key needs its account's administrators,
    without whom it is lost for good, and services that use it as their manual says.
    """
    if resource.type == "AWS::EC2::VPCEndpoint":
        return _is_bound(statement)
    if resource.type != "AWS::KMS::Key":
        return False
    administrators = set(_principal(statement)) == {"AWS"} and _accounts(statement) == ["${AWS.AccountId}"]
    return (administrators and (action == "kms:*" or action in _KEY_USE)) or _is_service_on_key(statement, action)


def _principal(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    principal = statement.get("Principal")
    return principal if isinstance(principal, Mapping) else {}


def _accounts(statement: Mapping[str, Any]) -> list[str]:
    return [_account(text(who)) for who in listed(_principal(statement).get("AWS"))]


def _account(who: str) -> str:
    parts = who.split(":")
    return parts[4] if len(parts) > 4 else who


def _is_service_on_key(statement: Mapping[str, Any], action: str) -> bool:
    return action in _KEY_USE and set(_principal(statement)) == {"Service"} and _is_bound(statement)


def resources(templates: Templates) -> Iterator[Breach]:
    """A policy of a role names what it is about; a star only where AWS takes nothing else."""
    for resource, place, statement in statements(templates):
        if statement.get("Effect") != "Allow" or place == _TRUST or "Principal" in statement:
            continue
        if not listed(statement.get("Resource")):
            yield resource.breach("star-resource", "names no resource")
        wide = [name for name in map(text, listed(statement.get("Resource"))) if not _is_anchored(name)]
        for action in map(text, listed(statement.get("Action"))) if wide else ():
            if not (_is_forced(action, statement, wide) or action in _service_actions(templates, resource)):
                yield resource.breach("star-resource", f"allows {action} on {', '.join(wide)}; name what it is about")


def _is_forced(action: str, statement: Mapping[str, Any], wide: list[str]) -> bool:
    needed = _CONDITIONED.get(action, "")
    tagged = "esourceTag/" in str((statement.get("Condition") or {}).get("StringEquals"))
    later = NAMED_LATER.get(action) or (TAGGED.get(action, " ") if tagged else " ")
    ours = "${AWS.Region}:${AWS.AccountId}:"
    if needed not in str(statement.get("Condition")):
        return False
    return action in FORCED or all(name.endswith(ours + later) for name in wide)


def _service_actions(templates: Templates, policy: Resource) -> frozenset[str]:
    """Return what the one service that takes a policy's roles is forced to do on a star."""
    roles = [policy, *templates.targets(policy.stack, policy.properties.get("Roles"))]
    roles += [
        role
        for role in templates.of("IAM::Role")
        if policy in templates.targets(role.stack, role.properties.get("ManagedPolicyArns"))
    ]
    trusted = {
        text(service)
        for role in roles
        for statement in listed(role.properties.get(_TRUST, {}).get("Statement"))
        for service in listed(_principal(statement).get("Service"))
    }
    return BY_SERVICE.get(trusted.pop(), frozenset()) if len(trusted) == 1 else frozenset()


def _is_anchored(name: str) -> bool:
    """Whether a resource's name, as far as its first star, says which resource it is."""
    if not re.search(r"[*?]", name):
        return True
    if name.startswith("${") and not name.startswith("${AWS."):
        return name.partition("}")[2][:1] in {"/", ":", ""} and "*" not in name.partition("}")[0]
    parts = name.split(":", 5)
    if len(parts) < 6 or any("*" in part for part in parts[:5]):
        return False
    head = re.split(r"[*?]", parts[5])[0]
    service = parts[2]
    if service == "s3":
        return "/" in head
    kind, divider = (re.split(r"[/:]", head, maxsplit=1)[0], re.search(r"[/:]", head))
    rest = head[len(kind) :].strip("/:")
    return len(rest) >= 3 if divider else len(kind) >= 3 and service in {"sqs", "sns"}


def trust(templates: Templates) -> Iterator[Breach]:
    """Roles are taken by services of AWS alone, and by those that can say so, only on our account's behalf."""
    for role in templates.of("IAM::Role"):
        for statement in listed(role.properties.get(_TRUST, {}).get("Statement")):
            if statement.get("Effect") == "Allow":
                yield from _untrusted(role, statement)


def _untrusted(role: Resource, statement: Mapping[str, Any]) -> Iterator[Breach]:
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping) or set(principal) != {"Service"}:
        yield role.breach("trust", f"trusts {principal}; a role here is for a service")
        return
    for service in map(text, listed(principal["Service"])):
        if not _SERVICE.fullmatch(service):
            yield role.breach("trust", f"trusts {service}; name a service")
        if service.partition(".")[0] in _DEPUTIES and not _is_bound(statement):
            yield role.breach("deputy", f"lets {service} act for anybody; add a condition on aws:SourceAccount")


def _is_bound(statement: Mapping[str, Any]) -> bool:
    """Whether a condition of equality binds a statement to an account, an organisation or a resource."""
    return any(
        _OURS.fullmatch(key) and "*" not in [text(v) for v in listed(value)]
        for operator, keys in (statement.get("Condition") or {}).items()
        if re.match(r"(ForAnyValue:)?(StringEquals|StringLike|Arn(Like|Equals))$", operator)
        for key, value in keys.items()
    )


def resource_policies(templates: Templates) -> Iterator[Breach]:
    """What a policy opens, it opens to principals of our account, or to services on its behalf."""
    for resource, place, statement in statements(templates):
        if statement.get("Effect") != "Allow" or place == _TRUST or "Principal" not in statement:
            continue
        principal = statement["Principal"]
        everybody = principal == "*" or (isinstance(principal, Mapping) and "*" in map(text, _all(principal)))
        narrowed = resource.type == "AWS::EC2::VPCEndpoint" and _is_narrowing(statement)
        if everybody and not narrowed and not (resource.type == "AWS::KMS::Key" and _is_by_our_service(statement)):
            yield resource.breach("open-policy", "lets everybody in; name the principal")
        for account in _accounts(statement):
            if re.fullmatch(r"\d{12}", account):
                yield resource.breach("open-policy", f"lets account {account} in")
        if isinstance(principal, Mapping) and "Service" in principal and not _is_bound(statement):
            yield resource.breach(
                "deputy", f"lets {text(principal['Service'])} act for anybody; bind it to the account"
            )


def _is_narrowing(statement: Mapping[str, Any]) -> bool:
    """Whether an endpoint lets through who is of our account, or who asks for something that is named."""
    names = [text(name).rpartition(":")[2] for name in listed(statement.get("Resource"))]
    return _is_bound(statement) or all(len(re.split(r"[*?]", name)[0]) >= _NAMED for name in names)


def _is_by_our_service(statement: Mapping[str, Any]) -> bool:
    """Whether a key is used by one service, for callers of our account alone: as AWS's own keys of services are."""
    said = (statement.get("Condition") or {}).get("StringEquals", {})
    return text(said.get("kms:CallerAccount")) == "${AWS.AccountId}" and "kms:ViaService" in said


def _all(principal: Mapping[str, Any]) -> list[Any]:
    return [who for several in principal.values() for who in listed(several)]


def managed(templates: Templates) -> Iterator[Breach]:
    """No policy of AWS's own, which grow without our doing; no users and no keys that last."""
    for resource in templates.resources:
        for name in map(text, listed(resource.properties.get("ManagedPolicyArns"))):
            if ":aws:policy/" in name:
                yield resource.breach("managed-policy", f"takes {name.rpartition('/')[2]}; write what it needs")
    for user in templates.of("IAM::User", "IAM::AccessKey", "IAM::Group"):
        yield user.breach("user", "is a person's or a machine's lasting login; take a role")


def invocations(templates: Templates) -> Iterator[Breach]:
    """Functions are called by our own services and through no address of their own."""
    for permission in templates.of("Lambda::Permission"):
        who = text(permission.properties.get("Principal"))
        bound = {"SourceArn", "SourceAccount"} & set(permission.properties)
        if who == "*" or re.fullmatch(r"\d{12}", who) or (_SERVICE.fullmatch(who) and not bound):
            yield permission.breach("open-policy", f"lets {who} call a function for anybody; say SourceArn")
        if "*" in text(permission.properties.get("Action")):
            yield permission.breach("star-action", "lets more be done with a function than call it")
    for address in templates.of("Lambda::Url"):
        yield address.breach("open-policy", "gives a function an address of its own")


def signed_in(templates: Templates) -> Iterator[Breach]:
    """A balancer forwards nobody who has not signed in, and stands behind a firewall."""
    walled = {
        found.name
        for wall in templates.of("WAFv2::WebACLAssociation")
        for found in templates.targets(wall.stack, wall.properties.get("ResourceArn"))
    }
    for balancer in templates.of("ElasticLoadBalancingV2::LoadBalancer"):
        if balancer.properties.get("Type", "application") == "application" and balancer.name not in walled:
            yield balancer.breach("firewall", "has no web ACL")
    for resource in templates.of("ElasticLoadBalancingV2::Listener", "ElasticLoadBalancingV2::ListenerRule"):
        done = resource.properties.get("DefaultActions", resource.properties.get("Actions", []))
        kinds = [a.get("Type") for a in sorted(done, key=lambda action: int(action.get("Order", 0)))]
        if "forward" in kinds and not str(kinds[0]).startswith("authenticate-"):
            yield resource.breach("sign-in", "forwards who has not signed in; authenticate first")
        for _, value in walk(done):
            if isinstance(value, Mapping) and value.get("OnUnauthenticatedRequest", "authenticate") == "allow":
                yield resource.breach("sign-in", "lets in who has not signed in")
    for pool in templates.of("Cognito::UserPool"):
        if not is_true(pool.properties.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly")):
            yield pool.breach("sign-in", "lets everybody sign up")


RULES = (actions, resources, trust, resource_policies, managed, invocations, signed_in)
