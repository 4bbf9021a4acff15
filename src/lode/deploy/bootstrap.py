"""What the CDK may do in the account: its bootstrap, with fewer rights than its default of an administrator.

CloudFormation acts with the bootstrap's execution role. The policy here gives it the services of Lode's stacks and no
other; of IAM, only roles whose names start as the stacks' do, never users, keys or groups.
"""

from __future__ import annotations

import json
from typing import Any

from lode.deploy.account import Account
from lode.deploy.deployment import TAG, Deployment
from lode.deploy.toolkit import Toolkit
from lode.errors import NotFoundError

VERSION = "/cdk-bootstrap/hnb659fds/version"
_SERVICES = (
    *(
        "application-autoscaling",
        "autoscaling",
        "backup",
        "backup-storage",
        "batch",
        "budgets",
        "cloudwatch",
        "cognito-idp",
        "ec2",
    ),
    *(
        "ecs",
        "elasticloadbalancing",
        "events",
        "kms",
        "lambda",
        "logs",
        "route53",
        "s3",
        "scheduler",
        "secretsmanager",
        "sns",
    ),
    *("sqs", "ssm", "states", "wafv2", "xray"),
)
_IMAGES = tuple(
    f"ecr:{action}"
    for action in (
        *("BatchGetImage", "DescribeImages", "GetDownloadUrlForLayer", "GetAuthorizationToken"),
        *("SetRepositoryPolicy", "GetRepositoryPolicy"),
    )
)
_CERTIFICATE = ("acm:DescribeCertificate", "acm:ListCertificates")
_ROLE = tuple(
    f"iam:{action}"
    for action in (
        *("CreateRole", "DeleteRole", "GetRole", "UpdateRole", "UpdateRoleDescription", "TagRole", "UntagRole"),
        *("UpdateAssumeRolePolicy", "PutRolePolicy", "GetRolePolicy", "DeleteRolePolicy", "ListRolePolicies"),
        *("AttachRolePolicy", "DetachRolePolicy", "ListAttachedRolePolicies", "PassRole", "ListRoleTags"),
        *("CreateInstanceProfile", "DeleteInstanceProfile", "GetInstanceProfile", "TagInstanceProfile"),
        *("AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile", "CreatePolicy", "DeletePolicy", "GetPolicy"),
        *("CreatePolicyVersion", "DeletePolicyVersion", "GetPolicyVersion", "ListPolicyVersions", "TagPolicy"),
    )
)


def policy(deployment: Deployment, account: str) -> dict[str, Any]:
    """Return the policy of CloudFormation's role in one account and region."""
    stem = deployment.stack("")
    iam = f"arn:aws:iam::{account}"
    owned = [f"{iam}:{kind}/{stem}*" for kind in ("role", "instance-profile", "policy")]
    linked = {"StringLike": {"iam:AWSServiceName": "*.amazonaws.com"}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow("Services", [f"{service}:*" for service in _SERVICES], ["*"])
            | {"Condition": {"StringEquals": {"aws:RequestedRegion": [deployment.region, "us-east-1"]}}},
            _allow("Reading", [*_IMAGES, *_CERTIFICATE], ["*"]),
            _allow("Roles", [*_ROLE], owned),
            _allow("Linked", ["iam:CreateServiceLinkedRole"], [f"{iam}:role/aws-service-role/*"])
            | {"Condition": linked},
        ],
    }


def bootstrapped(account: Account) -> str | None:
    """Return the version of the region's bootstrap; None where there is none."""
    try:
        return str(account.ask("ssm", "get_parameter", Name=VERSION)["Parameter"]["Value"])
    except NotFoundError:
        return None


def bootstrap(account: Account, number: str, toolkit: Toolkit) -> None:
    """Bootstrap the region: assets under a key of their own, no other account trusted, the narrow policy."""
    deployment = toolkit.deployment
    arn = _made_policy(account, number, deployment)
    toolkit.bootstrap(
        number,
        "--cloudformation-execution-policies",
        arn,
        "--bootstrap-customer-key",
        "--termination-protection",
        "--tags",
        f"{TAG}=lode",  # not the deployment's name: `down --delete-data` leaves the bootstrap alone
    )


def scan_images(account: Account, number: str) -> None:
    """Have every image looked through for known weaknesses when it is pushed, which the bootstrap leaves out."""
    account.ask(
        "ecr",
        "put_image_scanning_configuration",
        repositoryName=f"cdk-hnb659fds-container-assets-{number}-{account.region}",
        imageScanningConfiguration={"scanOnPush": True},
    )


def _made_policy(account: Account, number: str, deployment: Deployment) -> str:
    name = f"{deployment.stack('')}CloudFormation-{deployment.region}"
    arn = f"arn:aws:iam::{number}:policy/{name}"
    try:
        account.ask("iam", "get_policy", PolicyArn=arn)
    except NotFoundError:
        document = json.dumps(policy(deployment, number), separators=(",", ":"))
        account.ask("iam", "create_policy", PolicyName=name, PolicyDocument=document)
    return arn


def _allow(sid: str, actions: list[str], where: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": where}
