"""A response is judged as the step says, in words a person can use, and nothing in it raises."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.messages.responses import CaptureError, Response, captures, failures
from tocsin_schema.models import Step

HEADERS = {
    "Content-Type": "application/json",
    "X-Request": "abc",
    "Set-Cookie": 'session="s1"; Path=/; HttpOnly',
}


def response(
    body: str | bytes = b"{}",
    status: int = 200,
    reason: str = "OK",
    headers: Mapping[str, str] = HEADERS,
    completed: bool = True,
) -> Response:
    content = body.encode() if isinstance(body, str) else body
    return Response(status, reason, tuple(headers.items()), content, duration_ms=120, completed=completed)


def step(*assertions: dict[str, Any], **capture: Any) -> Step:
    return Step.model_validate(
        {"request": {"url": "https://example.com"}, "assert": list(assertions), "capture": capture}
    )


def said(answer: Response, *assertions: dict[str, Any]) -> list[str]:
    return failures(step(*assertions), answer, lambda text: text)


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        (200, "OK", []),
        (204, "No Content", []),
        (302, "Found", ["answered 302 Found (a redirect that was not followed: see `redirects: follow`)"]),
        (304, "Not Modified", ["answered 304 Not Modified (no redirect that `redirects: follow` would follow)"]),
        (400, "Bad Request", ["answered 400 Bad Request"]),
        (500, "Internal Server Error", ["answered 500 Internal Server Error"]),
        (503, "", ["answered 503"]),
        (101, "Switching Protocols", ["answered 101 Switching Protocols"]),
    ],
)
def test_without_an_assertion_on_status_anything_but_2xx_fails(status: int, reason: str, expected: list[str]) -> None:
    assert said(response(status=status, reason=reason)) == expected


@pytest.mark.parametrize("status", [300, 302, 304])
def test_where_redirects_are_followed_nobody_is_told_to_follow_them(status: int) -> None:
    told = Step.model_validate({"request": {"url": "https://example.com"}, "redirects": "follow"})
    assert failures(told, response(status=status, reason=""), str) == [f"answered {status} (not followed)"]


def test_an_assertion_on_status_replaces_the_default() -> None:
    assert said(response(status=404), {"status": {"equal": 404}}) == []
    assert said(response(status=200), {"status": {"equal": 202}}) == ["status is 200, expected 202"]


def test_a_response_that_broke_off_fails_unless_the_step_asserts_on_it() -> None:
    assert said(response(completed=False)) == ["the response broke off before its end"]
    assert said(response(completed=False), {"completed": {"equal": False}}) == []
    assert said(response(completed=False), {"completed": {"equal": True}}) == ["completed is false, expected true"]


JSON = (
    '{"status": "error", "count": 3, "ratio": 2.5, "ok": true, "none": null, "list": ["a", 1], "empty": "", "n": "7"}'
)
XML = '<r xmlns:n="urn:n" id="x1"><n:state>done</n:state><count>3</count><e/><m>a<b>b</b></m></r>'

HOLDS = [
    (JSON, {"status": {"equal": "200"}}),
    (JSON, {"status": {"less_than": 300}}),
    (JSON, {"status_text": {"equal": "OK"}}),
    (JSON, {"completed": {"equal": True}}),
    (JSON, {"body": {"contains": '"status": "error"'}}),
    (JSON, {"body": {"not_contains": "success"}}),
    (JSON, {"body": {"not_empty": True}}),
    (JSON, {"json": {"path": "$.status", "equal": "error"}}),
    (JSON, {"json": {"path": "$.status", "not_equal": "success"}}),
    (JSON, {"json": {"path": "$.missing", "not_equal": "success"}}),
    (JSON, {"json": {"path": "$.missing", "not_contains": "x"}}),
    (JSON, {"json": {"path": "$.count", "equal": 3.0}}),
    (JSON, {"json": {"path": "$.count", "equal": "3"}}),
    (JSON, {"json": {"path": "$.count", "greater_than": 2}}),
    (JSON, {"json": {"path": "$.ratio", "less_or_equal": 2.5}}),
    (JSON, {"json": {"path": "$.n", "greater_or_equal": 7}}),
    (JSON, {"json": {"path": "$.ok", "equal": True}}),
    (JSON, {"json": {"path": "$.ok", "equal": "true"}}),
    (JSON, {"json": {"path": "$.ok", "not_equal": 1}}),
    (JSON, {"json": {"path": "$.list", "contains": '"a"'}}),
    (JSON, {"json": {"path": "$.list[*]", "equal": "a"}}),
    (JSON, {"json": {"path": "$.list", "not_empty": True}}),
    ('"text"', {"json": {"path": "$", "equal": "text"}}),
    ("\ufeff[1]", {"json": {"path": "$[0]", "equal": 1}}),
    (XML, {"xml": {"path": "/r/@id", "equal": "x1"}}),
    (XML, {"xml": {"path": "//n:state", "equal": "done"}}),
    (XML, {"xml": {"path": "//count", "less_than": 4}}),
    (XML, {"xml": {"path": "count(//count)", "equal": 1}}),
    (XML, {"xml": {"path": "//m", "equal": "ab"}}),
    (XML, {"xml": {"path": "//m/text()", "equal": "a"}}),
    (XML, {"xml": {"path": "boolean(//e)", "equal": True}}),
    (XML, {"xml": {"path": "number('x') > 1", "equal": False}}),
    ('<!DOCTYPE r SYSTEM "file:///etc/hostname"><r>1</r>', {"xml": {"path": "/r", "equal": 1}}),
    ("", {"header": {"name": "x-REQUEST", "equal": "abc"}}),
    ("", {"header": {"name": "x-none", "not_equal": "abc"}}),
    ("", {"cookie": {"name": "session", "equal": "s1"}}),
    ("", {"length": {"equal": 0}}),
    ("ü", {"length": {"equal": 2}}),
    ("", {"duration": {"less_than": 121}}),
    ("", {"duration": {"greater_or_equal": 120}}),
]


@pytest.mark.parametrize(("body", "assertion"), HOLDS)
def test_an_assertion_that_holds_says_nothing(body: str, assertion: dict[str, Any]) -> None:
    assert said(response(body), assertion) == []


FAILS = [
    (
        JSON,
        {"json": {"path": "$.status", "equal": "success"}},
        'json $.status is "error", expected "success"',
    ),
    (JSON, {"json": {"path": "$.gone", "equal": "x"}}, 'json $.gone is missing, expected "x"'),
    (
        JSON,
        {"json": {"path": "$.gone", "not_empty": True}},
        "json $.gone is missing, expected it not to be empty",
    ),
    (
        JSON,
        {"json": {"path": "$.empty", "not_empty": True}},
        'json $.empty is "", expected it not to be empty',
    ),
    (
        JSON,
        {"json": {"path": "$.none", "not_empty": True}},
        "json $.none is null, expected it not to be empty",
    ),
    (JSON, {"json": {"path": "$.none", "equal": "x"}}, 'json $.none is null, expected "x"'),
    (
        JSON,
        {"json": {"path": "$.status", "not_equal": "error"}},
        'json $.status is "error", expected anything but "error"',
    ),
    (JSON, {"json": {"path": "$.status", "less_than": 5}}, 'json $.status is "error", expected less than 5'),
    (JSON, {"json": {"path": "$.ok", "greater_than": 0}}, "json $.ok is true, expected more than 0"),
    (JSON, {"json": {"path": "$.count", "less_or_equal": 2}}, "json $.count is 3, expected at most 2"),
    (JSON, {"json": {"path": "$.count", "greater_or_equal": 4}}, "json $.count is 3, expected at least 4"),
    (
        JSON,
        {"json": {"path": "$.list", "contains": "z"}},
        'json $.list is ["a",1], expected it to contain "z"',
    ),
    (
        JSON,
        {"json": {"path": "$.list", "not_contains": "a"}},
        'json $.list is ["a",1], expected it not to contain "a"',
    ),
    (XML, {"xml": {"path": "//gone", "equal": "x"}}, 'xml //gone is missing, expected "x"'),
    (XML, {"xml": {"path": "//count", "equal": 4}}, 'xml //count is "3", expected 4'),
    (
        "x",
        {"header": {"name": "X-Gone", "not_empty": True}},
        "header X-Gone is missing, expected it not to be empty",
    ),
    ("x", {"cookie": {"name": "session", "equal": "s2"}}, 'cookie session is "s1", expected "s2"'),
    ("x", {"length": {"greater_than": 3}}, "length is 1 bytes, expected more than 3 bytes"),
    ("x", {"duration": {"less_than": 100}}, "duration is 120 ms, expected less than 100 ms"),
    ("x", {"status_text": {"equal": "Accepted"}}, 'status_text is "OK", expected "Accepted"'),
    ("x" * 500, {"body": {"equal": "y"}}, f'body is "{"x" * 120}…", expected "y"'),
    ("a\n\x00b", {"body": {"equal": "y"}}, 'body is "a\\n\\u0000b", expected "y"'),
]


@pytest.mark.parametrize(("body", "assertion", "text"), FAILS)
def test_an_assertion_that_fails_says_what_is_and_what_was_expected(
    body: str, assertion: dict[str, Any], text: str
) -> None:
    assert said(response(body), assertion) == [text]


BOMB = "".join(f'<!ENTITY b{n + 1} "{f"&b{n};" * 10}">' for n in range(3))
HOSTILE = [
    (b"", "json", "$.a", "the body is empty"),
    (b"not json", "json", "$.a", "the body is not JSON (Expecting value: line 1 column 1 (char 0))"),
    (b"\xff\xfe\x00", "json", "$.a", "the body is not JSON"),
    (b"[" * 65536, "json", "$.a", "the body is nested too deeply"),
    (b'{"a":' * 10000, "json", "$.a", "the body is nested too deeply"),
    (b"[" * 500 + b"]" * 500, "json", "$..a", "nested too deeply"),
    (b"[NaN]", "json", "$[0]", "the body is not JSON (NaN is no JSON number)"),
    (b"9" * 10000, "json", "$", "the body is not JSON"),
    (b"{}", "json", "$.[", "the path can't be followed"),
    (b"", "xml", "/a", "the body is empty"),
    (b"plain", "xml", "/a", "the body is not XML"),
    (b"<a>", "xml", "/a", "the body is not XML"),
    (b"<a>" * 20000, "xml", "/a", "the body is not XML"),
    (b"<a>\xff</a>", "xml", "/a", "the body is not XML"),
    (b'<?xml version="1.0" encoding="nonsense"?><a/>', "xml", "/a", "the body is not XML"),
    (f'<!DOCTYPE a [<!ENTITY b0 "ha">{BOMB}]><a>&b3;</a>'.encode(), "xml", "/a", "declares XML entities"),
    (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        "xml",
        "/a",
        "declares XML entities",
    ),
    (b"<a/>", "xml", "/a[", "the path can't be followed"),
    (b"<a/>", "xml", "//unbound:a", "the path can't be followed"),
    (b"<a/>", "xml", "nonsense(1)", "the path can't be followed"),
]


@pytest.mark.parametrize(("body", "source", "path", "reason"), HOSTILE)
def test_a_body_that_cant_be_read_fails_with_the_reason(body: bytes, source: str, path: str, reason: str) -> None:
    (text,) = said(response(body), {source: {"path": path, "not_equal": "x"}})
    assert text.startswith(f"{source} {path}: ")
    assert reason in text
    with pytest.raises(CaptureError) as caught:
        captures(step(V={source: path}), response(body))
    assert caught.value.name == "V"
    assert reason in caught.value.reason


def test_a_value_too_deep_to_print_is_a_failure_or_printed() -> None:
    body = b"[" * 900 + b"]" * 900
    (text,) = said(response(body), {"json": {"path": "$", "equal": "x"}})
    assert text.startswith("json $")
    assert len(text) < 400


@given(
    st.binary(max_size=300),
    st.sampled_from(["$..*", "$.a[0]", "$"]),
    st.sampled_from(["//*", "string(/)", "//@*"]),
)
def test_no_body_raises(body: bytes, json_path: str, xml_path: str) -> None:
    texts = said(
        response(body),
        {"json": {"path": json_path, "equal": "\x00never"}},
        {"xml": {"path": xml_path, "equal": "\x00never"}},
        {"body": {"equal": "\x00never"}},
    )
    assert len(texts) == 3
    assert all(text.encode("utf-8") for text in texts)


@given(st.text(max_size=60))
def test_no_content_type_raises(content_type: str) -> None:
    answer = response(b"caf\xe9", headers={"Content-Type": content_type})
    assert answer.text.startswith("caf") or "charset" in content_type


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("utf-8", "é".encode(), "é"),
        ('"ISO-8859-1"', b"\xe9", "é"),
        ("windows-1252", b"\x80", "€"),
        ("unicode_escape", b"\\u0041", "\\u0041"),
        ("iso-8859-99", "é".encode(), "é"),
        ("rot13", b"abc", "abc"),
    ],
)
def test_text_is_read_in_its_charset_if_it_is_one(charset: str, body: bytes, text: str) -> None:
    assert response(body, headers={"content-type": f"text/plain; charset={charset}"}).text == text


def test_what_a_reference_gives_is_compared_and_the_reference_is_shown() -> None:
    asserted = step({"body": {"contains": "{{Key}}"}}, {"body": {"not_contains": "{{Key}}"}})
    assert failures(asserted, response("no"), lambda _: "hidden") == ['body is "no", expected it to contain "{{Key}}"']
    assert failures(asserted, response("my hidden"), lambda _: "hidden") == [
        'body is "my {{Key}}", expected it not to contain "{{Key}}"'
    ]


def test_what_rendering_raises_goes_through() -> None:
    def refuse(text: str) -> str:
        raise LookupError(text)

    with pytest.raises(LookupError, match=r"\{\{Key\}\}"):
        failures(step({"body": {"equal": "{{Key}}"}}), response(), refuse)


def test_captures_give_text_as_it_is_and_other_json_compact() -> None:
    body = '{"id": "a b", "n": 1.5, "ok": true, "list": [1, {"k": "é"}], "two": ["x", "y"]}'
    captured = captures(
        step(
            Id={"json": "$.id"},
            N={"json": "$.n"},
            Ok={"json": "$.ok"},
            List={"json": "$.list"},
            First={"json": "$.two[*]"},
            Status={"status": True},
            Reason={"status_text": True},
            Body={"body": True},
            Length={"length": True},
            Duration={"duration": True},
            Header={"header": "x-request"},
            Cookie={"cookie": "session"},
        ),
        response(body),
    )
    assert captured == {
        "Id": "a b",
        "N": "1.5",
        "Ok": "true",
        "List": '[1,{"k":"é"}]',
        "First": "x",
        "Status": "200",
        "Reason": "OK",
        "Body": body,
        "Length": str(len(body.encode())),
        "Duration": "120",
        "Header": "abc",
        "Cookie": "s1",
    }
    assert captures(step(State={"xml": "//count"}), response(XML)) == {"State": "3"}


@pytest.mark.parametrize(
    ("capture", "reason"),
    [
        ({"json": "$.gone"}, "json $.gone is missing"),
        ({"json": "$.none"}, "json $.none is null"),
        ({"header": "X-Gone"}, "header X-Gone is missing"),
        ({"cookie": "gone"}, "cookie gone is missing"),
    ],
)
def test_a_capture_that_finds_nothing_says_so(capture: dict[str, Any], reason: str) -> None:
    with pytest.raises(CaptureError, match="can't capture SysId: ") as caught:
        captures(step(SysId=capture), response(JSON))
    assert (caught.value.name, caught.value.reason) == ("SysId", reason)


def test_headers_of_one_name_are_joined_and_the_last_cookie_counts() -> None:
    headers = (
        ("X-A", "1"),
        ("Set-Cookie", "s=1"),
        ("x-a", "2"),
        ("set-cookie", "s=2; Secure"),
        ("Set-Cookie", "broken"),
    )
    answer = Response(200, "OK", headers, b"", 0, completed=True)
    assert answer.header("X-a") == "1, 2"
    assert answer.cookie("s") == "2"
    assert answer.cookie("S") is None


def test_the_length_is_what_was_stated_where_the_body_was_cut() -> None:
    cut = response("x" * 10, headers={"Content-Length": "500"})
    assert cut.length == 500
    assert response("x" * 10, headers={"Content-Length": "500"}, completed=False).length == 10
    assert response("x" * 10, headers={"Content-Length": "5", "Content-Encoding": "gzip"}).length == 10
    assert response("x" * 10, headers={"Content-Length": "many"}).length == 10


def test_lone_surrogates_in_json_dont_get_out() -> None:
    body = b'{"a": "x\\ud800y"}'
    assert captures(step(V={"json": "$.a"}), response(body)) == {"V": "x?y"}
    (text,) = said(response(body), {"json": {"path": "$.a", "equal": "z"}})
    assert text == 'json $.a is "x?y", expected "z"'
