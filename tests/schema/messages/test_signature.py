"""Signatures as Standard Webhooks has them."""

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tocsin_schema.messages.message import RenderError
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.signature import Stamp, signed, with_placeholders
from tocsin_schema.template.masked_text import MaskedText


def request(key: str | None, body: str = '{"test": 2432232314}') -> RenderedRequest:
    return RenderedRequest(
        "POST",
        MaskedText.of("https://example.com/hook"),
        (("Webhook-Id", MaskedText.of("their own")), ("X", MaskedText.of("y"))),
        MaskedText.of(body),
        signing_key=MaskedText.of(key, secret=True) if key is not None else None,
    )


def headers(request: RenderedRequest) -> dict[str, str]:
    return {name: text.value for name, text in request.headers}


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    stamp = Stamp("msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC))
    given = headers(signed(request("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), 0, stamp))
    assert given == {
        "X": "y",
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


STAMP = Stamp("b7e1", datetime(2026, 3, 2, 12, 0, tzinfo=UTC))


def test_a_key_without_the_prefix_is_taken_byte_for_byte() -> None:
    encoded = "whsec_" + base64.b64encode("schlüssel".encode()).decode()
    assert headers(signed(request("schlüssel"), 0, STAMP)) == headers(signed(request(encoded), 0, STAMP))


def test_each_step_has_an_id_of_its_own() -> None:
    assert [headers(signed(request("k"), step, STAMP))["webhook-id"] for step in range(3)] == [
        "b7e1",
        "b7e1-2",
        "b7e1-3",
    ]


@pytest.mark.parametrize("key", ["", "whsec_", "whsec_???", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
def test_a_key_that_is_none_is_refused_without_telling_it(key: str) -> None:
    with pytest.raises(RenderError, match="the key of `sign`") as refused:
        signed(request(key), 0, STAMP)
    assert "MfKQ" not in str(refused.value)
    assert "???" not in str(refused.value)


def test_without_a_key_nothing_is_added() -> None:
    assert signed(request(None), 0, STAMP) == request(None)
    assert with_placeholders(request(None)) == request(None)


def test_an_empty_body_is_signed_too() -> None:
    bare = replace(request("k"), body=None)
    assert headers(signed(bare, 0, STAMP)) == headers(signed(request("k", body=""), 0, STAMP))
