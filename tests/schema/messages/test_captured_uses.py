"""The step to begin again at, where a receiver answers 401 to what an earlier step captured."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schema.example_messages import URL, message

from tocsin_schema.messages.message import Message

SIGN_IN: dict[str, Any] = {"request": {"url": URL}, "capture": {"Session": {"json": "$.session"}}}
OPEN: dict[str, Any] = {"request": {"url": URL}, "capture": {"Ticket": {"json": "$.id"}}}


def after(*before: dict[str, Any], request: dict[str, Any] | None = None, **more: Any) -> Message:
    """Return a message whose last step makes a request."""
    last = {"request": {"url": URL, **(request or {})}}
    return message(messages=[{"types": ["error"], "steps": [*before, last]}], **more)


def begins_again_at(made: Message) -> int | None:
    return made.capturing_step(len(made.steps) - 1)


OAUTH2 = {"token_url": "https://id.example.com", "client_id": "c", "client_secret": "s"}


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": {"X-Session": "{{Session}}"}},
        {"headers": {"X-A": "a", "Cookie": "id={{@UrlEncode(x{{Session}})}}"}},
        {"url": "https://x.example/{{Session}}"},
        {"url": "https://x.example/?s={{cut({{Session}})}}"},
        {"auth": {"basic": {"username": "u", "password": "{{Session}}"}}},
        {"auth": {"digest": {"username": "{{Session}}", "password": "p"}}},
        {"auth": {"oauth2": {**OAUTH2, "client_secret": "{{Session}}"}}},
        {"auth": {"oauth2": {**OAUTH2, "client_id": "{{Session}}"}}},
        {"auth": {"oauth2": {**OAUTH2, "token_url": "https://id.example.com/{{Session}}"}}},
        {"auth": {"oauth2": {**OAUTH2, "scope": "{{Session}}"}}},
        {"auth": {"oauth2": {**OAUTH2, "audience": "{{Session}}"}}},
        {"headers": {"X-Session": "{{Direct}}"}},
        {"headers": {"X-Session": "{{Far}}"}},
        {"headers": {"X-Session": "{{Given}}"}},
        {"headers": {"X-Signature": "{{sign(text)}}"}},
        {"headers": {"X-Signature": "{{sign({{@incident.key}})}}"}},
    ],
)
def test_a_value_in_credentials_a_header_or_the_url_is_got_anew(request_: dict[str, Any]) -> None:
    made = after(
        SIGN_IN,
        OPEN,
        request=request_,
        variables={"Direct": "{{Session}}", "Far": "a {{Direct}} b", "Given": {"per_level": True}},
        level={"Given": "{{Far}}"},
        functions={"cut": {"regex": "."}, "sign": {"hash": "HMAC-SHA256", "key": "{{Session}}"}},
    )
    assert begins_again_at(made) == 0


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"body": "{{Session}}"},
        {"json": {"session": "{{Session}}"}},
        {"headers": {"X-Session": "Session {{@alert.type}}"}},
        {"headers": {"X-Key": "{{@VaultItem.pagerduty.Password}}"}},
        {"headers": {"X-Other": "{{Other}} {{Unknown}}"}},
        {"url": "https://x.example/{{Kept}}"},
    ],
)
def test_nothing_is_got_anew_where_no_such_value_was_shown(request_: dict[str, Any]) -> None:
    made = after(SIGN_IN, request=request_, variables={"Other": "x", "Unused": "{{Session}}"})
    assert begins_again_at(made) is None


def test_the_key_of_its_signature_counts() -> None:
    assert begins_again_at(after(SIGN_IN, sign="{{Session}}")) == 0


def test_of_several_steps_the_first_one_is_made_again() -> None:
    request = {"url": "https://x.example/{{Ticket}}", "headers": {"X-Session": "{{Session}}"}}
    assert begins_again_at(after(OPEN, {"delay": "1s"}, SIGN_IN, request=request)) == 0
    assert begins_again_at(after({"delay": "1s"}, SIGN_IN, OPEN, request=request)) == 1


def test_of_two_captures_of_a_name_the_later_one_holds() -> None:
    assert begins_again_at(after(SIGN_IN, OPEN, SIGN_IN, request={"headers": {"X-Session": "{{Session}}"}})) == 2


def test_a_step_itself_and_those_after_it_give_it_nothing() -> None:
    own = {"request": {"url": URL, "headers": {"X-Session": "{{Session}}"}}, "capture": SIGN_IN["capture"]}
    made = message(messages=[{"types": ["error"], "steps": [own, SIGN_IN]}])
    assert made.capturing_step(0) is None


def test_a_delay_needs_nothing() -> None:
    made = message(messages=[{"types": ["error"], "steps": [SIGN_IN, {"delay": "1s"}]}])
    assert made.capturing_step(1) is None


def test_a_captured_value_goes_before_a_variable_of_its_name() -> None:
    made = after(SIGN_IN, OPEN, request={"headers": {"X-S": "{{Ticket}}"}}, variables={"Ticket": "{{Session}}"})
    assert begins_again_at(made) == 1


def test_a_function_of_its_name_is_not_the_value() -> None:
    request = {"headers": {"X-S": "{{Session({{@alert.type}})}}"}}
    functions = {"Session": {"regex": "."}}
    assert begins_again_at(after(SIGN_IN, request=request, functions=functions)) is None
    both = {"headers": {"X-S": "{{Session({{@alert.type}})}} {{Session}}"}}
    assert begins_again_at(after(SIGN_IN, request=both, functions=functions)) == 0


def test_a_variable_that_uses_itself_ends() -> None:
    made = after(SIGN_IN, request={"headers": {"X-S": "{{A}}"}}, variables={"A": "{{B}}", "B": "{{A}}{{Session}}"})
    assert begins_again_at(made) == 0


@given(st.lists(st.sampled_from([SIGN_IN, OPEN, {"delay": "1s"}]), max_size=6), st.sampled_from(["Session", "Ticket"]))
def test_what_is_found_is_an_earlier_step_that_captures_the_name(before: list[dict[str, Any]], name: str) -> None:
    made = after(*before, request={"headers": {"X": "{{" + name + "}}"}})
    found = begins_again_at(made)
    capturing = [number for number, step in enumerate(made.steps[:-1]) if name in step.capture]
    assert found == (capturing[-1] if capturing else None)
