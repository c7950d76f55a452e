"""What a receiver says of the messages: rendered bodies judged by the JSON Schema that a step names under `accepts`."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

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
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import Reference, Template
from tocsin_schema.text.suggest import cut, listed


@rule("TOC517", of="integration")
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


@rule("TOC518", of="integration")
def body_refused(subject: Subject) -> Iterator[Finding]:
    """A body must be what its receiver takes, rendered with made-up values and with every sample."""
    reported: set[Place] = set()
    for step in subject.requests:
        definition = step.message.steps[step.step]
        schema = _schema(subject, definition)
        if schema is None or schema.flaw is not None or step.request is None or step.request.body is None:
            continue
        for each in _refused(step, definition, schema, step.request.body.value):
            if each.where not in reported:
                reported.add(each.where)
                yield replace(each, related=_related(subject, step, each.where))


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


def _refused(step: RenderedStep, definition: Step, schema: ReceiverSchema, text: str) -> Iterator[Finding]:
    accepts = step.where.at("accepts")
    try:
        body: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        assert definition.request is not None  # noqa: S101  # it was rendered
        if body_format(step.request.content_type if step.request else "", definition.request.body or "") != "json":
            message = f"`{definition.accepts}` says what JSON the receiver takes, and the body is none"
            yield finding("TOC518", message, accepts, help="remove `accepts`, or send JSON")
        return  # else TOC501 says what is wrong with it
    try:
        refusals = schema.refusals(body)
    except SchemaFailedError as error:
        yield finding("TOC518", f"no body can be judged by `{definition.accepts}`: {error}", accepts)
        return
    for refusal in refusals:
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


PLAIN = re.compile(r"[@\w$-]+")


TYPES: Mapping[str, str] = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}


def refusal_words(refusal: Refusal) -> str:
    """Say what stands in the body, and what the receiver takes there."""
    words = WORDS.get(refusal.keyword)
    if words is not None:
        return words(refusal)
    return f"{_name(refusal)} is {_shown(refusal.found)}, which does not meet `{refusal.keyword}`"


def refusal_help(refusal: Refusal, file: str) -> str:
    """Say where that is written, and for what is too long how to make it shorter."""
    if refusal.keyword == "maxLength":
        return f"cut it with a function, such as `{{regex: '(?s)^.{{0,{min(refusal.limit, 1000)}}}'}}`: `{file}` has the limit"
    return f"`{file}` says what the receiver takes"


def key_is_meant(refusal: Refusal) -> bool:
    """Whether a key is refused, not its value."""
    return refusal.keyword in ("additionalProperties", "properties") and bool(refusal.path)


def _name(refusal: Refusal) -> str:
    text = ""
    for part in refusal.path:
        if isinstance(part, str) and PLAIN.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{part}]" if isinstance(part, int) else f"[{json.dumps(part)}]"
    return f"`{cut(text)}`" if text else "the body"


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return TYPES["object"] if isinstance(value, dict) else TYPES["array"]
    if isinstance(value, str):
        return f"`{cut(value)}`" if value else "empty"
    return f"`{json.dumps(value)}`"


def _too_long(refusal: Refusal) -> str:
    return f"{_name(refusal)} has {len(refusal.found):,} characters, and at most {refusal.limit:,} are taken"


def _too_short(refusal: Refusal) -> str:
    if not refusal.found:
        return f"{_name(refusal)} is empty"
    return f"{_name(refusal)} has {len(refusal.found):,} characters, and at least {refusal.limit:,} are needed"


def _of_type(refusal: Refusal) -> str:
    types = [refusal.limit] if isinstance(refusal.limit, str) else refusal.limit
    wanted = " or ".join(TYPES.get(each, each) for each in types)
    given = (
        f"the text {_shown(refusal.found)}"
        if refusal.found and isinstance(refusal.found, str)
        else _shown(refusal.found)
    )
    return f"{_name(refusal)} is {given}, and {wanted} is needed"


def _one_of(refusal: Refusal) -> str:
    choices = listed(
        [(each or '""') if isinstance(each, str) else json.dumps(each) for each in refusal.limit], last="or"
    )
    return f"{_name(refusal)} is {_shown(refusal.found)}, and {choices} is needed"


def _lacking(refusal: Refusal) -> str:
    missing = [key for key in refusal.limit if key not in refusal.found]
    return f"{_name(refusal)} lacks {listed(missing)}"


def _items(most: bool) -> Callable[[Refusal], str]:
    def words(refusal: Refusal) -> str:
        limit = f"at most {refusal.limit:,} are taken" if most else f"at least {refusal.limit:,} are needed"
        return f"{_name(refusal)} has {len(refusal.found):,} entries, and {limit}"

    return words


WORDS: Mapping[str, Callable[[Refusal], str]] = {
    "maxLength": _too_long,
    "minLength": _too_short,
    "type": _of_type,
    "enum": _one_of,
    "const": lambda refusal: f"{_name(refusal)} is {_shown(refusal.found)}, and {_shown(refusal.limit)} is needed",
    "required": _lacking,
    "None": lambda refusal: f"{_name(refusal)} is not taken",
    "properties": lambda refusal: f"{_name(refusal)} is not taken",
    "pattern": lambda refusal: (
        f"{_name(refusal)} is {_shown(refusal.found)}, which does not match `{cut(refusal.limit)}`"
    ),
    "additionalProperties": lambda refusal: f"{_name(refusal)} is not known there",
    "maxItems": _items(most=True),
    "minItems": _items(most=False),
    "maxProperties": _items(most=True),
    "minProperties": _items(most=False),
}
