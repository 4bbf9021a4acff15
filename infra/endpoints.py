"""The doors of AWS's own services: what the rooms without a way out call, and for what."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from lode.deploy.deployment import Deployment

# Not here, since nothing in a private room calls them: kms (S3 and Secrets Manager use keys on their callers' behalf),
# xray (Lambda's own agent sends traces), ec2messages (Session Manager's agent of Amazon Linux 2023 needs ssmmessages
# only), states (runs are started from outside), batch and lambda (Step Functions calls them), sts (roles
# come with the machine, the container, the function).
_ALWAYS = {
    "ecr.api": "shards and warehouse: where an image is",
    "ecr.dkr": "shards and warehouse: an image's manifest; its layers come from S3",
    "logs": "shards and warehouse: their lines",
    "secretsmanager": "all that open the warehouse; renewing passwords",
    "ssm": "warehouse: Session Manager, scheduled backups",
    "ssmmessages": "warehouse: Session Manager's sessions and commands",
    "monitoring": "warehouse: how full its disk is, when the last backup was; watch: age of the data",
}
_OWN_SERVERS = {"ec2": "warehouse: a new machine takes the disk and the address of the one before"}
_EC2_SHARDS = {
    "ecs": "machines of the batch queue: joining the cluster",
    "ecs-agent": "machines of the batch queue: what to run",
    "ecs-telemetry": "machines of the batch queue: how it goes",
}


def services(deployment: Deployment) -> dict[str, str]:
    """Return the services that have an endpoint, and why."""
    own = _OWN_SERVERS if deployment.warehouse == "ec2" else {}
    return _ALWAYS | own | (_EC2_SHARDS if deployment.compute == "ec2" else {})


def add_endpoints(
    vpc: ec2.Vpc, deployment: Deployment, room: ec2.ISecurityGroup
) -> dict[str, ec2.InterfaceVpcEndpoint]:
    """Put an endpoint of each service into the first `endpoint_zones` zones, for this account's principals only."""
    zones = ec2.SubnetSelection(subnets=vpc.isolated_subnets[: deployment.endpoint_zones])
    made = {}
    for service in services(deployment):
        endpoint = vpc.add_interface_endpoint(
            "".join(part.title() for part in service.replace("-", ".").split(".")),
            service=ec2.InterfaceVpcEndpointAwsService(service),
            subnets=zones,
            security_groups=[room],
            open=False,
            private_dns_enabled=True,
        )
        endpoint.add_to_policy(_own_account(vpc))
        made[service] = endpoint
    return made


def _own_account(vpc: ec2.Vpc) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        principals=[iam.AnyPrincipal()],
        actions=["*"],  # an endpoint's policy allows nothing by itself: it bounds what roles allow
        resources=["*"],
        conditions={"StringEquals": {"aws:PrincipalAccount": Stack.of(vpc).account}},
    )


def bound_s3(gateway: ec2.GatewayVpcEndpoint) -> None:
    """Let this account's principals through the S3 gateway, and what AWS's own packages and layers come from."""
    stack = Stack.of(gateway)
    gateway.add_to_policy(
        iam.PolicyStatement(
            principals=[iam.AnyPrincipal()],
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:AbortMultipartUpload"],
            resources=["*"],
            conditions={"StringEquals": {"aws:PrincipalAccount": stack.account}},
        )
    )
    public = (
        f"prod-{stack.region}-starport-layer-bucket/*",  # layers of images, by URLs that ECR signs
        f"al2023-repos-{stack.region}-de612dc2/*",  # packages of Amazon Linux 2023, signed by Amazon
    )
    gateway.add_to_policy(
        iam.PolicyStatement(
            principals=[iam.AnyPrincipal()],
            actions=["s3:GetObject"],
            resources=[f"arn:{stack.partition}:s3:::{bucket}" for bucket in public],
        )
    )
    gateway.add_to_policy(
        iam.PolicyStatement(
            principals=[iam.AnyPrincipal()],
            actions=["s3:PutObject"],  # answers of custom resources, by URLs that CloudFormation signs
            resources=[f"arn:{stack.partition}:s3:::cloudformation-custom-resource-response-*/*"],
        )
    )
