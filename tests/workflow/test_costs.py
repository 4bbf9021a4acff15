from __future__ import annotations

import pytest

from lode.workflow.costs import step_cost


def test_ones_own_machine_costs_nothing():
    assert step_cost(3600, {"HOME": "/home/me"}) == 0


def test_a_lambda_function_costs_its_memory_times_its_seconds():
    assert step_cost(60, {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048"}) == pytest.approx(60 * 2 * 0.0000166667)


def test_a_batch_job_costs_its_processors_and_memory_and_less_on_spot():
    job = {"AWS_BATCH_JOB_ID": "j", "LODE_JOB_VCPUS": "4", "LODE_JOB_MEMORY": "8192", "LODE_JOB_SPOT": "0"}
    hour = 4 * 0.04048 + 8 * 0.004445
    assert step_cost(3600, job) == pytest.approx(hour)
    assert step_cost(3600, job | {"LODE_JOB_SPOT": "1"}) == pytest.approx(0.3 * hour)
