"""What AWS charges, in dollars, as published for us-east-1 (on demand, without tax and free tiers).

Each price was written down from memory of its page on the date below, not read from it on that day: where `sure` is
false the number moves with the market or may have changed, and stands in every table with "≈". Other regions differ,
mostly upwards by up to a fifth; `lode deploy plan` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

AS_OF = "2026-11-22"
REGION = "us-east-1"
HOURS = 730  # of a month, as AWS's own calculator counts
DAYS = HOURS / 24


@dataclass(frozen=True)
class Price:
    """Dollars for one `unit`, and the page below aws.amazon.com that says so."""

    dollars: float
    unit: str
    page: str
    sure: bool = True


def priced(dollars: float, *, sure: bool) -> str:
    """Return a price as tables show it."""
    digits = f"{dollars:.10f}".rstrip("0").rstrip(".")
    return digits if sure else f"≈{digits}"


PRICES: Mapping[str, Price] = MappingProxyType(
    {
        "endpoint": Price(0.01, "hour and zone", "privatelink/pricing"),
        "nat": Price(0.045, "hour", "vpc/pricing"),
        "nat data": Price(0.045, "GB", "vpc/pricing"),
        "address": Price(0.005, "hour", "vpc/pricing"),
        "balancer": Price(0.0225, "hour", "elasticloadbalancing/pricing"),
        "balancer unit": Price(0.008, "LCU-hour", "elasticloadbalancing/pricing"),
        "fargate vcpu": Price(0.04048, "vCPU-hour", "fargate/pricing"),
        "fargate memory": Price(0.004445, "GB-hour", "fargate/pricing"),
        "fargate spot vcpu": Price(0.0127, "vCPU-hour", "fargate/pricing", sure=False),
        "fargate spot memory": Price(0.0014, "GB-hour", "fargate/pricing", sure=False),
        "ec2 vcpu": Price(0.0504, "vCPU-hour", "ec2/pricing/on-demand", sure=False),
        "ec2 spot vcpu": Price(0.019, "vCPU-hour", "ec2/spot/pricing", sure=False),
        "gp3": Price(0.08, "GB-month", "ebs/pricing"),
        "function": Price(0.0000166667, "GB-second", "lambda/pricing"),
        "transition": Price(0.000025, "transition", "step-functions/pricing"),
        "s3": Price(0.023, "GB-month", "s3/pricing"),
        "s3 write": Price(0.000005, "request", "s3/pricing"),
        "s3 read": Price(0.0000004, "request", "s3/pricing"),
        "key": Price(1.0, "month", "kms/pricing"),
        "key use": Price(0.000003, "request", "kms/pricing"),
        "secret": Price(0.40, "month", "secrets-manager/pricing"),
        "log": Price(0.50, "GB written", "cloudwatch/pricing"),
        "metric": Price(0.30, "month", "cloudwatch/pricing"),
        "alarm": Price(0.10, "month", "cloudwatch/pricing"),
        "group of alarms": Price(0.50, "month", "cloudwatch/pricing"),
        "dashboard": Price(3.0, "month", "cloudwatch/pricing"),
        "web acl": Price(5.0, "month", "waf/pricing"),
        "web rule": Price(1.0, "month", "waf/pricing"),
        "zone": Price(0.50, "month", "route53/pricing"),
        "image": Price(0.10, "GB-month", "ecr/pricing"),
        "user": Price(0.02, "user and month", "cognito/pricing", sure=False),
    }
)

INSTANCES: Mapping[str, Price] = MappingProxyType(  # by the hour, Linux, on demand
    {
        name: Price(dollars, "hour", "ec2/pricing/on-demand")
        for name, dollars in {
            "t4g.small": 0.0168,
            "t4g.medium": 0.0336,
            "t4g.large": 0.0672,
            "t4g.xlarge": 0.1344,
            "t3.small": 0.0208,
            "t3.medium": 0.0416,
            "t3.large": 0.0832,
            "m7g.large": 0.0816,
            "m7g.xlarge": 0.1632,
            "m7g.2xlarge": 0.3264,
            "m7i.large": 0.1008,
            "m7i.xlarge": 0.2016,
            "r7g.large": 0.1071,
            "r7g.xlarge": 0.2142,
            "r7g.2xlarge": 0.4284,
            "r7g.4xlarge": 0.8568,
            "r7g.8xlarge": 1.7136,
            "r7i.large": 0.1323,
            "r7i.xlarge": 0.2646,
        }.items()
    }
)
