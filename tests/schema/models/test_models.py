"""What a definition may say: the example of every kind, and what `docs/domain.md` tells."""

import re
from datetime import timedelta
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from tests.schema.design_example import design_example

from tocsin_schema.models import (
    Alert,
    DispatcherTarget,
    HashFunction,
    Integration,
    Level,
    MappingFunction,
    Monitor,
    Project,
    RegexFunction,
    Sample,
    UptrendsTarget,
    Variable,
)
from tocsin_schema.models.document import default_guid
from tocsin_schema.models.monitor import MonitorType


@pytest.fixture(scope="module")
def example() -> dict[str, dict[str, Any]]:
    return design_example()


# The example, document by document


def test_the_example_integration_says_what_is_sent(example: dict[str, Any]) -> None:
    integration = Integration.model_validate(example["integration"])
    trigger, resolve = integration.messages
    request, delay = trigger.steps

    assert integration.display_name == "PagerDuty"
    assert integration.variables["ApiUrl"] == Variable(value="https://events.pagerduty.com/v2/enqueue")
    assert integration.variables["Severity"] == Variable(per_level=True, description="PagerDuty severity")
    assert integration.functions["action"] == MappingFunction(
        mapping={"Alert": "trigger", "Reminder": "trigger", "Ok": "resolve"}
    )
    assert integration.functions["code"] == RegexFunction(regex=r"HTTP (\d{3})")
    assert integration.functions["sign"] == HashFunction(hash="HMAC-SHA256", key="{{@VaultItem.signing.Password}}")
    assert trigger.types == ("error", "reminder")
    assert request.request is not None
    assert request.request.auth is not None
    assert request.request.auth.scheme == "basic"
    assert request.request.auth.credentials.username == "{{@VaultItem.x.Username}}"
    assert (request.request.body or "").startswith('{"routing_key": "{{RoutingKey}}"')
    assert request.assert_[0].source == "status"
    assert request.assert_[0].expectation.expected == 202
    assert request.capture["DedupKey"].source == "json"
    assert request.capture["DedupKey"].selector == "$.dedup_key"
    assert request.retry is not None
    assert (request.retry.attempts, request.retry.wait) == (3, timedelta(seconds=2))
    assert delay.delay == timedelta(seconds=5)
    assert resolve.steps[0].request is not None
    assert resolve.steps[0].request.json_ == {
        "routing_key": "{{RoutingKey}}",
        "event_action": "resolve",
        "dedup_key": "{{@incident.key}}",
    }


def test_the_example_integration_sends_each_type_by_its_own_set(example: dict[str, Any]) -> None:
    integration = Integration.model_validate(example["integration"])
    only_errors = integration.model_copy(update={"messages": integration.messages[:1]})

    assert integration.message_set("reminder") is integration.messages[0]
    assert integration.message_set("ok") is integration.messages[1]
    assert only_errors.message_set("ok") is None


def test_the_example_alert_says_who_is_told_when(example: dict[str, Any]) -> None:
    alert = Alert.model_validate(example["alert"])
    first, second = alert.levels

    assert (alert.monitors, alert.groups) == (("shop-home",), ("shop",))
    assert (first.when.errors, first.when.error_for) == (2, None)
    assert first.message == "Use checklist THX-1138"
    assert first.reminders is not None
    assert (first.reminders.max, first.reminders.every) == (3, timedelta(minutes=10))
    assert first.integrations[0].variables == {"Channel": "#ops"}
    assert (second.when.errors, second.when.error_for) == (None, timedelta(minutes=30))
    assert second.operators == ("jan",)
    assert second.reminders is None


def test_the_example_monitor_says_what_is_checked(example: dict[str, Any]) -> None:
    assert Monitor.model_validate(example["monitor"]) == Monitor(
        kind="monitor",
        name="shop-home",
        title="Shop home page",
        guid="849b2046-213d-43ad-9efc-5af1faaeb222",
        type="Https",
        url="https://shop.example.com",
        notes='Call "ops" first.\n',
        groups=("shop",),
        check_interval=timedelta(minutes=1),
        generate_alerts=True,
        custom_fields={"ComponentId": "7149488f-0b33-460d-85eb-210c0e80d7ba"},
    )


def test_the_example_sample_sets_values(example: dict[str, Any]) -> None:
    assert Sample.model_validate(example["sample"]).set == {"@monitor.notes": 'a "quote"\nand a line break'}


def test_the_example_project_names_account_vault_targets_and_rules(example: dict[str, Any]) -> None:
    project = Project.model_validate(example["project"])
    production, uptrends = project.targets["production"], project.targets["uptrends"]

    assert (project.account.id, project.account.time_zone, project.account.culture) == (
        "299840",
        "America/Chicago",
        "en-US",
    )
    assert project.vault == ("pagerduty", "signing")
    assert project.rules == {"TOC503": "off"}
    assert isinstance(production, DispatcherTarget)
    assert production.token.env == "TOCSIN_PRODUCTION_TOKEN"
    assert production.variables == {"pagerduty.ApiUrl": "https://events.eu.pagerduty.com/v2/enqueue"}
    assert production.limits is not None
    assert (production.limits.delete, production.limits.update) == ("20%", "60%")
    assert isinstance(uptrends, UptrendsTarget)
    assert (uptrends.username.env, uptrends.password.env) == ("TOCSIN_UPTRENDS_USER", "TOCSIN_UPTRENDS_PASSWORD")


