"""The state machine, the function of its light steps, the queue of its shards, and what starts and ends it."""

from __future__ import annotations

import json

from aws_cdk import Aws, CfnOutput, Duration, Fn, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as states
from constructs import Construct

from infra.batch import Shards
from infra.collection import Collection
from infra.lambdas import Function, Place, Shape, made_queue
from infra.logs import log_group
from infra.network import Network
from infra.permissions import (
    WideStatement,
    fixed,
    invoke,
    list_objects,
    made_role,
    read_objects,
    read_secret,
    send_messages,
    send_traces,
    use_key,
    write_objects,
)
from infra.storage import Storage
from infra.warehouse import Warehouse
from lode.deploy.deployment import Deployment
from lode.workflow.machine import STOPPED, Resources, render
from lode.workflow.schedule import cloud_schedule

# What the steps read and write; the vault's openings among it, which no shard may touch.
_KEPT = ("requests/", "executions/", "runs/", "snapshots/", "vault/openings/", "raw/import/", "imports/")
_LISTED = ("runs/", "vault/openings/", "imports/")
_STEP_SECONDS = 900
_STEP_DISK_MIB = 10240
_REVISIONS = "Every revision of one definition: an execution that began before an update names the revision before it."
_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)


class Mining(Stack):
    """`machine`, its `steps` function, its `shards`, its `schedule` and the `letters` of starts that failed."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        deployment: Deployment,
        network: Network,
        storage: Storage,
        warehouse: Warehouse,
        collection: Collection,
    ) -> None:
        super().__init__(scope, name, description="Lode: mining")
        self.deployment, self.storage, self.warehouse, self.collection = deployment, storage, warehouse, collection
        place = Place(deployment, network, storage, warehouse)
        self.steps = self._steps(place)
        self.shards = Shards(self, "Shards", place)
        self.logs = log_group(self, "Logs", storage.logs_key, deployment.log_days, f"/aws/vendedlogs/states/{_own()}")
        self.machine = self._machine()
        self.letters = made_queue(self, "DeadLetters", storage.alarms_key)
        self.schedule = self._schedule()
        self._end_what_was_stopped()
        CfnOutput(self, "StateMachineArn", value=self.machine.state_machine_arn, description="LODE_STATE_MACHINE_ARN")

    # --- light steps

    def _steps(self, place: Place) -> Function:
        shape = Shape(
            handler="lode.workflow.handlers.steps",
            room="steps",
            subnets="Private",
            seconds=_STEP_SECONDS,
            memory=self.deployment.steps_memory,
            at_once=self.deployment.steps_at_once,
            disk=_STEP_DISK_MIB,
        )
        lake = self.storage.lake
        may = [
            read_objects(lake, *_KEPT),
            list_objects(lake, *_LISTED),
            write_objects(lake, *_KEPT),
            use_key(self.storage.key, through=("s3",)),
            read_secret(self.warehouse.secret),
            use_key(self.storage.secrets_key, write=False, through=("secretsmanager",)),
        ]
        return Function(self, "Steps", place, shape, place.environment | self.collection.settings, may)

    # --- machine

    def _machine(self) -> states.StateMachine:
        functions = self.collection.functions
        definition = render(
            Resources(
                steps_function=self.steps.function.function_arn,
                market_function=functions["market"].function_arn,
                filings_function=functions["filings"].function_arn,
                news_function=functions["news"].function_arn,
                job_queue=self.shards.queue,
                job_definition=self.shards.definition,
            )
        )
        self.machine_role = made_role(
            self,
            "MachineRole",
            "states.amazonaws.com",
            self._machine_may(),
            description="Lode: what the state machine may do",
            own_account=True,
        )
        return states.StateMachine(
            self,
            "Machine",
            state_machine_type=states.StateMachineType.STANDARD,
            # not by to_json_string, which leaves nulls out: a ResultPath of null keeps the event
            definition_body=states.DefinitionBody.from_string(json.dumps(definition)),
            role=fixed(self.machine_role),
            tracing_enabled=True,
            logs=states.LogOptions(destination=self.logs, level=states.LogLevel.ALL, include_execution_data=True),
        )

    def _machine_may(self) -> list[iam.PolicyStatement]:
        """Allow the four functions, jobs of this definition in this queue, and what AWS wants for logs and traces."""
        rule = self.format_arn(
            service="events", resource="rule", resource_name="StepFunctionsGetEventsForBatchJobsRule"
        )
        return [
            invoke(self.steps.function, *self.collection.functions.values()),
            WideStatement(["batch:SubmitJob"], [self.shards.queue, self._definitions()], _REVISIONS),
            WideStatement(
                ["batch:TerminateJob"],
                [self.format_arn(service="batch", resource="job", resource_name="*")],
                "A job has no name before it is submitted; only jobs of this account and region, which Batch runs.",
            ),
            WideStatement(["batch:DescribeJobs"], ["*"], "AWS Batch knows no resource for looking at jobs."),
            iam.PolicyStatement(
                actions=["events:PutTargets", "events:PutRule", "events:DescribeRule"], resources=[rule]
            ),
            WideStatement(_DELIVERY, ["*"], "CloudWatch Logs knows no resources for the delivery of a machine's log."),
            send_traces(),
            WideStatement(
                ["xray:GetSamplingRules", "xray:GetSamplingTargets"],
                ["*"],
                "X-Ray knows no resources for its rules of sampling.",
            ),
        ]

    def _definitions(self) -> str:
        """Every revision of the job's definition: an execution that began before an update names the one before."""
        name = f"{self.shards.family}:*"
        return str(self.format_arn(service="batch", resource="job-definition", resource_name=name))

    # --- what starts it, and what ends what was stopped

    def _schedule(self) -> scheduler.CfnSchedule:
        """Start the machine half an hour after the close of each session of an ordinary week."""
        expression, zone = cloud_schedule()
        key = self.storage.alarms_key
        self.schedule_role = made_role(
            self,
            "ScheduleRole",
            "scheduler.amazonaws.com",
            [
                iam.PolicyStatement(actions=["states:StartExecution"], resources=[self.machine.state_machine_arn]),
                send_messages(self.letters),
                use_key(key, through=("sqs", "scheduler")),
            ],
            description="Lode: what the schedule may do",
            own_account=True,
        )
        return scheduler.CfnSchedule(
            self,
            "Schedule",
            description="Lode: collect and mine after each session",
            schedule_expression=expression,
            schedule_expression_timezone=zone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            kms_key_arn=key.key_arn,
            state="ENABLED",
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self.machine.state_machine_arn,
                role_arn=self.schedule_role.role_arn,
                input=json.dumps(self._request()),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self.letters.queue_arn),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=4 * 3600, maximum_retry_attempts=20
                ),
            ),
        )

    def _request(self) -> dict[str, object]:
        """Return the machine's input; `scheduled` is put in by the scheduler, so that `validate` can tell a holiday."""
        made = self.deployment
        return {
            "source": "yahoo",
            "universe": made.universe,
            "concurrency": {
                "market": made.market_at_once,
                "filings": made.filings_at_once,
                "news": made.news_at_once,
            },
            "scheduled": "<aws.scheduler.scheduled-time>",
        }

    def _end_what_was_stopped(self) -> None:
        """Have the record of a run ended whose execution was aborted or ran out of time: it could not do so itself."""
        events.Rule(
            self,
            "Stopped",
            description="Lode: an execution was aborted or timed out",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"status": list(STOPPED), "stateMachineArn": [self.machine.state_machine_arn]},
            ),
            targets=[
                targets.LambdaFunction(
                    self.steps.function,
                    event=events.RuleTargetInput.from_object(
                        {
                            "step": "stopped",
                            "event": events.EventField.from_path("$.detail"),
                            "execution": events.EventField.from_path("$.detail.name"),
                        }
                    ),
                    dead_letter_queue=self.letters,
                    max_event_age=Duration.hours(6),
                    retry_attempts=20,
                )
            ],
        )


def _own() -> str:
    """A name that no other stack has had: a log group outlives its stack."""
    return str(Fn.select(2, Fn.split("/", Aws.STACK_ID)))
