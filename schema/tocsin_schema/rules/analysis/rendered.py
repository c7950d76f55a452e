"""Every request of every message, rendered as it would be sent: for every attachment, with every sample."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tocsin_schema.findings import Place
from tocsin_schema.messages.attachments import attachments_of, made_up_message
from tocsin_schema.messages.evaluate import Spending, StandIn
from tocsin_schema.messages.made_up import with_sample
from tocsin_schema.messages.message import Message, RenderError
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.models import Alert, Integration, MessageType, Sample
from tocsin_schema.models.definitions import Definition, Definitions
from tocsin_schema.rules.analysis.captures import captured_before
from tocsin_schema.rules.analysis.sites import most_sets

MOST_REQUESTS = 20_000
"""Requests of an integration that are rendered: its steps, for each message type, set of values and sample."""

MOST_REFERENCES = 1_000_000
"""References that these may come to."""

MOST_CHARACTERS = 32 * 1024 * 1024
"""Characters that these may come to, which are kept until the integration is judged."""

TOGETHER = 20_000, 32 * 1024 * 1024
"""Once so many requests or characters are rendered, the integrations that are left wait until these are judged."""

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


@dataclass(frozen=True, slots=True)
class Rendered:
    """Every request that is rendered, and by integration what is left out, in words: it would be more than hurts.

    `waiting` are the integrations of which nothing is rendered yet, since those before them take so much memory.
    """

    steps: Sequence[RenderedStep]
    left_out: Mapping[str, str]
    waiting: Sequence[str] = ()


def rendered(definitions: Definitions, place: Callable[[Definition], Place]) -> Rendered:
    """Render every request, once for each set of values that can make a difference, up to the bounds."""
    samples: list[Sample | None] = [None, *definitions.samples.values()]
    made_up = _MadeUp(definitions)
    steps: list[RenderedStep] = []
    left_out: dict[str, str] = {}
    together = 0
    for number, (name, integration) in enumerate(definitions.integrations.items()):
        if len(steps) > TOGETHER[0] or together > TOGETHER[1]:
            return Rendered(tuple(steps), left_out, tuple(definitions.integrations)[number:])
        contexts = _contexts(definitions, integration)
        most = most_sets(integration)
        if len(contexts) > most:
            left_out[name] = f"levels give it {len(contexts):,} different sets of values, of which {most:,} are taken"
        blanks = _blanks(made_up, integration, contexts[:most], samples, place)
        references = characters = 0
        for requests, blank in enumerate(blanks, start=1):
            if requests > MOST_REQUESTS or references > MOST_REFERENCES or characters > MOST_CHARACTERS:
                left_out.setdefault(name, _too_much(requests, references))
                break
            step, spent = _rendered_step(blank)
            references += spent.references
            characters += spent.characters + (len(step.request.body.value) if step.request and step.request.body else 0)
            steps.append(step)
        together += characters
    return Rendered(tuple(steps), left_out)


def _too_much(requests: int, references: int) -> str:
    if requests > MOST_REQUESTS:
        return f"levels and samples make more than {MOST_REQUESTS:,} requests of it"
    if references > MOST_REFERENCES:
        return f"its messages come to more than {MOST_REFERENCES:,} references"
    return f"its messages come to more than {MOST_CHARACTERS:,} characters"


def _blanks(
    made_up: "_MadeUp",
    integration: Integration,
    contexts: "Sequence[Context]",
    samples: Sequence[Sample | None],
    place: Callable[[Definition], Place],
) -> Iterator[RenderedStep]:
    for number, message_set in enumerate(integration.messages):
        where = place(integration).at("messages", number, "steps")
        for message_type in message_set.types:
            if integration.message_set(message_type) is message_set:
                yield from _of_type(made_up, integration, message_type, contexts, samples, where)


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


def _of_type(
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
                    yield RenderedStep(message, plain, number, where.at(number), alert, level, sample)


def _rendered_step(blank: RenderedStep) -> tuple[RenderedStep, Spending]:
    message, number, captured, spending = blank.message, blank.step, blank.captured, Spending()
    try:
        request = message.request(number, captured, spending=spending)
        for assertion in message.steps[number].assert_:
            if isinstance(assertion.expectation.expected, str):
                message.expected(assertion.expectation.expected, number, captured)
    except RenderError as error:
        return replace(blank, request=_without_url(blank), problem=str(error)), spending
    return replace(blank, request=request), spending


def _without_url(blank: RenderedStep) -> RenderedRequest | None:
    """Return what can be rendered of a request that can't be as a whole, so that its body can still be judged."""
    try:
        return blank.message.request(blank.step, blank.captured, url=STAND_IN)
    except RenderError:
        return None
