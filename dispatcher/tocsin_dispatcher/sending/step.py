"""One step of a message: render its request, send it, judge the answer, take what later steps need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from tocsin_dispatcher.sending.faults import FaultKind
from tocsin_dispatcher.sending.sender import Exchange, Sender
from tocsin_dispatcher.sending.stored_exchange import storable
from tocsin_schema.errors import StepError
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.responses import captures, failures
from tocsin_schema.messages.signature import Stamp, signed
from tocsin_schema.models import Step

FailureReason = FaultKind | Literal["answer", "unsendable"]
"""`answer`: the receiver answered, and not as it should. `unsendable`: no request could be made, as without a secret."""


class StepSource(Protocol):
    """A message, as far as sending goes: see `tocsin_schema.messages.message.Message`."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps, requests and delays."""
        ...

    def request(self, index: int, captured: Mapping[str, str]) -> RenderedRequest:
        """Return the request of a step; raises StepError."""
        ...

    def expected(self, text: str, index: int, captured: Mapping[str, str]) -> str:
        """Render the text of one of its assertions; raises as `request` does."""
        ...


@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of a step. It succeeded where `failures` is empty."""

    exchange: Exchange | None
    """None where no request could be made."""
    failures: tuple[str, ...] = ()
    """What went wrong, in plain words without the request's secrets."""
    captured: Mapping[str, str] = field(default_factory=dict)
    """The variables taken from the response, for the steps after this one."""
    keep: frozenset[str] = frozenset()
    """Names of those that the incident's later messages may use."""

    @property
    def reason(self) -> FailureReason:
        """Why it failed, in one word."""
        if self.exchange is None:
            return "unsendable"
        return self.exchange.error_kind or "answer"

    @property
    def succeeded(self) -> bool:
        """Whether the next step may follow."""
        return not self.failures


async def run_step(
    sender: Sender,
    message: StepSource,
    index: int,
    captured: Mapping[str, str],
    extra_headers: Mapping[str, str] | None = None,
    stamp: Stamp | None = None,
) -> StepResult:
    """Send the request of step `index` (from 0) once, signed with `stamp` where its integration signs, and judge its answer.

    The step's `retry` and the delays between steps are the caller's. Raises nothing that values, the vault
    or a receiver can bring about.
    """
    step = message.steps[index]
    try:
        request = message.request(index, captured)
        if stamp is not None:
            request = signed(request, index, stamp)
    except StepError as error:
        return StepResult(None, (storable(str(error)),))
    exchange = await sender.send(request, extra_headers or {})

    def shown(text: str) -> str:
        return storable(Masking.of(request).mask(text))

    def render(text: str) -> str:
        return message.expected(text, index, captured)

    if exchange.response is None:
        return StepResult(exchange, (exchange.error or "no answer",))
    try:
        found = failures(step, exchange.response, render)
        if found:
            return StepResult(exchange, (*_why_broken(step, exchange), *map(shown, found)))
        taken = captures(step, exchange.response)
    except StepError as error:
        return StepResult(exchange, (shown(str(error)),))
    keep = frozenset(name for name in taken if step.capture[name].keep == "incident")
    return StepResult(exchange, (), taken, keep)


def _why_broken(step: Step, exchange: Exchange) -> tuple[str, ...]:
    """Return what broke an answer off, as the first thing to read."""
    return (exchange.error,) if exchange.error is not None else ()
