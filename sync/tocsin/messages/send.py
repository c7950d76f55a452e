"""Sending a test message from this machine, step by step."""

import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from tocsin.errors import TocsinError, UntrustedError
from tocsin.http.exchange import Exchange
from tocsin.http.receiver import http_client
from tocsin.messages.attempt import Exchanges, Tokens, attempt
from tocsin.messages.query import SelectedMessage
from tocsin_schema.messages.evaluate import StandIn
from tocsin_schema.messages.message import Message, RenderError
from tocsin_schema.messages.signature import Stamp
from tocsin_schema.messages.steps import Outcome, StepDriver, Wait
from tocsin_schema.models import Integration
from tocsin_schema.models.integration import DIRECTLY
from tocsin_schema.models.vault import environment_variable
from tocsin_schema.text.suggest import listed


def ready_to_send(
    asked: SelectedMessage, environment: Mapping[str, str] | None, *, now: datetime, seed: str
) -> Message:
    """Return the message with the real time, fresh randomness and secrets of the environment.

    Every step is rendered once, so that nothing is sent where the last one could not be: raises TocsinError
    where a secret is missing or a step can't be rendered. Where `environment` is None the definitions may be anybody's and
    get no secrets: raises UntrustedError where they ask for one.
    """
    missing: dict[str, None] = {}

    def secret(item: str, field: str) -> str:
        variable = environment_variable(item, field)
        if environment is None or not environment.get(variable):
            missing[variable] = None
            return variable
        return environment[variable]

    message = asked.to_send(secret, now, seed)
    try:
        _rehearse(message)
    except RenderError as error:
        if not missing:
            raise TocsinError(f"{asked.title}: can't be sent: {error}", _kept_hint(message)) from error
    if missing and environment is None:
        raise UntrustedError(
            "the message holds a secret, and the files of a pull request say where it goes; nothing was sent",
            hint="send it once that is merged, or let a dispatcher send what it runs: --target NAME",
        )
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
    """Send a message, and yield every request as it was made, also those for tokens.

    Waits and retries as the definition says, by calling `sleep` with seconds. Stops at the first step that
    fails and may not: the message is delivered if it goes on after the last exchange.
    """
    delivery = f"test-{uuid.uuid4()}"
    driver = StepDriver(message.steps)
    tokens: Tokens = {}
    with http_client() as client:
        while (action := driver.next()) is not None:
            if isinstance(action, Wait):
                sleep(action.duration.total_seconds())
                continue
            exchanges = attempt(client, tokens, message, action, Stamp(delivery, datetime.now(UTC)))
            last, outcome = yield from _all_but_last(exchanges)
            driver.sent(outcome)
            yield replace(last, outcome=outcome.kind, hold=outcome.hold, then=driver.then)


def _all_but_last(exchanges: Exchanges) -> Generator[Exchange, None, tuple[Exchange, Outcome]]:
    """Yield the exchanges of an attempt but for the last, and return that with what came of the attempt."""
    last = next(exchanges)
    while True:
        try:
            following = next(exchanges)
        except StopIteration as ended:
            outcome: Outcome = ended.value
            return last, outcome
        yield last
        last = following


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
            captured.update({name: StandIn(f"captured-{name}") for name in step.capture})
