"""Every role, as it was created: what it must do is allowed, what its neighbours do is denied.

S3 is asked for real, under the assumed role, since moto binds S3's actions to their objects. Of the other services moto
checks the action alone, so there its evaluation of the policies that stand is asked with the resource.
"""

from __future__ import annotations

import json
import warnings

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count
from moto.iam.access_control import IAMPolicy, PermissionResult

from infra.rules.template import Templates, listed, text
from tests.aws.deployed import ORDER, Deployed, _without

PUTS = {  # what each role writes into the lake; all others may not
    "raw/yahoo/A.json.zst": {"Market"},
    "raw/sec/A.json.zst": {"Filings"},
    "raw/news/A.json.zst": {"News"},
    "rate/sec/turn": {"Filings"},
    "requests/batches/1.json": {"Steps", "Market", "Filings", "News"},
    "runs/1/trials/0.arrow": {"Steps", "Job"},
    "snapshots/1.arrow": {"Steps"},
    "executions/1.json": {"Steps"},
    "elsewhere/1": set(),
}
ROLES = {
    "Market": ("Collection", "MarketRole"),
    "Filings": ("Collection", "FilingsRole"),
    "News": ("Collection", "NewsRole"),
    "Steps": ("Mining", "StepsRole"),
    "Job": ("Mining", "ShardsJobRole"),
    "Start": ("Mining", "ShardsExecutionRole"),
    "Machine": ("Mining", "MachineRole"),
    "Schedule": ("Mining", "ScheduleRole"),
    "Flows": ("Network", "FlowsRole"),
    "Queue": ("Mining", "ShardsServiceRole"),
    "Server": ("Warehouse", "Servers1Role"),
    "Renewal": ("Warehouse", "RenewalFunctionRole"),
    "Backups": ("Warehouse", "BackupsRole"),
    "App": ("App", "CopiesTaskRole"),
    "Watch": ("Observability", "WatchingWatchRole"),
}
KEEPERS = {"Server", "Renewal"}  # one makes the users, the other their passwords
READERS = {"Market", "Filings", "News", "Steps", "Job"} | KEEPERS
SECRETS = {"Secret", "Reader", "Admin", "Authority", "Certificate"}  # made beside the stack: see deployed.py
CALLS = {  # action, resource by stack and logical id's beginning, who may
    "open the warehouse": ("secretsmanager:GetSecretValue", ("Warehouse", "Secret"), READERS),
    "administer the warehouse": ("secretsmanager:GetSecretValue", ("Warehouse", "Admin"), KEEPERS),
    "look into the warehouse": (
        "secretsmanager:GetSecretValue",
        ("Warehouse", "Reader"),
        {"App", "Watch", *KEEPERS},
    ),
    "change a secret": ("secretsmanager:PutSecretValue", ("Warehouse", "Secret"), {"Renewal"}),
    "sign certificates": ("secretsmanager:GetSecretValue", ("Warehouse", "Authority"), {"Renewal"}),
    "be the server": ("secretsmanager:GetSecretValue", ("Warehouse", "Certificate"), KEEPERS),
    "take the disk": ("ec2:AttachVolume", ("Warehouse", "Servers1Disk"), {"Server"}),
    "have a backup made": ("ssm:SendCommand", ("Warehouse", "BackupsCommand"), {"Backups"}),
    "collect the market": ("lambda:InvokeFunction", ("Collection", "MarketFunction"), {"Machine"}),
    "collect filings": ("lambda:InvokeFunction", ("Collection", "FilingsFunction"), {"Machine"}),
    "take a step": ("lambda:InvokeFunction", ("Mining", "StepsFunction"), {"Machine"}),
    "start a run": ("states:StartExecution", ("Mining", "Machine"), {"Schedule"}),
    "submit shards": ("batch:SubmitJob", ("Mining", "ShardsFairQueue"), {"Machine"}),
    "tell of a lost start": ("sqs:SendMessage", ("Mining", "DeadLetters"), {"Schedule"}),
    "tell of a lost market": ("sqs:SendMessage", ("Collection", "MarketDeadLetters"), {"Market"}),
    "read lost messages": ("sqs:ReceiveMessage", ("Mining", "DeadLetters"), set()),
    "log shards": ("logs:PutLogEvents", ("Mining", "ShardsLogs"), {"Start"}),
    "log flows": ("logs:PutLogEvents", ("Network", "FlowLogs1"), {"Flows"}),
    "log filings": ("logs:PutLogEvents", ("Collection", "FilingsLogs"), {"Filings"}),
    "remove logs": ("logs:DeleteLogGroup", ("Network", "FlowLogs1"), set()),
    "use the backups' key": ("kms:Decrypt", ("Storage", "WarehouseKey"), {"Server"}),
    "lose a key": ("kms:ScheduleKeyDeletion", ("Storage", "LakeKey"), set()),
    "become another": ("iam:PassRole", ("Mining", "MachineRole"), set()),
    "pass a job's role": ("iam:PassRole", ("Mining", "ShardsJobRole"), {"Queue"}),
}


