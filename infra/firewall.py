"""What the balancer refuses before it asks who is there: known attacks, known attackers, too many requests."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.logs import log_group
from infra.names import own_word
from lode.deploy.deployment import Deployment

_MANAGED: dict[str, tuple[str, ...]] = {  # AWS's groups of rules, and the rules of each that only count
    # The balancer's own cookie has up to four parts of 4 KB, and providers answer with long codes.
    "AWSManagedRulesCommonRuleSet": ("SizeRestrictions_Cookie_HEADER", "SizeRestrictions_QUERYSTRING"),
    "AWSManagedRulesKnownBadInputsRuleSet": (),
    "AWSManagedRulesAmazonIpReputationList": (),
}
_MOST = 2000  # requests of one address in five minutes; a page takes about fifty
_SECRET_HEADERS = ("cookie", "authorization")


class Firewall(Construct):
    """`acl` before the resource of this ARN; each refused request is logged, without its cookies."""

    def __init__(self, scope: Construct, name: str, deployment: Deployment, key: kms.IKey, guarded: str) -> None:
        super().__init__(scope, name)
        self.acl = waf.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            rules=[
                _rate(0),
                *(_managed(at, group, counted) for at, (group, counted) in enumerate(_MANAGED.items(), 1)),
            ],
            visibility_config=_seen("app"),
        )
        waf.CfnWebACLAssociation(self, "Guards", resource_arn=guarded, web_acl_arn=self.acl.attr_arn)
        self.group = self._log(deployment, key)

    def _log(self, deployment: Deployment, key: kms.IKey) -> logs.LogGroup:
        """AWS WAF writes only into groups of this prefix; the group outlives its stack, so its name is the stack's."""
        name = f"aws-waf-logs-{deployment.name}-{own_word()}"
        group = log_group(self, "Log", key, deployment.log_days, name)
        redacted = [
            waf.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": header})
            for header in _SECRET_HEADERS
        ]
        waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.acl.attr_arn,
            log_destination_configs=[_bare_arn(group)],
            redacted_fields=redacted,
            logging_filter={
                "DefaultBehavior": "DROP",
                "Filters": [
                    {
                        "Behavior": "KEEP",
                        "Requirement": "MEETS_ANY",
                        "Conditions": [{"ActionCondition": {"Action": action}} for action in ("BLOCK", "COUNT")],
                    }
                ],
            },
        )
        return group


def _rate(priority: int) -> waf.CfnWebACL.RuleProperty:
    return waf.CfnWebACL.RuleProperty(
        name="rate",
        priority=priority,
        action=waf.CfnWebACL.RuleActionProperty(block={}),
        statement=waf.CfnWebACL.StatementProperty(
            rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(aggregate_key_type="IP", limit=_MOST)
        ),
        visibility_config=_seen("rate"),
    )


def _managed(priority: int, group: str, counted: Sequence[str]) -> waf.CfnWebACL.RuleProperty:
    count = waf.CfnWebACL.RuleActionProperty(count={})
    statement = waf.CfnWebACL.ManagedRuleGroupStatementProperty(
        vendor_name="AWS",
        name=group,
        rule_action_overrides=[
            waf.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=count) for rule in counted
        ]
        or None,
    )
    return waf.CfnWebACL.RuleProperty(
        name=group,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(managed_rule_group_statement=statement),
        visibility_config=_seen(group),
    )


def _seen(metric: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=True
    )


def _bare_arn(group: logs.ILogGroup) -> str:
    """Return a group's ARN without the `:*` behind it, which AWS WAF refuses."""
    return str(Stack.of(group).format_arn(service="logs", resource=f"log-group:{group.log_group_name}"))
