"""What holds of every template, whatever stack it is."""

from __future__ import annotations

import json
import re

import pytest

from infra.audit import VARIANTS, variant
from infra.rules.identity import statements
from infra.rules.template import Templates, listed, text

PARTS = ("App", "Collection", "Mining", "Network", "Observability", "Storage", "Warehouse")


@pytest.fixture(scope="module", params=VARIANTS)
def every(request, assembly):
    return request.param, assembly(request.param)


def test_there_is_a_template_for_each_part(every):
    name, templates = every
    assert set(templates) == {variant(name).stack(part) for part in PARTS}


def test_the_templates_name_no_account_and_no_region(every):
    _, templates = every
    for template in templates.values():
        arns = [word for word in json.dumps(template).split('"') if word.startswith("arn:")]
        assert not [arn for arn in arns if any(part.isdigit() for part in arn.split(":"))]
        for resource in Templates({"": template}).resources:
            for _, value in resource.inside:
                assert not (isinstance(value, str) and re.fullmatch(r"\d{12}", value)), resource.name


def test_no_role_is_allowed_a_whole_service_or_a_family_of_actions(every):
    _, templates = every
    seen = 0
    for resource, _, statement in statements(Templates(templates)):
        if resource.type.startswith("AWS::IAM::") and statement["Effect"] == "Allow":
            seen += 1
            assert not [a for a in map(text, listed(statement["Action"])) if "*" in a], resource.name
    assert seen > 30


def test_no_template_is_larger_than_cloudformation_takes(every):
    for template in every[1].values():
        assert len(json.dumps(template)) < 1_000_000
        assert len(template["Resources"]) < 500
