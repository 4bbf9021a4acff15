"""What must survive: data, keys and who may not be reached by mistake."""

from __future__ import annotations

from collections.abc import Iterator

from infra.rules.template import Breach, Resource, Templates, is_true

STATEFUL = (
    "S3::Bucket",
    "KMS::Key",
    "EC2::Volume",
    "SecretsManager::Secret",
    "Logs::LogGroup",
    "Cognito::UserPool",
    "DynamoDB::Table",
    "EFS::FileSystem",
    "ECR::Repository",
    "RDS::DBInstance",
    "RDS::DBCluster",
    "Backup::BackupVault",
    "Kinesis::Stream",
)
_KEPT = {"Retain", "Snapshot", "RetainExceptOnCreate"}


def kept(templates: Templates) -> Iterator[Breach]:
    """What holds data outlives its stack, and its replacement too."""
    for resource in templates.of(*STATEFUL):
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if resource.body.get(policy) not in _KEPT and not resource.excused("kept"):
                yield resource.breach("kept", f"{policy} is {resource.body.get(policy)!r}; RemovalPolicy.RETAIN")


def guarded(templates: Templates) -> Iterator[Breach]:
    """What people would miss at once cannot be removed by one call."""
    flags = {
        "EC2::Instance": ("DisableApiTermination", "True"),
        "Cognito::UserPool": ("DeletionProtection", "ACTIVE"),
        "RDS::DBInstance": ("DeletionProtection", "True"),
        "RDS::DBCluster": ("DeletionProtection", "True"),
        "DynamoDB::Table": ("DeletionProtectionEnabled", "True"),
    }
    for kind, (flag, wanted) in flags.items():
        for resource in templates.of(kind):
            if str(resource.properties.get(flag)).lower() != wanted.lower() and not resource.excused("guarded"):
                yield resource.breach("guarded", f"{flag} is {resource.properties.get(flag)!r}, not {wanted}")
    for balancer in templates.of("ElasticLoadBalancingV2::LoadBalancer"):
        said = {a["Key"]: a["Value"] for a in balancer.properties.get("LoadBalancerAttributes", [])}
        if not is_true(said.get("deletion_protection.enabled")) and not balancer.excused("guarded"):
            yield balancer.breach("guarded", "deletion_protection.enabled is not true")


def keys_rotate(templates: Templates) -> Iterator[Breach]:
    """Keys are made anew every year."""
    for key in templates.of("KMS::Key"):
        if not is_true(key.properties.get("EnableKeyRotation")):
            yield key.breach("key-rotation", "is never made anew; EnableKeyRotation")


def private_buckets(templates: Templates) -> Iterator[Breach]:
    """Buckets are private, versioned, their owner's, and no web sites."""
    for bucket in templates.of("S3::Bucket"):
        yield from (bucket.breach("private-bucket", fault) for fault in _bucket_faults(bucket))


def _bucket_faults(bucket: Resource) -> Iterator[str]:
    said = bucket.properties
    walls = said.get("PublicAccessBlockConfiguration", {})
    for wall in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"):
        if not is_true(walls.get(wall)):
            yield f"{wall} is not set"
    if said.get("AccessControl", "Private") != "Private":
        yield f"AccessControl is {said['AccessControl']}"
    if "WebsiteConfiguration" in said:
        yield "is a web site"
    if said.get("VersioningConfiguration", {}).get("Status") != "Enabled":
        yield "keeps no versions"
    owners = [rule.get("ObjectOwnership") for rule in said.get("OwnershipControls", {}).get("Rules", [])]
    if owners != ["BucketOwnerEnforced"]:
        yield "lets others own objects in it"


RULES = (kept, guarded, keys_rotate, private_buckets)
