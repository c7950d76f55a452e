"""What is kept of an exchange holds no secret, however a receiver spells it."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dispatcher.sending.requests import auth, request_to, text, with_secret

from tocsin_dispatcher.sending.stored_exchange import stored_request, stored_response
from tocsin_schema.api.exchanges import StoredRequest, StoredResponse
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.responses import Response
from tocsin_schema.template.masked_text import MaskedText, Piece

SECRET = 'p"ä/s+s <w>&ö\\r d'


def answer(body: str | bytes, headers: tuple[tuple[str, str], ...] = (), reason: str = "OK") -> Response:
    content = body.encode() if isinstance(body, str) else body
    return Response(200, reason, headers, content, duration_ms=5, completed=True)


def test_a_request_is_masked_by_provenance() -> None:
    request = request_to(
        with_secret("https://example.com/", "s3cret", "/hook"),
        MaskedText((Piece("key="), Piece("s3cret", secret=True), Piece(" and s3cret"))),
        headers={"X-Key": with_secret("Bearer ", "s3cret")},
    )
    stored = stored_request(request, request.headers)
    assert stored.url == "https://example.com/*****/hook"
    assert stored.headers == (("X-Key", "Bearer *****"),)
    assert stored.body == "key=***** and s3cret"


def test_a_stored_exchange_survives_json() -> None:
    request = request_to("https://example.com/\ud800", "a\0b", headers={"X": "y"})
    stored = stored_request(request, request.headers)
    assert StoredRequest.model_validate_json(stored.model_dump_json()) == stored
    response = stored_response(answer("{}", (("A", "b"),)), Masking([]), truncated=False)
    assert StoredResponse.model_validate_json(response.model_dump_json()) == response


@pytest.mark.parametrize(
    "echo",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(SECRET).replace("/", "\\/"),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        html.escape(SECRET),
        html.escape(SECRET, quote=False),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(SECRET.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_secret_that_comes_back_is_masked_in_every_spelling(echo: str) -> None:
    masking = Masking.of(request_to("http://x", with_secret("", SECRET)))
    response = answer(f"got [{echo}] twice [{echo}]", (("X-Echo", f"<{echo}>"),), reason=f"No {echo}!")
    stored = stored_response(response, masking, truncated=False)
    shown = stored.body.replace('"', "")
    assert shown == "got [*****] twice [*****]"
    assert stored.headers[0][1].replace('"', "") == "<*****>"
    assert stored.reason.replace('"', "") == "No *****!"


@pytest.mark.parametrize(
    "sent",
    [
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_secret_that_was_sent_encoded_is_masked_where_it_comes_back_decoded(sent: str) -> None:
    masking = Masking.of(request_to(with_secret("http://x/", sent)))
    assert masking.mask(f"wrong key {SECRET}") == "wrong key *****"


@pytest.mark.parametrize("user", ["j", "ja", "jan", "operator"])
def test_the_password_of_basic_authentication_is_masked_as_the_header_spells_it(user: str) -> None:
    masking = Masking.of(request_to("http://x", auth=auth("basic", user, "correct horse")))
    token = base64.b64encode(f"{user}:correct horse".encode()).decode()
    assert masking.mask(f"Authorization: Basic {token}") == "Authorization: Basic *****"
    assert masking.mask("correct horse!") == "*****!"
    inside = base64.b64encode(f"{user}={user}:correct horse battery".encode()).decode()
    assert "*****" in masking.mask(inside)


def test_secrets_that_overlap_leave_nothing_between_them() -> None:
    assert Masking(["abcdef", "defghi"]).mask("x abcdefghi y") == "x ***** y"


def test_a_secret_cut_off_at_the_end_of_what_was_read_is_masked() -> None:
    masking = Masking(["s3cret-token"])
    stored = stored_response(answer(b"x" * 100 + b"s3cret-to"), masking, truncated=True)
    assert stored.body == "x" * 100 + "*****"
    assert stored_response(answer(b"it s"), masking, truncated=False).body == "it s"


def test_without_secrets_nothing_is_changed() -> None:
    assert Masking([""]).mask("p=*&q") == "p=*&q"


def test_what_is_kept_of_a_body_is_64_kib_of_utf8() -> None:
    stored = stored_response(answer(b"\xff" * 65536), Masking([]), truncated=False)
    assert len(stored.body.encode()) <= 65536
    assert stored.truncated
    whole = stored_request(request_to("http://x", "é" * 32768), [])
    assert whole.body == "é" * 32768


def test_what_is_kept_of_a_url_and_of_a_header_is_8192_characters_and_it_is_said() -> None:
    request = request_to("http://x/" + "é" * 8184, "", headers={"X-Notes": "n" * 8193})
    stored = stored_request(request, request.headers)
    assert stored.url == "http://x/" + "é" * 8183 + "…"
    assert stored.headers == (("X-Notes", "n" * 8192 + "…"),)
    assert stored.truncated


@pytest.mark.parametrize(
    "request_as_sent",
    [
        request_to("http://x/" + "u" * 8184),
        request_to("http://x", headers={"X": "n" * 8193}),
        request_to("http://x", "b" * 65537),
    ],
)
def test_of_a_request_it_is_said_whatever_part_of_it_was_cut(request_as_sent: RenderedRequest) -> None:
    assert stored_request(request_as_sent, request_as_sent.headers).truncated
    whole = request_to("http://x/" + "u" * 8183, "b" * 65536, headers={"X": "n" * 8192})
    assert not stored_request(whole, whole.headers).truncated


def test_of_a_side_the_first_64_kib_of_headers_are_kept_and_it_is_said() -> None:
    headers = tuple((f"X-{number:05}", "h" * 1016) for number in range(100))  # 1 KiB each
    stored = stored_response(answer("", headers), Masking([]), truncated=False)
    assert stored.headers == headers[:64]
    assert stored.truncated
    assert not stored_response(answer("", headers[:64]), Masking([]), truncated=False).truncated
    request = request_to("http://x", headers=dict(headers))
    assert (sent := stored_request(request, request.headers)).headers == headers[:64]
    assert sent.truncated


def test_a_secret_is_masked_before_its_line_is_cut() -> None:
    request = request_to(with_secret("http://x/" + "u" * 8180, "s3cret-token"))
    assert "s3c" not in stored_request(request, ()).url
    echo = answer("", (("X-Echo", "e" * 8185 + "s3cret-token"),))
    stored = stored_response(echo, Masking.of(request), truncated=False)
    assert "s3c" not in stored.headers[0][1]


@given(st.text(min_size=4), st.text(), st.text())
def test_no_secret_survives_in_the_spellings_of_json_urls_and_base64(secret: str, before: str, after: str) -> None:
    secret = secret.encode("utf-8", "replace").decode()
    masking = Masking.of(request_to("http://x", text(MaskedText.of(secret, secret=True))))
    raw = masking.mask(f"{before}{secret}{after}")
    assert secret not in raw or secret in "*****" or secret in before + "*****" + after
    assert masking.mask(json.dumps(secret)) == '"*****"'
    assert masking.mask(quote(secret, safe="")) == "*****"
    assert masking.mask(base64.b64encode(secret.encode()).decode()) == "*****"
