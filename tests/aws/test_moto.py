"""All stacks, created in moto in their order, with the exports of one as the imports of the next, and deleted again."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.cloudformation.parsing import get_model_map
from moto.elbv2.models import FakeTargetGroup

from infra.rules.keeping import STATEFUL
from infra.rules.template import Templates
from tests.aws.deployed import ORDER, PARAMETERS, Deployed, _without

KEPT_IN_MOTO = {"AWS::S3::Bucket": "s3", "AWS::KMS::Key": "kms", "AWS::Logs::LogGroup": "logs"}


def known(template):
    """Return a template without what moto's CloudFormation does not know; who refers to that is given its name."""
    unknown = {name: name for name, r in template["Resources"].items() if not is_known(r["Type"])}
    resources = {name: r for name, r in template["Resources"].items() if name not in unknown}
    return _without({**template, "Resources": resources}, unknown)


def is_known(kind):
    return kind in get_model_map() or kind.startswith("Custom::") or kind == "AWS::SecretsManager::Secret"


@pytest.fixture(scope="module", params=["hobby", "desk"])
def standing(request, assembly):
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x", "DEFAULT_REGION": "eu-central-1"}.items():
            patch.setenv(f"AWS_{name}", value)
        patch.setattr(FakeTargetGroup, "get_cfn_attribute", lambda self, _: self.arn.rpartition(":")[2], raising=False)
        certificate = boto3.client("acm").request_certificate(DomainName="lode.example.org")["CertificateArn"]
        made = Deployed({stack: known(template) for stack, template in assembly(request.param).items()})
        yield made.up(parameters=PARAMETERS | {"CertificateArn": certificate})


def state(stack):
    return boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]


def kept(standing, kind):
    """The physical ids of what the templates say is kept (a key of scratch disks is not)."""
    return [
        made
        for stack in ORDER
        for name, made in standing.of(stack, kind).items()
        if standing.templates[f"Lode{stack}"]["Resources"][name].get("DeletionPolicy") == "Retain"
    ]


def is_there(kind, name):
    client = boto3.client(KEPT_IN_MOTO[kind])
    match kind:
        case "AWS::S3::Bucket":
            return client.head_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"] == 200
        case "AWS::KMS::Key":
            return name in {key["KeyId"] for key in client.list_keys(Limit=1000)["Keys"]}
    return bool(client.describe_log_groups(logGroupNamePrefix=name)["logGroups"])


def test_all_stacks_stand_and_then_go_and_leave_what_holds_data(standing):
    assert {state(f"Lode{stack}") for stack in ORDER} == {"CREATE_COMPLETE"}
    held = {kind: kept(standing, kind) for kind in KEPT_IN_MOTO}
    assert len(held["AWS::S3::Bucket"]) == 3
    client = boto3.client("cloudformation")
    for stack in [stack for stack in reversed(ORDER) if stack != "Network"]:  # moto forgets an order within a VPC
        client.delete_stack(StackName=f"Lode{stack}")
        with pytest.raises(ClientError, match="does not exist"):
            state(f"Lode{stack}")
    assert [(kind, name) for kind, names in held.items() for name in names if not is_there(kind, name)] == []
    left = [function["FunctionName"] for function in boto3.client("lambda").list_functions()["Functions"]]
    assert all(name.startswith("LodeNetwork-") for name in left)


def test_a_stack_that_others_import_from_cannot_go_first(assembly):
    """In moto it can, on AWS not: so what each imports stands in a stack that comes before it."""
    templates = assembly("desk")
    place = {f"Lode{stack}": number for number, stack in enumerate(ORDER)}
    exports = {
        output["Export"]["Name"]: stack
        for stack, template in templates.items()
        for output in template.get("Outputs", {}).values()
        if "Export" in output
    }
    for resource in Templates(templates).resources:
        for path, value in resource.inside:
            if path and path[-1] == "Fn::ImportValue":
                assert place[exports[value]] < place[resource.stack]


@pytest.mark.parametrize("variant", ["hobby", "desk", "outside"])
def test_what_holds_data_is_kept_by_the_template(variant, assembly):
    held = Templates(assembly(variant)).of(*STATEFUL)
    assert len(held) > 10
    assert all(resource.body.get("DeletionPolicy") == "Retain" or resource.excused("kept") for resource in held)
