"""What is kept is encrypted under keys of our own, and what is sent goes by modern TLS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from infra.rules.network import redirecting
from infra.rules.template import Breach, Resource, Templates, is_true, listed, text

KEYED: Mapping[str, tuple[str, ...]] = MappingProxyType(  # type to where it names its key
    {
        "SQS::Queue": ("KmsMasterKeyId",),
        "SNS::Topic": ("KmsMasterKeyId",),
        "Logs::LogGroup": ("KmsKeyId",),
        "SecretsManager::Secret": ("KmsKeyId",),
        "EC2::Volume": ("KmsKeyId",),
        "EFS::FileSystem": ("KmsKeyId",),
        "RDS::DBInstance": ("KmsKeyId",),
        "RDS::DBCluster": ("KmsKeyId",),
        "DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
        "Kinesis::Stream": ("StreamEncryption", "KeyId"),
        "KinesisFirehose::DeliveryStream": ("DeliveryStreamEncryptionConfigurationInput", "KeyARN"),
        "ECR::Repository": ("EncryptionConfiguration", "KmsKey"),
        "Backup::BackupVault": ("EncryptionKeyArn",),
        "CloudTrail::Trail": ("KMSKeyId",),
        "Events::EventBus": ("KmsKeyIdentifier",),
        "ElastiCache::ReplicationGroup": ("KmsKeyId",),
        "OpenSearchService::Domain": ("EncryptionAtRestOptions", "KmsKeyId"),
    }
)
_PLAIN = re.compile(r"http://(?!localhost|127\.|169\.254\.)\S+|\b(?:8123|9000)\b")
_TLS = re.compile(r"ELBSecurityPolicy-TLS13-1-[23](-Res)?(-FIPS)?(-PQ)?-20\d\d-\d\d")


def own_keys(templates: Templates) -> Iterator[Breach]:
    """Everything that is kept names one of our own keys; AWS's own keys have policies that we cannot write."""
    for kind, path in KEYED.items():
        for resource in templates.of(kind):
            value: Any = resource.properties
            for key in path:
                value = value.get(key) if isinstance(value, Mapping) else None
            if not templates.is_a("KMS::Key", resource.stack, value) and not resource.excused("own-key"):
                yield resource.breach("own-key", f"{'.'.join(path)} is {value!r}; give it a key of infra/keys.py")


def disks(templates: Templates) -> Iterator[Breach]:
    """Every disk is encrypted under a key of our own, those too that a machine brings along."""
    for resource in templates.of("EC2::Volume", "EFS::FileSystem", "RDS::DBInstance", "RDS::DBCluster"):
        flag = "StorageEncrypted" if "RDS" in resource.type else "Encrypted"
        if not is_true(resource.properties.get(flag)):
            yield resource.breach("encrypted-disk", f"{flag} is {resource.properties.get(flag)!r}")
    for resource in templates.resources:
        for path, value in resource.inside:
            if path and path[-1] in {"Ebs", "EBS"} and isinstance(value, Mapping):
                if not is_true(value.get("Encrypted")):
                    yield resource.breach("encrypted-disk", "a disk of the machine is not encrypted")
                if not templates.is_a("KMS::Key", resource.stack, value.get("KmsKeyId")):
                    yield resource.breach("own-key", f"a disk's KmsKeyId is {value.get('KmsKeyId')!r}")


def machine_disks(templates: Templates) -> Iterator[Breach]:
    """A machine says what its root disk is: what its image says is not encrypted."""
    for machine in templates.of("EC2::Instance", "EC2::LaunchTemplate", "AutoScaling::LaunchConfiguration"):
        said = machine.properties.get("LaunchTemplateData", machine.properties)
        if not said.get("BlockDeviceMappings") and not _templated_disks(templates, machine):
            yield machine.breach("encrypted-disk", "does not say that its root disk is encrypted")


def _templated_disks(templates: Templates, machine: Resource) -> bool:
    if machine.type == "AWS::EC2::LaunchTemplate":  # one that only sets metadata options is joined by an instance
        used = [i for i in templates.of("EC2::Instance") if machine in list(templates.targets(i.stack, i.properties))]
        return bool(used) and all(instance.properties.get("BlockDeviceMappings") for instance in used)
    named = machine.properties.get("LaunchTemplate", {})
    template = templates.target(machine.stack, named.get("LaunchTemplateId", named.get("LaunchTemplateName")))
    data = template.properties.get("LaunchTemplateData", {}) if template else {}
    return bool(data.get("BlockDeviceMappings"))


def buckets(templates: Templates) -> Iterator[Breach]:
    """Buckets are under a key of our own; those alone that services write their logs to are under S3's."""
    logs = set(_log_buckets(templates))
    for bucket in templates.of("S3::Bucket"):
        rules = bucket.properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
        given = [rule.get("ServerSideEncryptionByDefault", {}) for rule in rules] or [{}]
        for default in given:
            own = templates.is_a("KMS::Key", bucket.stack, default.get("KMSMasterKeyID"))
            if bucket.name in logs:
                good = own or default.get("SSEAlgorithm") == "AES256"
            else:
                good = own and str(default.get("SSEAlgorithm")).startswith("aws:kms")
            if not good:
                yield bucket.breach("own-key", f"is encrypted by {default.get('SSEAlgorithm')!r}; give it its own key")


