"""What a receiver says of the messages: rendered bodies judged by the JSON Schema that a step names under `accepts`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pydantic import JsonValue

from tocsin_schema.findings import Finding, Place, Related
from tocsin_schema.models import Step
from tocsin_schema.receiver_schemas import ReceiverSchema, Refusal, SchemaFailedError
from tocsin_schema.rules.analysis.body_formats import body_format
from tocsin_schema.rules.analysis.json_spans import json_span
from tocsin_schema.rules.analysis.rendered import RenderedStep
from tocsin_schema.rules.analysis.sites import attachments, integration_templates
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.messages.bodies import rendered_nodes
from tocsin_schema.rules.messages.refusals import key_is_meant, refusal_help, refusal_words
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import Reference, Template

Outcome = Sequence[Refusal] | SchemaFailedError


@rule(
    "TOC517",
    "schema-unusable",
    "error",
    finds="an `accepts` that names no JSON Schema to judge the body by",
    why="Nothing is known of what the receiver takes, though the step says that it is.",
    fix=(
        "Name a file `NAME.schema.json` or `NAME.schema.yaml` in the project that holds a valid JSON Schema. It refers "
        "to nothing outside itself, and its expressions are such as RE2 takes. The dispatcher does not have these files: "
        "it does not judge by them."
    ),
    of="integration",
)
def schema_unusable(subject: Subject) -> Iterator[Finding]:
    """A file under `accepts` must be a JSON Schema that can be judged by. Who has no files says nothing."""
    for step, where in _steps(subject) if subject.receivers is not None else ():
        if step.accepts is None or step.request is None:
            continue
        if step.request.body is None and not step.request.has_json:
            message = "`accepts` says what the receiver takes, and the request has no body"
            yield finding("TOC517", message, where.at("accepts"), help="remove `accepts`, or give the request a body")
            continue
        schema = _schema(subject, step)
        flaw = schema.flaw if schema is not None else None
        if flaw is not None:
            message = f"nothing can be judged by `{step.accepts}`: {flaw[0]}"
            yield finding("TOC517", message, where.at("accepts"), help=flaw[1])


@rule(
    "TOC518",
    "body-refused",
    "error",
    finds="a body that is not what `accepts` says that the receiver takes, rendered with made-up values or with a sample",
    why="The receiver refuses the message, and the alert is lost; or it takes it and leaves out what it does not know.",
    fix=(
        "Change the place shown: cut what is too long with a `regex` function, map what the receiver calls otherwise. "
        "Where the receiver takes more than the schema says, mend the schema."
    ),
    of="integration",
    renders="all",
)
def body_refused(subject: Subject) -> Iterator[Finding]:
    """A body must be what its receiver takes, rendered with made-up values and with every sample."""
    reported: set[Place] = set()
    for step, each in _refused(subject):
        if each.where not in reported:
            reported.add(each.where)
            yield replace(each, related=_related(subject, step, each.where))


def _refused(subject: Subject) -> Iterator[tuple[RenderedStep, Finding]]:
    """Yield what is wrong with each body: at once where that costs little, then what a process of its own judges."""
    dear: dict[str, dict[str, list[tuple[RenderedStep, Step, JsonValue]]]] = {}
    for step in subject.requests:
        definition = step.message.steps[step.step]
        schema = _schema(subject, definition)
        if schema is None or schema.flaw is not None or step.request is None or step.request.body is None:
            continue
        text = step.request.body.value
        try:
            body: JsonValue = json.loads(text)
        except (ValueError, RecursionError):
            yield from ((step, each) for each in _no_json(step, definition))
            continue
        refusals = _cheap_refusals(schema, body)
        if refusals is None:
            dear.setdefault(definition.accepts or "", {}).setdefault(text, []).append((step, definition, body))
        else:
            yield from ((step, each) for each in _told(step, definition, refusals))
    for name, texts in dear.items():
        several = list(texts.values())
        outcomes = (subject.receivers or {})[name].judged([each[0][2] for each in several])
        for alike, outcome in zip(several, outcomes, strict=True):
            for step, definition, _ in alike:
                yield from ((step, each) for each in _told(step, definition, outcome))


def _cheap_refusals(schema: ReceiverSchema, body: JsonValue) -> Outcome | None:
    try:
        return schema.cheap_refusals(body)
    except SchemaFailedError as error:
        return error


def _related(subject: Subject, step: RenderedStep, where: Place) -> tuple[Related, ...]:
    """Return where the level gives its value to the variable that the reference at a place is of."""
    if step.alert is None or where.start is None:
        return ()
    integration = step.message.integration
    text = next(
        text for at, text in integration_templates(integration, subject.place(integration)) if at.path == where.path
    )
    names = [each.name for each in parse(text[where.start : where.end]).references()]
    given = step.message.level_variables
    return tuple(
        Related("the level gives it here", at.at("variables", name))
        for at, used, values in attachments(step.alert, subject.place(step.alert))
        for name in names
        if used == integration.name
        and at.path[1] == step.level - 1
        and name in values
        and values[name] == given.get(name)
    )


def _steps(subject: Subject) -> Iterator[tuple[Step, Place]]:
    for integration in subject.definitions.integrations.values():
        for number, message_set in enumerate(integration.messages):
            for position, step in enumerate(message_set.steps):
                yield step, subject.place(integration).at("messages", number, "steps", position)


def _schema(subject: Subject, step: Step) -> ReceiverSchema | None:
    if subject.receivers is None or step.accepts is None:
        return None
    return subject.receivers.get(step.accepts)


def _no_json(step: RenderedStep, definition: Step) -> Iterator[Finding]:
    assert definition.request is not None  # noqa: S101  # it was rendered
    if body_format(step.request.content_type if step.request else "", definition.request.body or "") != "json":
        message = f"`{definition.accepts}` says what JSON the receiver takes, and the body is none"
        yield finding("TOC518", message, step.where.at("accepts"), help="remove `accepts`, or send JSON")
    # else TOC501 says what is wrong with it


def _told(step: RenderedStep, definition: Step, outcome: Outcome) -> Iterator[Finding]:
    if isinstance(outcome, SchemaFailedError):
        message = f"no body can be judged by `{definition.accepts}`: {outcome}"
        yield finding("TOC518", message, step.where.at("accepts"))
        return
    for refusal in outcome:
        where = _place(step, definition, refusal)
        message = f"the receiver refuses the body, as rendered {step.circumstances}: {refusal_words(refusal)}"
        yield finding("TOC518", message, where, help=refusal_help(refusal, str(definition.accepts)))


def _place(step: RenderedStep, definition: Step, refusal: Refusal) -> Place:
    """Return the place of what is refused: the reference that gave most of it, else the value or key itself."""
    request, where = definition.request, step.where.at("request")
    assert request is not None  # noqa: S101  # it was rendered
    key = key_is_meant(refusal)
    if request.has_json:
        at = where.at("json", *refusal.path, key=key)
        value = _value_at(request.json_, refusal.path)
        if key or not isinstance(value, str):
            return at
        template = parse(value)
        texts = _texts(step, template)
        return _reference_place(at, template, texts, (0, len("".join(texts)))) or at
    at = where.at("body")
    template = parse(request.body or "")
    texts = _texts(step, template)
    try:
        span = json_span("".join(texts), refusal.path, key=key)
    except (ValueError, IndexError, RecursionError):  # only what is random can make it other than it was
        span = None
    if span is None:
        return at
    if isinstance(refusal.found, dict | list) and not key:
        span = (span[0], span[0] + 1)
    return _reference_place(at, template, texts, span) or _text_place(at, template, texts, span) or at


def _texts(step: RenderedStep, template: Template) -> list[str]:
    return rendered_nodes(template, step.message.scope(step.step, step.captured))


def _value_at(value: JsonValue, path: tuple[str | int, ...]) -> JsonValue:
    for part in path:
        if isinstance(value, dict) and isinstance(part, str):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
    return value


def _reference_place(at: Place, template: Template, texts: Sequence[str], span: tuple[int, int]) -> Place | None:
    """Return the place of the reference that gave most of what stands between two offsets of the rendered text."""
    most, found, offset = -1, None, 0
    for node, text in zip(template.nodes, texts, strict=True):
        shared = min(offset + len(text), span[1]) - max(offset, span[0])
        if isinstance(node, Reference) and shared > most and span[0] <= offset <= span[1]:
            most, found = shared, node
        offset += len(text)
    return at.span(found.start, found.end) if found is not None else None


def _text_place(at: Place, template: Template, texts: Sequence[str], span: tuple[int, int]) -> Place | None:
    """Return the place in the template of what stands between two offsets of the rendered text, in one fixed text."""
    offset = 0
    for node, text in zip(template.nodes, texts, strict=True):
        if offset <= span[0] and span[1] <= offset + len(text) and not isinstance(node, Reference):
            start = node.start + span[0] - offset
            return at.span(start, start + span[1] - span[0])
        offset += len(text)
    return None
