"""The CDK's real command line against a server of moto's: up, status, plan, down. Needs the npm registry once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.kms.models import Key
from moto.server import ThreadedMotoServer

from tests.deploy.conftest import ROOT

pytestmark = [pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore:Tried to parse")]  # moto leaves some out


@pytest.fixture
def cloud(soak_scale: float, protection: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A working folder whose AWS is moto's server."""
    if soak_scale < 1:
        pytest.skip("fetches the CDK's command line from the npm registry: `make soak` runs it")
    made = Key.create_from_cloudformation_json

    def told(cls: type[Key], name: str, template: dict, *rest: object, **more: object) -> Key:
        properties = template["Properties"]
        tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in properties.get("Tags", ())]
        key = made(name, {**template, "Properties": {**properties, "Tags": tags}}, *rest, **more)
        key.policy = json.dumps(properties["KeyPolicy"])
        return key

    monkeypatch.setattr(Key, "create_from_cloudformation_json", classmethod(told))
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://localhost:{server.get_host_and_port()[1]}")
    monkeypatch.setenv("CDK_DOCKER", "true")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    server.stop()


def lode(*words: str, code: int = 0) -> dict:
    """Call `lode deploy … --json` as a process."""
    done = subprocess.run(
        [sys.executable, "-m", "lode.cli", "deploy", *words, "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == code, done.stderr[-3000:]
    return json.loads(done.stdout) if code == 0 else {"told": done.stderr}


def test_up_status_plan_and_down(cloud: Path) -> None:
    toml = cloud / "lode.toml"
    toml.write_text('[deploy]\nname = "trial"\ntags = { desk = "seven" }\n')
    told = lode("up", "--stacks", "storage", code=2)["told"]
    assert "there is no terminal to ask at; give --yes" in told
    made = lode("up", "--stacks", "storage", "--yes")
    assert made["stacks"] == {"TrialStorage": "CREATE_COMPLETE"}
    lake = made["settings"]["LODE_LAKE_URL"].split("/")[2]
    states = {row["stack"]: row["state"] for row in lode("status")["stacks"]}
    assert (states["TrialStorage"], states["TrialNetwork"]) == ("CREATE_COMPLETE", "absent")
    s3 = boto3.client("s3", "us-east-1")
    tags = {row["Key"]: row["Value"] for row in s3.get_bucket_tagging(Bucket=lake)["TagSet"]}
    assert {"application": "lode", "deployment": "trial", "desk": "seven"}.items() <= tags.items()
    s3.put_object(Bucket=lake, Key="lake/raw/1", Body=b"kept")
    toml.write_text('[deploy]\nname = "trial"\ntags = { desk = "eight" }\n')
    planned = lode("plan")
    assert "[~] AWS::S3::Bucket Lake" in planned["changes"]
    assert planned["replaced"] == []
    lode("down", "--yes")
    assert s3.get_object(Bucket=lake, Key="lake/raw/1")["Body"].read() == b"kept"
    assert "name, trial" in lode("down", "--yes", "--delete-data", "lode", code=2)["told"]
    assert lode("down", "--yes", "--delete-data", "trial")["not_deleted"] == []
    assert lake not in [row["Name"] for row in s3.list_buckets()["Buckets"]]
