"""Every request of every message, rendered as it would be sent: for every attachment, with every sample."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tocsin_schema.findings import Place
from tocsin_schema.messages.attachments import attachments_of, made_up_message
from tocsin_schema.messages.evaluate import StandIn
from tocsin_schema.messages.made_up import with_sample
from tocsin_schema.messages.message import Message, RenderError
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.models import Alert, Integration, MessageType, Sample
from tocsin_schema.models.definitions import Definition, Definitions
from tocsin_schema.rules.analysis.captures import captured_before

MADE_UP_CAPTURE = StandIn("1")
"""What a captured variable holds where nothing was sent: it can stand in JSON as text and as a number."""

STAND_IN = "https://example.com"
"""The URL where the one that is written can't be rendered."""


@dataclass(frozen=True)
class RenderedStep:
    """One request of one message, at one level, with one sample.

    `plain` is the same message without the sample, `step` counts the steps of the message from 0, `where` is the
    step's place. `alert` and `level` are those that attach the integration; `sample` is None for made-up values
    alone. Where it can't be rendered `problem` says why; `request` then has a stand-in for URL and credentials, or is None.
    """

    message: Message
    plain: Message
    step: int
    where: Place
    alert: Alert | None
    level: int
    sample: Sample | None
    request: RenderedRequest | None = None
    problem: str | None = None

    @cached_property
    def captured(self) -> Mapping[str, str]:
        """Made-up values of the captured variables that the step can count on."""
        names = captured_before(self.message.integration, self.message.message_type, self.step)
        return dict.fromkeys(sorted(names), MADE_UP_CAPTURE)

    @property
    def circumstances(self) -> str:
        """For which message it was rendered."""
        at_level = ""
        if self.alert is not None and self.message.level_variables:
            at_level = f" at level {self.level} of `{self.alert.name}`"
        sampled = f" with the sample `{self.sample.name}`" if self.sample is not None else ""
        return f"for `{self.message.message_type}`{at_level}{sampled}"


def rendered_steps(definitions: Definitions, place: Callable[[Definition], Place]) -> Iterator[RenderedStep]:
    """Render every request, once for each set of values that can make a difference."""
    samples: list[Sample | None] = [None, *definitions.samples.values()]
    made_up = _MadeUp(definitions)
    for integration in definitions.integrations.values():
        contexts = _contexts(definitions, integration)
        for number, message_set in enumerate(integration.messages):
            where = place(integration).at("messages", number, "steps")
            for message_type in message_set.types:
                if integration.message_set(message_type) is message_set:
                    yield from _rendered(made_up, integration, message_type, contexts, samples, where)


Context = tuple[Alert | None, int, Mapping[str, str]]


def _contexts(definitions: Definitions, integration: Integration) -> Sequence[Context]:
    """Return one attachment for each set of values that levels give the integration's variables."""
    contexts: dict[str, Context] = {}
    for each in attachments_of(definitions, integration):
        contexts.setdefault(json.dumps(each.variables, sort_keys=True), (each.alert, each.level, each.variables))
    return tuple(contexts.values())


class _MadeUp:
    """Made-up alerts, each made up once: what they hold is the same for every integration."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._messages: dict[tuple[str, str, int], Message] = {}

    def message(
        self,
        integration: Integration,
        message_type: MessageType,
        alert: Alert | None,
        level: int,
        variables: Mapping[str, str],
    ) -> Message:
        """Return the made-up message of an integration at a level."""
        key = (message_type, alert.name if alert is not None else "", level)
        if key not in self._messages:
            self._messages[key] = made_up_message(
                self._definitions, integration, message_type, alert=alert, level=level, variables=variables
            )
        return replace(self._messages[key], integration=integration, level_variables=variables)


def _rendered(
    made_up: _MadeUp,
    integration: Integration,
    message_type: MessageType,
    contexts: Sequence[Context],
    samples: Sequence[Sample | None],
    where: Place,
) -> Iterator[RenderedStep]:
    for alert, level, variables in contexts:
        plain = made_up.message(integration, message_type, alert, level, variables)
        for sample in samples:
            message = plain
            if sample is not None:
                message = replace(plain, values=with_sample(plain.values, sample))
            for number, step in enumerate(message.steps):
                if step.request is not None:
                    blank = RenderedStep(message, plain, number, where.at(number), alert, level, sample)
                    yield _rendered_step(blank)


def _rendered_step(blank: RenderedStep) -> RenderedStep:
    message, number, captured = blank.message, blank.step, blank.captured
    try:
        request = message.request(number, captured)
        for assertion in message.steps[number].assert_:
            if isinstance(assertion.expectation.expected, str):
                message.expected(assertion.expectation.expected, number, captured)
    except RenderError as error:
        return replace(blank, request=_without_url(blank), problem=str(error))
    return replace(blank, request=request)


def _without_url(blank: RenderedStep) -> RenderedRequest | None:
    """Return what can be rendered of a request that can't be as a whole, so that its body can still be judged."""
    try:
        return blank.message.request(blank.step, blank.captured, url=STAND_IN)
    except RenderError:
        return None
