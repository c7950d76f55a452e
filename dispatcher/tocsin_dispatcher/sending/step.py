"""One step of a message: render its request, send it, judge the answer, take what later steps need."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tocsin_dispatcher.sending.faults import FaultKind
from tocsin_dispatcher.sending.sender import Exchange, Sender
from tocsin_dispatcher.sending.stored_exchange import storable
from tocsin_schema.errors import StepError
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.signature import Stamp
from tocsin_schema.messages.steps import Outcome, Send, StepSource, judge, render

FailureReason = FaultKind | Literal["answer", "unsendable"]
"""`answer`: the receiver answered, and not as it should. `unsendable`: no request could be made, as without a secret."""


@dataclass(frozen=True, slots=True)
class StepResult(Outcome):
    """What came of a step, and both sides of it."""

    exchange: Exchange | None = None
    """None where no request could be made."""

    @property
    def reason(self) -> FailureReason:
        """Why it failed, in one word."""
        if self.exchange is None:
            return "unsendable"
        return self.exchange.error_kind or "answer"


async def run_step(
    sender: Sender,
    message: StepSource,
    index: int,
    captured: Mapping[str, str],
    extra_headers: Mapping[str, str] | None = None,
    stamp: Stamp | None = None,
) -> StepResult:
    """Send the request of step `index` (from 0) once, signed with `stamp` where its integration signs, and judge its answer.

    What comes next is the step driver's. Raises nothing that values, the vault or a receiver can bring about.
    """
    send = Send(index, captured)
    request = render_step(message, send, stamp)
    if isinstance(request, StepResult):
        return request
    return judge_step(message, send, request, await sender.send(request, extra_headers or {}))


def render_step(message: StepSource, send: Send, stamp: Stamp | None) -> RenderedRequest | StepResult:
    """Return the request of a step, or what came of it where none can be made."""
    try:
        return render(message, send, stamp)
    except StepError as error:
        return StepResult((storable(str(error)),))


def judge_step(message: StepSource, send: Send, request: RenderedRequest, exchange: Exchange) -> StepResult:
    """Return what came of a step whose request was sent."""
    if exchange.response is None:
        return StepResult((exchange.error or "no answer",), exchange=exchange)
    outcome = judge(message, send, request, exchange.response, exchange.error)
    return StepResult(tuple(map(storable, outcome.failures)), outcome.captured, outcome.keep, exchange)
