"""Client credentials of OAuth 2.0: the request for a token, and what comes of its answer."""

import base64
import contextlib
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schema.example_messages import rendered

from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.message import RenderError
from tocsin_schema.messages.oauth2 import (
    LONGEST_LIFE,
    NoTokenError,
    Token,
    lifetime,
    shown_answer,
    token_of,
    token_request,
    with_token,
)
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.responses import Response

TOKEN_URL = "https://id.example.com/oauth2/token"
SECRETS = {("chat", "Username"): "tocsin", ("chat", "Password"): "s3cr3t:/+ é&%"}


def asked(captured: dict[str, str] | None = None, **oauth2: Any) -> RenderedRequest:
    """Return the request that a step with these settings makes."""
    stated = {
        "token_url": TOKEN_URL,
        "client_id": "{{@VaultItem.chat.Username}}",
        "client_secret": "{{@VaultItem.chat.Password}}",
        **oauth2,
    }
    return rendered({"auth": {"oauth2": stated}, "json": {"a": 1}}, captured, secrets=SECRETS)


def asking(**oauth2: Any) -> RenderedRequest:
    found = token_request(asked(**oauth2))
    assert found is not None
    return found


def body(request: RenderedRequest) -> dict[str, str]:
    assert request.body is not None
    return dict(parse_qsl(request.body.value, keep_blank_values=True, strict_parsing=True))


def answer(
    value: Any = None,
    status: int = 200,
    *,
    body: bytes | None = None,
    kind: str = "application/json",
    reason: str = "OK",
) -> Response:
    content = json.dumps(value).encode() if body is None else body
    return Response(status, reason, (("Content-Type", kind),), content, 1, completed=True)


def no_token(response: Response) -> tuple[str, bool]:
    with pytest.raises(NoTokenError) as error:
        token_of(response)
    return str(error.value), error.value.refused


# The request


def test_a_request_that_needs_no_token_asks_for_none() -> None:
    assert token_request(rendered({})) is None
    assert token_request(rendered({"auth": {"basic": {"username": "u", "password": "p"}}})) is None


def test_a_client_says_who_it_is_by_basic_authentication_with_its_parts_encoded_as_in_a_form() -> None:
    """RFC 6749, section 2.3.1."""
    request = asking(scope="alerts.write  alerts.read", audience="https://api.example.com")
    assert (request.method, request.url.value) == ("POST", TOKEN_URL)
    assert body(request) == {
        "grant_type": "client_credentials",
        "scope": "alerts.write  alerts.read",
        "audience": "https://api.example.com",
    }
    assert request.auth is not None
    assert request.auth.scheme == "basic"
    assert (request.auth.username.value, request.auth.password.value) == ("tocsin", "s3cr3t%3A%2F%2B+%C3%A9%26%25")
    assert unquote_plus(request.auth.password.value) == SECRETS["chat", "Password"]
    assert [(name, text.value) for name, text in request.headers] == [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Accept", "application/json"),
    ]


def test_a_client_can_say_who_it_is_in_the_body() -> None:
    request = asking(style="body")
    assert request.auth is None
    assert body(request) == {
        "grant_type": "client_credentials",
        "client_id": "tocsin",
        "client_secret": SECRETS["chat", "Password"],
    }


@pytest.mark.parametrize("style", ["body", "basic"])
@pytest.mark.parametrize("secret", ["{{@VaultItem.chat.Password}}", "written-0ut"])
def test_its_secret_is_shown_nowhere(style: str, secret: str) -> None:
    request = asking(style=style, client_secret=secret)
    known = SECRETS["chat", "Password"] if "{{" in secret else secret
    shown = repr(request) + str(request.body) + (request.auth.header if request.auth is not None else "")
    assert known not in shown
    assert "s3cr3t" not in shown
    masking = Masking.of(request)
    for echo in (known, json.dumps(known), base64.b64encode(f"tocsin:{known}".encode()).decode()):
        assert echo not in masking.mask(f"you sent {echo} here")


def test_equal_requests_are_for_equal_tokens_and_others_are_not() -> None:
    assert asking() == asking()
    assert hash(asking()) == hash(asking())
    others = [
        asking(),
        asking(scope="a"),
        asking(audience="a"),
        asking(style="body"),
        asking(client_id="other"),
        asking(client_secret="other"),
        asking(token_url="https://id.example.com/other"),
    ]
    assert len(set(others)) == len(others)