# Alert definitions (docs/domain.md#alert-definitions-and-escalation-levels)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_an_alert_has_one_to_four_levels(count: int) -> None:
    levels = [{"when": {"errors": number}} for number in range(1, count + 1)]

    assert len(Alert.model_validate({"kind": "alert", "name": "a", "levels": levels}).levels) == count


@pytest.mark.parametrize(("count", "text"), [(0, "at least 1"), (5, "at most 4")])
def test_no_level_and_a_fifth_level_are_refused(count: int, text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        Alert.model_validate({"kind": "alert", "name": "a", "levels": [{"when": {"errors": 1}}] * count})


@pytest.mark.parametrize("when", [{}, {"errors": 1, "error_for": "5m"}, {"errors": None}])
def test_a_level_has_exactly_one_condition(when: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly one of errors and error_for"):
        Level.model_validate({"when": when})


def test_a_level_fires_at_one_error_at_the_earliest() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Level.model_validate({"when": {"errors": 0}})


def test_no_reminders_need_no_interval_between_them() -> None:
    level = Level.model_validate({"when": {"errors": 1}, "reminders": {"max": 0, "every": "0s"}})

    assert level.reminders is not None
    with pytest.raises(ValidationError, match="every must be longer than 0s"):
        Level.model_validate({"when": {"errors": 1}, "reminders": {"max": 1, "every": "0s"}})


def test_a_level_may_be_silent_and_may_speak_to_operators() -> None:
    level = Level.model_validate(
        {
            "when": {"errors": 1},
            "active": False,
            "operators": ["jan", "An"],
            "operator_groups": ["Night shift"],
            "trace_route": True,
        }
    )

    assert not level.active
    assert (level.operators, level.operator_groups, level.trace_route) == (("jan", "An"), ("Night shift",), True)


# Monitors (docs/domain.md#monitor-types)


def test_there_are_19_types_of_monitor() -> None:
    # docs/domain.md#monitor-types
    stated = """`Http`, `Https`, `Connect`, `Ping`, `POP3`, `SMTP`, `FTP`, `MySQL`, `MSSQL`, `WebserviceHttp`,
        `WebserviceHttps`, `Transaction`, `DNS`, `FullPageCheck`, `RealBrowserCheck`, `Certificate`, `SFTP`,
        `MultiStepApi`, `IMAP`"""

    types = re.findall("`(.+?)`", stated)
    assert list(get_args(MonitorType)) == types
    assert len(types) == 19
    for each in types:
        assert Monitor.model_validate({"kind": "monitor", "name": "m", "type": each}).type == each


def test_a_monitor_of_another_type_is_refused() -> None:
    with pytest.raises(ValidationError, match="'Http', 'Https'"):
        Monitor.model_validate({"kind": "monitor", "name": "m", "type": "https"})


# The project


def test_vault_items_that_would_share_an_environment_variable_are_refused() -> None:
    project = {"kind": "project", "format": 1, "name": "a", "account": {"id": "1"}, "vault": ["eu.slack", "eu-slack"]}
    with pytest.raises(ValidationError, match=r"eu\.slack and eu-slack would both be TOCSIN_VAULT_EU_SLACK_PASSWORD"):
        Project.model_validate(project)


@pytest.mark.parametrize("target", [{"type": "pagerduty"}, {}, None, "local"])
def test_a_target_is_a_dispatcher_or_uptrends(target: Any) -> None:
    project = {"kind": "project", "format": 1, "name": "a", "account": {"id": "1"}, "targets": {"t": target}}
    with pytest.raises(ValidationError, match="type: dispatcher or type: uptrends"):
        Project.model_validate(project)


@pytest.mark.parametrize("url", ["tocsin.example.com", "ftp://x", "https://", "https://x/?a=b", "https://x y", ""])
def test_a_target_has_a_url_without_query(url: str) -> None:
    with pytest.raises(ValidationError, match="pattern"):
        DispatcherTarget.model_validate({"type": "dispatcher", "url": url, "token": {"env": "T"}})


@pytest.mark.parametrize("share", ["20", "101%", "-1%", "20.5%", "%"])
def test_a_limit_is_a_percentage(share: str) -> None:
    target = {"type": "dispatcher", "url": "https://x", "token": {"env": "T"}, "limits": {"delete": share}}
    with pytest.raises(ValidationError, match="pattern"):
        DispatcherTarget.model_validate(target)


# Every document


@pytest.mark.parametrize("name", ["a", "0", "shop-home", "eu.shop", "a" * 63])
def test_a_name_is_lower_case_and_short(name: str) -> None:
    assert Sample.model_validate({"kind": "sample", "name": name}).display_name == name


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a-", ".a", "a b", "é", "a\n", "a" * 64])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="pattern"):
        Sample.model_validate({"kind": "sample", "name": name})


def test_the_title_is_what_messages_print() -> None:
    assert Sample.model_validate({"kind": "sample", "name": "a", "title": "An A"}).display_name == "An A"


def test_a_definition_without_a_guid_has_the_same_one_every_day() -> None:
    assert default_guid("shop", "monitor", "home") == default_guid("shop", "monitor", "home")
    assert len({default_guid(*each) for each in (("a", "b", "c"), ("a", "b", "d"), ("b", "b", "c"))}) == 3
