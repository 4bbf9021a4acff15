"""The secrets by which the warehouse is opened, and the private CA's."""

from __future__ import annotations

import json
from collections.abc import Sequence

from aws_cdk import RemovalPolicy, SecretValue
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

PORT = 8443
DATABASE = "lode"
_LENGTH = 40


def login(scope: Construct, name: str, key: kms.IKey, hosts: Sequence[str], user: str) -> secrets.Secret:
    """Return a secret that opens the warehouse as `user`; its password is made by AWS and seen by nobody.

    Without hosts the warehouse is ClickHouse Cloud's: whoever brings it writes host and password into the secret.
    """
    known = {
        "host": hosts[0] if hosts else "",
        "hosts": list(hosts),  # in the order in which clients try them
        "port": PORT,
        "username": user,
        "database": DATABASE,
        "ca": "",  # the private CA is made at deployment; empty: the public ones
    }
    return secrets.Secret(
        scope,
        name,
        description=f"Lode: the warehouse's user {user}",
        encryption_key=key,
        generate_secret_string=secrets.SecretStringGenerator(
            secret_string_template=json.dumps(known),
            generate_string_key="password",
            password_length=_LENGTH,
            exclude_punctuation=True,
        ),
        removal_policy=RemovalPolicy.RETAIN,
    )


def document(scope: Construct, name: str, key: kms.IKey, what: str) -> secrets.Secret:
    """Return a secret that holds nothing yet: lode.deploy.certificates fills it."""
    return secrets.Secret(
        scope,
        name,
        description=f"Lode: {what}",
        encryption_key=key,
        secret_string_value=SecretValue.unsafe_plain_text("{}"),
        removal_policy=RemovalPolicy.RETAIN,
    )
