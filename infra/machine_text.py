"""What a ClickHouse machine is told at its first start, as text: who it is, its cluster, and its services."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_HOST = Path(__file__).parents[1] / "docker" / "warehouse" / "host.sh"
_PACKAGES = "docker jq"
_KEEPER_PORT, _RAFT_PORT = 9281, 9234
_ENDS = "LODE_END_OF_FILE"


def environment_text(**known: str) -> str:
    """Return /etc/lode.env: values hold no quotation mark and no dollar."""
    return "\n".join(f'{name}="{value}"' for name, value in known.items())


def cluster_text(number: int, names: Sequence[str]) -> str:
    """Return ClickHouse's configuration of one of several servers: Keeper's voters, who it is, users for all.

    Of a single server: nothing. A restore into an empty cluster needs none of it.
    """
    if len(names) == 1:
        return "<clickhouse/>"
    voters = "".join(
        f"<server><id>{place}</id><hostname>{name}</hostname><port>{_RAFT_PORT}</port></server>"
        for place, name in enumerate(names, 1)
    )
    nodes = "".join(f"<node><host>{name}</host><port>{_KEEPER_PORT}</port><secure>1</secure></node>" for name in names)
    return f"""<clickhouse>
  <macros><shard>1</shard><replica>{number}</replica></macros>
  <keeper_server>
    <tcp_port_secure>{_KEEPER_PORT}</tcp_port_secure>
    <server_id>{number}</server_id>
    <log_storage_path>/var/lib/clickhouse/coordination/log</log_storage_path>
    <snapshot_storage_path>/var/lib/clickhouse/coordination/snapshots</snapshot_storage_path>
    <raft_configuration><secure>true</secure>{voters}</raft_configuration>
  </keeper_server>
  <zookeeper>{nodes}</zookeeper>
  <user_directories replace="replace">
    <users_xml><path>/etc/clickhouse-server/users.xml</path></users_xml>
    <replicated><zookeeper_path>/clickhouse/access</zookeeper_path></replicated>
  </user_directories>
</clickhouse>"""


def first_start(environment: str, cluster: str) -> str:
    """Return the user data: packages (Amazon's own, signed, through the S3 endpoint), files, services."""
    unit = "[Unit]\n{}\n[Service]\n{}\n"
    after = "After=docker.service network-online.target\nRequires=docker.service"
    server = unit.format(after, "ExecStart=/opt/lode/host serve\nRestart=always\nRestartSec=10\nTimeoutStopSec=120")
    files = {
        "/etc/lode.env": environment,
        "/etc/lode-cluster.xml": cluster,
        "/opt/lode/host": _HOST.read_text().rstrip(),
        "/etc/systemd/system/lode-warehouse.service": f"{server}[Install]\nWantedBy=multi-user.target",
    }
    for part, often in (("refresh", "hourly"), ("measure", "*:0/5"), ("found", "*:3/30")):
        name = f"/etc/systemd/system/lode-{part}"
        files[f"{name}.service"] = unit.format(after, f"Type=oneshot\nExecStart=/opt/lode/host {part}").rstrip()
        files[f"{name}.timer"] = f"[Timer]\nOnCalendar={often}\n[Install]\nWantedBy=timers.target"
    written = "\n".join(f"cat >{path} <<'{_ENDS}'\n{text}\n{_ENDS}" for path, text in files.items())
    return f"""#!/bin/bash
set -euo pipefail
umask 077
mkdir -p /opt/lode
{written}
chmod 700 /opt/lode/host
for try in $(seq 30); do dnf install -y -q {_PACKAGES} && break; sleep 10; done
systemctl enable --now docker
/opt/lode/host prepare
systemctl daemon-reload
systemctl enable --now lode-warehouse.service lode-refresh.timer lode-measure.timer lode-found.timer
/opt/lode/host found
"""
