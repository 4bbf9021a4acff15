"""What is looked at: a dashboard along the data's way, and saved questions to the logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aws_cdk import CfnResource, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.alarms import BALANCER, FUNCTION, INSTANCE, MACHINE, NAT, QUEUE, SERVICE, metric_of, name_of, resources
from lode.deploy.deployment import Deployment
from lode.deploy.watch import NAMESPACE, SOURCES

_WIDTH, _THIRD = 24, 8
_LOG_GROUP = "AWS::Logs::LogGroup"


class Graph(NamedTuple):
    """A graph over every resource of a type."""

    title: str
    type: str
    metrics: tuple[str, ...]
    statistic: str = "Sum"


# The data's way: a heading, the classes of the stacks that it is about, the graphs.
_WAY = (
    (
        "Collect: Yahoo, SEC and web search to the lake and the warehouse",
        ("Collection", "Network"),
        (
            Graph("Collectors: calls, errors, refusals", FUNCTION, ("Invocations", "Errors", "Throttles")),
            Graph("Collectors: the longest call", FUNCTION, ("Duration",), "Maximum"),
            Graph("Dead letters", QUEUE, ("ApproximateNumberOfMessagesVisible",), "Maximum"),
            Graph("The way out", NAT, ("BytesOutToDestination", "BytesInFromDestination", "ErrorPortAllocation")),
        ),
    ),
    (
        "Warehouse: ClickHouse",
        ("Warehouse",),
        (
            Graph("Servers: processors", INSTANCE, ("CPUUtilization",), "Average"),
            Graph("Servers: network", INSTANCE, ("NetworkIn", "NetworkOut")),
            Graph("Operations: calls, errors", FUNCTION, ("Invocations", "Errors")),
        ),
    ),
    (
        "Mine: the state machine, its steps and shards",
        ("Mining",),
        (
            Graph("Runs", MACHINE, ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed")),
            Graph("The longest run", MACHINE, ("ExecutionTime",), "Maximum"),
            Graph("Steps: calls, errors", FUNCTION, ("Invocations", "Errors")),
            Graph("Steps: the longest call", FUNCTION, ("Duration",), "Maximum"),
        ),
    ),
    (
        "App: who asks and what he gets",
        ("Dashboard",),
        (
            Graph(
                "Requests and errors", BALANCER, ("RequestCount", "HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count")
            ),
            Graph("Answer times", BALANCER, ("TargetResponseTime",), "p99"),
            Graph("Sign-ins", BALANCER, ("ELBAuthSuccess", "ELBAuthFailure", "ELBAuthError")),
            Graph("Copies: processors and memory", SERVICE, ("CPUUtilization", "MemoryUtilization"), "Average"),
        ),
    ),
)

# The lines of product code are JSON, one object each: event, component, level, timestamp, and what each says of itself.
_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "what happened in a run": (
        "fields @timestamp, level, component, step, shard, event, reason, @log",
        "filter run = 'RUN' or execution like /RUN/",
        "sort @timestamp asc",
        "limit 1000",
    ),
    "warnings and errors": (
        "fields @timestamp, component, run, step, source, event, reason, kind, @log",
        "filter level in ['warning', 'error'] or @message like /Traceback|Task timed out|OutOfMemory/",
        "sort @timestamp desc",
        "limit 200",
    ),
    "refused rows by source": (
        "filter component = 'watch' and ispresent(RowsRefused)",
        "stats max(RowsRefused) as refused by Source, bin(1d) as day",
        "sort day desc, refused desc",
    ),
    "how late the sources are": (
        "filter component = 'watch' and ispresent(SessionsBehind)",
        "stats max(SessionsBehind) as sessions by Source, bin(1h) as hour",
        "sort hour desc",
    ),
    "slowest calls": (
        "filter @type = 'REPORT'",
        "stats count() as calls, max(@duration) as longest, max(@maxMemoryUsed) as memory by @log",
        "sort longest desc",
    ),
}


def draw(
    scope: Construct,
    deployment: Deployment,
    stacks: Sequence[Stack],
    alarms: Mapping[str, Sequence[cloudwatch.IAlarm]],
) -> cloudwatch.Dashboard:
    """Draw the dashboard: what is wrong now, how fresh the data are, then each part along the data's way."""
    board = cloudwatch.Dashboard(scope, "Board", default_interval=Duration.days(2))
    told = [alarm for group in alarms.values() for alarm in group]
    board.add_widgets(_words(f"# Lode ({deployment.size})"))
    board.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=told, width=_WIDTH, height=8))
    board.add_widgets(_words("## Fresh: sessions that are missing, rows that were refused, runs"))
    board.add_widgets(*_fresh())
    for heading, classes, graphs in _WAY:
        parts = [part for stack in stacks if type(stack).__name__ in classes for part in resources(stack)]
        drawn = [widget for graph in graphs if (widget := _graph(graph, parts))]
        board.add_widgets(_words(f"## {heading}"))
        board.add_widgets(*drawn)
    return board


def _words(text: str) -> cloudwatch.TextWidget:
    return cloudwatch.TextWidget(markdown=text, width=_WIDTH, height=1)


def _fresh() -> list[cloudwatch.GraphWidget]:
    sources = (*SOURCES, "runs")
    return [
        cloudwatch.GraphWidget(
            title=title, width=_THIRD, left=[measured(name, source).with_(label=source) for source in which]
        )
        for title, name, which in (
            ("Sessions behind", "SessionsBehind", sources),
            ("Rows refused within a day", "RowsRefused", tuple(SOURCES)),
            ("Hours since a run succeeded", "HoursSinceRun", ("runs",)),
        )
    ]


def measured(name: str, source: str, statistic: str = "Maximum") -> cloudwatch.Metric:
    """Return a metric of `lode.deploy.watch`."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"Source": source},
        statistic=statistic,
        period=Duration.hours(1),
    )


def _graph(graph: Graph, parts: Sequence[CfnResource]) -> cloudwatch.GraphWidget | None:
    drawn = [
        metric_of(part, name, graph.statistic).with_(label=f"{name_of(part)} {name}")
        for part in parts
        if part.cfn_resource_type == graph.type
        for name in graph.metrics
    ]
    return cloudwatch.GraphWidget(title=graph.title, left=drawn, width=_THIRD) if drawn else None


def keep_questions(scope: Construct, stacks: Sequence[Stack]) -> None:
    """Save the questions to every group of lines that product code writes (RUN stands for the run's id)."""
    groups = [part for part in resources(*stacks) if part.cfn_resource_type == _LOG_GROUP]
    for name, lines in _QUESTIONS.items():
        logs.CfnQueryDefinition(
            scope,
            f"Question {name}",
            name=f"Lode/{name}",
            query_string="\n| ".join(lines),
            log_group_names=[group.ref for group in groups],
        )
