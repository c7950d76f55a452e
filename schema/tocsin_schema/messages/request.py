"""A rendered request: what goes over the wire, and what may be shown of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from tocsin_schema.template.masked_text import MaskedText


@dataclass(frozen=True, slots=True)
class RenderedAuth:
    """Credentials to authenticate with."""

    scheme: Literal["basic", "digest"]
    username: MaskedText
    password: MaskedText


@dataclass(frozen=True, slots=True)
class RenderedRequest:
    """One HTTP request, complete. `headers` keep their order and hold no CR or LF."""

    method: str
    url: MaskedText
    headers: tuple[tuple[str, MaskedText], ...]
    body: MaskedText | None
    auth: RenderedAuth | None = None
    signing_key: MaskedText | None = None
    """What it is to be signed with when it is sent; see `messages.signature`."""
    timeout: timedelta | None = None
    """How long its receiver has to answer; None: as long as usual."""
    follow_redirects: bool = False
    proxy: str | None = None
    """The proxy to send it through, by the name that the dispatcher knows it by; `none`: directly."""
    tls: str | None = None
    """What to speak TLS with, by the name that the dispatcher knows it by."""

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
        texts += [self.auth.username, self.auth.password] if self.auth is not None else []
        return frozenset(piece.text for text in texts for piece in text.pieces if piece.secret and piece.text)


def media_type(headers: Iterable[tuple[str, MaskedText]]) -> str:
    """Return the media type that `Content-Type` states, lower-case, without parameters; empty where none is stated."""
    value = next((text.value for name, text in headers if name.lower() == "content-type"), "")
    return value.partition(";")[0].strip().lower()
