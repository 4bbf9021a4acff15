"""Who says that the stacks are safe: cdk-nag's AwsSolutions and NIST 800-53 R5 over every stack.

`python -m infra.audit` prints each finding by stack and rule, and exits with 1 when there is one. What is right in
spite of a rule is acknowledged where it is built, with the reason that an auditor would ask for:

    acknowledge(bucket, {"AwsSolutions-S1": "The log bucket cannot log to itself."})

One call serves cdk-nag ("AwsSolutions-…", "NIST.800.53.R5-…"), checkov ("CKV_…"), cfn-lint ("W3005") and the rules of
infra/rules that can be excused ("lode-rotation").
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from infra.node import use_locked_node

use_locked_node()

from aws_cdk import Acknowledgment, App, CfnResource, Stack, Validations  # noqa: E402  starts node at once
from constructs import IConstruct  # noqa: E402

from lode.deploy.deployment import Deployment, sized  # noqa: E402
from lode.errors import LodeError  # noqa: E402

VARIANTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "hobby": {"size": "hobby"},
        "desk": {"size": "desk"},
        "outside": {
            "size": "desk",
            "warehouse": "cloud",
            "compute": "fargate",
            "sign_in": "oidc",
            "app_starts": True,
            "news_provider": "tavily",
        },
    }
)
REPORT = "validation-report.json"
_NAG = re.compile(r"(AwsSolutions|NIST\.800\.53\.R5)-\w+(\[.+\])?|CloudFormation-Validate::\w+")
_CHECKOV = re.compile(r"CKV2?_\w+")
_LINT = re.compile(r"[EWI]\d{4}")
_OWN = re.compile(r"lode-[a-z0-9-]+")
_SHORTEST_REASON = 30
_SAME: Mapping[str, str] = MappingProxyType(  # what a rule of cdk-nag is called in infra/rules
    {
        "AwsSolutions-SMG4": "rotation",
        "AwsSolutions-EC29": "guarded",
        "NIST.800.53.R5-ELBDeletionProtectionEnabled": "guarded",
        "NIST.800.53.R5-LambdaInsideVPC": "vpc",
        "NIST.800.53.R5-LambdaDLQ": "dead-letters",
        "NIST.800.53.R5-LambdaConcurrency": "concurrency",
    }
)


@dataclass(frozen=True, order=True)
class Finding:
    """A rule that a construct breaks."""

    stack: str
    rule: str
    construct: str
    description: str


def variant(name: str) -> Deployment:
    """Return the deployment of a variant: the smallest, the largest, and the one whose parts stand outside."""
    return sized(VARIANTS[name], name)


def acknowledge(construct: IConstruct, rules: Mapping[str, str]) -> None:
    """Let a construct, and all within it, break rules: rule to the reason why that is right here.

    A rule of checkov, cfn-lint or infra/rules goes into the template's metadata of the construct's resources, so call
    this once they stand. cdk-nag's IAM4 and IAM5 want the finding named too: "AwsSolutions-IAM5[Resource::*]".
    """
    for rule, reason in rules.items():
        if len(reason) < _SHORTEST_REASON:
            raise LodeError(
                f"{construct.node.path}: {rule} is acknowledged because of {reason!r}; say in a sentence of "
                f"{_SHORTEST_REASON} letters or more what makes it right here"
            )
        if _NAG.fullmatch(rule):
            Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))
            if rule in _SAME and not Stack.is_stack(construct):
                _excuse(construct, _SAME[rule], reason)
        elif _CHECKOV.fullmatch(rule):
            _skip_checkov(construct, rule, reason)
        elif _LINT.fullmatch(rule):
            _skip_lint(construct, rule, reason)
        elif _OWN.fullmatch(rule):
            _excuse(construct, rule.removeprefix("lode-"), reason)
        else:
            raise LodeError(
                f"{construct.node.path}: no checker has a rule {rule!r}; there are AwsSolutions-…, NIST.800.53.R5-…, "
                "CKV_…, cfn-lint's (W3005) and lode-…"
            )


def _skip_checkov(construct: IConstruct, rule: str, reason: str) -> None:
    for resource in _resources(construct):
        skipped = [s for s in (resource.get_metadata("checkov") or {"skip": []})["skip"] if s["id"] != rule]
        resource.add_metadata("checkov", {"skip": [*skipped, {"id": rule, "comment": reason}]})


def _skip_lint(construct: IConstruct, rule: str, reason: str) -> None:
    for resource in _resources(construct):
        said = (resource.get_metadata("cfn-lint") or {"reasons": {}})["reasons"] | {rule: reason}
        resource.add_metadata("cfn-lint", {"config": {"ignore_checks": sorted(said)}, "reasons": said})


def _excuse(construct: IConstruct, rule: str, reason: str) -> None:
    for resource in _resources(construct):
        resource.add_metadata("lode", (resource.get_metadata("lode") or {}) | {rule: reason})


def _resources(construct: IConstruct) -> list[CfnResource]:
    """Return a construct's own resource, or where it has none all within it."""
    own = construct if CfnResource.is_cfn_resource(construct) else construct.node.default_child
    if own is not None and CfnResource.is_cfn_resource(own):
        return [own]
    return [inner for inner in construct.node.find_all() if CfnResource.is_cfn_resource(inner)]


def excuse_order(stack: Stack) -> None:
    """Let cfn-lint pass the order that the CDK writes beside references that imply it: nobody can leave it out."""
    reason = "The CDK writes DependsOn for every role that a resource refers to; it says twice what holds anyway."
    stack.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}, "reasons": {"W3005": reason}})


def synthesize(app: App) -> list[Finding]:
    """Write an application's templates and return what cdk-nag finds in them, sorted."""
    from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks  # noqa: PLC0415  only the audit needs it

    Validations.of(app).add_plugins(AwsSolutionsChecks(app), NIST80053R5Checks(app))
    report = Path(app.outdir) / REPORT
    report.unlink(missing_ok=True)
    try:
        app.synth()
    except RuntimeError:
        if not report.exists():  # something else than a finding
            raise
    return read_findings(report)


def read_findings(report: Path) -> list[Finding]:
    """Return the findings of a validation report, sorted; where there is no report there are none."""
    if not report.exists():
        return []
    return sorted(
        Finding(where["constructPath"].partition("/")[0], _rule(plugin, violation), where["constructPath"], text)
        for plugin in json.loads(report.read_text())["pluginReports"]
        for violation in plugin["violations"]
        if (text := violation["description"].partition(" - (Control IDs")[0])
        for where in violation["violatingConstructs"]
    )


def _rule(plugin: Mapping[str, str], violation: Mapping[str, str]) -> str:
    """Return a rule's name as `acknowledge` takes it."""
    name = violation["ruleName"]
    return name if _NAG.fullmatch(name) else f"{plugin['pluginName'].replace(' ', '-')}::{name}"


def main(names: list[str]) -> int:
    """Print the findings of the named variants, all without a name; return the exit code."""
    from infra.app import build  # noqa: PLC0415  its stacks acknowledge with this module

    found = 0
    for name in names or VARIANTS:
        with tempfile.TemporaryDirectory() as folder:
            findings = synthesize(build(Path(folder), variant(name)))
        found += len(findings)
        print(f"{name}: {len(findings) or 'no'} findings")  # noqa: T201  the command's answer
        for finding in findings:
            print(f"  {finding.stack}  {finding.rule}\n    {finding.construct}: {finding.description}")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
