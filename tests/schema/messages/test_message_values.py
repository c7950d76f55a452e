"""Where the values of a message come from, and that the same message always comes out the same."""

import json
import re
from typing import Any

import pytest
from tests.schema.example_messages import message, rendered

from tocsin_schema.messages.message import Message, RenderError

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
CHANCE = {
    "body": "{{@RandomGuid}} {{@RandomGuid}} {{@RandomInt(1,1000000000)}} {{@RandomChar(20)}} {{@UniqueGuid}} {{@UniqueGuid}}",
    "headers": {"X-Id": "{{@UniqueGuid}}", "X-Try": "{{@RandomGuid}}"},
}


def body_of(body: str, captured: dict[str, str] | None = None, **more: Any) -> str:
    text = rendered({"body": body}, captured, **more).body
    assert text is not None
    return text.value


def sent(made: Message, step: int = 0) -> tuple[str, dict[str, str], list[str]]:
    request = made.request(step, {})
    return (
        request.url.value,
        {name: text.value for name, text in request.headers},
        (request.content or b"").decode().split(),
    )


# Variables


def test_a_value_that_the_alert_lacks_is_empty() -> None:
    assert body_of("<{{@alert.responseBody}}|{{@CustomField(Nothing)}}|{{@alert.downtimeDuration}}>") == "<||>"


def test_a_custom_field_of_the_monitor_is_used() -> None:
    assert body_of("{{@CustomField(Queue name)}}", custom_fields={"Queue name": "eu"}) == "eu"


def test_a_variable_may_use_variables() -> None:
    variables = {"Host": "x.example", "Base": "https://{{Host}}/{{@alert.type}}", "ApiUrl": "{{Base}}/v2"}

    assert body_of("{{ApiUrl}}", variables=variables, system={"@alert.type": "Alert"}) == "https://x.example/Alert/v2"


def test_the_level_gives_what_the_integration_leaves_to_it() -> None:
    variables = {"Severity": {"per_level": True}, "Team": "ops", "Text": "{{Severity}} for {{Team}}"}

    assert body_of("{{Text}}", variables=variables, level={"Severity": "critical"}) == "critical for ops"


def test_a_value_of_the_level_may_use_variables_and_functions() -> None:
    made = rendered(
        {"body": "{{Channel}}"},
        variables={"Channel": {"per_level": True}, "Team": "ops"},
        functions={"short": {"mapping": {"Alert": "down"}}},
        level={"Channel": "#{{Team}}-{{short({{@alert.type}})}}"},
        system={"@alert.type": "Alert"},
    )

    assert made.content == b"#ops-down"


def test_a_variable_that_nobody_gives_is_said_to_be_missing() -> None:
    with pytest.raises(RenderError, match="there is no variable Severity"):
        body_of("{{Severity}}", variables={"Severity": {"per_level": True}})


def test_variables_that_use_each_other_in_a_circle_are_said_to() -> None:
    with pytest.raises(RenderError, match="A → B → A"):
        body_of("{{A}}", variables={"A": "{{B}}", "B": "{{A}}"})


def test_what_a_value_holds_is_never_a_template() -> None:
    text = "{{@monitor.name}} {{Team}} {{@VaultItem.pagerduty.Password}}"

    assert body_of("{{@alert.description}}", system={"@alert.description": text}) == text
    assert body_of("{{Id}}", {"Id": text}) == text
    assert body_of("{{@CustomField(A)}}", custom_fields={"A": text}) == text


# Captured values


def test_a_captured_value_goes_into_every_part_of_a_later_request() -> None:
    request = rendered(
        {
            "url": "https://x.example/tickets/{{Id}}",
            "headers": {"X-Id": "{{Id}}"},
            "json": {"id": "{{Id}}", "url": "{{Link}}"},
        },
        {"Id": "a b"},
        variables={"Link": "https://x.example/{{Id}}"},
    )

    assert request.url.value == "https://x.example/tickets/a%20b"
    assert request.headers[0][1].value == "a b"
    assert json.loads(request.content or b"") == {"id": "a b", "url": "https://x.example/a b"}


def test_a_captured_value_goes_before_a_variable_of_its_name() -> None:
    assert body_of("{{Id}}", {"Id": "new"}, variables={"Id": "old"}) == "new"
    assert body_of("{{Id}}", {"Id": ""}, variables={"Id": "old"}) == ""


def test_a_value_that_was_not_captured_yet_is_missing() -> None:
    with pytest.raises(RenderError, match="there is no variable Id"):
        body_of("{{Id}}")


# The same again


def test_the_same_message_gives_the_same_bytes() -> None:
    once, again = message(CHANCE), message(CHANCE)

    assert sent(once) == sent(once) == sent(again)


def test_another_message_has_other_random_values() -> None:
    (_, headers, words), (_, other_headers, other_words) = sent(message(CHANCE)), sent(message(CHANCE, seed="other"))

    assert [one for one, other in zip(words, other_words, strict=True) if one == other] == []
    assert set(headers.values()).isdisjoint(other_headers.values())


def test_a_random_guid_is_new_each_time_and_a_unique_one_is_the_same_in_the_whole_message() -> None:
    made = message(CHANCE, CHANCE)
    (_, first_headers, first), (_, second_headers, second) = sent(made, 0), sent(made, 1)
    unique = {first[4], first[5], second[4], second[5], first_headers["X-Id"], second_headers["X-Id"]}
    random = [*first[:2], *second[:2], first_headers["X-Try"], second_headers["X-Try"]]

    assert len(unique) == 1
    assert len(set(random)) == 6
    assert unique.isdisjoint(random)
    assert all(GUID.fullmatch(each) for each in (*unique, *random))


def test_a_later_step_does_not_depend_on_whether_an_earlier_one_was_rendered_again() -> None:
    made = message(CHANCE, CHANCE)
    later = sent(made, 1)
    for _ in range(3):
        sent(made, 0)

    assert sent(made, 1) == later


def test_a_message_tells_the_time_that_it_is_given() -> None:
    assert body_of("{{@DateTime(Iso)}} {{@DateTime(Unix)}}") == "2018-11-08T16:26:58.0000000Z 1541694418"


# Assertions


def test_the_text_that_an_assertion_compares_with_is_rendered() -> None:
    made = message({}, variables={"State": "open"}, system={"@incident.key": "k-1"})

    assert made.expected("{{State}}/{{@incident.key}}/{{Id}}", 0, {"Id": "7"}) == "open/k-1/7"
    with pytest.raises(RenderError, match="there is no variable Nothing"):
        made.expected("{{Nothing}}", 0, {})