def test_what_a_token_is_for_does_not_depend_on_the_request_that_needs_it() -> None:
    auth = {"oauth2": {"token_url": TOKEN_URL, "client_id": "c", "client_secret": "s"}}
    one = rendered({"auth": auth, "body": "a", "headers": {"X-A": "1"}}, sign="k")
    other = rendered({"auth": auth, "url": "https://other.example.com", "method": "PUT"})
    assert token_request(one) == token_request(other)


def test_the_request_for_a_token_goes_the_way_of_the_request_that_needs_it() -> None:
    token = token_request(replace(asked(), proxy="corporate", tls="inside", follow_redirects=True))
    assert token is not None
    assert (token.proxy, token.tls, token.follow_redirects) == ("corporate", "inside", False)
    assert token != asking()


def test_the_settings_are_templates() -> None:
    request = rendered(
        {
            "auth": {
                "oauth2": {
                    "token_url": "https://{{Host}}/t",
                    "client_id": "{{Id}}",
                    "client_secret": "x",
                    "scope": "{{S}}",
                }
            }
        },
        variables={"Host": "id.example.com", "Id": "tocsin", "S": "a b"},
    )
    token = token_request(request)
    assert token is not None
    assert token.url.value == "https://id.example.com/t"
    assert body(token)["scope"] == "a b"


@pytest.mark.parametrize("url", ["", "id.example.com/token", "ftp://id.example.com", "https:///token"])
def test_a_token_url_that_is_none_makes_no_request(url: str) -> None:
    with pytest.raises(RenderError, match="the token URL"):
        rendered(
            {"auth": {"oauth2": {"token_url": "{{Url}}", "client_id": "c", "client_secret": "s"}}},
            variables={"Url": url},
        )


def test_a_request_bears_its_token_in_place_of_what_it_stated_itself() -> None:
    request = rendered(
        {
            "headers": {"authorization": "Basic x", "X-A": "1"},
            "auth": {"oauth2": {"token_url": TOKEN_URL, "client_id": "c", "client_secret": "s"}},
        }
    )
    bearing = with_token(request, Token("t0k3n", None))
    assert bearing.auth is None
    assert [(name, text.value, text.masked) for name, text in bearing.headers] == [
        ("X-A", "1", "1"),
        ("Authorization", "Bearer t0k3n", "Bearer *****"),
    ]
    assert "t0k3n" in bearing.secrets
    assert "t0k3n" not in repr(bearing)
    assert "t0k3n" not in repr(Token("t0k3n", 1.0))


# The answer


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER", None])
@pytest.mark.parametrize("value", ["a", "2YotnFZFEjr1zCsicMWpAA", "eyJ.eyJ.sig-_~+/=="])
def test_a_bearer_token_is_taken(kind: str | None, value: str) -> None:
    stated = {} if kind is None else {"token_type": kind}
    assert token_of(answer({"access_token": value, "expires_in": 3600, **stated})) == Token(value, 3600.0)


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        (3600, 3600.0),
        (1, 1.0),
        (0, 0.0),
        (-1, 0.0),
        (3599.5, 3599.5),
        ("3599", 3599.0),
        ("3599.5", 3599.5),
        (" 60 ", 60.0),
        ("-5", 0.0),
        ("+5", 5.0),
        (10**400, LONGEST_LIFE),
        (1e300, LONGEST_LIFE),
        (float("inf"), None),
        (float("nan"), None),
        (None, None),
        ("", None),
        ("1 hour", None),
        ("1h", None),
        ("3,600", None),
        ("0x10", None),
        ("٣٦٠٠", None),
        (True, None),
        (False, None),
        ([3600], None),
        ({"seconds": 3600}, None),
    ],
)
def test_how_long_a_token_lives(stated: Any, seconds: float | None) -> None:
    assert lifetime(stated) == seconds


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_whatever_is_stated_is_a_life_or_none(stated: Any) -> None:
    found = lifetime(stated)
    assert found is None or 0 <= found <= LONGEST_LIFE


def test_a_life_that_is_not_stated_is_unknown() -> None:
    assert token_of(answer({"access_token": "a", "token_type": "Bearer"})).lifetime is None


