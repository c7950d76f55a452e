"""Captured secrets: which they are, and that no text of later steps or of failures shows one."""

import json
from typing import Any

import pytest
from tests.schema.example_messages import NOW, URL, message

from tocsin_schema.messages.captured_secrets import (
    captured_secrets,
    is_secret,
    masked_failure,
    response_secrets,
    secret_captures,
)
from tocsin_schema.messages.evaluate import StandIn
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.message import Message
from tocsin_schema.messages.responses import Response
from tocsin_schema.messages.steps import Outcome, Send, judge, render
from tocsin_schema.models import Capture

TOKEN = "t0k3n/of+the=s3ss10n"


def capture(**stated: Any) -> Capture:
    return Capture.model_validate(stated)


@pytest.mark.parametrize(
    "stated",
    [
        {"json": "$.access_token"},
        {"json": "$.data.refresh_token"},
        {"json": "$['id_token']"},
        {"json": '$["accessToken"]'},
        {"json": "$..access_token"},
        {"json": "$.tokens[0].token"},
        {"json": "$.access_token.value"},
        {"json": "$.session.id"},
        {"json": "$.client_secret"},
        {"xml": "//access_token"},
        {"xml": "//access_token/text()"},
        {"xml": "string(/a/ns:token)"},
        {"xml": "/a/@password"},
        {"header": "Set-Cookie"},
        {"header": "authorization"},
        {"header": "X-Auth-Token"},
        {"cookie": "anything"},
        {"body": True, "secret": True},
        {"json": "$.id", "secret": True},
    ],
)
def test_secret(stated: dict[str, Any]) -> None:
    assert is_secret(capture(**stated))


@pytest.mark.parametrize(
    "stated",
    [
        {"json": "$.id"},
        {"json": "$.result.sys_id"},
        {"json": "$.dedup_key"},
        {"json": "$.next_page_token"},
        {"json": "$.items[?(@.type == 'token')].id"},
        {"json": "$.items[?@.token == 'x'].id"},
        {"json": "$"},
        {"xml": "//item[@type='token']/id"},
        {"xml": "//item[token='x']/id"},
        {"xml": "token(/a/id)"},
        {"header": "Location"},
        {"body": True},
        {"status": True},
        {"cookie": "anything", "secret": False},
        {"json": "$.access_token", "secret": False},
    ],
)
def test_no_secret(stated: dict[str, Any]) -> None:
    assert not is_secret(capture(**stated))


def conversation(later: dict[str, Any], *asserts: dict[str, Any], **stated: Any) -> Message:
    """Return a message whose first step captures `Token` and `Id`, and whose second one makes a request."""
    first = {
        "request": {"url": URL},
        "capture": {"Token": {"json": "$.access_token", **stated}, "Id": {"json": "$.id"}},
        "assert": list(asserts),
    }
    return message(
        messages=[{"types": ["error"], "steps": [first, {"request": {"url": URL, **later}}]}],
        variables={"Bearer": "Bearer {{Token}}"},
        functions={"hash": {"hash": "SHA256"}},
    )


def answer(value: Any, *headers: tuple[str, str], status: int = 200) -> Response:
    return Response(status, "OK", headers, json.dumps(value).encode(), 1, completed=True)


def judged(made: Message, response: Response) -> Outcome:
    send = Send(0, {})
    return judge(made, send, render(made, send), response, NOW)


LATER = {
    "url": "https://x.example/{{Token}}/{{Id}}",
    "headers": {"Authorization": "{{Bearer}}", "X-Hash": "{{hash({{Token}})}}"},
    "json": {"token": "a {{@Base64Encode({{Token}})}}", "id": "{{Id}}"},
    "auth": {"basic": {"username": "u", "password": "{{Token}}"}},
}


def test_later_steps_know_what_is_secret_of_what_earlier_ones_captured() -> None:
    request = conversation(LATER).request(1, {"Token": TOKEN, "Id": "I-7"})
    assert request.url.masked == "https://x.example/*****/I-7"
    assert [text.masked for _, text in request.headers] == ["Bearer *****", "*****", "application/json"]
    assert request.body is not None
    assert json.loads(request.body.masked) == {"token": "a *****", "id": "I-7"}
    assert TOKEN not in repr(request)
    assert TOKEN not in Masking.of(request).mask(f"you sent {TOKEN} and {json.dumps(TOKEN)}")


def test_a_capture_may_say_that_it_is_no_secret() -> None:
    request = conversation(LATER, secret=False).request(1, {"Token": "abc", "Id": "I-7"})
    assert request.url.masked == "https://x.example/abc/I-7"


def test_a_value_kept_for_the_incident_is_as_secret_in_other_messages() -> None:
    document: dict[str, Any] = {
        "messages": [
            {
                "types": ["error"],
                "steps": [
                    {"request": {"url": URL}, "capture": {"S": {"body": True, "secret": True, "keep": "incident"}}}
                ],
            },
            {"types": ["ok"], "steps": [{"request": {"url": URL, "headers": {"X-S": "{{S}}"}}}]},
        ]
    }
    request = message(message_type="ok", **document).request(0, {"S": TOKEN})
    assert request.headers[0][1].masked == "*****"


def test_what_is_captured_as_secret_anywhere_is_secret_everywhere() -> None:
    open_step = {"request": {"url": URL}, "capture": {"S": {"json": "$.id"}}}
    secret_step = {"request": {"url": URL}, "capture": {"S": {"json": "$.token"}}}
    made = message(messages=[{"types": ["error"], "steps": [open_step]}, {"types": ["ok"], "steps": [secret_step]}])
    assert secret_captures(made.integration) == {"S"}


