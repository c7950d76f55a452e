"""The exact requests that a message makes: URL, headers, body and credentials."""

import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schema.example_messages import URL, message, rendered

from tocsin_schema.messages.message import RenderError
from tocsin_schema.models import Step

DESCRIPTION = "@alert.description"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def url_of(url: str, **system: str) -> str:
    return rendered({"url": url}, system={DESCRIPTION: system.get("description", "")}).url.value


def test_a_request_is_made_of_rendered_templates() -> None:
    request = rendered(
        {
            "method": "PUT",
            "url": "{{ApiUrl}}/{{@alert.errorTypeId}}",
            "headers": {"X-Type": "{{@alert.type}}", "Accept": "text/plain"},
            "body": "{{@alert.description}} at {{@monitor.name}}",
        },
        system={
            DESCRIPTION: "It's down",
            "@monitor.name": "Shop",
            "@alert.type": "Alert",
            "@alert.errorTypeId": "5407",
        },
        variables={"ApiUrl": "https://x.example"},
    )

    assert request.method == "PUT"
    assert request.url.value == "https://x.example/5407"
    assert [(name, text.value) for name, text in request.headers] == [("X-Type", "Alert"), ("Accept", "text/plain")]
    assert request.content == b"It's down at Shop"
    assert request.auth is None


def test_a_request_without_a_body_has_none_and_an_empty_body_is_one() -> None:
    assert rendered({}).content is None
    assert rendered({"body": ""}).content == b""


def test_a_body_is_utf_8() -> None:
    assert (
        rendered({"body": "{{@alert.description}}"}, system={DESCRIPTION: "é 日本 🚨"}).content == "é 日本 🚨".encode()
    )


def test_a_body_that_is_not_json_is_sent_as_it_is_written() -> None:
    request = rendered({"body": "<a>\r\n{{@alert.description}}</a>"}, system={DESCRIPTION: "<b>\x00"})

    assert request.content == b"<a>\r\n<b>\x00</a>"
    assert request.headers == ()


# The URL


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://x.example/a b", "https://x.example/a%20b"),
        ("https://x.example/é?q=日", "https://x.example/%C3%A9?q=%E6%97%A5"),
        ("https://x.example/🚨", "https://x.example/%F0%9F%9A%A8"),
        ('https://x.example/{a}|"<>\\^`', "https://x.example/%7Ba%7D%7C%22%3C%3E%5C%5E%60"),
        ("https://x.example/a\tb\x00c\x7f", "https://x.example/a%09b%00c%7F"),
        ("https://x.example/a%2Fb", "https://x.example/a%2Fb"),
        ("https://x.example/100%", "https://x.example/100%25"),
        ("https://x.example/100%?a=5%zz", "https://x.example/100%25?a=5%25zz"),
        ("https://x.example/!$&'()*+,;=:@-._~[]?a=1&b=/?#c", "https://x.example/!$&'()*+,;=:@-._~[]?a=1&b=/?#c"),
        ("  https://x.example/a \n", "https://x.example/a"),
        ("HTTP://X.example:8080", "HTTP://X.example:8080"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("https://user:p%40ss@x.example/", "https://user:p%40ss@x.example/"),
        ("http://my_service/", "http://my_service/"),
    ],
)
def test_a_url_is_percent_encoded_where_it_must_be_and_nowhere_else(url: str, sent: str) -> None:
    assert url_of(url) == sent
    assert url_of("{{@alert.description}}", description=url) == sent


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_stands_in_a_path_the_receiver_reads_it(text: str) -> None:
    encoded = url_of("https://x.example/{{@UrlEncode({{@alert.description}})}}.", description=text)

    assert re.fullmatch(r"[!-~]+", encoded)
    assert unquote(urlsplit(encoded).path.replace("+", " ")) == f"/{text}."


@given(st.text())
def test_a_value_never_puts_white_space_or_letters_beyond_ascii_into_a_url(text: str) -> None:
    encoded = url_of("https://x.example/{{@alert.description}}/", description=text)

    assert re.fullmatch(r"[!-~]+", encoded)
    assert re.search(r"%(?![0-9A-F]{2})", encoded, re.IGNORECASE) is None


def test_a_percent_sign_that_meets_digits_of_another_reference_still_encodes() -> None:
    request = rendered({"url": "https://x.example/%{{@alert.description}}"}, system={DESCRIPTION: "41"})

    assert request.url.value == "https://x.example/%41"


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("x.example/hook", "`x.example/hook` is no http:// or https:// URL"),
        ("ftp://x.example", "`ftp://x.example` is no http:// or https:// URL"),
        ("https://", "`https://` is no http:// or https:// URL"),
        ("https:///hook", "`https:///hook` is no http:// or https:// URL"),
        ("{{ApiUrl}}", "the URL is empty"),
        ("https://x.example:0/", "`https://x.example:0/` has the port 0: a port is a number from 1 to 65535"),
        ("https://x.example:99999/", "is no http:// or https:// URL (Port out of range 0-65535)"),
        ("https://x.example:web/", "is no http:// or https:// URL (Port could not be cast"),
        ("https://[::1/", "is no http:// or https:// URL (Invalid IPv6 URL)"),
        ("https://x example/", "`https://x%20example/` names no host"),
        ("https://münchen.example/", "an international name needs its ASCII form, `xn--...`"),
        ("https://x.example{{@alert.description}}/", "names no host"),
    ],
)
def test_what_is_no_url_is_refused(url: str, text: str) -> None:
    with pytest.raises(RenderError) as refused:
        rendered({"url": url}, system={DESCRIPTION: "\n"}, variables={"ApiUrl": " "})

    assert text in str(refused.value)


