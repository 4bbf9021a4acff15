"""The lake: one bucket under a key of its own, and the bucket that logs who touched it."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lode.deploy.deployment import Deployment


class Storage(Stack):
    """The lake's bucket: versioned, private, TLS only, encrypted with a rotated key, every access logged.

    `lake` and `key` are for the stacks that read and write; `warehouse_key`, `secrets_key` and `logs_key` encrypt what
    their names say. All outlive the stack: removing it keeps the data.
    """

    def __init__(self, scope: Construct, name: str, deployment: Deployment) -> None:
        super().__init__(scope, name, description="Lode: the lake's bucket and its key")
        self.deployment = deployment
        self.key = kms.Key(
            self,
            "LakeKey",
            description="Lode: the lake",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.lake = s3.Bucket(
            self,
            "Lake",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            server_access_logs_bucket=self._access_logs(),
            server_access_logs_prefix="lake/",
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="leftovers",
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                    noncurrent_version_expiration=Duration.days(90),
                )
            ],
        )

    def _access_logs(self) -> s3.Bucket:
        """A year of access logs; S3 delivers them under its own key only."""
        return s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="a year",
                    expiration=Duration.days(365),
                    noncurrent_version_expiration=Duration.days(30),
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                )
            ],
        )
