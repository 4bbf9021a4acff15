"""`lode deploy up` and `plan` with a tool that records its command lines, in an account of moto's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lode.deploy.account import Account
from lode.deploy.bootstrap import VERSION, policy
from lode.deploy.deployment import PARTS, Deployment
from lode.deploy.planning import plan
from lode.deploy.raising import chosen, raise_stacks
from lode.deploy.toolkit import Toolkit, replaced
from lode.errors import DeployError, UsageError
from tests.deploy.conftest import Recorder

DIFF = """Stack LodeStorage (aws://123456789012/us-east-1)
Resources
[-] AWS::S3::Bucket AccessLogs8B620ECA orphan
[+] AWS::S3::Bucket New
[~] AWS::KMS::Key LakeKey LakeKey09476F72
 └─ [~] Description
[~] AWS::S3::Bucket Lake Lake5F1B88EA replace
 └─ [+] BucketName (requires replacement)
[~] AWS::S3::BucketPolicy Lake/Policy LakePolicy7B545488 replace
Stack LodeWarehouse (aws://123456789012/us-east-1)
[~] AWS::EC2::Volume Server/Disk ServerDisk1 may be replaced
"""
GIVEN = {"Domain": "lode.example.com", "AlarmEmail": "me@example.com"}


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_DOCKER", "true")


@pytest.fixture
def ready(toolkit: Toolkit) -> Toolkit:
    return Toolkit(Deployment(parameters=GIVEN), toolkit.settings, toolkit.root, toolkit.assembly, toolkit.run)


def agree(_what: str) -> None:
    pass


REPOSITORY = "cdk-hnb659fds-container-assets-123456789012-us-east-1"


@pytest.fixture
def account(account: Account) -> Account:
    """The repository of images is the bootstrap's, which the recorder does not run."""
    account.ask("ecr", "create_repository", repositoryName=REPOSITORY)
    return account


def prepare(account: Account) -> None:
    account.ask("ssm", "put_parameter", Name=VERSION, Value="27", Type="String")


def test_every_missing_parameter_is_named_with_its_next_step_before_aws_is_asked(toolkit: Toolkit) -> None:
    def nobody(_service: str, _region: str) -> None:
        raise AssertionError

    with pytest.raises(UsageError) as raised:
        raise_stacks(toolkit, Account("us-east-1", nobody), PARTS, replace=(), confirm=agree)
    told = str(raised.value)
    assert "parameter Domain of App: set Domain" in told
    assert "parameter AlarmEmail of Observability" in told
    assert "BootstrapVersion of" not in told


def test_only_the_parameters_of_the_chosen_stacks_are_needed(
    account: Account, toolkit: Toolkit, recorder: Recorder
) -> None:
    prepare(account)
    asked: list[str] = []
    raise_stacks(toolkit, account, chosen("mining"), replace=(), confirm=asked.append)
    assert recorder.calls("deploy")[0][1:3] == ["LodeMining", "--require-approval=never"]
    assert asked[0].startswith("deploy Storage, Network, Mining into")


def test_a_parameter_that_no_stack_takes_is_refused(toolkit: Toolkit, account: Account) -> None:
    made = Toolkit(
        Deployment(parameters={**GIVEN, "Domian": "x"}), toolkit.settings, toolkit.root, toolkit.assembly, toolkit.run
    )
    with pytest.raises(UsageError, match="Domian: no stack takes it; there are AlarmEmail, Domain"):
        raise_stacks(made, account, PARTS, replace=(), confirm=agree)


@pytest.mark.parametrize(("stands", "wanted"), [(1, 3), (3, 3), (0, 3), (1, 1)])
def test_a_warehouse_of_one_server_gets_no_others_beside_it(
    ready: Toolkit, account: Account, recorder: Recorder, stands: int, wanted: int
) -> None:
    prepare(account)
    disk = {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": "us-east-1a", "Size": 1}}
    if stands:
        disks = {"Resources": {f"Disk{number}": disk for number in range(stands)}}
        account.ask("cloudformation", "create_stack", StackName="LodeWarehouse", TemplateBody=json.dumps(disks))
    recorder.templates["LodeWarehouse"]["Resources"].update({f"Disk{number}": disk for number in range(wanted)})
    if (stands, wanted) == (1, 3):
        with pytest.raises(DeployError, match="no other would get its rows"):
            raise_stacks(ready, account, PARTS, replace=(), confirm=agree)
        assert not recorder.calls("deploy")
    else:
        raise_stacks(ready, account, PARTS, replace=(), confirm=agree)


def test_without_a_container_engine_the_next_step_is_named(
    ready: Toolkit, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_DOCKER", "no-such-engine")
    with pytest.raises(UsageError, match="no `no-such-engine`: install Docker or Podman"):
        raise_stacks(ready, account, PARTS, replace=(), confirm=agree)
    raise_stacks(ready, account, ["Mining"], replace=(), confirm=agree)


def test_an_engine_that_does_not_run_is_told(ready: Toolkit, account: Account, recorder: Recorder) -> None:
    recorder.engine = 1
    with pytest.raises(UsageError, match="`true info` fails: start true"):
        raise_stacks(ready, account, PARTS, replace=(), confirm=agree)


def test_up_bootstraps_once_narrowly_and_passes_each_parameter_to_its_stack(
    ready: Toolkit, account: Account, recorder: Recorder
) -> None:
    asked: list[str] = []
    raise_stacks(ready, account, PARTS, replace=(), confirm=asked.append)
    (boot,), (deploy,) = recorder.calls("bootstrap"), recorder.calls("deploy")
    assert boot[1] == "aws://123456789012/us-east-1"
    arn = boot[boot.index("--cloudformation-execution-policies") + 1]
    assert account.ask("iam", "get_policy", PolicyArn=arn)["Policy"]["PolicyName"] == "LodeCloudFormation-us-east-1"
    assert "LodeApp:Domain=lode.example.com" in deploy
    assert "LodeObservability:AlarmEmail=me@example.com" in deploy
    assert "--require-approval=never" in deploy
    assert asked == [f"deploy {', '.join(PARTS)} into account 123456789012, us-east-1"]
    assert recorder.environments[-1]["AWS_REGION"] == "us-east-1"
    (images,) = account.ask("ecr", "describe_repositories", repositoryNames=[REPOSITORY])["repositories"]
    assert images["imageScanningConfiguration"] == {"scanOnPush": True}
    prepare(account)
    raise_stacks(ready, account, PARTS, replace=(), confirm=agree)
    assert len(recorder.calls("bootstrap")) == 1


def test_nothing_is_changed_unless_it_is_confirmed(ready: Toolkit, account: Account, recorder: Recorder) -> None:
    def refuse(what: str) -> None:
        raise UsageError(what)

    with pytest.raises(UsageError):
        raise_stacks(ready, account, PARTS, replace=(), confirm=refuse)
    assert not recorder.calls("deploy")
    assert not recorder.calls("bootstrap")


def test_what_holds_data_is_not_replaced_removed_or_left_behind_unless_told(
    ready: Toolkit, account: Account, recorder: Recorder
) -> None:
    prepare(account)
    recorder.diff = DIFF
    with pytest.raises(DeployError, match="--replace AccessLogs8B620ECA --replace Lake5F1B88EA --replace ServerDisk1"):
        raise_stacks(ready, account, PARTS, replace=(), confirm=agree)
    with pytest.raises(DeployError, match=r"Lake5F1B88EA \(AWS::S3::Bucket in LodeStorage\): replace") as raised:
        raise_stacks(ready, account, PARTS, replace=("AccessLogs8B620ECA", "ServerDisk1"), confirm=agree)
    assert "ServerDisk1" not in str(raised.value)
    assert not recorder.calls("deploy")
    raise_stacks(ready, account, PARTS, replace=[row.name for row in replaced(DIFF)], confirm=agree)
    assert recorder.calls("deploy")


def test_the_tools_failure_is_told_with_its_last_words(ready: Toolkit, account: Account, recorder: Recorder) -> None:
    recorder.code = 1
    with pytest.raises(DeployError, match="the tool's last words"):
        raise_stacks(ready, account, PARTS, replace=(), confirm=agree)


def test_stacks_are_chosen_by_name_in_their_order() -> None:
    assert chosen(None) == list(PARTS)
    assert chosen("mining, storage") == ["Storage", "Mining"]
    for wrong in ("storge", "", "storage,lake"):
        with pytest.raises(UsageError, match="allowed are storage, network"):
            chosen(wrong)


def test_the_plan_tells_what_would_not_stay_and_what_is_missing(
    toolkit: Toolkit, account: Account, recorder: Recorder
) -> None:
    recorder.diff = DIFF
    made = plan(toolkit, account)
    assert [row["name"] for row in made["replaced"]] == ["AccessLogs8B620ECA", "Lake5F1B88EA", "ServerDisk1"]
    assert len(made["missing"]) == 2
    assert made["changes"] == DIFF
    assert not recorder.calls("deploy")


def test_the_plan_is_told_without_credentials_too(toolkit: Toolkit, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    made = plan(toolkit, Account("us-east-1"))
    assert "no credentials" in made["unknown"]
    assert made["costs"]["day"] > 0
    assert {row["from"] for row in made["settings"]} == {"default"}


def test_the_role_of_cloudformation_has_no_users_no_foreign_roles_and_fits_into_a_policy() -> None:
    made = policy(Deployment(name="acme-two"), "123456789012")
    roles = next(row for row in made["Statement"] if row["Sid"] == "Roles")
    assert all("/AcmeTwo*" in arn for arn in roles["Resource"])
    granted = [action for row in made["Statement"] for action in row["Action"]]
    assert not [action for action in granted if action in {"*", "iam:*"} or "User" in action or "AccessKey" in action]
    assert len(json.dumps(made, separators=(",", ":"))) < 6144


def test_settings_may_lie_elsewhere(toolkit: Toolkit, recorder: Recorder, tmp_path: Path) -> None:
    toolkit.synthesize()
    assert recorder.lines[0][1:] == [
        "-m",
        "infra.app",
        str(tmp_path / "lode.toml"),
        str(tmp_path / "assembly"),
    ]
