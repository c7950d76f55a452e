"""What an integration may say: variables, functions, requests and the steps around them."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from tocsin_schema.models import Auth, HashFunction, Integration, MessageSet, Request, Step


def integration(**more: Any) -> Integration:
    messages = [{"types": ["error"], "steps": [{"request": {"url": "https://x.example"}}]}]
    return Integration.model_validate({"kind": "integration", "name": "chat", "messages": messages, **more})


@pytest.mark.parametrize("algorithm", ["MD5", "SHA1", "SHA256", "SHA512"])
def test_a_plain_hash_takes_no_key(algorithm: str) -> None:
    assert HashFunction.model_validate({"hash": algorithm}).key is None
    with pytest.raises(ValidationError, match=f"{algorithm} takes no key: .*HMAC-SHA1, HMAC-SHA256, HMAC-SHA512"):
        HashFunction.model_validate({"hash": algorithm, "key": "x"})


@pytest.mark.parametrize("algorithm", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"])
def test_an_hmac_needs_a_key(algorithm: str) -> None:
    assert HashFunction.model_validate({"hash": algorithm, "key": "{{@VaultItem.signing.Password}}"}).key is not None
    with pytest.raises(ValidationError, match=f"{algorithm} needs a key"):
        HashFunction.model_validate({"hash": algorithm})


@pytest.mark.parametrize("function", [{}, {"mapping": {"a": "b"}, "regex": "x"}, {"default": "x"}, "upper", None])
def test_a_function_is_of_exactly_one_kind(function: Any) -> None:
    with pytest.raises(ValidationError, match="exactly one of mapping, regex, hash"):
        integration(functions={"f": function})


def test_a_variable_has_a_value_or_leaves_it_to_the_level() -> None:
    variables = integration(variables={"A": "x", "B": {"value": ""}, "C": {"per_level": True}}).variables

    assert [each.per_level for each in variables.values()] == [False, False, True]
    for neither_nor in ({}, {"value": "x", "per_level": True}, {"description": "?"}):
        with pytest.raises(ValidationError, match="expected a value, or per_level: true"):
            integration(variables={"A": neither_nor})


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
def test_a_request_is_made_by_one_of_six_methods(method: str) -> None:
    assert Request.model_validate({"method": method, "url": "x"}).method == method
    with pytest.raises(ValidationError, match="'GET', 'POST'"):
        Request.model_validate({"method": method.lower(), "url": "x"})


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_a_request_authenticates_by_basic_or_digest(scheme: str) -> None:
    auth = Auth.model_validate({scheme: {"username": "u", "password": "p"}})

    assert (auth.scheme, auth.credentials.username, auth.credentials.password) == (scheme, "u", "p")


@pytest.mark.parametrize("auth", [{"ntlm": {"username": "u", "password": "p"}}, {"NTLM": None}, "ntlm"])
def test_ntlm_is_refused_by_name(auth: Any) -> None:
    with pytest.raises(ValidationError, match=r"NTLM is not supported: .* basic, digest or oauth2 only"):
        Request.model_validate({"url": "x", "auth": auth})


def test_a_request_authenticates_in_one_way_only() -> None:
    credentials = {"username": "u", "password": "p"}
    oauth2 = {"token_url": "https://id.example.com/token", "client_id": "c", "client_secret": "s"}
    for auth in ({}, {"basic": credentials, "digest": credentials}, {"basic": credentials, "oauth2": oauth2}):
        with pytest.raises(ValidationError, match="exactly one of basic, digest and oauth2"):
            Auth.model_validate(auth)


def test_a_request_authenticates_with_a_token_of_oauth2() -> None:
    auth = Auth.model_validate({"oauth2": {"token_url": "{{Url}}", "client_id": "c", "client_secret": "s"}})
    assert auth.oauth2 is not None
    assert (auth.scheme, auth.oauth2.style, auth.oauth2.scope, auth.oauth2.audience) == ("oauth2", "basic", None, None)
    assert (auth.credentials.username, auth.credentials.password) == ("c", "s")
    with pytest.raises(ValidationError, match="'body' or 'basic'"):
        Auth.model_validate({"oauth2": {"token_url": "x", "client_id": "c", "client_secret": "s", "style": "header"}})


def test_a_request_has_one_body() -> None:
    assert not Request.model_validate({"url": "x"}).has_json
    assert not Request.model_validate({"url": "x", "json": None, "body": "text"}).has_json
    assert Request.model_validate({"url": "x", "json": False}).has_json
    assert Request.model_validate({"url": "x", "json": {}}).has_json
    with pytest.raises(ValidationError, match="body or json, not both"):
        Request.model_validate({"url": "x", "json": {}, "body": ""})


def test_a_json_body_holds_what_json_holds() -> None:
    for number in (float("inf"), float("-inf"), float("nan")):
        with pytest.raises(ValidationError, match="JSON has no infinity and no NaN"):
            Request.model_validate({"url": "x", "json": {"a": [number]}})


def test_a_header_is_given_once_in_whatever_case() -> None:
    with pytest.raises(ValidationError, match="Content-Type and content-type are one header"):
        Request.model_validate({"url": "x", "headers": {"Content-Type": "a", "content-type": "b"}})


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\nX", "é"])
def test_a_header_has_a_name_that_http_allows(name: str) -> None:
    with pytest.raises(ValidationError, match="pattern"):
        Request.model_validate({"url": "x", "headers": {name: "a"}})


def test_a_step_is_a_request_or_a_delay() -> None:
    request = {"url": "x"}
    assert Step.model_validate({"delay": "1s", "request": None, "assert": [], "capture": {}, "retry": None}).delay
    for step in ({}, {"request": request, "delay": "1s"}):
        with pytest.raises(ValidationError, match="expected a request or a delay"):
            Step.model_validate(step)


@pytest.mark.parametrize(
    "more",
    [
        {"assert": [{"status": {"equal": 200}}]},
        {"capture": {"A": {"status": True}}},
        {"retry": {"attempts": 2, "wait": "1s"}},
        {"expect": {"delivered": [200]}},
        {"on_failure": "continue"},
        {"timeout": "5s"},
        {"redirects": "follow"},
    ],
)
def test_only_a_request_can_be_judged_captured_and_retried(more: dict[str, Any]) -> None:
    assert Step.model_validate({"request": {"url": "x"}, **more}).request is not None
    with pytest.raises(ValidationError, match="a `delay` stands alone"):
        Step.model_validate({"delay": "1s", **more})


def test_a_capture_says_whether_it_is_a_secret() -> None:
    for secret in (True, False, None):
        stated = {"json": "$.a", "secret": secret, "keep": "incident"}
        capture = Step.model_validate({"request": {"url": "x"}, "capture": {"A": stated}}).capture["A"]
        assert (capture.secret, capture.source, capture.selector) == (secret, "json", "$.a")
    for wrong in ({"secret": True}, {"json": "$.a", "secret": "yes"}, {"json": "$.a", "secret": 1}):
        with pytest.raises(ValidationError):
            Step.model_validate({"request": {"url": "x"}, "capture": {"A": wrong}})


@pytest.mark.parametrize("attempts", [0, 11])
def test_a_step_is_tried_one_to_ten_times(attempts: int) -> None:
    with pytest.raises(ValidationError, match="attempts"):
        Step.model_validate({"request": {"url": "x"}, "retry": {"attempts": attempts, "wait": "1s"}})


@pytest.mark.parametrize("timeout", ["0s", "999ms", "2m1ms", "1h"])
def test_a_receiver_has_from_a_second_to_two_minutes(timeout: str) -> None:
    for right in ("1s", "20s", "2m"):
        assert Step.model_validate({"request": {"url": "x"}, "timeout": right}).timeout
    with pytest.raises(ValidationError, match="from 1s to 2m"):
        Step.model_validate({"request": {"url": "x"}, "timeout": timeout})


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ({}, "expected one of delivered, busy, refused"),
        ({"delivered": []}, "at least 1"),
        ({"delivered": [200], "refused": [200]}, "200 can't mean both delivered and refused"),
        ({"busy": ["4xx"], "refused": ["4xx"]}, "4xx can't mean both busy and refused"),
        ({"delivered": [199]}, "greater than or equal to 200"),
        ({"delivered": ["6xx"]}, "2xx"),
        ({"delivered": [True]}, "valid integer"),
        ({"done": [200]}, "done"),
    ],
)
def test_a_status_means_one_thing(expect: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Step.model_validate({"request": {"url": "x"}, "expect": expect})


def test_a_code_goes_before_its_class_and_what_is_not_stated_means_nothing() -> None:
    expect = Step.model_validate({"request": {"url": "x"}, "expect": {"delivered": ["4xx"], "refused": [404]}}).expect
    assert expect is not None
    assert [expect.meaning(status) for status in (404, 409, 500)] == ["refused", "delivered", None]


def test_what_delivers_is_said_once() -> None:
    step = {"request": {"url": "x"}, "assert": [{"status": {"equal": 200}}]}
    assert Step.model_validate(step | {"expect": {"busy": [503]}})
    with pytest.raises(ValidationError, match="the same thing twice"):
        Step.model_validate(step | {"expect": {"delivered": [200]}})


@pytest.mark.parametrize(
    ("field", "least", "most", "wrong"),
    [
        ("probe_every", "10s", "15m", ("9s", "16m")),
        ("give_up_after", "5m", "30d", ("4m", "31d")),
    ],
)
def test_durations_of_an_integration_have_bounds(field: str, least: str, most: str, wrong: tuple[str, str]) -> None:
    assert integration(**{field: least}) != integration(**{field: most})
    for duration in wrong:
        with pytest.raises(ValidationError, match=f"from {least} to {most}"):
            integration(**{field: duration})


def test_a_set_has_types_and_steps() -> None:
    for empty in ({"types": [], "steps": [{"delay": "1s"}]}, {"types": ["ok"], "steps": []}):
        with pytest.raises(ValidationError, match="at least 1"):
            MessageSet.model_validate(empty)


def test_a_mistake_inside_a_list_does_not_make_the_list_too_short() -> None:
    document = {"kind": "integration", "name": "a", "messages": [{"types": ["error"], "steps": [{"delay": "soon"}]}]}
    with pytest.raises(ValidationError) as refused:
        Integration.model_validate(document)

    assert [each["loc"] for each in refused.value.errors()] == [("messages", 0, "steps", 0, "delay")]


def test_an_integration_names_who_stands_in_for_it() -> None:
    stated = integration(fallback="pager", tell_after="90s")

    assert (stated.fallback, stated.tell_after) == ("pager", timedelta(seconds=90))
    assert (integration().fallback, integration().tell_after) == (None, None)


@pytest.mark.parametrize("duration", ["59s", "1d1s", "0s"])
def test_somebody_is_told_after_a_minute_at_the_earliest_and_a_day_at_the_latest(duration: str) -> None:
    with pytest.raises(ValidationError, match="expected a duration from 1m to 1d"):
        integration(tell_after=duration)


@pytest.mark.parametrize("name", ["", "Pager", 3, ["pager"]])
def test_a_fallback_is_a_name(name: Any) -> None:
    with pytest.raises(ValidationError):
        integration(fallback=name)
