"""Sending a test message from this machine, step by step."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import httpx

from tocsin.errors import TocsinError
from tocsin.http.exchange import Exchange, ShownRequest, ShownResponse
from tocsin.http.receiver import Answer, ReceiverUnreachableError, answer_of, http_client
from tocsin.messages.query import SelectedMessage
from tocsin_schema.errors import StepError
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.message import Message, RenderError
from tocsin_schema.messages.signature import Stamp
from tocsin_schema.messages.steps import Outcome, Send, StepDriver, Wait, judge, render
from tocsin_schema.models import Integration
from tocsin_schema.models.integration import DIRECTLY
from tocsin_schema.models.vault import environment_variable
from tocsin_schema.text.suggest import listed


def ready_to_send(asked: SelectedMessage, environment: Mapping[str, str], *, now: datetime, seed: str) -> Message:
    """Return the message with the real time, fresh randomness and secrets of the environment.

    Every step is rendered once, so that nothing is sent where the last one could not be: raises TocsinError
    where a secret is missing or a step can't be rendered.
    """
    missing: dict[str, None] = {}

    def secret(item: str, field: str) -> str:
        variable = environment_variable(item, field)
        if not environment.get(variable):
            missing[variable] = None
            return variable
        return environment[variable]

    message = asked.to_send(secret, now, seed)
    try:
        _rehearse(message)
    except RenderError as error:
        if not missing:
            raise TocsinError(f"{asked.title}: can't be sent: {error}", _kept_hint(message)) from error
    if missing:
        unset = "a secret is not set here" if len(missing) == 1 else f"{len(missing)} secrets are not set here"
        raise TocsinError(
            f"{unset}; nothing was sent",
            hint="export "
            + " ".join(f"{variable}=..." for variable in missing)
            + ", or let a dispatcher send it with its own: --target NAME",
        )
    return message


def send(message: Message, sleep: Callable[[float], None]) -> Iterator[Exchange]:
    """Send a message, and yield every attempt as it was made.

    Waits and retries as the definition says, by calling `sleep` with seconds. Stops at the first step that
    fails and may not: the message is delivered if it goes on after the last exchange.
    """
    delivery = f"test-{uuid.uuid4()}"
    driver = StepDriver(message.steps)
    with http_client() as client:
        while (action := driver.next()) is not None:
            if isinstance(action, Wait):
                sleep(action.duration.total_seconds())
                continue
            exchange, outcome = _attempt(client, message, action, Stamp(delivery, datetime.now(UTC)))
            driver.sent(outcome)
            yield replace(exchange, outcome=outcome.kind, hold=outcome.hold, then=driver.then)


def ways_left_out(integration: Integration) -> str | None:
    """Return what to say where an integration names a proxy or TLS settings: a dispatcher has them, and nobody here."""
    named = [f"`proxy: {integration.proxy}`"] if integration.proxy not in (None, DIRECTLY) else []
    named += [f"`tls: {integration.tls}`"] if integration.tls is not None else []
    if not named:
        return None
    return f"Sent without {' and '.join(named)}, which a dispatcher knows: `--target NAME` sends as it does."


def _kept_hint(message: Message) -> str | None:
    """Say why a value of an earlier message of the incident is missing, where there are such values."""
    own = {name for step in message.steps for name in step.capture}
    kept = {
        name
        for each in message.integration.messages
        for step in each.steps
        for name, capture in step.capture.items()
        if capture.keep
    }
    missing = listed(sorted(kept - own))
    if not missing:
        return None
    return f"{missing}: kept from an earlier message of the incident, and a test message has none: give it with --set"


def _rehearse(message: Message) -> None:
    """Render every step with made-up captures; raises RenderError."""
    captured: dict[str, str] = {}
    for index, step in enumerate(message.steps):
        if step.request is not None:
            message.request(index, captured)
            for assertion in step.assert_:
                if isinstance(assertion.expectation.expected, str):
                    message.expected(assertion.expectation.expected, index, captured)
            captured.update({name: f"captured-{name}" for name in step.capture})


def _attempt(client: httpx.Client, message: Message, send: Send, stamp: Stamp) -> tuple[Exchange, Outcome]:
    """Return one attempt at a step as it may be shown, and what came of it."""
    try:
        request = render(message, send, stamp)
    except StepError as error:
        outcome = Outcome.of_fault("request", f"step {send.step + 1} can't be rendered: {error}")
        return Exchange(None, None, outcome.failures), outcome
    shown, masking = ShownRequest.of(request), Masking.of(request)
    try:
        answer = answer_of(client, request)
    except ReceiverUnreachableError as error:
        outcome = Outcome.of_fault(error.fault, masking.mask(str(error)))
        return Exchange(shown, None, outcome.failures), outcome
    outcome = judge(message, send, request, answer.response, datetime.now(UTC), answer.not_followed)
    return Exchange(shown, _shown(answer, masking), outcome.failures), outcome


def _shown(answer: Answer, masking: Masking) -> ShownResponse:
    response = answer.response
    cut = answer.truncated or not response.completed
    return ShownResponse(
        status=response.status,
        reason=masking.mask(response.reason),
        headers=tuple((masking.mask(name), masking.mask(value)) for name, value in response.headers),
        body=masking.mask(response.text, cut=cut),
        truncated=answer.truncated,
        duration_ms=response.duration_ms,
    )
