"""What a deployment costs a month: what stands all the time, counted, and what is used, assumed.

The counts of what stands are those of the synthesized templates (a test compares them); the use is `USE`, stated in
every table, for one scheduled run after each session.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lode.deploy.deployment import Deployment, Size
from lode.deploy.prices import DAYS, HOURS, INSTANCES, PRICES, Price

ENDPOINTS = 10  # interface endpoints, each in `endpoint_zones` zones
KEYS, SECRETS, ALARMS, DASHBOARDS, WEB_RULES = 5, 2, 12, 1, 4
SERVER_DISK = 20  # GiB of the system's disk of a server


@dataclass(frozen=True)
class Use:
    """What a month of scheduled runs is taken to use; sizes in GB, hours of one processor, requests in thousands."""

    shard_hours: float
    function_hours: float
    stored: float
    requests: float
    outside: float
    logs: float
    visitors: float  # load balancer units in use, on average

    def __str__(self) -> str:
        return (
            f"{self.shard_hours:,.0f} vCPU-hours of shards, {self.function_hours:,.0f} hours of functions at 2 GB, "
            f"{self.stored:,.0f} GB in S3, {self.requests:,.0f} thousand requests, "
            f"{self.outside:,.0f} GB from outside, {self.logs:,.0f} GB of logs"
        )


USE: Mapping[Size, Use] = MappingProxyType(
    {
        "hobby": Use(shard_hours=45, function_hours=10, stored=20, requests=500, outside=5, logs=2, visitors=0.05),
        "team": Use(shard_hours=1500, function_hours=80, stored=300, requests=5000, outside=40, logs=20, visitors=0.5),
        "desk": Use(
            shard_hours=40000, function_hours=400, stored=5000, requests=60000, outside=200, logs=200, visitors=2
        ),
    }
)


@dataclass(frozen=True)
class Line:
    """One line of the table: so many units a month at a price."""

    what: str
    count: float
    price: Price

    @property
    def month(self) -> float:
        """Dollars a month."""
        return self.count * self.price.dollars

    @property
    def day(self) -> float:
        """Dollars a day."""
        return self.month / DAYS


def cost_lines(deployment: Deployment) -> list[Line]:
    """Return the lines of a deployment's table, in the order of its stacks."""
    use = USE[deployment.size]
    return [
        *_network(deployment, use),
        *_storage(use),
        *_warehouse(deployment),
        *_mining(deployment, use),
        *_app(deployment, use),
        *_watching(use),
    ]


def total(lines: Iterable[Line]) -> float:
    """Return dollars a month."""
    return sum(line.month for line in lines)


def kept(deployment: Deployment) -> list[Line]:
    """Return what goes on costing after `lode deploy down` without --delete-data."""
    use = USE[deployment.size]
    lines = _storage(use)
    return lines + [_line("disks kept", deployment.replicas * deployment.volume, "gp3")] * (
        deployment.warehouse == "ec2"
    )


def _line(what: str, count: float, price: str) -> Line:
    return Line(what, count, PRICES[price])


def _network(deployment: Deployment, use: Use) -> list[Line]:
    endpoints = ENDPOINTS * deployment.endpoint_zones
    return [
        _line(f"{ENDPOINTS} interface endpoints in {deployment.endpoint_zones} zone(s)", endpoints * HOURS, "endpoint"),
        _line("NAT gateway", HOURS, "nat"),
        _line("NAT gateway: what passes", use.outside, "nat data"),
        _line(
            f"public addresses ({deployment.zones} of the balancer, 1 NAT)", (deployment.zones + 1) * HOURS, "address"
        ),
    ]


def _storage(use: Use) -> list[Line]:
    return [
        _line("buckets", use.stored, "s3"),
        _line("buckets: written", use.requests * 300, "s3 write"),
        _line("buckets: read", use.requests * 700, "s3 read"),
        _line(f"{KEYS} keys", KEYS, "key"),
        _line("keys: used", use.requests * 100, "key use"),
        _line(f"{SECRETS} secrets", SECRETS, "secret"),
        _line("images", 4, "image"),
    ]


def _warehouse(deployment: Deployment) -> list[Line]:
    if deployment.warehouse == "cloud":
        return []  # ClickHouse Cloud sends its own bill
    servers, kind = deployment.replicas, deployment.instance_type
    price = INSTANCES.get(kind, Price(0, "hour, not in the list of prices", "ec2/pricing/on-demand", sure=False))
    disk = deployment.volume + SERVER_DISK
    return [
        Line(f"{servers} × {kind}", servers * HOURS, price),
        _line(f"{servers} × {disk} GiB gp3", servers * disk, "gp3"),
    ]


def _mining(deployment: Deployment, use: Use) -> list[Line]:
    hours, memory = use.shard_hours, use.shard_hours * deployment.job_memory / 1024 / deployment.job_vcpus
    spot = "spot " if deployment.spot else ""
    if deployment.compute == "ec2":
        shards = [_line(f"shards on EC2 {spot}".rstrip(), hours, f"ec2 {spot}vcpu")]
    else:
        shards = [
            _line(f"shards on Fargate {spot}".rstrip(), hours, f"fargate {spot}vcpu"),
            _line("shards: memory", memory, f"fargate {spot}memory"),
        ]
    return [
        *shards,
        _line("functions", use.function_hours * 3600 * 2, "function"),
        _line("state machine", 22 * 200, "transition"),
    ]


def _app(deployment: Deployment, use: Use) -> list[Line]:
    copies = deployment.app_copies * HOURS
    return [
        _line("load balancer", HOURS, "balancer"),
        _line("load balancer: use", use.visitors * HOURS, "balancer unit"),
        _line(f"{deployment.app_copies} × app", copies * deployment.app_cpu / 1024, "fargate vcpu"),
        _line("app: memory", copies * deployment.app_memory / 1024, "fargate memory"),
        _line("firewall", 1, "web acl"),
        _line(f"firewall: {WEB_RULES} rules", WEB_RULES, "web rule"),
    ]


def _watching(use: Use) -> list[Line]:
    return [
        _line("logs", use.logs, "log"),
        _line(f"{ALARMS} alarms", ALARMS, "alarm"),
        _line("dashboard", DASHBOARDS, "dashboard"),
    ]
