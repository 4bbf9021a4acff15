from __future__ import annotations

import json
import subprocess

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from infra.audit import VARIANTS, acknowledge, synthesize
from infra.rules import check
from lode.errors import LodeError
from tools import audit

REASON = "A bucket of a test, which holds nothing and is never made."


@pytest.mark.parametrize("variant", VARIANTS)
def test_cdk_nag_finds_nothing(variant, synthesized, soak_scale):
    if variant == "outside" and soak_scale < 1:
        pytest.skip("seconds for templates that are mostly the others'; make soak and make audit do")
    assert json.loads((synthesized(variant) / "findings.json").read_text()) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_our_rules_find_nothing(variant, assembly):
    assert [str(breach) for breach in check(assembly(variant))] == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_cfn_lint_finds_nothing(variant, synthesized, soak_scale):
    if variant != "hobby" and soak_scale < 1:
        pytest.skip("seconds for templates that are mostly hobby's; make soak and make audit do")
    assert audit.lint(sorted(synthesized(variant).glob("*.template.json"))) == []


@pytest.mark.soak
@pytest.mark.parametrize("variant", VARIANTS)
def test_checkov_finds_nothing(variant, synthesized, soak_scale):
    """Asked by `make audit` too; its environment is installed by hash, so a shorter run does without it."""
    if soak_scale < 1:
        pytest.skip("half a minute; make soak and make audit do")
    if not (audit.FOLDER / "bin" / "checkov").exists():
        pytest.skip("make audit installs checkov")
    assert audit.checkov(sorted(synthesized(variant).glob("*.template.json"))) == []


def test_every_exception_in_the_templates_says_why(assembly):
    for variant in VARIANTS:
        for template in assembly(variant).values():
            for resource in [template, *template["Resources"].values()]:
                told = resource.get("Metadata", {})
                lint = told.get("cfn-lint", {"reasons": {}, "config": {"ignore_checks": []}})
                assert sorted(lint["reasons"]) == lint["config"]["ignore_checks"]
                reasons = [skip["comment"] for skip in told.get("checkov", {"skip": []})["skip"]]
                reasons += [*lint["reasons"].values(), *told.get("lode", {}).values()]
                assert all(len(reason) >= 30 for reason in reasons)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    return Stack(App(outdir=str(tmp_path_factory.mktemp("cdk")), analytics_reporting=False), "Tried")


def test_one_call_answers_every_checker(stack):
    bucket = s3.Bucket(stack, "Tried")
    rules = ["AwsSolutions-S1", "CKV_AWS_18", "W3005", "lode-kept"]
    acknowledge(bucket, dict.fromkeys(rules, REASON))
    told = bucket.node.default_child.get_metadata
    assert told("checkov") == {"skip": [{"id": "CKV_AWS_18", "comment": REASON}]}
    assert told("cfn-lint") == {"config": {"ignore_checks": ["W3005"]}, "reasons": {"W3005": REASON}}
    assert told("lode") == {"kept": REASON}


@pytest.mark.parametrize("rule", ["AwsSolution-S1", "S1", "CKV-AWS-18", ""])
def test_a_rule_that_no_checker_has_is_refused(rule, stack):
    with pytest.raises(LodeError, match="no checker has a rule"):
        acknowledge(stack, {rule: REASON})


def test_a_reason_that_says_nothing_is_refused(stack):
    with pytest.raises(LodeError, match="say in a sentence"):
        acknowledge(stack, {"AwsSolutions-S1": "not needed"})


def test_findings_are_told_by_stack_and_rule_and_acknowledged_ones_are_not(tmp_path):
    app = App(outdir=str(tmp_path), analytics_reporting=False)
    stack = Stack(app, "Tried")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"]))
    acknowledge(role, {"NIST.800.53.R5-IAMNoInlinePolicy": REASON})
    (finding,) = synthesize(app)
    assert (finding.stack, finding.rule) == ("Tried", "AwsSolutions-IAM5[Resource::*]")
    assert finding.construct == "Tried/Role/DefaultPolicy/Resource"


def test_what_a_checker_said_is_remembered_until_the_templates_change(tmp_path):
    asked = []
    template = tmp_path / "a.template.json"
    template.write_text("{}")

    def checker(paths):
        asked.append(paths)
        return ["a finding"]

    for _ in range(2):
        assert audit.remembered(tmp_path, [template], "tried", checker) == ["a finding"]
    assert len(asked) == 1
    template.write_text('{"Resources": {}}')
    audit.remembered(tmp_path, [template], "tried", checker)
    assert len(asked) == 2


def test_cfn_lint_names_what_is_wrong_and_passes_what_is_excused(tmp_path):
    template = tmp_path / "a.template.json"
    wrong = {"Type": "AWS::S3::Bucket", "Properties": {"Nonsense": 1}}
    template.write_text(json.dumps({"Resources": {"A": wrong}}))
    (line,) = audit.lint([template])
    assert line.startswith("cfn-lint E3002 a.template.json Resources/A/Properties/Nonsense")
    template.write_text(json.dumps({"Resources": {"A": wrong | {"Metadata": {"cfn-lint": excuse("E3002")}}}}))
    assert audit.lint([template]) == []


def excuse(rule):
    return {"config": {"ignore_checks": [rule]}, "reasons": {rule: REASON}}


def test_a_checker_that_fails_is_not_taken_for_one_that_finds_nothing(tmp_path, monkeypatch):
    broken = subprocess.CompletedProcess([], 1, stdout="", stderr="no such file")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: broken)
    for checker in (audit.lint, audit.checkov):
        with pytest.raises(audit.SetupError, match="no such file"):
            checker([tmp_path / "a.template.json"])
