"""Both sides of a request that was made, as they may be shown: secrets are asterisks."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from tocsin_schema.api.exchanges import Timings
from tocsin_schema.messages.delivery_policy import what_follows
from tocsin_schema.messages.outcomes import OutcomeKind
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.steps import Then

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
    """One attempt at a step.

    `request` is None where none could be made, `response` where none came. `failures` say what went wrong.
    """

    request: ShownRequest | None
    response: ShownResponse | None
    failures: tuple[str, ...] = ()
    outcome: OutcomeKind | None = None
    """What came of it; None: a dispatcher of an older version sent it, and doesn't say."""
    hold: timedelta | None = None
    """How long the receiver asks to be left alone; None: it doesn't say."""
    then: Then | None = None
    """What the steps of the message say after it; None: nobody says."""
    timings: Timings | None = None
    """How long its phases took; None: nothing was sent, or a dispatcher of an older version doesn't say."""

    @property
    def goes_on(self) -> bool:
        """Whether the next step may follow: after the last step, whether the message is delivered."""
        return not self.failures if self.then is None else self.then in ("next", "continue")

    @property
    def follows(self) -> str:
        """What a dispatcher would do then, in words; empty where the message just goes on, or nobody says."""
        return "" if self.outcome is None else what_follows(self.outcome, self.hold, self.then or "stop")
