"""What a deployment costs a month: what stands all the time, counted, and what is used, assumed.

The counts of what stands are those of the synthesized templates (a test compares them); the use is `USE`, stated in
every table, for one scheduled run after each session.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lode.deploy.deployment import Deployment, Size, sized
from lode.deploy.prices import AS_OF, DAYS, HOURS, INSTANCES, PRICES, REGION, Price

DASHBOARDS, WEB_RULES = 1, 4
ALARMS, GROUPS_OF_ALARMS, METRICS = 47, 8, 8
SYSTEM_GIB, VOTER_GIB = 20, 20  # of a server's own disk; of the disk of one that only votes
_IMAGES = 4  # GB
_RUNS, _TRANSITIONS = 22, 200  # of a month; of a run


def endpoints(deployment: Deployment) -> int:
    """Return how many of AWS's services have an interface endpoint, each in `endpoint_zones` zones."""
    return 7 + (deployment.warehouse == "ec2") + 3 * (deployment.compute == "ec2")


def keys(deployment: Deployment) -> int:
    """Return how many keys of the customer there are."""
    return 7 + (deployment.compute == "ec2")


def secrets(deployment: Deployment) -> int:
    """Return how many secrets there are: logins, the app's cookies, certificates of own servers, a search's key."""
    return 4 + 2 * (deployment.warehouse == "ec2") + (deployment.news_provider == "tavily")


def voters(deployment: Deployment) -> int:
    """Return how many small servers only vote: two that hold rows cannot outvote anybody."""
    return int(deployment.warehouse == "ec2" and deployment.replicas == 2)


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
    users: float

    def __str__(self) -> str:
        return (
            f"{self.shard_hours:,.0f} vCPU-hours of shards, {self.function_hours:,.0f} hours of functions at 2 GB, "
            f"{self.stored:,.0f} GB in S3, {self.requests:,.0f} thousand requests, "
            f"{self.outside:,.0f} GB from outside, {self.logs:,.0f} GB of logs, {self.users:,.0f} who sign in"
        )


USE: Mapping[Size, Use] = MappingProxyType(
    {
        "hobby": Use(
            shard_hours=45, function_hours=10, stored=20, requests=500, outside=5, logs=2, visitors=0.05, users=1
        ),
        "team": Use(
            shard_hours=1500, function_hours=80, stored=300, requests=5000, outside=40, logs=20, visitors=0.5, users=10
        ),
        "desk": Use(
            shard_hours=40000,
            function_hours=400,
            stored=5000,
            requests=60000,
            outside=200,
            logs=200,
            visitors=2,
            users=50,
        ),
    }
)


@dataclass(frozen=True)
class Line:
    """One line of the table: so many units a month at a price; `detail` says how many of what."""

    what: str
    count: float
    price: Price
    detail: str = ""

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
        *_storage(deployment, use),
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
    disks = _line(
        "disks", deployment.replicas * deployment.volume, "gp3", f"{deployment.replicas} × {deployment.volume} GiB"
    )
    return _storage(deployment, USE[deployment.size]) + [disks] * (deployment.warehouse == "ec2")


def _line(what: str, count: float, price: str, detail: str = "") -> Line:
    return Line(what, count, PRICES[price], detail)


def _network(deployment: Deployment, use: Use) -> list[Line]:
    services, zones = endpoints(deployment), deployment.endpoint_zones
    return [
        _line("interface endpoints", services * zones * HOURS, "endpoint", f"{services} in {zones} zone(s)"),
        _line("NAT gateway", HOURS, "nat"),
        _line("NAT gateway: what passes", use.outside, "nat data"),
        _line("public addresses", (deployment.zones + 1) * HOURS, "address", f"{deployment.zones} balancer, 1 NAT"),
    ]


def _storage(deployment: Deployment, use: Use) -> list[Line]:
    return [
        _line("buckets", use.stored, "s3"),
        _line("buckets: written", use.requests * 300, "s3 write"),
        _line("buckets: read", use.requests * 700, "s3 read"),
        _line("keys", keys(deployment), "key", str(keys(deployment))),
        _line("keys: used", use.requests * 100, "key use"),
        _line("secrets", secrets(deployment), "secret", str(secrets(deployment))),
        _line("images", _IMAGES, "image", f"{_IMAGES} GB"),
    ]


