"""What may be kept and shown of an exchange: no secrets, nothing a database refuses, and not without limit.

Of a side there are kept 64 KiB of its body, 8,192 characters of its URL and of each header, and 64 KiB of all headers.
"""

from collections.abc import Iterable
from itertools import accumulate

from tocsin_schema.api.exchanges import Headers, StoredRequest, StoredResponse
from tocsin_schema.messages.captured_secrets import masked_response
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.responses import Response
from tocsin_schema.template.masked_text import MaskedText

LIMIT = 64 * 1024
"""Bytes kept of a body, and characters of all headers of a side."""
LINE = 8 * 1024
"""Characters kept of a URL, and of a header; what is longer ends in `…`. Few servers take more."""
NOT_KEPT = "(not kept: it may hold a secret, and judging it was cut off before that could be told)"


def stored_request(request: RenderedRequest, headers: Iterable[tuple[str, MaskedText]]) -> StoredRequest:
    """Mask a request by provenance. `headers` are all that go out, but for the credentials."""
    shown = [(name, storable(text.masked)) for name, text in headers]
    if request.auth is not None:
        shown.append(("Authorization", request.auth.header))
    sent = (
        storable(request.url.masked),
        tuple(shown),
        None if request.body is None else storable(request.body.masked),
    )
    url, headed, body = sent
    kept = _line(url), _kept(headed), None if body is None else capped(body)
    return StoredRequest(method=request.method, url=kept[0], headers=kept[1], body=kept[2], truncated=kept != sent)


def stored_response(response: Response, masking: Masking, *, truncated: bool) -> StoredResponse:
    """Mask a response by what was secret in its request, and by the names that secrets bear."""
    reason, stated, text = masked_response(response, masking, cut=truncated)
    whole = storable(text)
    body = capped(whole)
    shown = tuple((name, storable(value)) for name, value in stated)
    headers = _kept(shown)
    return StoredResponse(
        status=response.status,
        reason=_line(storable(reason)),
        headers=headers,
        body=body,
        truncated=truncated or body != whole or headers != shown,
        duration_ms=response.duration_ms,
    )


def masked_further(response: StoredResponse, masking: Masking) -> StoredResponse:
    """Return a stored response without what proved to be secret later, as what its step captures."""
    return response.model_copy(
        update={
            "reason": masking.mask(response.reason),
            "headers": tuple((name, masking.mask(value)) for name, value in response.headers),
            "body": masking.mask(response.body, cut=response.truncated),
        }
    )


def without_body(response: StoredResponse) -> StoredResponse:
    """Return a stored response without its body, of which nobody can tell what is secret."""
    return response.model_copy(update={"body": NOT_KEPT, "truncated": True})


def storable(text: str) -> str:
    """Return the text without what JSON or PostgreSQL can't hold: lone surrogates and NUL."""
    whole = text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")


def capped(text: str) -> str:
    """Return as much of the text as fits into 64 KiB of UTF-8."""
    return text if len(text) * 4 <= LIMIT else text.encode("utf-8")[:LIMIT].decode("utf-8", "ignore")


def _line(text: str) -> str:
    return text if len(text) <= LINE else text[:LINE] + "…"


def _kept(headers: Headers) -> Headers:
    """Return the first headers, as many as there is room for."""
    shown = [(_line(name), _line(value)) for name, value in headers]
    taken = accumulate(len(name) + len(value) for name, value in shown)
    return tuple(header for header, size in zip(shown, taken, strict=True) if size <= LIMIT)
