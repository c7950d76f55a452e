"""The rules of the fourth hundred on what responses give: it can be used once it has been captured, if it has been."""

from collections.abc import Iterator

from tocsin_schema.findings import Finding, Related
from tocsin_schema.models import Integration, MessageType
from tocsin_schema.rules.analysis.captures import captured_before, captured_names, capturing_steps
from tocsin_schema.rules.analysis.sites import Site
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.syntax import Reference


@rule(
    "TOC412",
    "captured-too-late",
    "error",
    finds="a captured variable in a step that comes before its capture",
    why="The message could not be rendered.",
    fix="Move the capture to an earlier step. For another message type of the same incident, add `keep: incident` to it.",
    of="integration",
)
def captured_too_late(subject: Subject) -> Iterator[Finding]:
    """A captured variable can be used once its step has been taken (`docs/domain.md#captures`)."""
    for site, reference, number, step in _uses_in_steps(subject):
        integration, name = site.integration, reference.name
        if name not in captured_names(integration):
            continue
        for message_type in integration.messages[number].types:
            if name not in captured_before(integration, message_type, step):
                message, help = _too_late(integration, message_type, name)
                related = _captures(subject, integration, name)
                where = site.where.span(reference.start, reference.end)
                yield finding("TOC412", message, where, related=related, help=help)
                break


@rule(
    "TOC420",
    "capture-may-be-missing",
    "warning",
    finds="a captured variable of a step that may fail, in a later step that may not",
    why="Where the step with `on_failure: continue` fails it captures nothing, and the later one can't be rendered: the message is given up after all.",
    fix="Remove `on_failure: continue` where the capture is needed, or add it to the later step too.",
    of="integration",
)
def capture_may_be_missing(subject: Subject) -> Iterator[Finding]:
    """A step that may fail leaves the message going on without its captures (`docs/operations.md#what-an-answer-means`)."""
    for site, reference, number, step in _uses_in_steps(subject):
        integration, name = site.integration, reference.name
        if integration.messages[number].steps[step].on_failure is not None:
            continue
        for message_type in integration.messages[number].types:
            taken = capturing_steps(integration, message_type, step, name)
            if taken and all(integration.messages[of].steps[at].on_failure is not None for of, at in taken):
                message = f"`{name}` is missing here where the step that captures it fails, and that may fail"
                where = site.where.span(reference.start, reference.end)
                related = _captures(subject, integration, name)
                yield finding("TOC420", message, where, related=related, help="let this step fail too, or not that one")
                break


def _uses_in_steps(subject: Subject) -> Iterator[tuple[Site, Reference, int, int]]:
    """Yield the references in steps that may be to captured variables, each with its message set and step, from 0."""
    for site, reference in subject.references:
        if reference.is_system or reference.argument is not None or reference.name in site.integration.variables:
            continue
        match site.where.path:
            case ("messages", int(number), "steps", int(step), *_):
                yield site, reference, number, step


def _captures(subject: Subject, integration: Integration, name: str) -> tuple[Related, ...]:
    place = subject.place(integration)
    return tuple(
        Related("it is captured here", place.at("messages", number, "steps", step, "capture", name, key=True))
        for number, each in enumerate(integration.messages)
        for step, taken in enumerate(each.steps)
        if name in taken.capture
    )


def _too_late(integration: Integration, message_type: MessageType, name: str) -> tuple[str, str]:
    """Return what is wrong with the use of a captured variable, and what to do."""
    first, own = integration.message_set("error"), integration.message_set(message_type)
    in_first = first is not None and any(name in step.capture for step in first.steps)
    if in_first and first is not own:
        message = f"`{name}` is captured for `error` and not kept for `{message_type}`"
        return message, "add `keep: incident` to its capture"
    message = f"`{name}` is not captured yet in this step of `{message_type}`"
    return message, "capture it in an earlier step of the same message"
