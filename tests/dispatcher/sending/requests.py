"""Requests as they come out of rendering."""

from typing import Literal

from tocsin_schema.messages.request import RenderedAuth, RenderedRequest
from tocsin_schema.template.masked_text import MaskedText, Piece


def request_to(
    url: str | MaskedText,
    body: str | MaskedText | None = None,
    method: str = "POST",
    headers: dict[str, str | MaskedText] | None = None,
    auth: RenderedAuth | None = None,
    proxy: str | None = None,
    tls: str | None = None,
) -> RenderedRequest:
    """Return a rendered request of plain and secret texts."""
    return RenderedRequest(
        method=method,
        url=text(url),
        headers=tuple((name, text(value)) for name, value in (headers or {}).items()),
        body=None if body is None else text(body),
        auth=auth,
        proxy=proxy,
        tls=tls,
    )


def text(value: str | MaskedText) -> MaskedText:
    """Return a text in which nothing is secret, or the text itself."""
    return MaskedText.of(value) if isinstance(value, str) else value


def with_secret(before: str, secret: str, after: str = "") -> MaskedText:
    """Return a text with a secret in its middle."""
    return MaskedText((Piece(before), Piece(secret, secret=True), Piece(after)))


def auth(scheme: Literal["basic", "digest"], username: str, password: str) -> RenderedAuth:
    """Return credentials whose password comes from the vault."""
    return RenderedAuth(scheme, text(username), MaskedText.of(password, secret=True))
