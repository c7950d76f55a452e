"""One turn of a delivery: its current step rendered from what is frozen in it, sent, and judged."""

import json
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from tocsin_dispatcher.clock import Clock
from tocsin_dispatcher.delivery.progress import Turn, after_delay, after_request
from tocsin_dispatcher.delivery.tracing import Traces
from tocsin_dispatcher.sending.sender import Exchange, Sender
from tocsin_dispatcher.sending.step import StepResult, judge_step, render_step
from tocsin_dispatcher.store.deliveries import Claimed, Progress
from tocsin_dispatcher.telemetry.metrics import Metrics
from tocsin_dispatcher.vault import Vault
from tocsin_dispatcher.vault.sources import Reference, references_in
from tocsin_schema.messages.message import Message
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.signature import Stamp
from tocsin_schema.messages.steps import Send
from tocsin_schema.messages.values import AlertValues
from tocsin_schema.models import Integration, Step

DELIVERY_ID = "Tocsin-Delivery-Id"
"""Header that names the delivery, the same in every attempt: a receiver can tell a repetition by it."""

INTEGRATIONS_KEPT = 500
"""Integrations kept as models, so that they aren't read again for every message."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """An integration as it was when a delivery began, and what of the vault it speaks of."""

    integration: Integration
    references: frozenset[Reference]


@dataclass(frozen=True, slots=True)
class Ready:
    """A request that can be sent, and the step of the message that it is of."""

    message: Message
    send: Send
    request: RenderedRequest


@dataclass(frozen=True, slots=True)
class Rendered:
    """A claimed delivery, its current step rendered."""

    claimed: Claimed
    began: datetime
    steps: tuple[Step, ...]
    what: Ready | StepResult | None
    """Its result where no request could be made; None where there is nothing to send, as the step is a delay."""


@dataclass(frozen=True)
class Turns:
    """Gives claimed deliveries their turn: render, send, judge. Raises nothing that can be helped."""

    sender: Sender
    vault: Vault
    clock: Clock
    metrics: Metrics
    traces: Traces | None = None
    _integrations: dict[str, _Known] = field(default_factory=dict)

    async def render(self, claimed: Claimed) -> Rendered:
        """Return the request that the current step of a delivery makes, from what is frozen in it."""
        began = self.clock.now()
        steps: tuple[Step, ...] = ()
        try:
            message = self._message(claimed)
            steps = message.steps
            if claimed.step >= len(steps) or steps[claimed.step].request is None:
                return Rendered(claimed, began, steps, None)
            given = references_in(claimed.variables.values())
            await self.vault.load_references(self._known(claimed).references | given)
            send = Send(claimed.step, {**claimed.kept, **claimed.captured})
            request = render_step(message, send, Stamp(claimed.id, self.clock.now()))
        except Exception:  # one message must not stop the others
            return Rendered(claimed, began, steps, _bug(claimed))
        what = request if isinstance(request, StepResult) else Ready(message, send, request)
        return Rendered(claimed, began, steps, what)

    async def send(self, rendered: Rendered) -> Exchange | StepResult | None:
        """Return what came of the request; where there is none, why."""
        if not isinstance(rendered.what, Ready):
            return rendered.what
        try:
            claimed = rendered.claimed
            return await self.sender.send(rendered.what.request, {DELIVERY_ID: claimed.id}, claimed.integration)
        except Exception:  # see `render`
            return _bug(rendered.claimed)

    def judge(self, rendered: Rendered, sent: Exchange | StepResult | None) -> Progress:
        """Return where the delivery stands after its turn, and count, log and trace that."""
        claimed = rendered.claimed
        match rendered.what, sent:
            case Ready() as ready, Exchange():
                result = self._result(claimed, ready, sent)
            case _, StepResult():
                result = sent
            case _:
                return after_delay(claimed, rendered.steps, rendered.began)
        turn = Turn(result, rendered.began, self.clock.now())
        progress = after_request(claimed, rendered.steps, turn)
        if self.traces is not None:
            self.traces.attempt(claimed, turn, progress)
        self._report(claimed, progress, result)
        return progress

    def given_up_for_age(self, integration: str, progress: Progress) -> None:
        """Count and log a delivery that has become too old once its turn was judged."""
        self.metrics.failed.labels(integration, "age").inc()
        failures = progress.last_failure
        log.error(
            "given up", delivery=progress.id, integration=integration, outcome=progress.outcome, failures=failures
        )

    def _result(self, claimed: Claimed, ready: Ready, exchange: Exchange) -> StepResult:
        try:
            return judge_step(ready.message, ready.send, ready.request, exchange, self.clock.now())
        except Exception:  # see `render`
            return _bug(claimed)

    def _message(self, claimed: Claimed) -> Message:
        return Message(
            integration=self._known(claimed).integration,
            message_type=claimed.type,
            values=AlertValues(**claimed.values),
            level_variables=claimed.variables,
            vault=self.vault,
            now=claimed.rendered_at,
            seed=claimed.seed,
            culture=claimed.culture,
        )

    def _known(self, claimed: Claimed) -> _Known:
        known = self._integrations.get(claimed.digest)
        if known is None:
            if len(self._integrations) >= INTEGRATIONS_KEPT:
                self._integrations.clear()
            references = references_in([json.dumps(claimed.document, ensure_ascii=False)])
            known = _Known(Integration.model_validate(claimed.document), references)
            self._integrations[claimed.digest] = known
        return known

    def _report(self, claimed: Claimed, progress: Progress, result: StepResult) -> None:
        known = {
            "incident": claimed.incident_key,
            "delivery": claimed.id,
            "integration": claimed.integration,
            "step": claimed.step,
            "attempt": progress.attempts,
        }
        if not result.succeeded:
            self.metrics.failed_attempts.labels(claimed.integration, result.reason).inc()
        if progress.state == "delivered":
            self.metrics.notifications.labels(claimed.integration).inc()
            self.metrics.latency.observe((self.clock.now() - claimed.created_at).total_seconds())
            log.info("delivered", **known, **({"remarks": progress.remarks} if progress.remarks else {}))
        elif progress.state == "failed":
            self.metrics.failed.labels(claimed.integration, result.reason).inc()
            log.error("given up", **known, outcome=progress.outcome, failures=progress.last_failure)
        elif result.kind == "busy":
            log.info("busy, waits", **known, hold=str(result.hold))
        elif not result.succeeded:
            due = str(progress.due_at)
            outcome, failures = progress.outcome, progress.last_failure
            log.warning("failed, will be tried again", **known, outcome=outcome, failures=failures, due=due)


def _bug(claimed: Claimed) -> StepResult:
    log.exception("a bug in Tocsin", delivery=claimed.id, incident=claimed.incident_key)
    return StepResult(("a bug in Tocsin: the dispatcher's log says more",), kind="refused")
