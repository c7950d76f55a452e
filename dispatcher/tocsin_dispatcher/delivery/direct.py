"""Test messages: one made-up alert, sent now, through the same steps as a real one."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from tocsin_dispatcher.clock import Clock
from tocsin_dispatcher.delivery.turn import DELIVERY_ID
from tocsin_dispatcher.errors import RefusedError
from tocsin_dispatcher.sending.sender import Sender
from tocsin_dispatcher.sending.step import StepResult, run_step
from tocsin_dispatcher.vault import Vault
from tocsin_schema.messages.attachments import (
    AttachmentError,
    AttachmentQuery,
    LevelAttachment,
    NotAttachedError,
    choose_attachment,
    made_up_message,
)
from tocsin_schema.messages.message import Message
from tocsin_schema.messages.signature import Stamp
from tocsin_schema.messages.steps import StepDriver, Wait
from tocsin_schema.models import Alert, Integration, MessageType, Monitor, Sample
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.text.suggest import did_you_mean, listed

LONGEST_DELAY = timedelta(seconds=10)
"""A test waits no longer for a delay or a retry than this: somebody is waiting for its answer."""

_Definition = TypeVar("_Definition", Alert, Monitor, Sample)


class TestMessageError(RefusedError):
    """A test message that can't be made. The text says why."""


@dataclass(frozen=True, slots=True)
class TestMessage:
    """What to send: names as they stand in the definitions, None for made-up."""

    message_type: MessageType
    alert: str | None = None
    level: int | None = None
    attachment: int | None = None
    """Which one, from 1, of those that the level has of the integration; None: the first."""
    monitor: str | None = None
    sample: str | None = None
    values: Mapping[str, str] | None = None
    """Values by variable, as a sample sets them."""


def compose_test_message(
    definitions: Definitions, integration: Integration, wanted: TestMessage, vault: Vault, clock: Clock
) -> Message:
    """Return the message of a made-up alert; raises TestMessageError."""
    if integration.message_set(wanted.message_type) is None:
        raise TestMessageError(f"the integration `{integration.name}` sends no {wanted.message_type} messages")
    attachment = _attachment(definitions, integration, wanted)
    try:
        message = made_up_message(
            definitions,
            integration,
            wanted.message_type,
            alert=attachment.alert,
            level=attachment.level,
            variables=attachment.variables,
            sample=_sample(definitions, wanted),
            monitor=_named("monitor", wanted.monitor, definitions.monitors),
        )
    except ValueError as error:
        raise TestMessageError(str(error)) from None
    return replace(message, vault=vault, now=clock.now(), seed=uuid.uuid4().hex)


async def deliver_test_message(message: Message, sender: Sender, clock: Clock) -> list[StepResult]:
    """Send every step until one fails, delays and retries included; returns what came of each request."""
    results: list[StepResult] = []
    delivery = f"test-{uuid.uuid4()}"
    driver = StepDriver(message.steps)
    while (action := driver.next()) is not None:
        if isinstance(action, Wait):
            await _wait(clock, action.duration)
            continue
        stamp = Stamp(delivery, clock.now())
        headers = {DELIVERY_ID: delivery}
        name, step, captured = message.integration.name, action.step, action.captured
        result = await run_step(sender, message, step, captured, headers, stamp, integration=name, now=clock.now)
        driver.sent(result)
        results.append(replace(result, then=driver.then))
    return results


async def _wait(clock: Clock, duration: timedelta) -> None:
    await clock.wait(asyncio.Event(), clock.now() + min(duration, LONGEST_DELAY))


def _sample(definitions: Definitions, wanted: TestMessage) -> Sample | None:
    sample = _named("sample", wanted.sample, definitions.samples)
    if wanted.values is None:
        return sample
    return Sample(kind="sample", name="test", set={**(sample.set if sample else {}), **wanted.values})


def _attachment(definitions: Definitions, integration: Integration, wanted: TestMessage) -> LevelAttachment:
    """Return the attachment that is meant; where there is none, a made-up one that gives no values.

    Raises TestMessageError where it could be one of several, or values are missing.
    """
    alert = _named("alert", wanted.alert, definitions.alerts)
    if alert is not None and wanted.level is not None and wanted.level > len(alert.levels):
        raise TestMessageError(f"the alert `{alert.name}` has {len(alert.levels)} levels, not {wanted.level}")
    try:
        chosen = choose_attachment(
            definitions, integration, AttachmentQuery(wanted.alert, wanted.level, wanted.attachment)
        )
        if chosen.alert is not None:
            return chosen
    except NotAttachedError as error:
        if wanted.attachment is not None:
            raise TestMessageError(str(error)) from None
    except AttachmentError as error:
        raise TestMessageError(str(error)) from None
    if any(variable.per_level for variable in integration.variables.values()):
        what = f"the alert `{alert.name}`" if alert is not None else "any alert"
        raise TestMessageError(
            f"the integration `{integration.name}` has variables that a level gives,"
            f" and is attached to no {'such level' if wanted.level is not None else 'level'} of {what}"
        )
    return LevelAttachment(alert, wanted.level or 1, {})


def _named(kind: str, name: str | None, known: Mapping[str, _Definition]) -> _Definition | None:
    if name is None:
        return None
    if name not in known:
        names = f"there are {listed(sorted(known))}" if known else "there are none"
        raise TestMessageError(f"there is no {kind} `{name}`: {did_you_mean(name, known, otherwise=names)}")
    return known[name]
