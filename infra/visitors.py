"""Who may look at the app: a user pool of its own, or the identity provider of the company."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aws_cdk import CfnOutput, CfnParameter, Duration, RemovalPolicy, SecretValue, Stack
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_elasticloadbalancingv2_actions as actions
from constructs import Construct

from infra.names import own_word
from lode.deploy.deployment import Deployment

SESSION = Duration.hours(8)
_SCOPE = "openid email"
_HTTPS = r"https://[^\s/?#]+(/[^\s?#]*)?"


@dataclass(frozen=True)
class SignIn:
    """`before` puts the sign-in before an action of the balancer; `client` and `issuer` stand in its signed header."""

    before: Callable[[elb.ListenerAction], elb.ListenerAction]
    client: str
    issuer: str


def sign_in(scope: Construct, deployment: Deployment, domain: str) -> SignIn:
    """Return the sign-in that the deployment names."""
    return _cognito(scope, deployment, domain) if deployment.sign_in == "cognito" else _oidc(scope)


def _cognito(scope: Construct, deployment: Deployment, domain: str) -> SignIn:
    pool = _pool(scope)
    client = pool.add_client(
        "Balancer",
        generate_secret=True,
        auth_flows=cognito.AuthFlow(user_srp=False),
        o_auth=cognito.OAuthSettings(
            flows=cognito.OAuthFlows(authorization_code_grant=True),
            scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
            callback_urls=[f"https://{domain}/oauth2/idpresponse"],
            logout_urls=[f"https://{domain}/"],
        ),
        prevent_user_existence_errors=True,
        enable_token_revocation=True,
        supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
        id_token_validity=Duration.hours(1),
        access_token_validity=Duration.hours(1),
        refresh_token_validity=SESSION,
    )
    page = pool.add_domain(
        "Page", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=f"{deployment.name}-{own_word()}")
    )

    CfnOutput(Stack.of(scope), "UserPool", value=pool.user_pool_id, description="Who may sign in")

    def before(action: elb.ListenerAction) -> elb.ListenerAction:
        return actions.AuthenticateCognitoAction(
            user_pool=pool,
            user_pool_client=client,
            user_pool_domain=page,
            scope=_SCOPE,
            session_timeout=SESSION,
            allow_https_outbound=False,  # infra/doors.py does
            next=action,
        )

    return SignIn(before, client.user_pool_client_id, pool.user_pool_provider_url)


def _pool(scope: Construct) -> cognito.UserPool:
    """Nobody signs up by himself; a password alone opens nothing. The pool outlives its stack, as the data do."""
    return cognito.UserPool(
        scope,
        "Users",
        self_sign_up_enabled=False,
        sign_in_aliases=cognito.SignInAliases(email=True),
        sign_in_case_sensitive=False,
        auto_verify=cognito.AutoVerifiedAttrs(email=True),
        mfa=cognito.Mfa.REQUIRED,
        mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
        password_policy=cognito.PasswordPolicy(
            min_length=14,
            require_lowercase=True,
            require_uppercase=True,
            require_digits=True,
            require_symbols=True,
            temp_password_validity=Duration.days(3),
        ),
        account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
        feature_plan=cognito.FeaturePlan.PLUS,  # the plan that has threat protection
        standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION,
        device_tracking=cognito.DeviceTracking(
            challenge_required_on_new_device=True, device_only_remembered_on_user_prompt=True
        ),
        deletion_protection=True,
        removal_policy=RemovalPolicy.RETAIN,
    )


def _oidc(scope: Construct) -> SignIn:
    issuer = _address(scope, "Issuer", "issuer, as its tokens spell it")
    authorization = _address(scope, "AuthorizationEndpoint", "authorization endpoint")
    token = _address(scope, "TokenEndpoint", "token endpoint")
    user_info = _address(scope, "UserInfoEndpoint", "user info endpoint")
    client = CfnParameter(
        Stack.of(scope), "ClientId", description="Identity provider: the client's id", allowed_pattern=r"\S+"
    ).value_as_string
    secret = CfnParameter(
        Stack.of(scope),
        "ClientSecretArn",
        no_echo=True,  # a name, no secret; tools take it for one
        description='ARN of the secret {"client_secret": "…"} in Secrets Manager, in this region',
        allowed_pattern=r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+",
    ).value_as_string

    def before(action: elb.ListenerAction) -> elb.ListenerAction:
        return elb.ListenerAction.authenticate_oidc(
            issuer=issuer,
            authorization_endpoint=authorization,
            token_endpoint=token,
            user_info_endpoint=user_info,
            client_id=client,
            client_secret=SecretValue.secrets_manager(secret, json_field="client_secret"),
            scope=_SCOPE,
            session_timeout=SESSION,
            allow_https_outbound=False,  # infra/doors.py does
            next=action,
        )

    return SignIn(before, client, issuer)


def _address(scope: Construct, name: str, what: str) -> str:
    parameter = CfnParameter(
        Stack.of(scope), name, description=f"Identity provider: {what}, https://…", allowed_pattern=_HTTPS
    )
    return str(parameter.value_as_string)
