"""A request that was made and its response, as they are kept: without secrets, and not without limit."""

from tocsin_schema.api.answer import Answer

Headers = tuple[tuple[str, str], ...]


class StoredRequest(Answer):
    """A request as it was sent, its secrets masked."""

    method: str
    url: str
    headers: Headers
    body: str | None
    truncated: bool = False
    """Whether more was sent than is kept: of the URL, the headers or the body."""


class StoredResponse(Answer):
    """A response as it came, without the secrets of its request."""

    status: int
    reason: str
    headers: Headers
    body: str
    truncated: bool
    """Whether more came than is kept: of the headers or the body."""
    duration_ms: int
