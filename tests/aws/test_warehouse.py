"""ClickHouse's machines and their upkeep as they are synthesized: one, three, and none where the Cloud has it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from infra.machine_text import cluster_text, environment_text, first_start
from infra.servers import is_graviton, machines
from lode.deploy.deployment import sized
from lode.errors import SettingsError
from tests.aws.resources import Resources, resources

DOCKER = Path(__file__).parents[2] / "docker"


@pytest.fixture(scope="session")
def one(templates: dict[str, Any]) -> Resources:
    return resources(templates["LodeWarehouse"])


@pytest.fixture(scope="session")
def three(assembly: Callable[[str], dict[str, Any]]) -> Resources:
    return resources(assembly("desk")["LodeWarehouse"])


@pytest.fixture(scope="session")
def cloud(assembly: Callable[[str], dict[str, Any]]) -> Resources:
    return resources(assembly("outside")["LodeWarehouse"])


@pytest.mark.parametrize(("size", "count"), [("one", 1), ("three", 3)])
def test_a_machine_is_closed_watched_and_alone_in_its_group(
    size: str, count: int, request: pytest.FixtureRequest
) -> None:
    made: Resources = request.getfixturevalue(size)
    templates = [template["Properties"]["LaunchTemplateData"] for template in made["AWS::EC2::LaunchTemplate"]]
    assert len(templates) == count
    for template in templates:
        assert (
            template["MetadataOptions"] | {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
            == template["MetadataOptions"]
        )
        assert "KeyName" not in template
        assert template["Monitoring"] == {"Enabled": True}
        assert [n["AssociatePublicIpAddress"] for n in template["NetworkInterfaces"]] == [False]
        assert all(disk["Ebs"]["Encrypted"] for disk in template["BlockDeviceMappings"])
        assert template["ImageId"].startswith("resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-")
        assert template["ImageId"].endswith("arm64")
    for group in made["AWS::AutoScaling::AutoScalingGroup"]:
        assert group["Properties"]["MaxSize"] == "1"
        assert group["UpdatePolicy"]["AutoScalingRollingUpdate"]["MinInstancesInService"] == 0
        assert len(group["Properties"]["VPCZoneIdentifier"]) == 1


def test_disks_are_encrypted_and_outlive_their_machine(three: Resources) -> None:
    disks = three["AWS::EC2::Volume"]
    assert len(disks) == 3
    for disk in disks:
        assert (disk["DeletionPolicy"], disk["UpdateReplacePolicy"]) == ("Retain", "Snapshot")
        assert disk["Properties"]["Encrypted"] is True
        assert "WarehouseKey" in str(disk["Properties"]["KmsKeyId"])
        assert (disk["Properties"]["VolumeType"], disk["Properties"]["Size"]) == ("gp3", 2000)
    assert len({str(disk["Properties"]["AvailabilityZone"]) for disk in disks}) == 3


def test_every_secret_is_under_a_key_and_renewed(one: Resources, cloud: Resources) -> None:
    for made, count in ((one, 5), (cloud, 3)):
        secrets = made["AWS::SecretsManager::Secret"]
        assert len(secrets) == len(made["AWS::SecretsManager::RotationSchedule"]) == count
        for secret in secrets:
            assert "SecretsKey" in str(secret["Properties"]["KmsKeyId"])
            assert secret["DeletionPolicy"] == "Retain"
            assert secret["Properties"].get("SecretString", "{}") == "{}"  # none has a value in the template
    assert {
        s["Properties"]["RotationRules"]["AutomaticallyAfterDays"] for s in one["AWS::SecretsManager::RotationSchedule"]
    } == {30, 60, 365}


def test_the_cloud_s_warehouse_has_a_private_door_and_no_machine(cloud: Resources) -> None:
    assert "AWS::EC2::LaunchTemplate" not in cloud
    assert "AWS::EC2::Volume" not in cloud
    (door,) = cloud["AWS::EC2::VPCEndpoint"]
    assert door["Properties"]["PrivateDnsEnabled"] is True
    assert door["Properties"]["ServiceName"] == {"Ref": "ClickHouseService"}


def test_the_first_server_is_backed_up_every_night(one: Resources) -> None:
    (schedule,) = one["AWS::Scheduler::Schedule"]
    target = schedule["Properties"]["Target"]
    assert "sendCommand" in str(target["Arn"])
    assert "tag:lode:warehouse" in str(target["Input"])
    assert "DeadLetterConfig" in target
    (command,) = one["AWS::SSM::Document"]
    assert command["Properties"]["Content"]["mainSteps"][0]["inputs"]["runCommand"] == ["/opt/lode/host backup"]


def test_two_replicas_have_a_third_vote_elsewhere_and_zones_are_not_shared() -> None:
    pair = machines(sized({"replicas": 2, "zones": 3}))
    assert [machine.voter_only for machine in pair] == [False, False, True]
    assert len(machines(sized({}))) == 1
    assert machines(sized({"warehouse": "cloud"})) == []
    with pytest.raises(SettingsError, match="set zones = 3"):
        machines(sized({"replicas": 3, "zones": 2}))


@pytest.mark.parametrize(
    ("instance", "graviton"),
    [("t4g.medium", True), ("r7gd.large", True), ("im4gn.large", True), ("r7i.large", False), ("g5.xlarge", False)],
)
def test_the_family_tells_the_processor(instance: str, graviton: bool) -> None:
    assert is_graviton(instance) is graviton


def test_the_user_data_is_a_script_that_fits(tmp_path: Path) -> None:
    names = [f"warehouse-{n}.lode.internal" for n in (1, 2, 3)]
    text = first_start(environment_text(LODE_NAME=names[0], LODE_SECRET="arn:" + "x" * 120), cluster_text(1, names))
    assert len(text.encode()) < 14_000  # of 16 KB, before the identifiers that AWS puts in
    script = tmp_path / "user-data"
    script.write_text(text)
    subprocess.run(["bash", "-n", script], check=True)
    assert "8123" not in text
    cluster = ET.fromstring(cluster_text(2, names))  # noqa: S314  our own
    assert [n.text for n in cluster.iterfind("zookeeper/node/host")] == names
    assert cluster.findtext("keeper_server/server_id") == cluster.findtext("macros/replica") == "2"
    assert {n.text for n in cluster.iterfind("zookeeper/node/secure")} == {"1"}


def test_a_server_writes_its_own_backups_and_removes_nothing_but_their_locks(one: Resources) -> None:
    statements = [
        statement
        for policy in one["AWS::IAM::ManagedPolicy"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    may = {action: str(s["Resource"]) for s in statements for action in ([s["Action"]] * isinstance(s["Action"], str))}
    assert "/warehouse/warehouse-1.lode.internal/*/.lock" in may["s3:DeleteObject"]
    (listing,) = [s["Condition"] for s in statements if s["Action"] == "s3:ListBucket"]
    assert listing == {"StringLikeIfExists": {"s3:prefix": "warehouse/warehouse-1.lode.internal/*"}}


def test_the_machine_s_own_client_believes_the_private_authority_alone() -> None:
    client = ET.fromstring((DOCKER / "warehouse" / "client.xml").read_text())  # noqa: S314  our own
    assert client.findtext("openSSL/client/caConfig") == "/run/lode/ca.pem"
    assert client.findtext("openSSL/client/loadDefaultCAFile") == "false"
    recipe = (DOCKER / "Dockerfile.warehouse").read_text()
    assert "COPY warehouse/client.xml /etc/clickhouse-client/config.xml" in recipe


def test_the_server_speaks_tls_only_and_its_image_is_pinned() -> None:
    config = ET.fromstring((DOCKER / "warehouse" / "config.xml").read_text())  # noqa: S314  our own
    for port in ("http_port", "tcp_port", "mysql_port", "postgresql_port", "interserver_http_port"):
        removed = config.find(port)
        assert removed is not None
        assert removed.get("remove")
    assert config.findtext("https_port") == "8443"
    users = ET.fromstring((DOCKER / "warehouse" / "users.xml").read_text())  # noqa: S314  our own
    default = users.find("users/default")
    assert default is not None
    assert default.get("remove")
    assert re.search(
        r"^ARG BASE=\S+:\S+@sha256:[0-9a-f]{64}$", (DOCKER / "Dockerfile.warehouse").read_text(), re.MULTILINE
    )