def _warehouse(deployment: Deployment) -> list[Line]:
    if deployment.warehouse == "cloud":
        return []  # ClickHouse Cloud sends its own bill
    servers, kind = deployment.replicas, deployment.instance_type
    price = INSTANCES.get(kind, Price(0, "hour, not in the list of prices", "ec2/pricing/on-demand", sure=False))
    disk, more = deployment.volume + SYSTEM_GIB, voters(deployment)
    small = "t4g.small" if kind.partition(".")[0].endswith("g") else "t3.small"
    return [
        Line("warehouse servers", servers * HOURS, price, f"{servers} × {kind}"),
        *([Line("a voter", HOURS, INSTANCES[small], small)] * more),
        _line("disks", servers * disk + more * (VOTER_GIB + SYSTEM_GIB), "gp3", f"{servers} × {disk} GiB"),
        _line("names of servers", 1, "zone"),
    ]


def _mining(deployment: Deployment, use: Use) -> list[Line]:
    hours, spot = use.shard_hours, "spot " if deployment.spot else ""
    gigabytes = deployment.job_memory / 1024 / deployment.job_vcpus
    place = f"{'EC2' if deployment.compute == 'ec2' else 'Fargate'} {spot}".rstrip()
    shards = [_line("shards", hours, f"{deployment.compute} {spot}vcpu", place)]
    if deployment.compute == "fargate":
        shards.append(_line("shards: memory", hours * gigabytes, f"fargate {spot}memory"))
    return [
        *shards,
        _line("functions", use.function_hours * 3600 * 2, "function"),
        _line("state machine", _RUNS * _TRANSITIONS, "transition"),
    ]


def _app(deployment: Deployment, use: Use) -> list[Line]:
    copies = deployment.app_copies * HOURS
    return [
        _line("load balancer", HOURS, "balancer"),
        _line("load balancer: use", use.visitors * HOURS, "balancer unit"),
        _line("app", copies * deployment.app_cpu / 1024, "fargate vcpu", f"{deployment.app_copies} copies"),
        _line("app: memory", copies * deployment.app_memory / 1024, "fargate memory"),
        _line("firewall", 1, "web acl"),
        _line("firewall: rules", WEB_RULES, "web rule", str(WEB_RULES)),
        _line("who signs in", use.users * (deployment.sign_in == "cognito"), "user"),
    ]


def _watching(use: Use) -> list[Line]:
    return [
        _line("logs", use.logs, "log"),
        _line("alarms", ALARMS, "alarm", str(ALARMS)),
        _line("alarms of alarms", GROUPS_OF_ALARMS, "group of alarms", str(GROUPS_OF_ALARMS)),
        _line("age of the data", METRICS, "metric", f"{METRICS} numbers"),
        _line("dashboard", DASHBOARDS, "dashboard"),
    ]


def markdown() -> str:
    """Return the table of every size for docs/how-to/aws.md: dollars a month by the line."""
    sizes = {size: cost_lines(sized({"size": size})) for size in USE}
    rows = [
        ["", *sizes],
        ["---", *["--:"] * len(sizes)],
        ["**dollars a day**", *(f"**{total(lines) / DAYS:,.2f}**" for lines in sizes.values())],
        ["**dollars a month**", *(f"**{total(lines):,.2f}**" for lines in sizes.values())],
    ]
    named = dict.fromkeys(line.what for lines in sizes.values() for line in lines)
    rows += [[what, *(_cell(what, lines) for lines in sizes.values())] for what in named]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    assumed = "\n".join(f"- {size}: {use}." for size, use in USE.items())
    return (
        f"{table}\n\nPrices of {REGION}, on demand, as of {AS_OF}, without tax and free tiers; written down from "
        "memory\nof AWS's pages (each is named in `src/lode/deploy/prices.py`); ≈ moves with the market. Assumed a "
        "month:\n\n"
        f"{assumed}\n"
    )


def _cell(what: str, lines: Iterable[Line]) -> str:
    found = [line for line in lines if line.what == what]
    told = [
        f"{line.detail}: " * bool(line.detail) + "≈" * (not line.price.sure) + f"{line.month:,.2f}" for line in found
    ]
    return "".join(told) or "–"


if __name__ == "__main__":
    sys.stdout.write(markdown())
