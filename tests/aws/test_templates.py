from __future__ import annotations

import json


def test_the_templates_name_no_account_and_no_region(templates):
    parts = ("App", "Collection", "Mining", "Network", "Observability", "Storage", "Warehouse")
    assert set(templates) == {f"Lode{part}" for part in parts}
    for template in templates.values():
        arns = [word for word in json.dumps(template).split('"') if word.startswith("arn:")]
        assert not [arn for arn in arns if any(part.isdigit() for part in arn.split(":"))]


def test_no_role_is_allowed_a_whole_service(templates):
    for template in templates.values():
        for name, resource in template["Resources"].items():
            if resource["Type"] == "AWS::EC2::VPCEndpoint":
                continue  # its policy allows nothing by itself: it bounds what roles allow
            document = resource.get("Properties", {}).get("PolicyDocument", {})
            for statement in document.get("Statement", []):
                actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
                assert statement["Effect"] == "Deny" or not [a for a in actions if a.endswith("*")], name
