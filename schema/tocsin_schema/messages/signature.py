"""Signatures as Standard Webhooks 1.0.0 (https://www.standardwebhooks.com) has them, symmetric scheme `v1`.

A receiver of JSON verifies with any library of that standard (`docs/domain.md#how-libraries-and-receivers-behave`):
HMAC-SHA256 over `id.timestamp.body`, the very bytes of the body.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin_schema.messages.message import RenderError
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.template.masked_text import MaskedText

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
ENCODED = "whsec_"
"""What a key begins with that is written in Base64; any other is taken byte for byte."""
ASYMMETRIC = "whsk_"
PLACEHOLDERS = {ID: "id-of-the-delivery", TIMESTAMP: "seconds-since-1970", SIGNATURE: "v1,made-when-it-is-sent"}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a signature is made for: the delivery's stable id, and the moment of this attempt (aware)."""

    delivery: str
    at: datetime


def signed(request: RenderedRequest, step: int, stamp: Stamp) -> RenderedRequest:
    """Return the request of step `step` (from 0) with its signature, as it is where its integration has no key.

    The id is the delivery's, and of the steps after the first with the step's number behind it: receivers drop an
    id that they know. Raises RenderError where the key is none, without telling it.
    """
    if request.signing_key is None:
        return request
    key = _key(request.signing_key.value)
    webhook_id = stamp.delivery if step == 0 else f"{stamp.delivery}-{step + 1}"
    timestamp = str(int(stamp.at.timestamp()))
    content = b".".join([webhook_id.encode(), timestamp.encode(), request.content or b""])
    digest = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode("ascii")
    return _with_headers(request, {ID: webhook_id, TIMESTAMP: timestamp, SIGNATURE: f"v1,{digest}"})


def with_placeholders(request: RenderedRequest) -> RenderedRequest:
    """Return the request as it may be shown before it is sent: where it will be signed, with words for the signature."""
    return request if request.signing_key is None else _with_headers(request, PLACEHOLDERS)


def _with_headers(request: RenderedRequest, values: dict[str, str]) -> RenderedRequest:
    others = tuple((name, text) for name, text in request.headers if name.lower() not in values)
    return replace(request, headers=(*others, *((name, MaskedText.of(value)) for name, value in values.items())))


def _key(text: str) -> bytes:
    if not text:
        raise RenderError("the key of `sign` is empty")
    if text.startswith(ASYMMETRIC):
        raise RenderError(f"the key of `sign` is a private key ({ASYMMETRIC}): sign with a shared one ({ENCODED})")
    if not text.startswith(ENCODED):
        return text.encode("utf-8", "replace")
    try:
        key = base64.b64decode(text.removeprefix(ENCODED), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise RenderError(f"the key of `sign` begins with {ENCODED}, and no Base64 follows")
    return key
