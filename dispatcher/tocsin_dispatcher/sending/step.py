"""One step of a message: render its request, send it, judge the answer, take what later steps need."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Literal

from tocsin_dispatcher.sending.sender import Exchange, Sender
from tocsin_dispatcher.sending.stored_exchange import masked_further, storable
from tocsin_schema.errors import StepError
from tocsin_schema.messages.captured_secrets import captured_secrets
from tocsin_schema.messages.evaluate import MissingSecretError
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.outcomes import FaultKind, of_fault
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.signature import Stamp
from tocsin_schema.messages.steps import Outcome, Send, StepSource, Then, after_redirects, judge, render

FailureReason = FaultKind | Literal["answer", "unsendable"]
"""`answer`: the receiver answered, and not as it should. `unsendable`: no request could be made, as without a secret."""


@dataclass(frozen=True, slots=True)
class StepResult(Outcome):
    """What came of a step, and both sides of it."""

    exchange: Exchange | None = None
    """None where no request could be made."""
    then: Then | None = None
    """What the steps of its message say after it; None: whoever drives them hasn't asked."""

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
    *,
    integration: str = "",
    now: Callable[[], datetime],
) -> StepResult:
    """Send the request of step `index` (from 0) once, signed with `stamp` where its integration signs, and judge its answer.

    `now` tells when it has come, `integration` whose message it is. What comes next is the step driver's. Raises nothing that values, the vault or a
    receiver can bring about.
    """
    send = Send(index, captured)
    request = render_step(message, send, stamp)
    if isinstance(request, StepResult):
        return request
    exchange = await sender.send(request, extra_headers or {}, integration)
    return judge_step(message, send, request, exchange, now())


def render_step(message: StepSource, send: Send, stamp: Stamp | None) -> RenderedRequest | StepResult:
    """Return the request of a step, or what came of it where none can be made."""
    try:
        return render(message, send, stamp)
    except MissingSecretError as error:
        return StepResult((storable(str(error)),), kind=of_fault("secret"))
    except StepError as error:
        return StepResult((storable(str(error)),), kind=of_fault("request"))


def judge_step(
    message: StepSource, send: Send, request: RenderedRequest, exchange: Exchange, now: datetime
) -> StepResult:
    """Return what came of a step whose request was sent, the end of which came at `now`."""
    judged = _judged(message, send, request, exchange, now)
    return after_redirects(judged, request.method, exchange.request_masked.method)


def _judged(message: StepSource, send: Send, request: RenderedRequest, exchange: Exchange, now: datetime) -> StepResult:
    if exchange.response is None:
        kind = of_fault(exchange.error_kind or "protocol")
        return StepResult((exchange.error or "no answer",), kind=kind, exchange=exchange)
    response = exchange.response
    secrets = captured_secrets(message.steps[send.step], response)
    if secrets and exchange.response_masked is not None:
        exchange = replace(exchange, response_masked=masked_further(exchange.response_masked, Masking(secrets)))
    outcome = judge(message, send, request, response, now, exchange.error)
    stated = {each.name: getattr(outcome, each.name) for each in fields(Outcome)}
    return StepResult(**{**stated, "failures": tuple(map(storable, outcome.failures))}, exchange=exchange)
