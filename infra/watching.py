"""What looks for what no metric of AWS's tells: stale data, jobs and rotations that failed."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import Rule, made_alarm, resources
from infra.board import measured
from infra.lambdas import Function, Place, Shape
from infra.mining import Mining
from infra.network import PRIVATE
from infra.warehouse import Warehouse
from lode.deploy.watch import NAMESPACE, SOURCES
from lode.workflow.data_diagnosis import BEHIND

_EVERY_MINUTES = 30
_DAY = 24 * 60
_STALE = {"market": "bars", "filings": "filings", "news": "articles"}
_BREACHING = cloudwatch.TreatMissingData.BREACHING


class Watching(Construct):
    """The function that looks at the data every half hour, and `alarms` over what it finds.

    `letters` takes what events could not bring to their targets; an alarm watches its depth.
    """

    def __init__(self, scope: Construct, name: str, place: Place) -> None:
        super().__init__(scope, name)
        collectors, reader = place.deployment.collectors, place.warehouse.reader
        self.watch = Function(
            self,
            "Watch",
            place,
            Shape("lode.deploy.watch.watch", "watch", PRIVATE, seconds=120, memory=1024, at_once=1),
            place.environment | {"LODE_COLLECTORS": collectors, "LODE_WAREHOUSE_SECRET": reader.secret_arn},
            place.warehouse.may_open(reader),
        )
        events.Rule(
            self,
            "Every",
            description="Lode: look at the data",
            schedule=events.Schedule.rate(Duration.minutes(_EVERY_MINUTES)),
            targets=[targets.LambdaFunction(self.watch.function, retry_attempts=2, dead_letter_queue=self.watch.queue)],
        )
        self.letters = _open_to_events(self.watch.queue)
        watched = [name.strip() for name in collectors.split(",") if name.strip() in SOURCES]
        self.alarms = [self._late(source, f"{_STALE[source]} are missing") for source in watched]
        self.alarms.append(self._late("runs", "no run has succeeded"))

    def _late(self, source: str, what: str) -> cloudwatch.Alarm:
        return self._alarm(source, "SessionsBehind", f"{what} for {BEHIND} sessions, or nobody knows", BEHIND - 1)

    def _alarm(self, source: str, name: str, says: str, over: float) -> cloudwatch.Alarm:
        """Return an alarm that also rises when the number has not come for two hours."""
        rule = Rule("", name, says, over, "Maximum", 60, 2, 2, _BREACHING)
        return made_alarm(self, f"{source} {name}", measured(name, source), rule)


def _open_to_events(queue: sqs.Queue) -> sqs.Queue:
    """Let EventBridge put into a queue what it could not deliver, on behalf of this account only."""
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
    return queue


def tell_of_servers(scope: Construct, warehouse: Warehouse) -> list[cloudwatch.Alarm]:
    """Alarm what each ClickHouse server tells of itself (docker/warehouse/host.sh): a full disk, no backup."""
    full = Rule(
        "", "WarehouseDiskUsed", "a disk of the warehouse is over 80 % full", 80, "Maximum", 60, 2, 2, _BREACHING
    )
    unsaved = Rule("", "WarehouseBackups", "no backup for two days", 1, "Sum", _DAY, 2, 2, _BREACHING, under=True)
    return [
        made_alarm(scope, f"{machine.name} {rule.metric}", told_by(machine.name, rule), rule)
        for machine in warehouse.machines
        for rule in ((full,) if machine.voter_only else (full, unsaved))
    ]


def told_by(server: str, rule: Rule) -> cloudwatch.Metric:
    """Return a metric that a server tells of itself."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=rule.metric,
        dimensions_map={"Server": server},
        statistic=rule.statistic,
        period=Duration.minutes(rule.minutes),
    )


def tell_of_failed_jobs(scope: Construct, mining: Mining, topic: sns.ITopic, letters: sqs.IQueue) -> cloudwatch.Alarm:
    """Tell which Batch job of Lode's queues failed, and count them; a child of an array is counted with its parent."""
    queues = [part.ref for part in resources(mining) if part.cfn_resource_type == "AWS::Batch::JobQueue"]
    failed = {"status": ["FAILED"], "jobQueue": queues, "arrayProperties": {"index": [{"exists": False}]}}
    pattern = {"source": ["aws.batch"], "detail-type": ["Batch Job State Change"], "detail": failed}
    paths = {"job": "$.detail.jobName", "id": "$.detail.jobId", "reason": "$.detail.statusReason"}
    told = "Lode: the job <job> (<id>) failed for good: <reason>"
    return _counted(scope, "FailedJobs", "a shard failed for good", pattern, topic, letters, (told, paths))


def tell_of_failed_rotations(scope: Construct, topic: sns.ITopic, letters: sqs.IQueue) -> cloudwatch.Alarm:
    """Tell of a password that could not be renewed: an event of CloudTrail's, for which the account needs a trail."""
    pattern = {
        "source": ["aws.secretsmanager"],
        "detail-type": ["AWS Service Event via CloudTrail"],
        "detail": {"eventSource": ["secretsmanager.amazonaws.com"], "eventName": ["RotationFailed"]},
    }
    told = "Lode: the secret <secret> could not be renewed"
    paths = {"secret": "$.detail.additionalEventData.SecretId"}
    return _counted(scope, "FailedRotations", "a secret could not be renewed", pattern, topic, letters, (told, paths))


def _counted(
    scope: Construct,
    name: str,
    says: str,
    pattern: Mapping[str, object],
    topic: sns.ITopic,
    letters: sqs.IQueue,
    told: tuple[str, Mapping[str, str]],
) -> cloudwatch.Alarm:
    """Send what matches to the topic in words; the alarm counts the matches.

    The CDK's own target would let EventBridge publish on behalf of any account: the topic's policy has the condition.
    """
    text, paths = told
    words = events.CfnRule.InputTransformerProperty(input_template=f'"{text}"', input_paths_map=paths)
    kept = events.CfnRule.DeadLetterConfigProperty(arn=letters.queue_arn)
    target = events.CfnRule.TargetProperty(
        id="Topic", arn=topic.topic_arn, input_transformer=words, dead_letter_config=kept
    )
    rule = events.CfnRule(scope, name, description=f"Lode: {says}", event_pattern=pattern, targets=[target])
    matched = cloudwatch.Metric(
        namespace="AWS/Events",
        metric_name="MatchedEvents",
        dimensions_map={"RuleName": rule.ref},
        statistic="Sum",
        period=Duration.minutes(5),
    )
    return made_alarm(scope, f"{name} MatchedEvents", matched, Rule("", "MatchedEvents", says))
