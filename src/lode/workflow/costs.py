"""What a step costs where it ran, by AWS's list prices: an estimate for the record, not a bill.

Prices of us-east-1 on x86, as aws.amazon.com/lambda/pricing and /fargate/pricing list them; look there before relying
on them. On one's own machine a step costs nothing that is known here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

_LAMBDA_GB_SECOND = 0.0000166667
_FARGATE_VCPU_SECOND = 0.04048 / 3600
_FARGATE_GB_SECOND = 0.004445 / 3600
_SPOT_SHARE = 0.3  # of the on-demand price, about


def step_cost(seconds: float, environment: Mapping[str, str] = os.environ) -> float:
    """Cost in US dollars of `seconds` of this process's place, which the environment tells; 0 for one's own machine.

    A Lambda function has AWS_LAMBDA_FUNCTION_MEMORY_SIZE (MB); a Batch job has AWS_BATCH_JOB_ID, and its definition
    says LODE_JOB_VCPUS, LODE_JOB_MEMORY (MB) and LODE_JOB_SPOT (1 or 0).
    """
    if given := environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"):
        return seconds * float(given) / 1024 * _LAMBDA_GB_SECOND
    if "AWS_BATCH_JOB_ID" not in environment:
        return 0.0
    vcpus, memory = float(environment.get("LODE_JOB_VCPUS", "1")), float(environment.get("LODE_JOB_MEMORY", "2048"))
    share = _SPOT_SHARE if environment.get("LODE_JOB_SPOT", "1") == "1" else 1.0
    return seconds * share * (vcpus * _FARGATE_VCPU_SECOND + memory / 1024 * _FARGATE_GB_SECOND)
