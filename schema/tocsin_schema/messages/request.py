"""A rendered request: what goes over the wire, and what may be shown of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tocsin_schema.template.masked_text import MASK, MaskedText


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Where a token of OAuth 2.0 comes from, and what it is asked for; empty texts are left out."""

    url: MaskedText
    scope: MaskedText
    audience: MaskedText
    style: Literal["body", "basic"]


@dataclass(frozen=True, slots=True)
class RenderedAuth:
    """Credentials to authenticate with. For `oauth2` they are the client's id and secret, for its `token_endpoint`."""

    scheme: Literal["basic", "digest", "oauth2"]
    username: MaskedText
    password: MaskedText
    token_endpoint: TokenEndpoint | None = None

    @property
    def header(self) -> str:
        """The header `Authorization` as it may be shown."""
        return f"{'Bearer' if self.scheme == 'oauth2' else self.scheme.title()} {MASK}"

    @property
    def texts(self) -> tuple[MaskedText, ...]:
        """Every text in it."""
        endpoint = self.token_endpoint
        others = (endpoint.url, endpoint.scope, endpoint.audience) if endpoint is not None else ()
        return (self.username, self.password, *others)


@dataclass(frozen=True, slots=True)
class RenderedRequest:
    """One HTTP request, complete. `headers` keep their order and hold no CR or LF."""

    method: str
    url: MaskedText
    headers: tuple[tuple[str, MaskedText], ...]
    body: MaskedText | None
    auth: RenderedAuth | None = None
    signing_key: MaskedText | None = None
    """What it is to be signed with when it is sent; see `schema/tocsin_schema/messages/signature.py`."""
    timeout: timedelta | None = None
    """How long it may take, redirects included; None: as long as whoever sends it lets requests take."""
    follow_redirects: bool = False
    """Whether a redirect is followed, or its answer the one that counts."""
    proxy: str | None = None
    """The proxy to send it through, by the name that the dispatcher knows it by; `none`: directly."""
    tls: str | None = None
    """What to speak TLS with, by the name that the dispatcher knows it by."""
    attempt_at: datetime | None = None
    """The moment (aware, UTC) of the attempt that it was made for; None: of none in particular."""

    @property
    def content(self) -> bytes | None:
        """The body in UTF-8, None where there is none."""
        return None if self.body is None else self.body.value.encode("utf-8", "replace")

    @property
    def content_type(self) -> str:
        """The media type of the body, lower-case, without parameters; empty where none is stated."""
        return media_type(self.headers)

    @property
    def secrets(self) -> frozenset[str]:
        """Every secret text in this request."""
        texts = [self.url, *(text for _, text in self.headers)]
        texts += [self.body] if self.body is not None else []
        texts += [self.signing_key] if self.signing_key is not None else []
        texts += self.auth.texts if self.auth is not None else ()
        return frozenset(piece.text for text in texts for piece in text.pieces if piece.secret and piece.text)


def media_type(headers: Iterable[tuple[str, MaskedText]]) -> str:
    """Return the media type that `Content-Type` states, lower-case, without parameters; empty where none is stated."""
    value = next((text.value for name, text in headers if name.lower() == "content-type"), "")
    return value.partition(";")[0].strip().lower()
