from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

Template = dict[str, Any]
OURS = {"cognito": {}, "oidc": {"size": "team", "sign_in": "oidc", "app_path": "lode", "app_starts": True}}
_WAYS_IN = ("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")


@pytest.fixture(scope="session", params=OURS)
def ways(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Template]:
    """Return each sign-in with the app's template, made of the stacks that it stands on alone."""
    return request.param, made(OURS[request.param], tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def app(ways: tuple[str, Template]) -> Template:
    return ways[1]


def made(given: dict[str, Any], output: Path) -> Template:
    from infra.app import _CONTEXT, App
    from infra.collection import Collection
    from infra.dashboard import Dashboard
    from infra.mining import Mining
    from infra.network import Network
    from infra.storage import Storage
    from infra.warehouse import Warehouse
    from lode.deploy.deployment import sized

    deployment = sized(given)
    root = App(outdir=str(output), context=_CONTEXT, analytics_reporting=False)
    storage = Storage(root, "Storage", deployment)
    network = Network(root, "Network", deployment, storage)
    warehouse = Warehouse(root, "Warehouse", deployment, network, storage)
    collection = Collection(root, "Collection", deployment, network, storage, warehouse)
    mining = Mining(root, "Mining", deployment, network, storage, warehouse, collection)
    Dashboard(root, "App", deployment, network, storage, warehouse, mining)
    root.synth()
    return json.loads((output / "App.template.json").read_text())


def every(template: Template, kind: str) -> list[Template]:
    return [found["Properties"] for found in template["Resources"].values() if found["Type"] == f"AWS::{kind}"]


def one(template: Template, kind: str) -> Template:
    (found,) = every(template, kind)
    return found


def attributes(listed: list[Template]) -> dict[str, Any]:
    return {each["Key"]: each["Value"] for each in listed}


def statements(template: Template, description: str) -> list[Template]:
    policies = every(template, "IAM::ManagedPolicy")
    return next(p["PolicyDocument"]["Statement"] for p in policies if p["Description"] == description)


def actions(found: list[Template]) -> set[str]:
    return {
        action for each in found for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    }


# --- the way in


def test_the_balancer_listens_at_443_alone_with_a_modern_policy(app):
    listener = one(app, "ElasticLoadBalancingV2::Listener")
    assert (listener["Port"], listener["Protocol"]) == (443, "HTTPS")
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
    assert listener["Certificates"] == [{"CertificateArn": {"Ref": "CertificateArn"}}]
    said = attributes(listener["ListenerAttributes"])
    assert said["routing.http.response.strict_transport_security.header_value"] == "max-age=31536000"
    assert said["routing.http.response.server.enabled"] == "false"


def test_the_balancer_is_protected_strict_and_logged(app):
    balancer = one(app, "ElasticLoadBalancingV2::LoadBalancer")
    assert balancer["Scheme"] == "internet-facing"
    assert len(balancer["SecurityGroups"]) == 1
    assert all("PublicSubnet" in subnet["Fn::ImportValue"] for subnet in balancer["Subnets"])
    found = attributes(balancer["LoadBalancerAttributes"])
    assert found["deletion_protection.enabled"] == found["access_logs.s3.enabled"] == "true"
    assert found["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert found["routing.http.desync_mitigation_mode"] == "strictest"
    assert "AccessLogs" in found["access_logs.s3.bucket"]["Fn::ImportValue"]
    assert found["access_logs.s3.prefix"] == "balancer"


def test_who_does_not_ask_for_the_domain_gets_404_and_who_does_signs_in_first(ways):
    name, app = ways
    listener, rule = one(app, "ElasticLoadBalancingV2::Listener"), one(app, "ElasticLoadBalancingV2::ListenerRule")
    assert [action["Type"] for action in listener["DefaultActions"]] == ["fixed-response"]
    assert listener["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "404"
    assert rule["Conditions"] == [{"Field": "host-header", "HostHeaderConfig": {"Values": [{"Ref": "Domain"}]}}]
    ordered = sorted(rule["Actions"], key=lambda action: action["Order"])
    assert [action["Type"] for action in ordered] == [f"authenticate-{name}", "forward"]
    config = ordered[0][f"Authenticate{name.title()}Config"]
    assert config.get("OnUnauthenticatedRequest", "authenticate") == "authenticate"
    assert (config["Scope"], str(config["SessionTimeout"])) == ("openid email", "28800")


def test_the_stack_opens_no_door_by_itself(app):
    assert [kind for kind in _WAYS_IN if every(app, kind)] == []


def test_the_firewall_stands_before_the_balancer_and_refuses_what_it_knows(app):
    acl, guards = one(app, "WAFv2::WebACL"), one(app, "WAFv2::WebACLAssociation")
    rules = {rule["Name"]: rule for rule in acl["Rules"]}
    managed = {
        name
        for name, rule in rules.items()
        if rule["Statement"].get("ManagedRuleGroupStatement", {}).get("VendorName") == "AWS"
    }
    assert managed == {
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesAmazonIpReputationList",
    }
    assert all(rules[name]["OverrideAction"] == {"None": {}} for name in managed)
    assert rules["rate"]["Statement"]["RateBasedStatement"] == {"AggregateKeyType": "IP", "Limit": 2000}
    assert rules["rate"]["Action"] == {"Block": {}}
    assert sorted(rule["Priority"] for rule in acl["Rules"]) == [0, 1, 2, 3]
    assert app["Resources"][guards["ResourceArn"]["Ref"]]["Type"] == "AWS::ElasticLoadBalancingV2::LoadBalancer"


def test_the_firewalls_log_names_no_cookie_and_is_the_stacks_own(app):
    logging = one(app, "WAFv2::LoggingConfiguration")
    assert {field["SingleHeader"]["Name"] for field in logging["RedactedFields"]} == {"cookie", "authorization"}
    assert not json.dumps(logging["LogDestinationConfigs"]).endswith(':*"]}]')
    (name,) = [group["LogGroupName"] for group in every(app, "Logs::LogGroup") if "LogGroupName" in group]
    assert name["Fn::Join"][1][0].startswith("aws-waf-logs-")
    assert "AWS::StackId" in json.dumps(name)


# --- the sign-in


own_pool = pytest.mark.parametrize("ways", ["cognito"], indirect=True)
own_provider = pytest.mark.parametrize("ways", ["oidc"], indirect=True)


@own_pool
def test_nobody_signs_up_and_a_password_alone_opens_nothing(app):
    users = one(app, "Cognito::UserPool")
    assert users["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert (users["MfaConfiguration"], users["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    policy = users["Policies"]["PasswordPolicy"]
    assert policy.pop("MinimumLength") >= 14
    assert policy.pop("TemporaryPasswordValidityDays") <= 7
    assert set(policy.values()) == {True}
    assert len(policy) == 4
    assert users["UserPoolTier"] == "PLUS"
    assert users["UserPoolAddOns"]["AdvancedSecurityMode"] == "ENFORCED"


@own_pool
def test_the_users_outlive_the_stack(app):
    (users,) = [found for found in app["Resources"].values() if found["Type"] == "AWS::Cognito::UserPool"]
    assert users["Properties"]["DeletionProtection"] == "ACTIVE"
    assert users["DeletionPolicy"] == users["UpdateReplacePolicy"] == "Retain"


@own_pool
def test_the_balancers_client_takes_codes_only_at_its_own_address(app):
    client = one(app, "Cognito::UserPoolClient")
    assert client["GenerateSecret"] is True
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["CallbackURLs"] == [{"Fn::Join": ["", ["https://", {"Ref": "Domain"}, "/oauth2/idpresponse"]]}]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["PreventUserExistenceErrors"] == "ENABLED"


@own_provider
def test_the_companys_provider_comes_by_parameters_and_its_secret_by_reference(app):
    config = one(app, "ElasticLoadBalancingV2::ListenerRule")["Actions"][0]["AuthenticateOidcConfig"]
    for wanted in ("Issuer", "AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint", "ClientId"):
        assert config[wanted] == {"Ref": wanted}
        assert "Default" not in app["Parameters"][wanted]
    secret = "".join(str(part) for part in config["ClientSecret"]["Fn::Join"][1])
    assert secret == "{{resolve:secretsmanager:{'Ref': 'ClientSecretArn'}:SecretString:client_secret::}}"
    assert every(app, "Cognito::UserPool") == []
    pattern = app["Parameters"]["TokenEndpoint"]["AllowedPattern"]
    assert re.fullmatch(pattern, "https://login.example.com/oauth2/token")
    assert not re.fullmatch(pattern, "http://login.example.com/oauth2/token")


# --- the copies


def test_a_copy_has_no_root_no_writable_root_and_no_capability(app):
    (container,) = one(app, "ECS::TaskDefinition")["ContainerDefinitions"]
    assert container["User"] == "10001:10001"
    assert container["ReadonlyRootFilesystem"] is True
    assert container["Privileged"] is False
    assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert container["MountPoints"] == [{"ContainerPath": "/tmp", "ReadOnly": False, "SourceVolume": "scratch"}]
    assert one(app, "ECS::TaskDefinition")["Volumes"] == [{"Name": "scratch"}]
    assert container["LogConfiguration"]["LogDriver"] == "awslogs"
    assert container["EntryPoint"] + container["Command"] == [
        *["python", "-P", "-m", "lode.cli"],
        *["app", "--port", "8501"],
    ]


def test_a_copy_is_told_whom_to_believe_and_what_is_secret_by_reference(ways):
    name, app = ways
    (container,) = one(app, "ECS::TaskDefinition")["ContainerDefinitions"]
    told = {each["Name"]: each["Value"] for each in container["Environment"]}
    assert told["LODE_SIGN_IN"] == "balancer"
    assert app["Resources"][told["LODE_BALANCER_ARN"]["Ref"]]["Type"] == "AWS::ElasticLoadBalancingV2::LoadBalancer"
    client, issuer = told["LODE_SIGN_IN_CLIENT"], told["LODE_SIGN_IN_ISSUER"]
    if name == "oidc":
        assert (client, issuer) == ({"Ref": "ClientId"}, {"Ref": "Issuer"})
    else:
        assert app["Resources"][client["Ref"]]["Type"] == "AWS::Cognito::UserPoolClient"
        assert issuer["Fn::GetAtt"][1] == "ProviderURL"
    assert told["LODE_SIGN_IN_SESSION"] == "28800"
    assert [secret["Name"] for secret in container["Secrets"]] == ["STREAMLIT_SERVER_COOKIE_SECRET"]
    assert not [given for given in told if re.search("PASSWORD|TOKEN|COOKIE", given)]


def test_what_a_copy_is_told_are_settings_that_exist(app, monkeypatch):
    from lode.app.admission import trusted_balancer
    from lode.settings import Settings, load_settings

    (container,) = one(app, "ECS::TaskDefinition")["ContainerDefinitions"]
    told = {each["Name"]: each["Value"] for each in container["Environment"]}
    known = {f"LODE_{name.upper()}" for name in Settings.model_fields} | {"LODE_WAREHOUSE_SECRET"}
    assert set(told) <= known
    for name, value in told.items():
        monkeypatch.setenv(name, value if isinstance(value, str) else "x")
    arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/lode/50dc6c495c0c9188"
    settings = load_settings(balancer_arn=arn)
    assert trusted_balancer(settings).arn == arn
    assert settings.app_address == "0.0.0.0"  # noqa: S104


def test_the_balancer_asks_each_copy_for_its_health_under_the_base_path_and_by_tls(ways):
    name, app = ways
    group = one(app, "ElasticLoadBalancingV2::TargetGroup")
    assert group["HealthCheckPath"] == {"cognito": "/_stcore/health", "oidc": "/lode/_stcore/health"}[name]
    assert group["HealthCheckProtocol"] == group["Protocol"] == "HTTPS"
    assert (group["Port"], group["TargetType"]) == (8501, "ip")
    found = attributes(group["TargetGroupAttributes"])
    assert (found["stickiness.enabled"], found["stickiness.type"]) == ("true", "lb_cookie")
    assert int(found["deregistration_delay.timeout_seconds"]) <= 120


def test_the_service_is_closed_and_takes_back_what_does_not_start(ways):
    name, app = ways
    service = one(app, "ECS::Service")
    place = service["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert place["AssignPublicIp"] == "DISABLED"
    assert all("Outside" in subnet["Fn::ImportValue"] for subnet in place["Subnets"])
    assert ["DoorsApp" in group["Fn::ImportValue"] for group in place["SecurityGroups"]] == [True]
    assert service["EnableExecuteCommand"] is False
    assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert one(app, "ECS::Cluster")["ClusterSettings"] == [{"Name": "containerInsights", "Value": "enabled"}]
    scaling = one(app, "ApplicationAutoScaling::ScalableTarget")
    assert (scaling["MinCapacity"], scaling["MaxCapacity"]) == {"cognito": (1, 2), "oidc": (2, 4)}[name]
    followed = {
        policy["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"]["PredefinedMetricType"]
        for policy in every(app, "ApplicationAutoScaling::ScalingPolicy")
    }
    assert followed == {"ECSServiceAverageCPUUtilization", "ALBRequestCountPerTarget"}


def test_the_app_may_read_and_its_agent_may_start_it(ways):
    name, app = ways
    reads = {"s3:GetObject", "s3:ListBucket", "kms:Decrypt", "secretsmanager:GetSecretValue"}
    runs = {"states:StartExecution", "states:ListExecutions", "states:DescribeExecution", "states:StopExecution"}
    assert actions(statements(app, "Lode: the app")) == reads | (runs if name == "oidc" else set())
    assert actions(statements(app, "Lode: what starts the app")) == {
        *("ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"),
        *("ecr:GetAuthorizationToken", "logs:CreateLogStream", "logs:PutLogEvents"),
        *("secretsmanager:GetSecretValue", "kms:Decrypt"),
    }
    for role in every(app, "IAM::Role"):
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert every(app, "IAM::Policy") == []


def test_of_the_lake_the_app_reads_what_its_pages_show(ways):
    name, app = ways
    read = [each["Resource"] for each in statements(app, "Lode: the app") if each["Action"] == "s3:GetObject"]
    found = {one["Fn::Join"][1][-1] for each in read for one in each}
    shown = {"rate/runs/*", "rate/schedules/*", "schedules/*", "runs/*", "raw/sec/*"}
    followed = {"executions/*", "requests/*"} if name == "oidc" else set()
    assert found == {f"/lake/{prefix}" for prefix in shown | followed}


def test_runs_are_started_by_those_alone_whom_a_parameter_names(ways):
    name, app = ways
    (container,) = one(app, "ECS::TaskDefinition")["ContainerDefinitions"]
    told = {each["Name"]: each["Value"] for each in container["Environment"]}
    if name == "cognito":
        assert not {"LODE_RESEARCHERS", "LODE_STATE_MACHINE_ARN"} & set(told)
        assert "Researchers" not in app["Parameters"]
        return
    assert app["Parameters"]["Researchers"]["Default"] == ""
    assert told["LODE_RESEARCHERS"] == {"Ref": "Researchers"}
    machine = told["LODE_STATE_MACHINE_ARN"]
    assert "Machine" in machine["Fn::ImportValue"]
    may = {str(each["Action"]): each["Resource"] for each in statements(app, "Lode: the app")}
    assert may[str(["states:ListExecutions", "states:StartExecution"])] == machine
    (of_executions,) = [resource for action, resource in may.items() if "DescribeExecution" in action]
    told = json.dumps(of_executions)
    assert ":execution:" in told
    assert '":*"' in told
    assert told.count(machine["Fn::ImportValue"]) == 2


def test_the_app_opens_the_warehouse_as_who_only_looks(app):
    (container,) = one(app, "ECS::TaskDefinition")["ContainerDefinitions"]
    (told,) = [each["Value"] for each in container["Environment"] if each["Name"] == "LODE_WAREHOUSE_SECRET"]
    (read,) = [
        each["Resource"]
        for each in statements(app, "Lode: the app")
        if each["Action"] == "secretsmanager:GetSecretValue"
    ]
    assert told == read
    assert "Reader" in told["Fn::ImportValue"]


def test_every_use_of_a_key_is_through_one_service_of_the_region(app):
    for description in ("Lode: the app", "Lode: what starts the app"):
        for used in [each for each in statements(app, description) if each["Action"] == "kms:Decrypt"]:
            services = json.dumps(used["Condition"]["StringEquals"]["kms:ViaService"])
            assert re.search(r'"(s3|secretsmanager)\."', services)


def test_secrets_and_logs_and_scratch_space_have_keys_of_the_customer(app):
    assert "SecretsKey" in one(app, "SecretsManager::Secret")["KmsKeyId"]["Fn::ImportValue"]
    assert all("LogsKey" in group["KmsKeyId"]["Fn::ImportValue"] for group in every(app, "Logs::LogGroup"))
    assert {group["RetentionInDays"] for group in every(app, "Logs::LogGroup")} == {365}
    key = one(app, "ECS::Cluster")["Configuration"]["ManagedStorageConfiguration"]["FargateEphemeralStorageKmsKeyId"]
    assert app["Resources"][key["Ref"]]["Properties"]["EnableKeyRotation"] is True


def test_the_parameters_are_patterns_for_what_is_the_users(app):
    domain, certificate = (app["Parameters"][name]["AllowedPattern"] for name in ("Domain", "CertificateArn"))
    assert re.fullmatch(domain, "lode.example.com")
    for wrong in ("localhost", "https://lode.example.com", "lode.example.com/", "*.example.com", ""):
        assert not re.fullmatch(domain, wrong)
    assert re.fullmatch(certificate, "arn:aws:acm:us-east-1:123456789012:certificate/1b2c-3d")
    assert set(app["Outputs"]) >= {"Address", "BalancerName"}