@pytest.mark.parametrize(
    ("response", "text", "refused"),
    [
        (
            answer({"error": "invalid_client"}, 400, reason="Bad Request"),
            "the token endpoint answered 400 Bad Request, `invalid_client`",
            True,
        ),
        (
            answer({"error": "invalid_client", "error_description": "no such\nclient"}, 401, reason="Unauthorized"),
            "the token endpoint answered 401 Unauthorized, `invalid_client`: no such client",
            True,
        ),
        (answer({"error_description": "why"}, 400, reason=""), "the token endpoint answered 400, why", True),
        (answer({"error": "bad_client"}), "the token endpoint answered 200 OK, `bad_client`", True),
        (answer({"error": {"code": 7}}, 403, reason=""), 'the token endpoint answered 403, `{"code": 7}`', True),
        (answer(body=b"", status=401, reason=""), "the token endpoint answered 401", True),
        (answer(body=b"<p>", status=404, reason="Not Found"), "the token endpoint answered 404 Not Found", True),
        (
            answer({"error": "temporarily_unavailable"}, 400, reason=""),
            "answered 400, `temporarily_unavailable`",
            False,
        ),
        (answer({"error": "invalid_client"}, 503, reason=""), "answered 503, `invalid_client`", False),
        (answer(body=b"busy", status=429, reason=""), "the token endpoint answered 429", False),
        (answer(body=b"", status=408, reason=""), "the token endpoint answered 408", False),
        (answer(body=b"x", status=500, reason=""), "the token endpoint answered 500", False),
        (answer(body=b"", status=302, reason=""), "its redirects are not followed", True),
        (answer(body=b"<html>sign in</html>", kind="text/html"), "200 with a body that is no JSON (text/html)", False),
        (answer(body=b"access_token=a&token_type=bearer", kind="text/plain"), "a body that is no JSON", False),
        (answer(body=b""), "200 with nothing", False),
        (answer(body=b" \n"), "200 with nothing", False),
        (answer(body=b"\xff\xfe{"), "a body that is no JSON", False),
        (answer(body=b"[" * 100_000), "a body that is no JSON", False),
        (answer({}), "200 with no `access_token`", True),
        (answer({"token": "a"}), "200 with no `access_token`", True),
        (answer([{"access_token": "a"}]), "200 with no `access_token`", True),
        (answer("a"), "200 with no `access_token`", True),
        (answer({"access_token": ""}), "200 with no `access_token`", True),
        (answer({"access_token": None}), "200 with no `access_token`", True),
        (answer({"access_token": 7}), "an `access_token` that is no text", True),
        (answer({"access_token": ["a"]}), "an `access_token` that is no text", True),
        (answer({"access_token": "a", "token_type": "mac"}), "a token of the type mac: only Bearer", True),
        (answer({"access_token": "a", "token_type": "DPoP"}), "a token of the type DPoP: only Bearer", True),
        (answer({"access_token": "a", "token_type": 7}), "a token of the type 7: only Bearer", True),
        (answer({"access_token": "a b"}), "characters that no header can carry", True),
        (answer({"access_token": "a\r\nX: y"}), "characters that no header can carry", True),
        (answer({"access_token": "é"}), "characters that no header can carry", True),
    ],
)
def test_a_bad_answer_is_told_as_what_it_is(response: Response, text: str, refused: bool) -> None:
    said, waits_for_a_person = no_token(response)
    assert text in said
    assert waits_for_a_person == refused
    assert "\n" not in said
    assert len(said) < 500


@pytest.mark.parametrize(
    "value", [{"access_token": "s3cr3t-t0k3n\n"}, {"access_token": "s3cr3t-t0k3n", "token_type": "mac"}]
)
def test_no_error_tells_the_token(value: Any) -> None:
    assert "s3cr3t-t0k3n" not in no_token(answer(value))[0]


def test_a_long_description_is_cut() -> None:
    assert len(no_token(answer({"error": "x" * 10_000, "error_description": "y" * 10_000}, 400))[0]) < 500


@given(st.binary(max_size=200), st.integers(100, 599))
def test_whatever_comes_is_a_token_or_told(content: bytes, status: int) -> None:
    with contextlib.suppress(NoTokenError):
        assert token_of(answer(body=content, status=status)).value


def test_of_the_answer_everything_is_masked_that_could_be_a_secret() -> None:
    value = {
        "access_token": "t",
        "refresh_token": "r",
        "accessToken": "u",
        "expires_in": 3600,
        "token_type": "Bearer",
        "scope": "a b",
        "error": "e",
    }
    assert json.loads(shown_answer(json.dumps(value))) == {
        "access_token": "*****",
        "refresh_token": "*****",
        "accessToken": "*****",
        "expires_in": 3600,
        "token_type": "Bearer",
        "scope": "a b",
        "error": "e",
    }
    assert shown_answer("<html>") == "<html>"
    assert shown_answer('"t"') == "*****"
    assert shown_answer('[{"access_token": "t"}]') == "*****"
