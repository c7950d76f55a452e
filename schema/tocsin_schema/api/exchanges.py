"""A request that was made and its response, as they are kept: without secrets, and not without limit."""

from pydantic import ConfigDict

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


class Timings(Answer):
    """How long an exchange took, and each of its phases, in milliseconds.

    A phase is null where there was none, as on a connection that was kept; one that was broken off has what it took until
    then, and those after it are null. What two requests of an exchange took (HTTP Digest) is added up.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    lookup: int | None
    """Waiting for the addresses of a name; null also where the URL spells an address."""
    connect: int | None
    """Opening a connection: to the receiver, or to a proxy and, for https, through it."""
    tls: int | None
    """The TLS handshake with the receiver."""
    first_byte: int | None
    """From the request on its way to the first byte of its answer."""
    total: int
    """From the beginning to the end of the answer, or to where it broke off."""

    def __str__(self) -> str:
        """Return it as people read it, with the phases that there were."""
        phases = ("look-up", self.lookup), ("connect", self.connect), ("TLS", self.tls), ("first byte", self.first_byte)
        shown = ", ".join(f"{phase} {took}" for phase, took in phases if took is not None)
        return f"{self.total} ms" + (f" ({shown})" if shown else "")


class StoredResponse(Answer):
    """A response as it came, without the secrets of its request."""

    status: int
    reason: str
    headers: Headers
    body: str
    truncated: bool
    """Whether more came than is kept: of the headers or the body."""
    duration_ms: int
