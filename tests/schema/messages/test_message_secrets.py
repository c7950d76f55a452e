"""Secrets of a message: sent in full, shown never."""

import json
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schema.example_messages import SECRETS, URL, message, rendered

from tocsin_schema.messages.evaluate import MissingSecretError
from tocsin_schema.messages.message import RenderError
from tocsin_schema.template.masked_text import MASK

KEY = "{{@VaultItem.pagerduty.Password}}"
SECRET = SECRETS["pagerduty", "Password"]


def test_a_secret_is_sent_and_its_place_is_masked_wherever_it_stands() -> None:
    request = rendered(
        {
            "url": f"{URL}/{KEY}?a=1",
            "headers": {"Authorization": f"Token {KEY}"},
            "body": f'{{"key": "{KEY}", "text": "{{{{@alert.description}}}}"}}',
            "auth": {
                "basic": {"username": "{{@VaultItem.basic.Username}}", "password": "{{@VaultItem.basic.Password}}"}
            },
        },
        system={"@alert.description": "down"},
    )
    assert request.auth is not None
    assert request.body is not None

    assert request.url.value == f"{URL}/{SECRET}?a=1"
    assert request.url.masked == f"{URL}/{MASK}?a=1"
    assert request.headers[0][1].value == f"Token {SECRET}"
    assert request.headers[0][1].masked == f"Token {MASK}"
    assert request.body.value == f'{{"key": "{SECRET}", "text": "down"}}'
    assert request.body.masked == f'{{"key": "{MASK}", "text": "down"}}'
    assert (request.auth.username.masked, request.auth.password.masked) == (MASK, MASK)
    assert request.secrets == {SECRET, "ops", 'p"w\\d é'}


def test_a_secret_is_masked_as_it_was_encoded() -> None:
    secrets = {("pagerduty", "Password"): 'a"b é'}
    request = rendered({"url": f"{URL}/{KEY}", "json": {"key": KEY}}, secrets=secrets)
    assert request.body is not None

    assert request.url.value == f"{URL}/a%22b%20%C3%A9"
    assert request.url.masked == f"{URL}/{MASK}"
    assert request.body.value == '{"key": "a\\"b é"}'
    assert request.body.masked == f'{{"key": "{MASK}"}}'
    assert request.secrets == {"a%22b%20%C3%A9", 'a\\"b é'}


@pytest.mark.parametrize(
    "template",
    [
        "{{RoutingKey}}",
        "{{Outer}}",
        "{{FromLevel}}",
        f"{{{{@Base64Encode({KEY})}}}}",
        f"{{{{@UrlEncode({{{{@JsonEncode({KEY})}}}})}}}}",
        f"{{{{upper({KEY})}}}}",
        f"{{{{part({KEY})}}}}",
        f"{{{{sign({KEY})}}}}",
    ],
)
def test_what_is_made_of_a_secret_is_secret(template: str) -> None:
    request = rendered(
        {"json": {"a": template, "b": "open"}},
        variables={"RoutingKey": KEY, "Outer": "{{RoutingKey}}", "FromLevel": {"per_level": True}},
        level={"FromLevel": KEY},
        functions={
            "upper": {"mapping": {SECRET: "R3CEIVER-KEY"}},
            "part": {"regex": "^(.{6})"},
            "sign": {"hash": "SHA256"},
        },
    )
    assert request.body is not None

    assert request.body.masked == '{"a": "*****", "b": "open"}'
    assert request.secrets == {json.loads(request.body.value)["a"]}


def test_the_same_text_from_elsewhere_is_no_secret() -> None:
    request = rendered({"json": {"a": "{{@alert.description}}", "b": KEY}}, system={"@alert.description": SECRET})
    assert request.body is not None

    assert request.body.masked == f'{{"a": "{SECRET}", "b": "{MASK}"}}'


def test_a_signature_may_be_seen_and_its_key_may_not() -> None:
    request = rendered(
        {"headers": {"X-Signature": "{{sign({{@alert.description}})}}"}},
        functions={"sign": {"hash": "HMAC-SHA256", "key": KEY}},
    )

    assert len(request.headers[0][1].masked) == 64
    assert request.secrets == frozenset()


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="*'\"\\"), max_size=30))
def test_no_secret_is_ever_printed(text: str) -> None:
    secret = f"S3CR3T-{text}"  # so that no word of a repr is the secret by chance
    made = message(
        {
            "url": f"{URL}/{KEY}",
            "headers": {"X-Key": KEY},
            "json": {"key": [KEY]},
            "auth": {"digest": {"username": KEY, "password": KEY}},
        },
        secrets={("pagerduty", "Password"): secret},
    )
    request = made.request(0, {})
    printed = [repr(request), str(request), f"{request}", repr(made), repr(request.auth), repr(request.url.pieces)]

    assert [text for text in printed for each in {secret, *request.secrets} if each and each in text] == []


FAILING: list[dict[str, Any]] = [
    {"url": KEY},
    {"url": f"{KEY}://x.example"},
    {"url": f"https://x {KEY}/"},
    {"url": f"https://x.example:{KEY}/"},
    *(
        {"body": f"{{{{{function}({argument})}}}}"}
        for function, argument in (
            ("@RandomInt", KEY),
            ("@RandomInt", f"1,{KEY}"),
            ("@RandomFloat", f"{KEY},{KEY}"),
            ("@RandomChar", KEY),
            ("@HexToBase64", KEY),
            ("@Base64Decode", f"{KEY}!"),
            ("@JsonDecode", f'"{KEY}'),
            ("@XmlDecode", f"&{KEY}"),
            ("@DateTime", f"Iso,{KEY}"),
        )
    ),
    {"auth": {"basic": {"username": f"{KEY}:", "password": "p"}}},
]


@pytest.mark.parametrize("request_", FAILING, ids=str)
def test_an_error_does_not_quote_a_secret(request_: dict[str, Any]) -> None:
    with pytest.raises(RenderError) as refused:
        rendered(request_)
    told = "".join(traceback.format_exception(refused.value))

    assert str(refused.value)
    assert SECRET not in told


def test_a_secret_that_the_vault_lacks_is_named() -> None:
    def vault(item: str, field: str) -> str:
        raise MissingSecretError(item, field)

    made = message({"json": {"key": KEY}})
    with pytest.raises(MissingSecretError, match="the vault has no Password for pagerduty"):
        type(made)(**{**vars(made), "vault": vault}).request(0, {})
