"""Both sides of a request that was made, as they may be shown: secrets are asterisks."""

from dataclasses import dataclass
from typing import Self

from tocsin_schema.messages.request import RenderedRequest

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShownRequest:
    """A request as it was or would be sent; of a longer one, which is `truncated`, what a dispatcher keeps."""

    method: str
    url: str
    headers: Headers
    body: str | None
    truncated: bool = False

    @classmethod
    def of(cls, request: RenderedRequest) -> Self:
        """Mask a request by where its parts come from; credentials appear as their header."""
        headers = tuple((name, text.masked) for name, text in request.headers)
        if request.auth is not None:
            others = tuple(each for each in headers if each[0].lower() != "authorization")
            headers = (("Authorization", request.auth.header), *others)
        body = request.body.masked if request.body is not None else None
        return cls(request.method, request.url.masked, headers, body)


@dataclass(frozen=True, slots=True)
class ShownResponse:
    """A response as it came; of a longer body, which is `truncated`, what was read."""

    status: int
    reason: str
    headers: Headers
    body: str
    truncated: bool
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """One attempt at a step. It succeeded where `failures`, which say why not, are empty.

    `request` is None where none could be made, `response` where none came.
    """

    request: ShownRequest | None
    response: ShownResponse | None
    failures: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether the next step may follow."""
        return not self.failures
