from __future__ import annotations

import json
import re

import pytest

from lode.deploy.deployment import sized

WATCHED = {  # what has to have an alarm, and of which metrics at least
    "AWS::Lambda::Function": {"Errors", "Throttles"},
    "AWS::SQS::Queue": {"ApproximateNumberOfMessagesVisible"},
    "AWS::StepFunctions::StateMachine": {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"},
    "AWS::Events::Rule": {"FailedInvocations"},
    "AWS::Scheduler::ScheduleGroup": {"TargetErrorCount"},
    "AWS::AutoScaling::AutoScalingGroup": {"StatusCheckFailed", "CPUUtilization"},
    "AWS::EC2::NatGateway": {"ErrorPortAllocation", "PacketsDropCount"},
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"}
    | {"ELBAuthError", "ELBAuthFailure"},
    "AWS::ElasticLoadBalancingV2::TargetGroup": {"UnHealthyHostCount", "HealthyHostCount"},
    "AWS::ECS::Service": {"CPUUtilization", "MemoryUtilization"},
    "AWS::SNS::Topic": {"NumberOfNotificationsFailed"},
}
OWN = "LodeObservability"


@pytest.fixture(scope="module")
def own(templates):
    return templates[OWN]["Resources"]


def of_type(resources, kind):
    return {name: part["Properties"] for name, part in resources.items() if part["Type"] == kind}


def named(value, templates, stack=OWN):
    """The resource, by its stack and logical id, that a value of a template refers to."""
    if "Ref" in value:
        return stack, value["Ref"]
    if "Fn::GetAtt" in value:
        return stack, value["Fn::GetAtt"][0]
    exporter = value["Fn::ImportValue"].partition(":")[0]
    outputs = templates[exporter]["Outputs"].values()
    (output,) = [o for o in outputs if o.get("Export", {}).get("Name") == value["Fn::ImportValue"]]
    return named(output["Value"], templates, exporter)


def alarmed(templates):
    """Every metric that an alarm is about, by the resources that its dimensions name."""
    found = {}
    for alarm in of_type(templates[OWN]["Resources"], "AWS::CloudWatch::Alarm").values():
        for dimension in alarm.get("Dimensions", []):
            if isinstance(dimension["Value"], dict):
                found.setdefault(named(dimension["Value"], templates), set()).add(alarm["MetricName"])
    return found


def missing(templates):
    found = alarmed(templates)
    return {
        f"{stack}/{name}: {metric}"
        for stack, template in templates.items()
        for name, resource in template["Resources"].items()
        for metric in WATCHED.get(resource["Type"], set()) - found.get((stack, name), set())
    }


def test_whatever_can_fail_has_an_alarm(templates):
    assert missing(templates) == set()


def test_a_queue_without_an_alarm_would_be_found(templates):
    planted = {"Resources": {"Forgotten": {"Type": "AWS::SQS::Queue", "Properties": {}}}}
    assert missing(templates | {"LodeElsewhere": planted}) == {
        "LodeElsewhere/Forgotten: ApproximateNumberOfMessagesVisible"
    }


def test_every_alarm_is_told_to_the_topic_and_says_what_is_wrong(own):
    (topic,) = of_type(own, "AWS::SNS::Topic")
    for alarm in of_type(own, "AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == [{"Ref": topic}]
        assert re.match(r"Lode: .{10,}", alarm["AlarmDescription"])
        assert alarm["TreatMissingData"] in {"breaching", "notBreaching"}


def test_lode_is_well_only_when_every_alarm_is_quiet(own):
    rules = {
        name: json.dumps(part["AlarmRule"]) for name, part in of_type(own, "AWS::CloudWatch::CompositeAlarm").items()
    }
    (whole,) = [name for name in rules if name.startswith("Lodeisnotwell")]
    reached = {whole}
    for _ in range(2):  # the whole names the parts, the parts their alarms
        reached |= {name for rule in [rules[r] for r in reached & set(rules)] for name in own if f'"{name}"' in rule}
    assert reached == set(of_type(own, "AWS::CloudWatch::Alarm")) | set(rules)
    assert own[whole]["Properties"]["OKActions"] == own[whole]["Properties"]["AlarmActions"]
    assert all(len(rule) < 10_240 for rule in rules.values())  # CloudWatch's limit
    assert all(rule.count("ALARM(") <= 100 for rule in rules.values())


def test_the_topic_is_encrypted_refuses_plain_http_and_hears_this_account_only(own):
    (topic,) = of_type(own, "AWS::SNS::Topic").values()
    assert "KmsMasterKeyId" in topic
    (policy,) = of_type(own, "AWS::SNS::TopicPolicy").values()
    by_effect = {s["Effect"]: s for s in policy["PolicyDocument"]["Statement"]}
    assert by_effect["Deny"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert by_effect["Allow"]["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert by_effect["Allow"]["Action"] == "sns:Publish"
    (subscription,) = of_type(own, "AWS::SNS::Subscription").values()
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", {"Ref": "AlarmEmail"})


def test_the_budget_tells_before_it_is_spent(own):
    (budget,) = of_type(own, "AWS::Budgets::Budget").values()
    assert budget["Budget"]["BudgetLimit"] == {"Amount": sized({}).budget, "Unit": "USD"}
    told = [n["Notification"] for n in budget["NotificationsWithSubscribers"]]
    assert {(n["NotificationType"], n["Threshold"]) for n in told} == {("ACTUAL", 80), ("FORECASTED", 100)}
    assert all(n["Subscribers"][0]["Address"] == {"Ref": "AlarmEmail"} for n in budget["NotificationsWithSubscribers"])


def test_a_number_that_does_not_come_is_a_late_source(own):
    late = [a for a in of_type(own, "AWS::CloudWatch::Alarm").values() if a.get("Namespace") == "Lode"]
    sources = {a["Dimensions"][0]["Value"] for a in late if a["MetricName"] == "SessionsBehind"}
    assert sources == {"market", "filings", "news", "runs"}
    servers = {(a["Dimensions"][0]["Value"], a["MetricName"]) for a in late if a["Dimensions"][0]["Name"] == "Server"}
    one = "warehouse-1.lode.internal"
    assert {(one, "WarehouseDiskUsed"), (one, "WarehouseBackups")} <= servers
    for alarm in late:
        assert alarm["TreatMissingData"] == "breaching"
        least = alarm["MetricName"] == "WarehouseBackups"
        assert alarm["ComparisonOperator"] == ("LessThanThreshold" if least else "GreaterThanThreshold")
    assert {a["Threshold"] for a in late if a["MetricName"] == "SessionsBehind"} == {1}  # two sessions are late


def test_failed_jobs_and_rotations_are_told_in_words(own, templates):
    patterns = {n: r["EventPattern"] for n, r in of_type(own, "AWS::Events::Rule").items() if "EventPattern" in r}
    (jobs,) = [p for p in patterns.values() if p["source"] == ["aws.batch"]]
    assert jobs["detail"]["status"] == ["FAILED"]
    queues = {named(queue, templates) for queue in jobs["detail"]["jobQueue"]}
    assert queues == {
        (stack, name)
        for stack, template in templates.items()
        for name, part in template["Resources"].items()
        if part["Type"] == "AWS::Batch::JobQueue"
    }
    counted = [a for a in of_type(own, "AWS::CloudWatch::Alarm").values() if a["MetricName"] == "MatchedEvents"]
    assert {a["Dimensions"][0]["Value"]["Ref"] for a in counted} == set(patterns)


def test_the_dashboard_follows_the_data_and_questions_are_saved(own):
    (board,) = of_type(own, "AWS::CloudWatch::Dashboard").values()
    text = json.dumps(board["DashboardBody"])
    order = [text.index(f"## {part}") for part in ("Fresh", "Collect", "Warehouse", "Mine", "App")]
    assert order == sorted(order)
    questions = {q["Name"] for q in of_type(own, "AWS::Logs::QueryDefinition").values()}
    assert {"Lode/what happened in a run", "Lode/refused rows by source"} <= questions
    assert all(q["LogGroupNames"] for q in of_type(own, "AWS::Logs::QueryDefinition").values())
