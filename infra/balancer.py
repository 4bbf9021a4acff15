"""The one way in: a load balancer that speaks TLS, signs visitors in and passes on who they are."""

from __future__ import annotations

from typing import cast

from aws_cdk import CfnParameter, Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from infra.network import PUBLIC, Network
from infra.storage import BALANCER_LOGS, Storage
from infra.visitors import SignIn
from lode.deploy.deployment import Deployment

PORT = 8501  # of each copy of the app; infra/doors.py opens it to the balancer
_TLS = elb.SslPolicy.TLS13_RES  # 1.3 and 1.2, forward secrecy and authenticated ciphers only
_YEAR = 31_536_000
_IDLE = Duration.minutes(5)  # Streamlit pings each visit's websocket every 20 to 30 seconds
_HEADERS = {  # what the balancer adds to answers, and the one that it leaves out
    "strict_transport_security.header_value": f"max-age={_YEAR}",
    "x_content_type_options.header_value": "nosniff",
    "x_frame_options.header_value": "SAMEORIGIN",
    "content_security_policy.header_value": "frame-ancestors 'self'; object-src 'none'; base-uri 'self'",
    "server.enabled": "false",
}


class Balancer(Construct):
    """`balancer`, its one `listener`, and `target_group`, the copies that it passes visitors to.

    Nothing listens at port 80. A request for another domain than the app's is answered 404 without a sign-in.
    """

    def __init__(
        self, scope: Construct, name: str, deployment: Deployment, network: Network, storage: Storage, domain: str
    ) -> None:
        super().__init__(scope, name)
        self.balancer = elb.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=network.vpc,
            vpc_subnets=network.subnets(PUBLIC),
            internet_facing=True,
            security_group=room(self, network, "balancer"),
            deletion_protection=True,
            drop_invalid_header_fields=True,
            desync_mitigation_mode=elb.DesyncMitigationMode.STRICTEST,
            idle_timeout=_IDLE,
        )
        self._log_access(storage)
        self.target_group = self._copies(deployment, network)
        self._domain = domain

    def listen(self, sign_in: SignIn) -> elb.ApplicationListener:
        """Pass on who signed in and asked for the domain; refuse the rest."""
        certificate = CfnParameter(
            Stack.of(self),
            "CertificateArn",
            description="ARN of the domain's certificate in Certificate Manager, in this region",
            allowed_pattern=r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]+",
        )
        listener = self.balancer.add_listener(
            "Https",
            port=443,
            protocol=elb.ApplicationProtocol.HTTPS,
            certificates=[elb.ListenerCertificate.from_arn(certificate.value_as_string)],
            ssl_policy=_TLS,
            open=False,  # infra/doors.py does
            default_action=elb.ListenerAction.fixed_response(404),
        )
        for header, value in _HEADERS.items():
            listener.set_attribute(f"routing.http.response.{header}", value)
        listener.add_action(
            "Visitors",
            priority=1,
            conditions=[elb.ListenerCondition.host_headers([self._domain])],
            action=sign_in.before(elb.ListenerAction.forward([self.target_group])),
        )
        return listener

    def _log_access(self, storage: Storage) -> None:
        """Written out, since the CDK's own way asks for a region; the bucket's policy stands in infra/storage.py."""
        self.balancer.set_attribute("access_logs.s3.enabled", "true")
        self.balancer.set_attribute("access_logs.s3.bucket", storage.access_logs.bucket_name)
        self.balancer.set_attribute("access_logs.s3.prefix", BALANCER_LOGS)

    def _copies(self, deployment: Deployment, network: Network) -> elb.ApplicationTargetGroup:
        """Return the group of the copies: a visitor stays with one, whose session lives in its memory."""
        base = f"/{deployment.app_path}" if deployment.app_path else ""
        return elb.ApplicationTargetGroup(
            self,
            "Copies",
            vpc=network.vpc,
            port=PORT,
            protocol=elb.ApplicationProtocol.HTTPS,  # with the certificate that each copy makes for itself
            target_type=elb.TargetType.IP,
            stickiness_cookie_duration=Duration.days(1),
            deregistration_delay=Duration.seconds(60),
            health_check=elb.HealthCheck(
                path=f"{base}/_stcore/health",
                protocol=elb.Protocol.HTTPS,
                healthy_http_codes="200",
                interval=Duration.seconds(15),
                timeout=Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
            ),
        )


def room(scope: Construct, network: Network, name: str) -> ec2.ISecurityGroup:
    """Return a room as one whose doors no construct can add to: what the CDK would open stands in infra/doors.py."""
    given = cast("ec2.SecurityGroup", network.doors.room[name])
    return ec2.SecurityGroup.from_security_group_id(
        scope, f"{name.title()}Room", given.security_group_id, mutable=False
    )
