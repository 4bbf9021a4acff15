"""What outlives everything else: the lake's bucket, the backups' bucket, who touched them, and the keys."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.audit import acknowledge
from infra.keys import allow_alarms, allow_disks, allow_logs, made_key
from lode.deploy.deployment import Deployment

BALANCER_LOGS = "balancer"  # prefix of the load balancer's access logs in `access_logs`


class Storage(Stack):
    """Buckets: versioned, private, TLS only, encrypted, every access logged. Keys: one for each kind of data.

    `lake` and `backups` hold data, under `key` and `warehouse_key`; `access_logs` is where S3 and the load balancer
    write who asked for what. `secrets_key`, `logs_key` and `alarms_key` (topics, queues of failed events) encrypt what
    their names say. All outlive the stack: removing it keeps the data.
    """

    def __init__(self, scope: Construct, name: str, deployment: Deployment) -> None:
        super().__init__(scope, name, description="Lode: buckets and keys")
        self.deployment = deployment
        self.key = made_key(self, "LakeKey", "the lake")
        self.warehouse_key = allow_disks(made_key(self, "WarehouseKey", "disks and backups of the warehouse"))
        self.secrets_key = made_key(self, "SecretsKey", "passwords and certificates")
        self.logs_key = allow_logs(made_key(self, "LogsKey", "logs"))
        self.alarms_key = allow_alarms(made_key(self, "AlarmsKey", "alarms and failed events"))
        self.access_logs = self._access_logs()
        self.lake = self._bucket(
            "Lake",
            self.key,
            _leftovers(90),
            s3.LifecycleRule(
                id="turns",  # who may ask a source next, and signs of life: of use for minutes
                prefix="lake/rate/",
                expiration=Duration.days(1),
                noncurrent_version_expiration=Duration.days(1),
            ),
        )
        self.backups = self._bucket(
            "Backups",
            self.warehouse_key,
            _leftovers(14),
            s3.LifecycleRule(id="backups", expiration=Duration.days(deployment.backup_days)),
        )
        self._acknowledge()

    def _bucket(self, name: str, key: kms.IKey, *rules: s3.LifecycleRule) -> s3.Bucket:
        return s3.Bucket(
            self,
            name,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            server_access_logs_bucket=self.access_logs,
            server_access_logs_prefix=f"{name.lower()}/",
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=list(rules),
        )

    def _access_logs(self) -> s3.Bucket:
        """A year of access logs; S3 and load balancers deliver them under S3's own key only."""
        bucket = s3.Bucket(
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
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects(f"{BALANCER_LOGS}/AWSLogs/{self.account}/*")],
                conditions={
                    "ArnLike": {
                        "aws:SourceArn": self.format_arn(service="elasticloadbalancing", resource="loadbalancer/*")
                    }
                },
            )
        )
        return bucket

    def _acknowledge(self) -> None:
        for bucket in (self.lake, self.backups, self.access_logs):
            acknowledge(
                bucket,
                {
                    "NIST.800.53.R5-S3BucketReplicationEnabled": "S3 keeps every object in three zones and each "
                    "version for weeks; a second region would double the cost of what can be collected again."
                },
            )
        acknowledge(
            self.access_logs,
            {
                "NIST.800.53.R5-S3DefaultEncryptionKMS": "S3 and load balancers deliver their access logs only to "
                "buckets under S3's own key.",
                "CKV_AWS_18": "The bucket that logs who touched the others cannot log to itself without end.",
            },
        )


def _leftovers(days: int) -> s3.LifecycleRule:
    """Return the rule that ends what no one sees: uploads that were given up, versions that were replaced."""
    return s3.LifecycleRule(
        id="leftovers",
        abort_incomplete_multipart_upload_after=Duration.days(7),
        noncurrent_version_expiration=Duration.days(days),
        expired_object_delete_marker=True,
    )