def test_of_a_whole_body_what_is_secret_by_its_name_is_masked() -> None:
    first = {"request": {"url": URL}, "capture": {"All": {"body": True}}}
    made = message(messages=[{"types": ["error"], "steps": [first, {"request": {"url": URL, "body": "{{All}}"}}]}])
    body = made.request(1, {"All": f'{{"id": 7, "access_token": "{TOKEN}"}}'}).body
    assert body is not None
    assert (body.value, body.masked) == (
        f'{{"id": 7, "access_token": "{TOKEN}"}}',
        '{"id": 7, "access_token": "*****"}',
    )


def test_what_stands_for_a_value_is_no_secret() -> None:
    request = conversation(LATER).request(1, {"Token": StandIn("captured-Token"), "Id": StandIn("captured-Id")})
    assert request.url.masked == "https://x.example/captured-Token/captured-Id"


# What a response gave


def test_the_secrets_of_a_response_are_those_captured_and_those_named() -> None:
    made = conversation({}).steps[0]
    headers = (("Set-Cookie", "sid=c00k13; Path=/"), ("X-Auth-Token", "x-t0k3n"), ("X-Id", "open"))
    response = answer({"access_token": TOKEN, "id": "I-7", "nested": {"password": "p4ss"}, "pwd": "a"}, *headers)
    assert captured_secrets(made, response) == {TOKEN}
    assert response_secrets(made, response) == {TOKEN, "c00k13", "x-t0k3n", "p4ss"}


def test_a_captured_object_is_secret_in_all_its_texts() -> None:
    made = conversation({}).steps[0]
    found = captured_secrets(made, answer({"access_token": {"value": "v4lue", "list": ["1t3m", 7]}}))
    assert {"v4lue", "1t3m"} <= found


@pytest.mark.parametrize("body", [b"", b"<html>", b"[", b"[" * 100_000, b'{"access_token": null}', b"\xff"])
def test_a_response_that_holds_none_has_none(body: bytes) -> None:
    made = conversation({}).steps[0]
    assert captured_secrets(made, Response(200, "OK", (), body, 1, completed=True)) == frozenset()


@pytest.mark.parametrize(
    "assertion",
    [
        {"json": {"path": "$.access_token", "equal": "x"}},
        {"body": {"contains": "nothing of it"}},
        {"json": {"path": "$.echo", "equal": "x"}},
        {"json": {"path": "$", "equal": "x"}},
        {"header": {"name": "Set-Cookie", "equal": "x"}},
        {"cookie": {"name": "sid", "equal": "x"}},
        {"json": {"path": "$.id", "less_than": 1}},
    ],
)
@pytest.mark.parametrize("token", [TOKEN, "l0ng" + "x1y2z3" * 100])
def test_no_failure_shows_one_not_even_a_part_of_it(assertion: dict[str, Any], token: str) -> None:
    made = conversation({}, assertion)
    response = answer(
        {"access_token": token, "id": "I-7", "echo": "e" * 100 + token}, ("Set-Cookie", f"sid={token}; Path=/")
    )
    outcome = judged(made, response)
    assert outcome.failures
    for failure in outcome.failures:
        assert token[:10] not in failure
        assert token[-10:] not in failure


def test_what_is_said_of_a_failure_stays_clear() -> None:
    made = conversation(
        {}, {"json": {"path": "$.id", "equal": "x"}}, {"json": {"path": "$.access_token", "equal": "x"}}
    )
    assert judged(made, answer({"access_token": TOKEN, "id": "I-7"})).failures == (
        'json $.id is "I-7", expected "x"',
        'json $.access_token is "*****", expected "x"',
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('json $.access_token is "abc", expected "x"', 'json $.access_token is *****, expected "x"'),
        ('json $.access_token is "a\\"b, c", expected "x"', 'json $.access_token is *****, expected "x"'),
        ("json $.password is 7, expected 8", "json $.password is *****, expected 8"),
        ('json $.access_token is "*****", expected "x"', 'json $.access_token is "*****", expected "x"'),
        ('cookie sid is "abc", expected "x"', 'cookie sid is *****, expected "x"'),
        ('header Authorization is "abc", expected "x"', 'header Authorization is *****, expected "x"'),
        ('json $.id is "abc", expected "x"', 'json $.id is "abc", expected "x"'),
        ("answered 401 Unauthorized", "answered 401 Unauthorized"),
        ("can't capture Token: json $.access_token is missing", "can't capture Token: json $.access_token is missing"),
    ],
)
def test_old_failures_are_masked_by_where_they_looked(text: str, shown: str) -> None:
    assert masked_failure(text) == shown


# A value that no longer holds


def test_a_401_begins_again_where_the_value_was_captured() -> None:
    made = conversation({"headers": {"Authorization": "{{Bearer}}"}})
    send = Send(1, {"Token": TOKEN, "Id": "7"})
    request = render(made, send)
    stale = judge(made, send, request, answer({}, status=401), NOW)
    assert (stale.kind, stale.again_from) == ("locked_out", 0)
    assert judge(made, send, request, answer({}, status=403), NOW).again_from is None
    assert judge(made, send, request, answer({}), NOW).again_from is None


def test_a_401_of_what_was_shown_nothing_begins_nowhere_again() -> None:
    made = conversation({"json": {"id": "{{Token}}"}})
    send = Send(1, {"Token": TOKEN, "Id": "7"})
    assert judge(made, send, render(made, send), answer({}, status=401), NOW).again_from is None
