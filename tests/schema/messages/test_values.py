"""What the variables of a message hold, for real alerts and made-up ones."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.escalation import AlertEvent, MonitorState, advance, escalation_levels, observe
from tocsin_schema.messages.made_up import custom_field_name, made_up_event, made_up_values
from tocsin_schema.messages.values import AlertValues, alert_values
from tocsin_schema.models import Alert, Check, MessageType, Monitor, Project, Sample
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.models.integration import MESSAGE_TYPES
from tocsin_schema.template.system_variables import SYSTEM_VARIABLES

FIRST_ERROR = datetime(2018, 11, 8, 16, 21, 58, tzinfo=UTC)
GUID = "849b2046-213d-43ad-9efc-5af1faaeb222"

SHOP = Monitor(
    kind="monitor",
    name="shop-home",
    title="Shop home page",
    guid=GUID,
    type="Https",
    url="https://shop.example.com",
    notes='Call "ops" first.\n',
    groups=("shop",),
    custom_fields={"ComponentId": "7149488f"},
)
DOWN = Alert.model_validate(
    {
        "kind": "alert",
        "name": "shop-down",
        "title": "The shop is down",
        "groups": ["shop"],
        "levels": [
            {
                "when": {"errors": 2},
                "message": "Use checklist THX-1138",
                "reminders": {"max": 1, "every": "10m"},
            },
            {"when": {"error_for": "30m"}},
        ],
    }
)


def an_account(**account: str) -> Definitions:
    project = Project.model_validate(
        {
            "kind": "project",
            "name": "shop-alerting",
            "format": 1,
            "account": {"id": "299840", "time_zone": "America/Chicago", "culture": "en-US"} | account,
        }
    )
    return Definitions(project, alerts={"shop-down": DOWN}, monitors={"shop-home": SHOP})


def a_check(after: timedelta, status: str, check_id: str, **more: Any) -> Check:
    return Check.model_validate(
        {"id": check_id, "monitor": "shop-home", "time": FIRST_ERROR + after, "status": status} | more
    )


def alerts_of(*checks: Check, until: timedelta = timedelta(0)) -> list[AlertEvent]:
    """Return the alerts of level 1 that these checks make, and the clock after them."""
    levels = escalation_levels(an_account(), SHOP)
    state = MonitorState()
    alerts: list[AlertEvent] = []
    for check in checks:
        outcome = observe(state, check, levels, GUID)
        state = outcome.state
        alerts += outcome.alerts
    alerts += advance(state, FIRST_ERROR + until, levels, GUID).alerts
    return [alert for alert in alerts if alert.level == 1]


def values_of(event: AlertEvent, **account: str) -> AlertValues:
    return alert_values(an_account(**account), DOWN, event.level, SHOP, event)


ERROR_1 = a_check(timedelta(0), "error", "30833627687", description="Connection refused", error_type_id=1001)
ERROR_2 = a_check(
    timedelta(minutes=5),
    "error",
    "30833627702",
    description="HTTP 500",
    error_type_id=5407,
    resolved_ip="178.217.84.4",
    checkpoint={"name": "Ghent, Belgium", "server_ipv4": "178.217.84.5", "server_ipv6": "2a02:2658::1"},
    response={"headers": {"Content-Type": "text/html", "Server": "shop"}, "body": '{"Status": "error"}'},
)


class TestErrorAlert:
    def test_every_system_variable_has_a_value_those_of_undelivered_messages_an_empty_one(self) -> None:
        (error,) = alerts_of(ERROR_1, ERROR_2)
        assert dict(values_of(error).system) == {
            "@account.accountId": "299840",
            "@alert.alertGuid": error.guid,
            "@alert.checkpointName": "Ghent, Belgium",
            "@alert.description": "HTTP 500",
            "@alert.downtimeDuration": "",
            "@alert.errorTypeId": "5407",
            "@alert.failureMessage": "",
            "@alert.firstError": "2018-11-08T10:21:58",
            "@alert.firstErrorCheckId": "30833627687",
            "@alert.firstErrorCheckUrl": "https://app.uptrends.com/Report/ProbeLog/Check/30833627687",
            "@alert.firstErrorDescription": "Connection refused",
            "@alert.firstErrorFormatted": "11/8/2018 10:21 AM",
            "@alert.firstErrorUtc": "2018-11-08T16:21:58",
            "@alert.firstErrorUtcFormatted": "11/8/2018 4:21 PM",
            "@alert.numberOfConsecutiveErrors": "2",
            "@alert.resolvedIpAddress": "178.217.84.4",
            "@alert.responseBody": '{"Status": "error"}',
            "@alert.responseHeaders": "Content-Type: text/html\nServer: shop",
            "@alert.serverIpv4": "178.217.84.5",
            "@alert.serverIpv6": "2a02:2658::1",
            "@alert.sslValidUntil": "",
            "@alert.timestamp": "2018-11-08T10:26:58",
            "@alert.timestampFormatted": "11/8/2018 10:26 AM",
            "@alert.timestampUtc": "2018-11-08T16:26:58",
            "@alert.timestampUtcFormatted": "11/8/2018 4:26 PM",
            "@alert.type": "Alert",
            "@alertDefinition.guid": an_account().guid(DOWN),
            "@alertDefinition.name": "The shop is down",
            "@delivery.integration": "",
            "@delivery.reason": "",
            "@escalationLevel.id": "1",
            "@escalationLevel.message": "Use checklist THX-1138",
            "@incident.key": f"{GUID}-0-30833627687",
            "@monitor.dashboardUrl": f"https://app.uptrends.com/Probe/Dashboard?probeGuids={GUID}",
            "@monitor.editUrl": f"https://app.uptrends.com/Report/Probe?probeGuid={GUID}",
            "@monitor.monitorGuid": GUID,
            "@monitor.name": "Shop home page",
            "@monitor.notes": 'Call "ops" first.\n',
            "@monitor.type": "Https",
            "@monitor.url": "https://shop.example.com",
        }

    def test_the_monitors_custom_fields_come_along(self) -> None:
        (error,) = alerts_of(ERROR_1, ERROR_2)
        assert values_of(error).custom_fields == {"ComponentId": "7149488f"}

    def test_response_headers_that_are_text_stay_as_they_are(self) -> None:
        response = {"headers": "Content-Type: text/html"}
        (error,) = alerts_of(ERROR_1, a_check(timedelta(minutes=5), "error", "2", response=response))
        assert values_of(error).system["@alert.responseHeaders"] == "Content-Type: text/html"


class TestOkAlert:
    def test_it_tells_the_downtime_with_days_as_hours(self) -> None:
        downtime = timedelta(days=2, minutes=3, seconds=21, milliseconds=900)
        ok = alerts_of(ERROR_1, ERROR_2, a_check(downtime, "ok", "30833629041"))[-1]
        assert values_of(ok).system["@alert.downtimeDuration"] == "48:03:21"
        assert values_of(ok).system["@alert.type"] == "Ok"
        assert values_of(ok).system["@alert.timestampUtc"] == "2018-11-10T16:25:19"

    def test_short_downtimes_keep_their_zeros(self) -> None:
        ok = alerts_of(ERROR_1, ERROR_2, a_check(timedelta(minutes=9, seconds=5), "ok", "1"))[-1]
        assert values_of(ok).system["@alert.downtimeDuration"] == "0:09:05"

    def test_it_is_described_as_ok_of_error_type_0_unless_the_check_says_more(self) -> None:
        plain = a_check(timedelta(minutes=9), "ok", "1")
        speaking = a_check(timedelta(minutes=9), "ok", "1", description="All is well", error_type_id=7)
        said = [values_of(alerts_of(ERROR_1, ERROR_2, check)[-1]).system for check in (plain, speaking)]
        assert [each["@alert.description"] for each in said] == ["OK", "All is well"]
        assert [each["@alert.errorTypeId"] for each in said] == ["0", "7"]

    def test_it_shares_the_incident_key_and_still_tells_of_the_first_error(self) -> None:
        error, ok = (
            values_of(alert).system for alert in alerts_of(ERROR_1, ERROR_2, a_check(timedelta(minutes=9), "ok", "1"))
        )
        shared = ["@incident.key", *(name for name in error if name.startswith("@alert.firstError"))]
        assert [ok[name] for name in shared] == [error[name] for name in shared]
        assert ok["@alert.alertGuid"] != error["@alert.alertGuid"]


def test_a_reminder_prints_reminder_and_its_due_time() -> None:
    reminder = alerts_of(ERROR_1, ERROR_2, until=timedelta(minutes=16))[-1]
    assert values_of(reminder).system["@alert.type"] == "Reminder"
    assert values_of(reminder).system["@alert.timestampUtc"] == "2018-11-08T16:36:58"


def test_times_follow_the_accounts_time_zone_and_utc_ones_do_not() -> None:
    (error,) = alerts_of(ERROR_1, ERROR_2)
    tokyo = values_of(error, time_zone="Asia/Tokyo").system
    assert tokyo["@alert.firstError"] == "2018-11-09T01:21:58"
    assert tokyo["@alert.firstErrorFormatted"] == "11/9/2018 1:21 AM"
    assert tokyo["@alert.firstErrorUtc"] == "2018-11-08T16:21:58"


def test_formatted_times_follow_the_accounts_culture_and_iso_ones_do_not() -> None:
    (error,) = alerts_of(ERROR_1, ERROR_2)
    german = values_of(error, culture="de-DE").system
    assert re.fullmatch(r"0?8\.11\.2018 10:21", german["@alert.firstErrorFormatted"])
    assert german["@alert.firstError"] == "2018-11-08T10:21:58"


def test_a_certificates_expiry_is_in_the_accounts_time_zone() -> None:
    check = ERROR_2.model_copy(update={"ssl_valid_until": datetime(2024, 11, 7, 15, 5, 43, tzinfo=UTC)})
    (error,) = alerts_of(ERROR_1, check)
    assert values_of(error).system["@alert.sslValidUntil"] == "2024-11-07T09:05:43"


@pytest.mark.parametrize("time_zone", ["Asia/Tokyo", "America/Chicago", "UTC"])
def test_a_certificate_that_never_expires_can_be_told_in_any_time_zone(time_zone: str) -> None:
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    (error,) = alerts_of(ERROR_1, ERROR_2.model_copy(update={"ssl_valid_until": never}))
    assert values_of(error, time_zone=time_zone).system["@alert.sslValidUntil"].startswith("9999-12-31T")


@given(st.text(), st.sampled_from(MESSAGE_TYPES))
def test_tokens_hold_nothing_that_needs_encoding_whatever_the_texts_hold(text: str, message_type: MessageType) -> None:
    monitor = SHOP.model_copy(update={"title": text, "notes": text})
    event = made_up_event(an_account(), message_type, DOWN, 1, monitor)
    said = {"description": text, "failure_message": text}
    event = event.model_copy(update={"check": event.check.model_copy(update=said)})
    values = alert_values(an_account(), DOWN, 1, monitor, event).system
    tokens = [name for name, variable in SYSTEM_VARIABLES.items() if variable.kind == "token"]
    assert [name for name in tokens if re.search(r'["\\\r\n<&>]', values[name])] == []


class TestMadeUpAlert:
    @pytest.mark.parametrize("message_type", MESSAGE_TYPES)
    def test_it_fills_exactly_the_variables_of_the_catalogue(self, message_type: MessageType) -> None:
        values = made_up_values(an_account(), message_type, None, 1, None, None)
        assert set(values.system) == set(SYSTEM_VARIABLES)

    def test_it_prints_the_examples_of_the_catalogue(self) -> None:
        values = made_up_values(an_account(), "error", None, 1, None, None).system
        exceptions = {
            "@alert.alertGuid",  # of this alert
            "@alert.downtimeDuration",  # Ok only
            "@alert.sslValidUntil",  # Certificate monitors only
            "@delivery.integration",  # messages about undelivered ones only
            "@delivery.reason",
            "@incident.key",  # of this monitor
            "@monitor.dashboardUrl",
            "@monitor.editUrl",
        }
        formatted = {name for name in values if name.endswith("Formatted")}  # of another day in the catalogue
        same = SYSTEM_VARIABLES.keys() - exceptions - formatted
        assert {name: values[name] for name in same} == {name: SYSTEM_VARIABLES[name].example for name in same}

    def test_it_is_always_the_same(self) -> None:
        for message_type in MESSAGE_TYPES:
            once, again = (made_up_values(an_account(), message_type, DOWN, 1, SHOP, None) for _ in range(2))
            assert once == again

    def test_its_three_types_belong_to_one_incident(self) -> None:
        values = [made_up_values(an_account(), each, DOWN, 1, SHOP, None).system for each in MESSAGE_TYPES]
        assert [each["@alert.type"] for each in values] == ["Alert", "Reminder", "Ok"]
        assert {each["@incident.key"] for each in values} == {f"{GUID}-0-30833627687"}
        assert len({each["@alert.alertGuid"] for each in values}) == 3
        assert values[2]["@alert.downtimeDuration"] == "48:03:21"
        assert (values[2]["@alert.description"], values[2]["@alert.errorTypeId"]) == ("OK", "0")

    def test_names_texts_and_fields_of_a_given_alert_and_monitor_are_real(self) -> None:
        values = made_up_values(an_account(), "error", DOWN, 1, SHOP, None)
        assert values.system["@alertDefinition.name"] == "The shop is down"
        assert values.system["@escalationLevel.message"] == "Use checklist THX-1138"
        assert values.system["@monitor.name"] == "Shop home page"
        assert values.custom_fields == {"ComponentId": "7149488f"}

    @pytest.mark.parametrize("level", [1, 2, 3, 4])
    def test_the_made_up_alert_definition_has_every_level(self, level: int) -> None:
        values = made_up_values(an_account(), "error", None, level, None, None).system
        assert values["@escalationLevel.id"] == str(level)
        assert values["@escalationLevel.message"] != ""

    @pytest.mark.parametrize(
        ("monitor_type", "variable"),
        [("Certificate", "@alert.sslValidUntil"), ("Transaction", "@alert.failureMessage")],
    )
    def test_what_only_some_monitors_have_stays_empty_for_others(self, monitor_type: str, variable: str) -> None:
        its_own = SHOP.model_copy(update={"type": monitor_type})
        assert made_up_values(an_account(), "error", DOWN, 1, its_own, None).system[variable] != ""
        assert made_up_values(an_account(), "error", DOWN, 1, SHOP, None).system[variable] == ""


class TestSample:
    def test_what_it_sets_replaces_real_and_made_up_values(self) -> None:
        changes = {
            "@monitor.notes": 'a "quote"\nand a line break',
            "@alert.type": "Ok",
            "@alert.responseBody": "",
        }
        sample = Sample(kind="sample", name="quotes", set=changes)
        values = made_up_values(an_account(), "error", DOWN, 1, SHOP, sample)
        unchanged = made_up_values(an_account(), "error", DOWN, 1, SHOP, None)
        assert values.system == {**unchanged.system, **changes}
        assert values.custom_fields == unchanged.custom_fields

    def test_it_sets_custom_fields_also_such_as_the_monitor_does_not_have(self) -> None:
        changes = {"@CustomField(ComponentId)": "x", "@CustomField(Runbook URL)": "https://wiki"}
        sample = Sample(kind="sample", name="fields", set=changes)
        values = made_up_values(an_account(), "error", DOWN, 1, SHOP, sample)
        assert values.custom_fields == {"ComponentId": "x", "Runbook URL": "https://wiki"}

    @pytest.mark.parametrize("key", ["@monitor.note", "monitor.notes", "@CustomField()", "ApiUrl", ""])
    def test_an_unknown_key_is_refused_by_name(self, key: str) -> None:
        sample = Sample(kind="sample", name="typo", set={key: "x"})
        with pytest.raises(ValueError, match=f"sample typo sets {re.escape(repr(key))}: expected"):
            made_up_values(an_account(), "error", DOWN, 1, SHOP, sample)

    def test_the_name_in_a_custom_field_key(self) -> None:
        keys = ["@CustomField(Runbook URL)", "@CustomField(x", "@monitor.notes"]
        assert [custom_field_name(key) for key in keys] == ["Runbook URL", None, None]
