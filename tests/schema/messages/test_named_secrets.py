"""What is secret by its name is masked in whatever form it stands, and nothing else is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.messages.named_secrets import (
    SECRET_NAMES,
    header_secrets,
    is_secret_name,
    marked_by_name,
    masked_by_name,
    masked_header,
)
from tocsin_schema.template.masked_text import MASK

SPELLINGS = [
    "access_token",
    "accessToken",
    "ACCESS_TOKEN",
    "access-token",
    "Access Token",
    "AccessToken",
    "access.token",
]


@pytest.mark.parametrize("name", [*SECRET_NAMES, *SPELLINGS, "Set-Cookie", "X-Api-Key", "ID_TOKEN", "clientSecret"])
def test_names_of_secrets_are_known_however_they_are_spelt(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "id",
        "key",
        "dedup_key",
        "incident_key",
        "page_token",
        "next_page_token",
        "token_type",
        "expires_in",
        "scope",
        "secret_name",
        "password_reset_url",
        "author",
        "authority",
        "cookie_policy",
        "sys_id",
        "code",
        "status",
        "sid",
    ],
)
def test_the_whole_name_counts(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_each_is_found_in_each_form(name: str) -> None:
    for text in (
        json.dumps({name: "s3cr3t-v4lue"}),
        json.dumps({"a": [{"b": {name: "s3cr3t-v4lue"}}]}, indent=2),
        json.dumps({"inner": json.dumps({name: "s3cr3t-v4lue"})}),
        f"a=1&{name}=s3cr3t-v4lue&b=2",
        f"https://x.example/?{name}=s3cr3t-v4lue",
        f"<a><{name}>s3cr3t-v4lue</{name}></a>",
        f"{name}: s3cr3t-v4lue",
    ):
        assert "s3cr3t-v4lue" not in masked_by_name(text), text
        assert MASK in masked_by_name(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"access_token":"abc","id":7}', '{"access_token":"*****","id":7}'),
        ('{ "token" : "a\\"b\\\\" , "id": 7 }', '{ "token" : "*****" , "id": 7 }'),
        ('{"password": 12345}', '{"password": *****}'),
        ('{"password": -1.5e3, "a": 1}', '{"password": *****, "a": 1}'),
        (
            '{"token": null, "secret": true, "session": {"id": 7}}',
            '{"token": null, "secret": true, "session": {"id": 7}}',
        ),
        ('{"token": ""}', '{"token": ""}'),
        ('{"Set-Cookie": ["a=b", "c=d"], "x": 1}', '{"Set-Cookie": [*****], "x": 1}'),
        ("{'token': 'abc'}", "{'token': '*****'}"),
        ('{"token": "cut off', '{"token": "*****'),
        ('{"token": ["cut off', '{"token": [*****'),
        ('{"token": "*****"}', '{"token": "*****"}'),
        ('"{\\"token\\": \\"abc\\", \\"id\\": 7}"', '"{\\"token\\": \\"*****\\", \\"id\\": 7}"'),
        ("token=abc", "token=*****"),
        ("token=", "token="),
        ("page_token=abc&token=d", "page_token=abc&token=*****"),
        ("token%5B%5D=abc&token[]=d", "token%5B%5D=*****&token[]=*****"),
        ("/cb?id_token=a.b.c#x", "/cb?id_token=*****"),
        ('<user password="abc" id="7"/>', '<user password="*****" id="7"/>'),
        ("<ns:token>abc</ns:token><id>7</id>", "<ns:token>*****</ns:token><id>7</id>"),
        ('<token type="x">abc</token>', '<token type="x">*****</token>'),
        ("GET /\r\nAuthorization: Bearer abc\r\nHost: x", "GET /\r\nAuthorization: *****\r\nHost: x"),
        ("the token is here", "the token is here"),
        ("no secrets: none", "no secrets: none"),
        ("", ""),
    ],
)
def test_it_is_masked_where_it_stands_and_all_else_stays(text: str, shown: str) -> None:
    assert masked_by_name(text) == shown


def test_a_text_without_any_is_the_same() -> None:
    for text in ('{"id": 7}', "a=1&b=2", "<a/>", '{"status": "success", "dedup_key": "srv01/HTTP"}'):
        assert masked_by_name(text) == text


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer abc", "Bearer *****"),
        ("authorization", "Basic YTpi", "Basic *****"),
        ("Authorization", 'Digest username="a", response="b"', "Digest *****"),
        ("Authorization", "GenieKey abc", "GenieKey *****"),
        ("Authorization", "abc", "*****"),
        ("Authorization", "Bearer *****", "Bearer *****"),
        ("Authorization", "", ""),
        ("Proxy-Authorization", "Basic YTpi", "Basic *****"),
        ("Set-Cookie", "id=abc; Path=/; HttpOnly", "id=*****; Path=/; HttpOnly"),
        ("Set-Cookie", "abc; Path=/", "*****"),
        ("Set-Cookie", "id=; Path=/", "id=*****; Path=/"),
        ("Cookie", "a=b; c=d", "a=*****; c=*****"),
        ("Cookie", "abc", "*****"),
        ("X-Api-Key", "abc", "*****"),
        ("X-Auth-Token", "k *****", "k *****"),
        ("Location", "/cb?access_token=abc&x=1", "/cb?access_token=*****&x=1"),
        ("Content-Type", "application/json", "application/json"),
        ("WWW-Authenticate", 'Bearer realm="x"', 'Bearer realm="x"'),
    ],
)
def test_headers(name: str, value: str, shown: str) -> None:
    assert masked_header(name, value) == shown


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        ("Authorization", "Bearer abc", ["abc"]),
        ("Authorization", "abc", ["abc"]),
        ("Set-Cookie", 'id="abc"; Path=/', ["abc"]),
        ("Cookie", "a=b; c=d", ["b", "d"]),
        ("X-Api-Key", "abc", ["abc"]),
        ("Location", "/?token=abc", ["abc"]),
        ("Content-Type", "text/html", []),
    ],
)
def test_what_headers_hold(name: str, value: str, secrets: list[str]) -> None:
    assert list(header_secrets(name, value)) == secrets


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "id", "token", "password"]), inner)
    ),
    max_leaves=10,
)


@given(VALUES, st.text("abcdefghij0123456789", min_size=12, max_size=30), st.sampled_from(SECRET_NAMES))
def test_whatever_surrounds_it_it_is_masked(value: Any, secret: str, name: str) -> None:
    text = json.dumps({"before": value, name: f"<{secret}>", "after": value})
    shown = masked_by_name(text)
    assert f"<{secret}>" not in shown
    assert masked_by_name(shown) == shown


@given(st.text(max_size=300))
def test_nothing_is_lost_and_nothing_raises(text: str) -> None:
    marked = marked_by_name(text)
    assert marked.value == text


@given(st.text('"\\{}[]:=,token password<>&; ', max_size=200))
def test_the_same_of_texts_made_of_marks(text: str) -> None:
    assert marked_by_name(text).value == text


def test_the_documentation_lists_them_all() -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
    section = page[page.index("## Secrets that receivers hand out") :]
    listed = section[section.index("`access_key`") : section.index("Under these names")]
    assert tuple(re.findall(r"`([^`]+)`", listed)) == SECRET_NAMES


@pytest.mark.parametrize("unit", ["\\", '"', "<a ", "'token':'", '"token":[', 'ab="', "<token>", "token:", " ", "key"])
def test_a_long_text_is_read_in_one_go(unit: str) -> None:
    text = unit * (60_000 // len(unit)) + "token"
    assert marked_by_name(text).value == text
