"""Rules of the fifth hundred: messages, judged by rendering them.

Each message is rendered as it would be sent: for every attachment, with made-up values and with every sample.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tocsin_schema.findings import Finding, Place
from tocsin_schema.render.message import Message
from tocsin_schema.rules.json_text import Flaw, in_string, json_flaw
from tocsin_schema.rules.registry import Subject, finding, rule
from tocsin_schema.rules.rendered import RenderedStep
from tocsin_schema.rules.sites import step_templates
from tocsin_schema.suggest import cut
from tocsin_schema.template.evaluate import EvaluationError, Scope, evaluate
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import Reference, Template
from tocsin_schema.variables import SYSTEM_VARIABLES

HOSTILE = 'a "quote", a \\backslash,\na line break\tand \x01'
"""What free text may hold one day."""

FREE_TEXT = [name for name, variable in SYSTEM_VARIABLES.items() if variable.kind == "text"]


@rule("TOC501")
def body_not_json(subject: Subject) -> Iterator[Finding]:
    """A body of a JSON content type must be JSON once rendered."""
    reported: set[Place] = set()
    for step, template in _json_bodies(subject):
        flaw = _flaw(step)
        if flaw is None or step.where in reported:
            continue
        if step.sample is not None and next(_breaking(step, template), None) is not None:
            continue  # TOC502 says which reference it is that lets the sample's text through
        reported.add(step.where)
        yield _not_json(step, template, flaw)


@rule("TOC502")
def text_breaks_json(subject: Subject) -> Iterator[Finding]:
    """Free text in a JSON body must be encoded (`domain/README.md`, section 3)."""
    reported: set[Place] = set()
    for step, template in _json_bodies(subject):
        if step.sample is not None or _flaw(step) is not None:
            continue
        for reference in _breaking(step, template):
            where = step.where.at("request", "body").span(reference.start, reference.end)
            if where not in reported:
                reported.add(where)
                source = template.source[reference.start : reference.end]
                yield finding(
                    "TOC502",
                    f"a quote or a line break in `{cut(source)}` breaks the body",
                    where,
                    help=f"write `{{{{@JsonEncode({cut(source)})}}}}`, or use `json:` instead of `body:`",
                )


@rule("TOC503")
def message_not_rendered(subject: Subject) -> Iterator[Finding]:
    """Every message must render with made-up values and with every sample."""
    reported: set[Place] = set()
    for step in subject.requests:
        if step.problem is not None and step.where not in reported:
            reported.add(step.where)
            message = f"this can't be rendered {step.circumstances}: {step.problem}"
            yield finding("TOC503", message, _unrendered(step))


def _unrendered(step: RenderedStep) -> Place:
    """Give the place of the first reference that has no value; where each has one, it is the URL that is none."""
    scope = _scope(step, step.message)
    for where, text in step_templates(step.message.steps[step.step], step.where):
        for node in parse(text).nodes:
            try:
                evaluate(Template(text, (node,)), scope)
            except EvaluationError:
                return where.span(node.start, node.end)
    return step.where.at("request", "url")


def _json_bodies(subject: Subject) -> Iterator[tuple[RenderedStep, Template]]:
    """Give every rendered request with a raw body that claims to be JSON, and the body's template."""
    for step in subject.requests:
        definition = step.message.steps[step.step].request
        if step.request is None or definition is None or definition.body is None:
            continue
        if _claims_json(step.request.content_type, definition.body):
            yield step, parse(definition.body)


def _claims_json(content_type: str, body: str) -> bool:
    if content_type:
        return content_type == "application/json" or content_type.endswith("+json")
    return body.lstrip().startswith(("{", "["))


def _flaw(step: RenderedStep) -> Flaw | None:
    assert step.request is not None and step.request.body is not None  # noqa: S101, PT018  # of _json_bodies
    return json_flaw(step.request.body.value)


def _breaking(step: RenderedStep, template: Template) -> Iterator[Reference]:
    """Give the references of a body that break its JSON once free text holds what it may hold."""
    texts = _rendered(template, _scope(step, step.plain))
    hostile = _rendered(template, _hostile(_scope(step, step.plain)))
    if json_flaw("".join(texts)) is not None:
        return
    for number, node in enumerate(template.nodes):
        if not isinstance(node, Reference) or hostile[number] == texts[number]:
            continue
        if json_flaw("".join([*texts[:number], hostile[number], *texts[number + 1 :]])) is not None:
            yield node


def _not_json(step: RenderedStep, template: Template, flaw: Flaw) -> Finding:
    texts = _rendered(template, _scope(step, step.message))
    start, end, number = _source_span(template, texts, flaw.offset)
    reason, help = flaw.reason, None
    if number is not None:
        source = cut(template.source[start:end])
        given = f"`{cut(texts[number])}`" if texts[number] else "nothing"
        if in_string("".join(texts[:number])):
            reason = f"`{source}` gives {given}, which ends or breaks the text it stands in"
            help = f"write `{{{{@JsonEncode({source})}}}}`, or use `json:` instead of `body:`"
        else:
            what = ", which is no JSON value" if texts[number] else " where a value belongs"
            reason = f"`{source}` gives {given}{what}"
            help = f'put it in quotes: `"{source}"`'
    message = f"the body is not JSON, as rendered {step.circumstances}: {reason}"
    return finding("TOC501", message, step.where.at("request", "body").span(start, end), help=help)


def _scope(step: RenderedStep, message: Message) -> Scope:
    return message.scope(step.step, step.captured)


def _hostile(scope: Scope) -> Scope:
    return replace(scope, values={**scope.values, **dict.fromkeys(FREE_TEXT, HOSTILE)}, custom_fields=_EveryField())


class _EveryField(Mapping[str, str]):
    """Every custom field there may be, each of them hostile: also those that the made-up monitor lacks."""

    def __getitem__(self, key: str) -> str:
        return HOSTILE

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _rendered(template: Template, scope: Scope) -> list[str]:
    """Give the rendered text of every node by itself; what can't be evaluated renders as nothing."""
    texts = []
    for node in template.nodes:
        try:
            texts.append(evaluate(Template(template.source, (node,)), scope).value)
        except EvaluationError:
            texts.append("")
    return texts


def _source_span(template: Template, texts: list[str], offset: int) -> tuple[int, int, int | None]:
    """Give the place in the template of an offset in the rendered text, and the number of the reference there.

    Where something is missing after a reference that gave nothing, that reference is meant.
    """
    for number, (node, text) in enumerate(zip(template.nodes, texts, strict=True)):
        if offset < len(text):
            before = template.nodes[number - 1] if number else None
            if isinstance(node, Reference):
                return node.start, node.end, number
            if isinstance(before, Reference) and not texts[number - 1] and not text[:offset].strip():
                return before.start, before.end, number - 1
            return node.start + offset, node.start + offset + 1, None
        offset -= len(text)
    end = len(template.source.rstrip())
    return max(end - 1, 0), end, None
