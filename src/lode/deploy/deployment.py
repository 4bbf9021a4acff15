"""What a deployment decides: `[deploy]` in lode.toml, over a size from "hobby" to "desk"."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lode.errors import SettingsError

Size = Literal["hobby", "team", "desk"]
PARTS = ("Storage", "Network", "Warehouse", "Collection", "Mining", "App", "Observability")  # in this order
TAG, NAME_TAG = "application", "deployment"


class Deployment(BaseModel):
    """The settings of one deployment. Memory in MiB, disks in GiB, money in US dollars.

    What names a person, a domain or an account is no part of a template: it reaches the stacks as a parameter, so that
    the templates fit any account.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Size = Field(default="hobby", description="what the other settings start from: hobby, team or desk")
    name: str = Field(default="lode", pattern="^[a-z][a-z0-9-]{1,20}$", description="prefix of physical names, a tag")
    region: str = Field(default="us-east-1", pattern="^[a-z]{2}(-[a-z]+)+-[0-9]$", description="where the stacks stand")
    tags: dict[str, str] = Field(default_factory=dict, description="tags of every resource")
    parameters: dict[str, str] = Field(
        default_factory=dict, description="what names a person or a domain: Domain, CertificateArn, AlarmEmail …"
    )

    zones: int = Field(default=2, ge=2, le=3, description="availability zones of the network")
    endpoint_zones: int = Field(default=1, ge=1, le=3, description="zones that have interface endpoints")

    warehouse: Literal["ec2", "cloud"] = Field(default="ec2", description="own ClickHouse on EC2, or ClickHouse Cloud")
    instance_type: str = Field(default="t4g.medium", description="of each ClickHouse server (Graviton or x86)")
    replicas: int = Field(default=1, ge=1, le=3, description="ClickHouse servers; more than one are replicated")
    volume: int = Field(default=50, ge=20, le=16384, description="disk of each ClickHouse server")
    backup_days: int = Field(default=35, ge=1, le=365, description="days that a backup of the warehouse is kept")

    compute: Literal["fargate", "ec2"] = Field(default="fargate", description="what the shards run on")
    spot: bool = Field(default=True, description="spot capacity first, on-demand when there is none")
    max_vcpus: int = Field(default=16, ge=1, le=10000, description="the most that the shards of all runs use at once")
    job_vcpus: int = Field(default=1, ge=1, le=16, description="processors of a shard")
    job_memory: int = Field(default=4096, ge=2048, le=122880, description="memory of a shard")

    universe: str = Field(default="dow30", description="what the schedule collects and mines")
    collectors: str = Field(default="market,filings,news", description="what the schedule collects")
    news_provider: Literal["ddgs", "tavily", "searxng"] = Field(default="ddgs", description="who searches the web")
    filings_at_once: int = Field(default=1, ge=1, le=5, description="filings functions at once, over the account")
    market_at_once: int = Field(default=2, ge=1, le=20, description="market functions at once")
    news_at_once: int = Field(default=1, ge=1, le=5, description="news functions at once")
    steps_at_once: int = Field(default=10, ge=1, le=500, description="light steps of all runs at once")
    steps_memory: int = Field(default=3008, ge=1024, le=10240, description="memory of a light step")

    sign_in: Literal["cognito", "oidc"] = Field(default="cognito", description="who the load balancer asks")
    app_cpu: int = Field(default=512, description="Fargate units of one copy of the app; 1024 is one processor")
    app_memory: int = Field(default=2048, description="memory of one copy of the app")
    app_path: str = Field(default="", pattern="^([a-z0-9-]+)?$", description="path under the domain; none: its root")
    app_copies: int = Field(default=1, ge=1, le=20, description="the fewest copies of the app")
    app_starts: bool = Field(default=False, description="whom the parameter Researchers names starts runs there")
    app_most: int = Field(default=2, ge=1, le=50, description="the most copies of the app")

    log_days: int = Field(default=365, description="days that logs are kept (a number that CloudWatch allows)")
    budget: int = Field(default=300, ge=1, description="dollars a month; an alarm at 80 % and at what is forecast")

    def stack(self, part: str) -> str:
        """Return the name of the stack of one of PARTS: LodeStorage, and for the name acme-two AcmeTwoStorage."""
        return "".join(word.capitalize() for word in self.name.split("-")) + part

    @property
    def all_tags(self) -> dict[str, str]:
        """Every resource carries them; `lode deploy down` touches nothing that lacks the first two."""
        return {**self.tags, TAG: "lode", NAME_TAG: self.name}


SIZES: Mapping[Size, Mapping[str, Any]] = MappingProxyType(
    {
        "hobby": {},
        "team": {
            "zones": 3,
            "endpoint_zones": 2,
            "instance_type": "r7g.large",
            "replicas": 2,
            "volume": 200,
            "max_vcpus": 128,
            "job_vcpus": 2,
            "universe": "sp500",
            "app_cpu": 1024,
            "app_memory": 4096,
            "app_copies": 2,
            "app_most": 4,
            "budget": 2000,
        },
        "desk": {
            "zones": 3,
            "endpoint_zones": 3,
            "instance_type": "r7g.4xlarge",
            "replicas": 3,
            "volume": 2000,
            "compute": "ec2",
            "max_vcpus": 1024,
            "job_vcpus": 4,
            "job_memory": 16384,
            "universe": "sp500",
            "app_cpu": 2048,
            "app_memory": 8192,
            "app_copies": 3,
            "app_most": 12,
            "budget": 20000,
        },
    }
)


def read_deployment(path: Path = Path("lode.toml")) -> Deployment:
    """Settings of `[deploy]` in a lode.toml, over those of its size; without the file, or the table, all defaults.

    Raises SettingsError that names each faulty setting and the file.
    """
    return sized(_given(path), str(path))


def origins(path: Path = Path("lode.toml")) -> dict[str, str]:
    """Where each setting comes from: the file, the size, or the default."""
    given = _given(path)
    size = given.get("size", "hobby")
    return {
        name: str(path) if name in given else f"size {size}" if name in SIZES.get(size, {}) else "default"
        for name in Deployment.model_fields
    }


def _given(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return dict(tomllib.loads(path.read_text()).get("deploy", {}))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}; correct that line") from None


def sized(given: Mapping[str, Any], where: str = "[deploy]") -> Deployment:
    """Return the settings that are given over those of the size that they name (hobby without one)."""
    start = SIZES.get(given.get("size", "hobby"), {})
    try:
        return Deployment(**{**start, **given})
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}, got {e['input']!r}" for e in error.errors())
        known = ", ".join(Deployment.model_fields)
        raise SettingsError(f"[deploy] in {where}: {faults}. There are {known}.") from None
