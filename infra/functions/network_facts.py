"""A custom resource that does for a VPC what CloudFormation cannot: it runs as a function, with nothing but boto3.

It closes the VPC's default security group (no resource type does) and returns the id of the prefix list of S3's
addresses in this region. Both may be done again to the same effect; removal leaves the group closed.
"""

import json
import logging
import urllib.request
from typing import Any

import boto3


def handler(event: dict[str, Any], _context: object) -> str:
    """Do it, and tell CloudFormation at the URL that it signed."""
    group = event["ResourceProperties"]["DefaultSecurityGroup"]
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"PhysicalResourceId": group, "Status": "SUCCESS"}
    try:
        if event["RequestType"] != "Delete":
            answer["Data"] = {"S3PrefixList": apply(boto3.client("ec2"), group)}
    except Exception as error:
        logging.getLogger(__name__).exception("the network could not be made ready")
        answer |= {"Status": "FAILED", "Reason": f"{type(error).__name__}: {error}"[:1000]}
    tell(event["ResponseURL"], answer)
    return str(answer["Status"])


def apply(ec2: Any, group: str) -> str:  # noqa: ANN401  boto3's clients have no type
    """Return the id of S3's prefix list, once the group has no rule."""
    close(ec2, group)
    name = f"com.amazonaws.{ec2.meta.region_name}.s3"
    found = ec2.describe_managed_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": [name]}])
    (one,) = found["PrefixLists"]
    return str(one["PrefixListId"])


def close(ec2: Any, group: str) -> None:  # noqa: ANN401  boto3's clients have no type
    """Revoke every rule of the group."""
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    for egress, revoke in ((False, ec2.revoke_security_group_ingress), (True, ec2.revoke_security_group_egress)):
        ids = [rule["SecurityGroupRuleId"] for rule in rules if rule["IsEgress"] is egress]
        if ids:
            revoke(GroupId=group, SecurityGroupRuleIds=ids)


def tell(url: str, answer: dict[str, Any]) -> None:
    """Put the answer where CloudFormation waits for it; the type is part of what it signed."""
    body = json.dumps(answer).encode()
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310  CloudFormation's own https URL
