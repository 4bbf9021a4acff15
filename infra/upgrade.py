"""What an upgrade would replace: two sets of templates, compared where data stands.

CloudFormation knows a resource by its logical id. A resource whose id is gone, or whose properties differ that only
its creation can set, is made anew: empty, beside the old one, which stays but which nobody uses any more.
tests/aws/test_upgrade.py asks `replaced` whether an upgrade does so to anything that holds data, or under which data
stands.

`python -m infra.upgrade` compares with what was written at the last release; `--write` writes what to compare with.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from infra.rules.encryption import KEYED
from infra.rules.keeping import STATEFUL
from infra.rules.template import Template

PREVIOUS = Path(__file__).parents[1] / "tests" / "aws" / "previous"
CREATE_ONLY: Mapping[str, tuple[str, ...]] = MappingProxyType(  # what the types' schemas say that only creation sets
    {
        "S3::Bucket": ("BucketName", "BucketNamePrefix", "BucketNamespace"),
        "SecretsManager::Secret": ("Name",),
        "Logs::LogGroup": ("LogGroupName",),
        "DynamoDB::Table": ("TableName", "ImportSourceSpecification"),
        "EFS::FileSystem": ("AvailabilityZoneName", "Encrypted", "KmsKeyId", "PerformanceMode"),
        "ECR::Repository": ("RepositoryName", "EncryptionConfiguration"),
        "Backup::BackupVault": ("BackupVaultName", "EncryptionKeyArn"),
        "Kinesis::Stream": ("Name",),
        "EC2::VPC": ("CidrBlock", "Ipv4IpamPoolId", "Ipv4NetmaskLength"),
        "EC2::Subnet": ("VpcId", "AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "Ipv6Native", "OutpostArn"),
    }
)
_REFUSED: Mapping[str, tuple[str, ...]] = MappingProxyType(  # not in the schemas: CloudFormation refuses the change
    {
        "EC2::Volume": ("AvailabilityZone", "Encrypted", "KmsKeyId", "SnapshotId", "OutpostArn"),
        "KMS::Key": ("KeySpec", "KeyUsage", "Origin", "MultiRegion"),
        "Cognito::UserPool": ("UsernameAttributes", "AliasAttributes", "UsernameConfiguration", "Schema"),
        "RDS::DBInstance": ("StorageEncrypted", "KmsKeyId", "DBInstanceIdentifier", "DBName", "MasterUsername"),
        "RDS::DBCluster": ("StorageEncrypted", "KmsKeyId", "DBClusterIdentifier", "DatabaseName"),
    }
)
WATCHED = (*STATEFUL, "EC2::VPC", "EC2::Subnet")


@dataclass(frozen=True, order=True)
class Replacement:
    """A resource that an upgrade would make anew, or leave behind, and why."""

    stack: str
    resource: str
    type: str
    why: str

    def __str__(self) -> str:
        return f"{self.stack}/{self.resource} ({self.type}): {self.why}"


def replaced(old: Mapping[str, Template], new: Mapping[str, Template]) -> list[Replacement]:
    """Return what holds data in the old templates (by stack) and would not be the same resource in the new, sorted."""
    return sorted(
        Replacement(stack, name, before["Type"], why)
        for stack, template in old.items()
        for name, before in _watched(template)
        for why in _reasons(before, new.get(stack, {}).get("Resources", {}).get(name))
    )


def _watched(template: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, resource in template.get("Resources", {}).items():
        if resource["Type"].removeprefix("AWS::") in WATCHED:
            yield name, resource


def _reasons(before: Mapping[str, Any], after: Mapping[str, Any] | None) -> Iterator[str]:
    if after is None:
        yield "its logical id is gone: it would be left behind, and made anew under another"
    elif after["Type"] != before["Type"]:
        yield f"is of another type now ({after['Type']})"
    else:
        old, new = _identity(before), _identity(after)
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                yield f"{key} was {json.dumps(old.get(key))} and is {json.dumps(new.get(key))}"


def _identity(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that make a resource what it is: what creation alone sets, and the key of its data."""
    kind = resource["Type"].removeprefix("AWS::")
    properties = resource.get("Properties", {})
    names = (*CREATE_ONLY.get(kind, ()), *_REFUSED.get(kind, ()), *KEYED.get(kind, ())[:1])
    found = {name: properties[name] for name in names if name in properties}
    if kind == "S3::Bucket" and "BucketEncryption" in properties:
        found["BucketEncryption"] = properties["BucketEncryption"]
    return found


def extract(templates: Mapping[str, Template]) -> dict[str, Template]:
    """Return of templates only what `replaced` compares: small enough to be kept beside the tests."""
    found = {
        stack: {
            "Resources": {
                name: {"Type": resource["Type"], "Properties": _identity(resource)}
                for name, resource in sorted(_watched(template))
            }
        }
        for stack, template in sorted(templates.items())
    }
    return {stack: template for stack, template in found.items() if template["Resources"]}


def read(folder: Path) -> dict[str, Template]:
    """Return the templates of an assembly, by stack."""
    return {
        path.name.removesuffix(".template.json"): json.loads(path.read_text())
        for path in sorted(folder.glob("*.template.json"))
    }


def main(arguments: list[str]) -> int:
    """Compare each variant with what was written of it, or write it; return the exit code."""
    from infra.app import build  # noqa: PLC0415  starts node
    from infra.audit import VARIANTS, variant  # noqa: PLC0415

    found: list[Replacement] = []
    for name in VARIANTS:
        with tempfile.TemporaryDirectory() as folder:
            build(Path(folder), variant(name)).synth()
            templates = read(Path(folder))
        written = PREVIOUS / f"{name}.json"
        if arguments == ["--write"]:
            written.write_text(json.dumps(extract(templates), indent=1) + "\n")
        else:
            found += replaced(json.loads(written.read_text()), templates)
    print("\n".join(map(str, found)) or "nothing that holds data is replaced")  # noqa: T201  the command's answer
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