@pytest.fixture(scope="module")
def deployed(assembly):
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x", "DEFAULT_REGION": "eu-central-1"}.items():
            patch.setenv(f"AWS_{name}", value)
        with warnings.catch_warnings():
            templates = assembly("hobby")
            only_roles = {stack: roles_alone(templates[stack]) for stack in ("LodeApp", "LodeObservability")}
            standing = Deployed({**templates, **only_roles}).up(ORDER)
        attach_policies(standing)
        yield standing


def roles_alone(template):
    """A template's roles and their policies; what else they name is called by its name."""
    others = {n: f"arn:aws:x:::{n}" for n, r in template["Resources"].items() if not r["Type"].startswith("AWS::IAM::")}
    resources = {name: r for name, r in template["Resources"].items() if name not in others}
    return _without({**template, "Resources": resources}, others)


def attach_policies(deployed):
    """Attach to each role what its template names: moto reads the names and attaches nothing."""
    for role in Templates(deployed.templates).of("IAM::Role"):
        for policy in listed(role.properties.get("ManagedPolicyArns")):
            if role.stack in deployed.ids:
                boto3.client("iam").attach_role_policy(
                    RoleName=deployed.ids[role.stack][role.name], PolicyArn=deployed.ids[role.stack][policy["Ref"]]
                )


def made(deployed, stack, beginning):
    """The physical id of the one resource of a stack whose logical id begins so, before the CDK's eight digits."""
    found = [i for name, i in deployed.ids[f"Lode{stack}"].items() if name[:-8] == beginning or name[:-7] == beginning]
    return found[0]


def arn(deployed, stack, beginning):
    if stack == "Warehouse" and beginning in SECRETS:
        secrets = boto3.client("secretsmanager").list_secrets()["SecretList"]
        return next(secret["ARN"] for secret in secrets if secret["Name"][:-8] == beginning)
    standing = made(deployed, stack, beginning)
    if standing.startswith("arn:"):
        return standing
    kinds = {"Function": "lambda:eu-central-1:123456789012:function:", "Key": "kms:eu-central-1:123456789012:key/"}
    kinds |= {"Role": "iam::123456789012:role/", "Disk": "ec2:eu-central-1:123456789012:volume/"}
    kinds |= {"Command": "ssm:eu-central-1:123456789012:document/"}
    for ending, kind in kinds.items():
        if beginning.endswith(ending):
            return f"arn:aws:{kind}{standing}"
    if "Log" in beginning:
        return f"arn:aws:logs:eu-central-1:123456789012:log-group:{standing}"
    return f"arn:aws:sqs:eu-central-1:123456789012:{standing.rpartition('/')[2]}"


