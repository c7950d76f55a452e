"""The steps of a message, one after the other: what to do next, and what an answer means for it.

Pure: whoever drives the steps sends, waits and knows the time. A test message is driven from its first step to its
end; the dispatcher takes a delivery up where it stands, does one thing, and writes down where it stands then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Literal, Protocol, TypeVar

from tocsin_schema.errors import StepError
from tocsin_schema.messages.captured_secrets import response_secrets, secrets_unknown
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.outcomes import FaultKind, OutcomeKind, of_answer, of_fault
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.responses import Response, captures, failures, status_delivers
from tocsin_schema.messages.signature import Stamp, signed
from tocsin_schema.models import Integration, Step

UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Position:
    """Where a message stands among its steps."""

    step: int = 0
    """The step that is next, from 0; as many as there are steps: none is."""
    attempts: int = 0
    """How often its request has failed, as far as its `retry` counts."""
    captured: Mapping[str, str] = field(default_factory=dict)
    """What earlier steps captured."""
    remarks: tuple[str, ...] = ()
    """What went wrong in steps that say `on_failure: continue`."""
    renewed: bool = False
    """Whether it has gone back to a step for a new value; see `Outcome.again_from`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt at a step."""

    failures: tuple[str, ...] = ()
    """What went wrong, in plain words without the request's secrets."""
    captured: Mapping[str, str] = field(default_factory=dict)
    """The variables taken from the response, for the steps after this one."""
    keep: frozenset[str] = frozenset()
    """Names of those that the incident's later messages may use."""
    kind: OutcomeKind = "delivered"
    hold: timedelta | None = None
    """How long the receiver asks to be left alone; None: it doesn't say."""
    again_from: int | None = None
    """The step, from 0, that captured the value which this one's receiver no longer takes."""

    @property
    def succeeded(self) -> bool:
        """Whether the next step may follow."""
        return self.kind == "delivered"

    @classmethod
    def of_fault(cls, fault: FaultKind, *failures: str) -> "Outcome":
        """Return what came of an attempt to which no answer came."""
        return cls(failures, kind=of_fault(fault))


OutcomeT = TypeVar("OutcomeT", bound=Outcome)
TAKEN = "not sent again: its receiver had taken it, and led on to a GET"


def after_redirects(outcome: OutcomeT, asked: str, last: str) -> OutcomeT:
    """Return what came of an attempt that asked by the method `asked`, and in the end, led on by redirects, by `last`.

    Where one of them made a GET of it (RFC 9110, section 15.4), the receiver had done what it was asked to. What fails after
    that is no reason to ask it again.
    """
    if outcome.succeeded or asked == last:
        return outcome
    return replace(outcome, failures=(*outcome.failures, TAKEN), kind="unclear", again_from=None)


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


Then = Literal["next", "retry", "renew", "continue", "stop"]
"""What the steps say after an attempt. `next`: it delivered. `retry`: the step is tried again. `renew`: an earlier one is,
see `Outcome.again_from`. `continue`: it failed, and may. `stop`: it failed, and what follows is not for the steps to say."""


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
        """Whether a step has failed, and its `retry` is used up: what follows is not the driver's to say."""
        self.then: Then = "next"
        """What follows the last attempt."""

    def next(self) -> Send | Wait | None:
        """Return what to do next; None: every step is done, or one has failed."""
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
        """Take what came of the request that was to be sent.

        What is busy costs no attempt, and no other attempt is made by itself: somebody has to know when.
        """
        before = self.position
        step = self._steps[before.step] if before.step < len(self._steps) else None
        if outcome.succeeded:
            captured = {**before.captured, **outcome.captured}
            self.position = replace(before, step=before.step + 1, attempts=0, captured=captured)
        elif outcome.kind == "busy" or step is None:
            self.failed = True
        elif outcome.again_from is not None and not before.renewed:
            self.position = replace(before, step=outcome.again_from, attempts=0, renewed=True)
        elif step.retry is not None and before.attempts + 1 < step.retry.attempts:
            self.position = replace(before, attempts=before.attempts + 1)
            self._pause = step.retry.wait
        elif step.on_failure == "continue":
            remark = f"step {before.step + 1} failed: {'; '.join(outcome.failures)}"
            self.position = replace(before, step=before.step + 1, attempts=0, remarks=(*before.remarks, remark))
        else:
            self.position = replace(before, attempts=before.attempts + 1)
            self.failed = True
        self.then = self._then(before, outcome)

    def _then(self, before: Position, outcome: Outcome) -> Then:
        if self.failed:
            return "stop"
        if self.position.step == before.step:
            return "retry"
        if outcome.succeeded:
            return "next"
        return "continue" if self.position.step > before.step else "renew"


class StepSource(Protocol):
    """A message, as far as its steps go: see `tocsin_schema.messages.message.Message`."""

    @property
    def integration(self) -> Integration:
        """The integration that it is of."""
        ...

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

    def capturing_step(self, index: int) -> int | None:
        """Return the step that captured what the receiver of a step was shown; see `captured_uses`."""
        ...


def render(message: StepSource, send: Send, stamp: Stamp | None = None) -> RenderedRequest:
    """Return the request to send, made for the attempt of `stamp` and signed with it where its integration signs.

    Raises as `StepSource.request`.
    """
    if stamp is None:
        return message.request(send.step, send.captured)
    return signed(message.request(send.step, send.captured, stamp.at), send.step, stamp)


def judge(
    message: StepSource,
    send: Send,
    request: RenderedRequest,
    response: Response,
    now: datetime,
    interruption: str | None = None,
) -> Outcome:
    """Return what a response, which came at `now`, means to the step whose request got it.

    Raises nothing that a receiver can bring about. `interruption` says what broke the response off: where an
    assertion fails, that is the first thing to read.
    """
    step = message.steps[send.step]
    taken: dict[str, str] = {}
    delivers = False

    @cache
    def masking() -> Masking:
        return Masking(Masking.secrets_of(request) | response_secrets(step, response))

    def expected(text: str) -> str:
        return message.expected(text, send.step, send.captured, request.attempt_at)

    try:
        delivers = status_delivers(step, response, expected)
        found = failures(step, response, expected, lambda text: masking().mask(text))
        if not found:
            taken = captures(step, response)
        elif interruption is not None:
            found = [interruption, *found]
    except StepError as error:
        found = [str(error)]
    if found and response.cut_off is not None and secrets_unknown(step, response):
        found = [response.cut_off]  # the others show values, and one of those may be such a secret
    judged = of_answer(step, response, now, as_expected=not found, status_delivers=delivers)
    if judged.kind == "delivered":
        keep = frozenset(name for name in taken if step.capture[name].keep == "incident")
        return Outcome((), taken, keep, hold=judged.hold)
    stale = response.status == UNAUTHORIZED
    return Outcome(
        tuple(masking().mask(each) for each in found),
        kind=judged.kind,
        hold=judged.hold,
        again_from=message.capturing_step(send.step) if stale else None,
    )
