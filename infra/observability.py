"""Who is told when Lode is not well: alarms over every stack, what watches the data, the dashboard, the budget."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import Aws, CfnParameter, Stack
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.alarms import alarm_all
from infra.board import draw, keep_questions
from infra.collection import Collection
from infra.dashboard import Dashboard
from infra.lambdas import Place
from infra.mining import Mining
from infra.storage import Storage
from infra.watching import Watching, tell_of_failed_jobs, tell_of_failed_rotations, tell_of_servers
from lode.deploy.deployment import Deployment

_SENDERS = ("cloudwatch.amazonaws.com", "events.amazonaws.com", "budgets.amazonaws.com")


class Observability(Stack):
    """Alarms, all told to `topic`; `well` is the alarm of all of them.

    The mailbox that hears of them is the parameter AlarmEmail, whose owner has to confirm it once.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        place: Place,
        collection: Collection,
        mining: Mining,
        dashboard: Dashboard,
    ) -> None:
        super().__init__(scope, name, description="Lode: observability")
        email = CfnParameter(
            self,
            "AlarmEmail",
            description="The mailbox that alarms and the budget are sent to",
            allowed_pattern=r"^[^@\s]+@[^@\s]+$",
            constraint_description="an e-mail address",
        )
        self.topic = self._topic(place.storage)
        self.topic.add_subscription(subscriptions.EmailSubscription(email.value_as_string))
        stacks = [place.network, place.storage, place.warehouse, collection, mining, dashboard]
        watching = Watching(self, "Watching", place)
        own = {
            "Data": watching.alarms,
            "Mining": [tell_of_failed_jobs(self, mining, self.topic, watching.letters)],
            "Warehouse": [
                tell_of_failed_rotations(self, self.topic, watching.letters),
                *tell_of_servers(self, place.warehouse),
            ],
        }
        self.alarms = alarm_all(self, [*stacks, self])
        for part, alarms in own.items():
            self.alarms.setdefault(part, []).extend(alarms)
        self.well = self._not_well()
        draw(self, place.deployment, stacks, self.alarms)
        keep_questions(self, [collection, mining, dashboard, self])
        self._budget(place.deployment, email.value_as_string)

    def _topic(self, storage: Storage) -> sns.Topic:
        """Return a topic under its own key that services of this account publish to, over TLS only."""
        topic = sns.Topic(self, "Alarms", master_key=storage.alarms_key, enforce_ssl=True, display_name="Lode")
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service) for service in _SENDERS],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        return topic

    def _not_well(self) -> cloudwatch.CompositeAlarm:
        """Tell of each alarm as it rises; of the whole when it is no longer well, and when it is again."""
        told = actions.SnsAction(self.topic)
        parts = []
        for part, alarms in self.alarms.items():
            for alarm in alarms:
                alarm.add_alarm_action(told)
            parts.append(self._any(f"{part} is not well", alarms))
        well = self._any("Lode is not well", parts)
        well.add_alarm_action(told)
        well.add_ok_action(told)
        return well

    def _any(self, name: str, alarms: Iterable[cloudwatch.IAlarm]) -> cloudwatch.CompositeAlarm:
        rules = [cloudwatch.AlarmRule.from_alarm(alarm, cloudwatch.AlarmState.ALARM) for alarm in alarms]
        return cloudwatch.CompositeAlarm(
            self, name, alarm_rule=cloudwatch.AlarmRule.any_of(*rules), alarm_description=f"Lode: {name}"
        )

    def _budget(self, deployment: Deployment, email: str) -> None:
        """Tell when the month's cost reaches 80 % of the budget, and when all of it is forecast to be spent."""
        mailbox = budgets.CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=email)
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=deployment.budget, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN",
                        notification_type=kind,
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[mailbox],
                )
                for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
        )
