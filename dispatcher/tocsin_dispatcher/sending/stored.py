"""What may be kept and shown of an exchange: no secrets, 64 KiB a body, nothing a database refuses."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from tocsin_schema.render.masking import Masking
from tocsin_schema.render.request import RenderedRequest
from tocsin_schema.responses import Response
from tocsin_schema.template.text import MASK, MaskedText

LIMIT = 64 * 1024
"""Bytes kept of a body."""

Headers = tuple[tuple[str, str], ...]


class StoredRequest(BaseModel):
    """A request as it was sent, its secrets masked."""

    model_config = ConfigDict(frozen=True)

    method: str
    url: str
    headers: Headers
    body: str | None

    @classmethod
    def of(cls, request: RenderedRequest, headers: Iterable[tuple[str, MaskedText]]) -> "StoredRequest":
        """Mask a request by provenance. `headers` are all that go out, but for the credentials."""
        shown = [(name, storable(text.masked)) for name, text in headers]
        if request.auth is not None:
            shown.append(("Authorization", f"{request.auth.scheme.title()} {MASK}"))
        body = None if request.body is None else capped(storable(request.body.masked))
        return cls(method=request.method, url=storable(request.url.masked), headers=tuple(shown), body=body)


class StoredResponse(BaseModel):
    """A response as it came, without the secrets of its request."""

    model_config = ConfigDict(frozen=True)

    status: int
    reason: str
    headers: Headers
    body: str
    truncated: bool
    """Whether there was more of the body than is kept."""
    duration_ms: int

    @classmethod
    def of(cls, response: Response, masking: Masking, *, truncated: bool) -> "StoredResponse":
        """Mask a response by what was secret in its request."""
        whole = storable(masking.mask(response.text, cut=truncated or not response.completed))
        body = capped(whole)
        return cls(
            status=response.status,
            reason=storable(masking.mask(response.reason)),
            headers=tuple((masking.mask(name), storable(masking.mask(value))) for name, value in response.headers),
            body=body,
            truncated=truncated or body != whole,
            duration_ms=response.duration_ms,
        )


def storable(text: str) -> str:
    """Give the text without what JSON or PostgreSQL can't hold: lone surrogates and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")


def capped(text: str) -> str:
    """Give as much of the text as fits into 64 KiB of UTF-8."""
    return text if len(text) * 4 <= LIMIT else text.encode("utf-8")[:LIMIT].decode("utf-8", "ignore")
