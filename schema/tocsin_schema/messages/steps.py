"""The steps of a message, one after the other: what to do next, and what an answer means for it.

Pure: whoever drives the steps sends, waits and knows the time. A test message is driven from its first step to its
end; the dispatcher takes a delivery up where it stands, does one thing, and writes down where it stands then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from tocsin_schema.errors import StepError
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.responses import Response, captures, failures
from tocsin_schema.messages.signature import Stamp, signed
from tocsin_schema.models import Step


@dataclass(frozen=True, slots=True)
class Position:
    """Where a message stands among its steps."""

    step: int = 0
    """The step that is next, from 0; as many as there are steps: none is."""
    attempts: int = 0
    """How often its request has failed."""
    captured: Mapping[str, str] = field(default_factory=dict)
    """What earlier steps captured."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request. It succeeded where `failures` is empty."""

    failures: tuple[str, ...] = ()
    """What went wrong, in plain words without the request's secrets."""
    captured: Mapping[str, str] = field(default_factory=dict)
    """The variables taken from the response, for the steps after this one."""
    keep: frozenset[str] = frozenset()
    """Names of those that the incident's later messages may use."""

    @property
    def succeeded(self) -> bool:
        """Whether the next step may follow."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request of a step, and tell the driver what came of it."""

    step: int
    captured: Mapping[str, str]
    """What to render it with."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait this long."""

    duration: timedelta


class StepDriver:
    """Says what to do next for a message: send a request, wait, or nothing more.

    Call `next` until it returns None. After each Send that it returns, tell what came of it by `sent` before going on.
    """

    def __init__(self, steps: Sequence[Step], position: Position | None = None) -> None:
        """Begin at the first step, or go on at `position`."""
        self._steps = steps
        self._pause: timedelta | None = None
        self.position = position or Position()
        """Where the message stands."""
        self.failed = False
        """Whether a step has failed as often as it may: nothing more is to be done."""

    def next(self) -> Send | Wait | None:
        """Return what to do next; None: every step is done, or one has failed for good."""
        if self.failed or self.position.step >= len(self._steps):
            return None
        if self._pause is not None:
            pause, self._pause = self._pause, None
            return Wait(pause)
        delay = self._steps[self.position.step].delay
        if delay is not None:
            self.position = replace(self.position, step=self.position.step + 1)
            return Wait(delay)
        return Send(self.position.step, self.position.captured)

    def sent(self, outcome: Outcome) -> None:
        """Take what came of the request that was to be sent."""
        before = self.position
        if outcome.succeeded:
            self.position = Position(before.step + 1, 0, {**before.captured, **outcome.captured})
            return
        self.position = replace(before, attempts=before.attempts + 1)
        retry = self._steps[before.step].retry if before.step < len(self._steps) else None
        if retry is not None and self.position.attempts < retry.attempts:
            self._pause = retry.wait
        else:
            self.failed = True


class StepSource(Protocol):
    """A message, as far as its steps go: see `tocsin_schema.messages.message.Message`."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps, requests and delays."""
        ...

    def request(self, index: int, captured: Mapping[str, str], attempt_at: datetime | None = None) -> RenderedRequest:
        """Return the request of a step, for the attempt of this moment; raises StepError."""
        ...

    def expected(self, text: str, index: int, captured: Mapping[str, str], attempt_at: datetime | None = None) -> str:
        """Return the text that one of its assertions compares with; raises as `request` does."""
        ...


def render(message: StepSource, send: Send, stamp: Stamp | None = None) -> RenderedRequest:
    """Return the request to send, made for the attempt of `stamp` and signed with it where its integration signs.

    Raises as `StepSource.request`.
    """
    if stamp is None:
        return message.request(send.step, send.captured)
    return signed(message.request(send.step, send.captured, stamp.at), send.step, stamp)


def judge(
    message: StepSource, send: Send, request: RenderedRequest, response: Response, interruption: str | None = None
) -> Outcome:
    """Return what a response means to the step whose request got it; raises nothing that a receiver can bring about.

    `interruption` says what broke the response off: where an assertion fails, that is the first thing to read.
    """
    step = message.steps[send.step]
    try:
        found = failures(
            step, response, lambda text: message.expected(text, send.step, send.captured, request.attempt_at)
        )
        if not found:
            taken = captures(step, response)
            return Outcome((), taken, frozenset(name for name in taken if step.capture[name].keep == "incident"))
        if interruption is not None:
            found = [interruption, *found]
    except StepError as error:
        found = [str(error)]
    masking = Masking.of(request)
    return Outcome(tuple(masking.mask(each) for each in found))