def test_a_backslash_does_not_hide_the_host() -> None:
    encoded = url_of("https://good.example\\@evil.example/")

    assert encoded == "https://good.example%5C@evil.example/"
    assert urlsplit(encoded).hostname == "evil.example"


# Headers


@given(st.text())
def test_no_value_can_end_a_header(text: str) -> None:
    request = rendered({"headers": {"X-Text": "a{{@alert.description}}z"}}, system={DESCRIPTION: text})
    ((name, value),) = request.headers

    assert name == "X-Text"
    assert re.search(r"[\x00-\x1f\x7f]", value.value) is None
    assert value.value.startswith("a")
    assert value.value.endswith("z")


def test_a_line_break_in_a_header_becomes_a_space() -> None:
    request = rendered(
        {"headers": {"X-Text": "{{@alert.description}}\n"}}, system={DESCRIPTION: "one\r\nSet-Cookie: two\x00"}
    )

    assert request.headers[0][1].value == "one Set-Cookie: two  "


def test_headers_keep_their_order_and_their_spelling() -> None:
    names = ["X-b", "x-A", "Accept"]

    assert [name for name, _ in rendered({"headers": dict.fromkeys(names, "")}).headers] == names


# Form bodies


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_form_body_says_exactly_what_its_references_hold(one: str, two: str) -> None:
    request = rendered(
        {"headers": FORM, "body": "a={{@alert.description}}&b={{@monitor.notes}}&c=1+2"},
        system={DESCRIPTION: one, "@monitor.notes": two},
    )

    assert request.content is not None
    assert parse_qs(request.content.decode("ascii"), keep_blank_values=True) == {"a": [one], "b": [two], "c": ["1 2"]}


def test_a_reference_in_a_form_is_encoded_once_however_deep_its_value_comes_from() -> None:
    request = rendered(
        {"headers": FORM, "body": "a={{Outer}}&b={{@UrlEncode({{@alert.description}})}}"},
        system={DESCRIPTION: "x & y"},
        variables={"Outer": "<{{Inner}}>", "Inner": "{{@alert.description}}"},
    )

    assert request.content == b"a=%3Cx+%26+y%3E&b=x+%26+y"


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded; charset=utf-8", "Application/X-WWW-Form-URLencoded", "{{Form}}"],
)
def test_a_form_is_known_by_its_media_type(content_type: str) -> None:
    request = rendered(
        {"headers": {"content-type": content_type}, "body": "a={{@alert.description}}"},
        system={DESCRIPTION: "&"},
        variables={"Form": FORM["Content-Type"]},
    )

    assert request.content == b"a=%26"
    assert request.content_type == "application/x-www-form-urlencoded"


def test_a_body_of_another_type_is_not_url_encoded() -> None:
    request = rendered(
        {"headers": {"Content-Type": "text/plain"}, "body": "{{@alert.description}}"}, system={DESCRIPTION: "&"}
    )

    assert request.content == b"&"


# Authentication


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_credentials_are_rendered_and_stay_out_of_headers_and_url(scheme: str) -> None:
    auth = {
        scheme: {"username": "{{@VaultItem.basic.Username}}-{{Region}}", "password": "{{@VaultItem.basic.Password}}"}
    }
    request = rendered({"auth": auth}, variables={"Region": "eu"})

    assert request.auth is not None
    assert (request.auth.scheme, request.auth.username.value, request.auth.password.value) == (
        scheme,
        "ops-eu",
        'p"w\\d é',
    )
    assert (request.headers, request.url.value) == ((), URL)


def test_a_colon_in_the_user_name_of_basic_authentication_is_refused() -> None:
    credentials = {"username": "{{Who}}", "password": "p"}
    with pytest.raises(RenderError, match="user name of basic authentication holds a colon"):
        rendered({"auth": {"basic": credentials}}, variables={"Who": "a:b"})

    assert rendered({"auth": {"digest": credentials}}, variables={"Who": "a:b"}).auth is not None


# Steps


def test_the_steps_are_those_of_the_message_type() -> None:
    steps: list[Any] = [{"request": {"url": URL}}, {"delay": "5s"}]
    messages = [{"types": ["error"], "steps": steps}, {"types": ["ok"], "steps": steps[:1]}]
    of_type = {each: message(messages=messages, message_type=each).steps for each in ("error", "ok", "reminder")}

    assert {each: len(found) for each, found in of_type.items()} == {"error": 2, "ok": 1, "reminder": 0}
    assert of_type["error"][1] == Step.model_validate({"delay": "5s"})


def test_a_delay_is_no_request() -> None:
    steps = [{"delay": "5s"}]
    with pytest.raises(RenderError, match="step 1 is a delay"):
        message(messages=[{"types": ["error"], "steps": steps}]).request(0, {})


def test_the_definition_stays_as_it_was() -> None:
    made = message({"json": {"a": ["{{@alert.description}}"]}, "headers": {"X": "y"}})
    before = made.integration.model_dump_json()
    made.request(0, {})

    assert made.integration.model_dump_json() == before
