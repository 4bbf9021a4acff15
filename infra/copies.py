"""The copies of the app: containers on Fargate that write nothing but their scratch space and hold no credentials."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra.audit import acknowledge
from infra.balancer import PORT, room
from infra.images import job_image
from infra.logs import log_group
from infra.network import OUTSIDE, Network
from infra.permissions import fixed, made_role, pull_images, read_secret, use_key, write_logs
from infra.storage import Storage
from lode.deploy.deployment import Deployment

_TASKS = "ecs-tasks.amazonaws.com"
_USER = "10001:10001"
_BUSY_PERCENT = 60
_REQUESTS = 500  # of one copy in a minute
_RENEWED = (
    "It signs the token against forged requests, not a login; a new one ends every visit, and is made by hand: a new "
    "value, and the copies started anew."
)
_COOKIES = {
    "AwsSolutions-SMG4": _RENEWED,
    "NIST.800.53.R5-SecretsManagerRotationEnabled": _RENEWED,
    "lode-rotation": _RENEWED,
    "lode-kept": "Cookies signed with it are of no use without the stack; the next one makes another.",
}


class Copies(Construct):
    """`cluster`, `service`, `log_group`.

    environment: of each copy, no secrets. may: what the app itself is allowed; its agent may fetch its image, read the
    secret that the copies share and write its log, and nothing else.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        deployment: Deployment,
        network: Network,
        storage: Storage,
        *,
        environment: Mapping[str, str],
        may: list[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, name)
        self._deployment, self._network, self._storage = deployment, network, storage
        self.log_group = log_group(self, "Log", storage.logs_key, deployment.log_days)
        self.cookie_secret = secrets.Secret(
            self,
            "CookieSecret",
            description="Lode: what the copies of the app sign their cookies with",
            # By its ARN: a grant would be written into the key's policy, whose stack cannot know this one's roles.
            encryption_key=kms.Key.from_key_arn(self, "SecretsKey", storage.secrets_key.key_arn),
            generate_secret_string=secrets.SecretStringGenerator(password_length=64, exclude_punctuation=True),
        )
        acknowledge(self.cookie_secret, _COOKIES)
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=network.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
            managed_storage_configuration=ecs.ManagedStorageConfiguration(
                fargate_ephemeral_storage_kms_key=self._scratch_key()
            ),
        )
        self.service = self._service(self._task(environment, may))

    def behind(self, target_group: elb.ApplicationTargetGroup) -> None:
        """Let the balancer's group find the copies, and their number follow what it brings."""
        self.service.attach_to_application_target_group(target_group)
        scaling = self.service.auto_scale_task_count(
            min_capacity=self._deployment.app_copies,
            max_capacity=max(self._deployment.app_copies, self._deployment.app_most),
        )
        scaling.scale_on_cpu_utilization("Busy", target_utilization_percent=_BUSY_PERCENT)
        scaling.scale_on_request_count("Asked", requests_per_target=_REQUESTS, target_group=target_group)

    def _task(self, environment: Mapping[str, str], may: list[iam.PolicyStatement]) -> ecs.FargateTaskDefinition:
        image = job_image(self, "Image")
        task = ecs.FargateTaskDefinition(
            self,
            "Task",
            cpu=self._deployment.app_cpu,
            memory_limit_mib=self._deployment.app_memory,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.X86_64, operating_system_family=ecs.OperatingSystemFamily.LINUX
            ),
            task_role=fixed(made_role(self, "TaskRole", _TASKS, may, description="Lode: the app", own_account=True)),
            execution_role=fixed(self._agent(image)),
            volumes=[ecs.Volume(name="scratch")],
        )
        self._container(task, image, environment)
        return task

    def _scratch_key(self) -> kms.Key:
        """Return a key that goes with the stack: what it encrypts ends with each copy."""
        key = kms.Key(
            self,
            "ScratchKey",
            description="Lode: scratch space of the app's copies",
            enable_key_rotation=True,
            pending_window=Duration.days(7),
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(key, {"lode-kept": "What it encrypts, the scratch space of a container, ends before it does."})
        return key

    def _agent(self, image: assets.DockerImageAsset) -> iam.Role:
        statements = [
            *pull_images(image.repository.repository_arn),
            write_logs(self.log_group),
            read_secret(self.cookie_secret),
            use_key(self._storage.secrets_key, write=False, through=("secretsmanager",)),
        ]
        return made_role(
            self, "ExecutionRole", _TASKS, statements, description="Lode: what starts the app", own_account=True
        )

    def _container(
        self, task: ecs.FargateTaskDefinition, image: assets.DockerImageAsset, environment: Mapping[str, str]
    ) -> None:
        container = task.add_container(
            "App",
            image=ecs.ContainerImage.from_docker_image_asset(image),
            entry_point=["python", "-P", "-m", "lode.cli"],
            command=["app", "--port", str(PORT)],
            user=_USER,
            readonly_root_filesystem=True,
            privileged=False,
            linux_parameters=_bare(self),
            environment=dict(environment),
            secrets={"STREAMLIT_SERVER_COOKIE_SECRET": ecs.Secret.from_secrets_manager(self.cookie_secret)},
            logging=ecs.LogDriver.aws_logs(
                stream_prefix="app", log_group=self.log_group, mode=ecs.AwsLogDriverMode.NON_BLOCKING
            ),
            port_mappings=[ecs.PortMapping(container_port=PORT)],
        )
        container.add_mount_points(
            ecs.MountPoint(container_path="/tmp", source_volume="scratch", read_only=False)  # noqa: S108  its volume
        )

    def _service(self, task: ecs.FargateTaskDefinition) -> ecs.FargateService:
        return ecs.FargateService(
            self,
            "Service",
            cluster=self.cluster,
            task_definition=task,
            desired_count=self._deployment.app_copies,
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            health_check_grace_period=Duration.minutes(2),
            availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.ENABLED,
            assign_public_ip=False,
            enable_execute_command=False,
            vpc_subnets=self._network.subnets(OUTSIDE),
            security_groups=[room(self, self._network, "app")],
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )


def _bare(scope: Construct) -> ecs.LinuxParameters:
    """Return what takes every capability of Linux from a container."""
    parameters = ecs.LinuxParameters(scope, "Linux", init_process_enabled=True)
    parameters.drop_capabilities(ecs.Capability.ALL)
    return parameters
