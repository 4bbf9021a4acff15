"""What a warehouse machine does (docker/warehouse/host.sh), run here: AWS, Docker and disks only write down."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HOST = Path(__file__).parents[2] / "docker" / "warehouse" / "host.sh"
WHOLE = {"certificate": "CERT", "key": "KEY", "ca": "CA"}
LOGIN = {"username": "lode_clone", "password": "secret-word"}
STUBS = {
    "aws": """case "$*" in
  *get-secret-value*) cat "$STUBS/secret-$(sed 's/.*--secret-id \\([a-z]*\\).*/\\1/' <<<"$*")" ;;
  *get-login-password*) echo token ;;
esac""",
    "docker": """case "$1 $3" in
  "login "*) cat >/dev/null ;;
  "exec lode-warehouse") echo "-- roles" ;;
  "exec "*) { cat; echo; } >>"$STUBS/asked" ;;
esac
printf '%s\\n' "$*" >>"$STUBS/docker-calls" """,
    "curl": "echo i-0123456789",
    "chown": "true",
    "install": 'mkdir -p "${@: -1}"',
    "xfs_growfs": "true",
    "df": "printf 'Use%%\\n 42%%\\n'",
    "sleep": "true",
    "blkid": "exit 2",
    "mkfs.xfs": "true",
    "mountpoint": "true",
}
pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="the machine's script reads its secrets with jq")


class Machine:
    """A machine whose folders lie under one of ours."""

    def __init__(self, folder: Path, role: str = "server") -> None:
        self.folder, self.stubs = folder, folder / "stubs"
        self.stubs.mkdir()
        for name, text in STUBS.items():
            stub = self.stubs / name
            stub.write_text(f'#!/bin/bash\necho "{name} $*" >>"$STUBS/calls"\n{text}\n')
            stub.chmod(0o755)
        text = HOST.read_text()
        for place in ("/etc/lode", "/run/lode", "/var/lib/lode", "/opt/lode", "/dev/disk", "/etc/fstab"):
            text = text.replace(place, str(folder) + place)
            (folder / place.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (folder / "opt/lode").mkdir()
        (folder / "etc/fstab").touch()
        self.script = folder / "host"
        self.script.write_text(text)
        told = {"LODE_NAME": "warehouse-1.lode.internal", "LODE_ROLE": role, "LODE_REGION": "eu-central-1"}
        told |= {"LODE_VOLUME": "vol-0a", "LODE_ADDRESS": "eni-0b", "LODE_IMAGE": "1.dkr.ecr.x/i:t", "LODE_LOGS": "g"}
        told |= {"LODE_SERVER_SECRET": "server", "LODE_LOGINS": "login", "LODE_DATABASE_ENGINE": ""}
        told |= {"LODE_BACKUPS_URL": "https://b.s3.eu-central-1.amazonaws.com/warehouse/"}
        (folder / "etc/lode.env").write_text("".join(f'{name}="{value}"\n' for name, value in told.items()))
        (folder / "etc/lode-cluster.xml").write_text("<clickhouse/>")
        self.secret("server", WHOLE)
        self.secret("login", LOGIN)

    def secret(self, name: str, value: dict[str, str]) -> None:
        (self.stubs / f"secret-{name}").write_text(json.dumps(value))

    def does(self, *words: str) -> int:
        path = f"{self.stubs}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", self.script, *words],
            env={"PATH": path, "STUBS": str(self.stubs)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode

    def wrote(self, name: str) -> str:
        found = self.stubs / name
        return found.read_text() if found.exists() else ""

    def file(self, name: str) -> str:
        return (self.folder / "run/lode" / name).read_text().rstrip("\n")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_certificates_are_taken_over_and_a_secret_that_is_not_whole_changes_none(machine: Machine) -> None:
    assert machine.does("refresh") == 0
    assert [machine.file(f"{part}.pem") for part in WHOLE] == list(WHOLE.values())
    machine.secret("server", {"certificate": "NEW", "ca": "CA"})
    assert machine.does("refresh") != 0
    assert machine.file("key.pem") == "KEY"


def test_a_server_is_started_over_tls_with_nothing_that_it_does_not_need(machine: Machine) -> None:
    assert machine.does("serve") == 0
    call = machine.wrote("docker-calls")
    assert all(word in call for word in ("--read-only", "--cap-drop ALL", "no-new-privileges", "--network host"))
    assert "password_sha256_hex" in machine.file("local.xml")
    assert machine.file("local.password") not in machine.wrote("docker-calls") + machine.wrote("calls")


def test_users_are_made_with_hashes_and_their_roles(machine: Machine) -> None:
    assert machine.does("serve") == machine.does("found") == 0
    asked = machine.wrote("asked")
    assert "CREATE DATABASE IF NOT EXISTS lode" in asked
    assert "CREATE USER IF NOT EXISTS lode_clone IDENTIFIED WITH sha256_hash BY '" in asked
    assert "GRANT lode_role TO lode_clone" in asked
    assert LOGIN["password"] not in asked
    machine.secret("login", LOGIN | {"username": "x'; DROP"})
    assert machine.does("found") != 0


def test_a_voter_founds_and_backs_up_nothing(tmp_path: Path) -> None:
    voter = Machine(tmp_path, role="keeper")
    assert voter.does("found") == voter.does("backup") == 0
    assert voter.wrote("asked") == ""


def test_a_backup_is_counted_only_when_it_is_made(machine: Machine) -> None:
    assert machine.does("serve") == machine.does("backup") == 0
    assert "BACKUP DATABASE lode TO S3({to:String})" in machine.wrote("asked")
    assert "WarehouseBackups" in machine.wrote("calls")
    (machine.stubs / "calls").unlink()
    (machine.stubs / "docker").write_text("#!/bin/bash\nexit 1\n")
    assert machine.does("backup") != 0
    assert "WarehouseBackups" not in machine.wrote("calls")


def test_the_disk_s_figure_comes_after_the_file_system_has_grown(machine: Machine) -> None:
    assert machine.does("measure") == 0
    calls = machine.wrote("calls").splitlines()
    assert calls[0].startswith("xfs_growfs ")
    assert "WarehouseDiskUsed --value 42 --unit Percent" in calls[-1]


def test_making_ready_twice_attaches_once(machine: Machine) -> None:
    device = machine.folder / "dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0a"
    device.parent.mkdir(parents=True)
    assert machine.does("prepare") == 0
    device.touch()
    assert machine.does("prepare") == 0
    calls = machine.wrote("calls")
    assert (calls.count("attach-network-interface"), calls.count("attach-volume")) == (1, 1)
    assert (machine.folder / "etc/fstab").read_text().count("xfs") == 1


def test_what_is_none_of_its_parts_is_refused(machine: Machine) -> None:
    assert machine.does("rest") == 2