def _log_buckets(templates: Templates) -> Iterator[str]:
    """Yield the buckets into which S3 or a balancer delivers its access logs, which no key of ours may encrypt."""
    for bucket in templates.of("S3::Bucket"):
        logging = bucket.properties.get("LoggingConfiguration", {})
        for found in templates.targets(bucket.stack, logging.get("DestinationBucketName")):
            yield found.name
    for balancer in templates.of("ElasticLoadBalancingV2::LoadBalancer"):
        for attribute in balancer.properties.get("LoadBalancerAttributes", []):
            if attribute["Key"] == "access_logs.s3.bucket":
                yield from (found.name for found in templates.targets(balancer.stack, attribute["Value"]))


def tls_only(templates: Templates) -> Iterator[Breach]:
    """Buckets, queues and topics refuse whoever does not come by TLS."""
    owners = {"S3::BucketPolicy": "Bucket", "SQS::QueuePolicy": "Queues", "SNS::TopicPolicy": "Topics"}
    safe = {
        (found.stack, found.name)
        for kind, key in owners.items()
        for policy in templates.of(kind)
        if any(_refuses_plain(statement) for statement in policy.properties["PolicyDocument"]["Statement"])
        for found in templates.targets(policy.stack, policy.properties.get(key))
    }
    for resource in templates.of("S3::Bucket", "SQS::Queue", "SNS::Topic"):
        if (resource.stack, resource.name) not in safe:
            yield resource.breach("tls-only", "has no policy that denies everybody everything without TLS")


def _refuses_plain(statement: Mapping[str, Any]) -> bool:
    everybody = statement.get("Principal") in ("*", {"AWS": "*"})
    plain = statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    services = {"s3:*", "sqs:*", "sns:*", "*", "sns:Publish"}
    return (
        statement["Effect"] == "Deny" and everybody and plain and bool(services & set(listed(statement.get("Action"))))
    )


def listeners(templates: Templates) -> Iterator[Breach]:
    """Balancers speak HTTPS by TLS 1.2 or newer; plain HTTP they answer only with where HTTPS is."""
    redirects = {listener.name for listener in redirecting(templates)}
    for listener in templates.of("ElasticLoadBalancingV2::Listener"):
        protocol = listener.properties.get("Protocol")
        if protocol not in {"HTTPS", "TLS"} and listener.name not in redirects:
            yield listener.breach("https", f"forwards {protocol}; redirect to HTTPS instead")
        if protocol in {"HTTPS", "TLS"}:
            policy = str(listener.properties.get("SslPolicy"))
            if not _TLS.fullmatch(policy):
                yield listener.breach("modern-tls", f"SslPolicy {policy} is old; take ELBSecurityPolicy-TLS13-1-2-…")
            if not listener.properties.get("Certificates"):
                yield listener.breach("https", "has no certificate")
    for rule in templates.of("ElasticLoadBalancingV2::ListenerRule"):
        heard = templates.target(rule.stack, rule.properties.get("ListenerArn"))
        if heard is None or heard.properties.get("Protocol") not in {"HTTPS", "TLS"}:
            yield rule.breach("https", "acts on a listener that does not speak HTTPS")
    for group in templates.of("ElasticLoadBalancingV2::TargetGroup"):
        if group.properties.get("Protocol") not in {"HTTPS", "TLS"} and not group.excused("https"):
            yield group.breach("https", f"is reached by {group.properties.get('Protocol')}")


def function_settings(templates: Templates) -> Iterator[Breach]:
    """What a function is told is encrypted under a key of our own."""
    for function in templates.of("Lambda::Function"):
        key = function.properties.get("KmsKeyArn")
        told = function.properties.get("Environment")
        if told and not templates.is_a("KMS::Key", function.stack, key) and not function.excused("own-key"):
            yield function.breach("own-key", f"KmsKeyArn is {key!r}; its environment lies under AWS's key")


def start_scripts(templates: Templates) -> Iterator[Breach]:
    """No script of a machine's start fetches over plain HTTP or opens ClickHouse's ports that speak it."""
    for machine in templates.of("EC2::Instance", "EC2::LaunchTemplate", "AutoScaling::LaunchConfiguration"):
        said = machine.properties.get("LaunchTemplateData", machine.properties)
        for found in _PLAIN.findall(text(said.get("UserData", ""))):
            yield machine.breach("https", f"has {found} in its user data")


def plain_http(templates: Templates) -> Iterator[Breach]:
    """No setting, subscription or target of ours is an http:// address (but the machine's own)."""
    for resource in templates.resources:
        for path, value in resource.inside:
            own = (
                re.match(r"http://(localhost|127\.|169\.254\.)", text(value)) if isinstance(value, str | dict) else None
            )
            if isinstance(value, str) and value.lower().startswith("http://") and not own:
                yield resource.breach("https", f"{'.'.join(path)} is {value}")
            if path and path[-1] == "Protocol" and value == "http":
                yield resource.breach("https", f"{'.'.join(path)} is http")
            if path and path[-1] in {"TransitEncryption", "EncryptInTransit"} and str(value) in {"DISABLED", "False"}:
                yield resource.breach("https", f"{'.'.join(path)} is {value}")


RULES = (own_keys, disks, machine_disks, buckets, tls_only, listeners, function_settings, start_scripts, plain_http)