def policies(deployed, role):
    """What a role may do, read back from IAM."""
    iam = boto3.client("iam")
    name = made(deployed, *ROLES[role])
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    found = [iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"] for policy in attached]
    documents = [
        iam.get_policy_version(PolicyArn=p["Arn"], VersionId=p["DefaultVersionId"])["PolicyVersion"]["Document"]
        for p in found
    ]
    assert documents
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == []
    return [IAMPolicy(json.dumps(document)) for document in documents]


@pytest.mark.parametrize("call", CALLS)
def test_each_call_is_its_roles_own(call, deployed):
    action, place, callers = CALLS[call]
    resource = arn(deployed, *place)
    allowed = {
        role
        for role in ROLES
        if any(p.is_action_permitted(action, resource) is PermissionResult.PERMITTED for p in policies(deployed, role))
    }
    assert allowed == callers


def credentials(deployed, role):
    name = made(deployed, *ROLES[role])
    given = boto3.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::123456789012:role/{name}", RoleSessionName=role.lower()
    )["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def test_each_role_writes_under_its_own_prefixes_of_the_lake_and_nowhere_else(deployed):
    lake = made(deployed, "Storage", "Lake")
    clients = {role: boto3.client("s3", **credentials(deployed, role)) for role in ROLES}

    @set_initial_no_auth_action_count(0)
    def writers(key):
        return {role for role, client in clients.items() if is_allowed(client.put_object, Bucket=lake, Key=key)}

    assert {key: writers(f"lake/{key}") for key in PUTS} == PUTS


def test_no_role_removes_the_lake_or_touches_other_buckets(deployed):
    lake, backups = made(deployed, "Storage", "Lake"), made(deployed, "Storage", "Backups")
    clients = [boto3.client("s3", **credentials(deployed, role)) for role in ROLES]

    @set_initial_no_auth_action_count(0)
    def done():
        for client in clients:
            yield is_allowed(client.put_object, Bucket=backups, Key="lake/raw/yahoo/1")
            yield is_allowed(client.get_object, Bucket=backups, Key="x")
            yield is_allowed(client.delete_bucket, Bucket=lake)
            yield is_allowed(client.delete_bucket_policy, Bucket=lake)
            yield is_allowed(client.put_bucket_versioning, Bucket=lake, VersioningConfiguration={"Status": "Suspended"})
            yield is_allowed(client.delete_object, Bucket=lake, Key="lake/raw/yahoo/1")

    with_rights_checked = set_initial_no_auth_action_count(0)(lambda: list(done()))
    assert not any(with_rights_checked())


def test_a_server_writes_its_backups_and_removes_nothing_of_them_but_the_lock(deployed):
    backups, own = made(deployed, "Storage", "Backups"), "warehouse/warehouse-1.lode.internal/2026-11-22"
    clients = {role: boto3.client("s3", **credentials(deployed, role)) for role in ROLES}

    @set_initial_no_auth_action_count(0)
    def may(action, key):
        return {role for role, c in clients.items() if is_allowed(getattr(c, action), Bucket=backups, Key=key)}

    assert may("put_object", f"{own}/.backup") == may("delete_object", f"{own}/.lock") == {"Server"}
    assert may("delete_object", f"{own}/.backup") == set()
    assert may("put_object", "warehouse/warehouse-2.lode.internal/2026-11-22/.backup") == set()


def is_allowed(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] != "AccessDenied"
    return True


SERVICES = {"lambda", "ecs-tasks", "ec2", "states", "scheduler", "batch", "vpc-flow-logs"}
ASK_FOR_SOMEBODY = SERVICES - {"lambda", "ec2"}  # these two say not on whose behalf they ask


@pytest.mark.parametrize("variant", ["hobby", "desk", "outside"])
def test_roles_are_taken_by_services_alone_and_on_our_accounts_behalf(variant, assembly):
    roles = Templates(assembly(variant)).of("IAM::Role")
    assert len(roles) > 10
    for role in roles:
        for statement in role.properties["AssumeRolePolicyDocument"]["Statement"]:
            assert set(statement["Principal"]) == {"Service"}
            (service,) = {text(s).removesuffix(".amazonaws.com") for s in listed(statement["Principal"]["Service"])}
            assert service in SERVICES
            if service in ASK_FOR_SOMEBODY:
                assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
