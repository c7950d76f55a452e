"""Rules of the fifth hundred that render: each message as it would be sent.

A message is rendered for every attachment, with made-up values and with every sample.
"""

from collections.abc import Iterator

from tocsin_schema.findings import Finding, Place
from tocsin_schema.messages.evaluate import EvaluationError, Spending, evaluate
from tocsin_schema.rules.analysis.json_text import Flaw, in_string
from tocsin_schema.rules.analysis.rendered import RenderedStep
from tocsin_schema.rules.analysis.sites import step_templates
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.messages.bodies import Body, bodies, rendered_nodes
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.rules.variables.stale_times import left_out
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import Reference, Template
from tocsin_schema.text.suggest import cut


@rule(
    "TOC501",
    "body-not-json",
    "error",
    finds="a body that is not valid JSON once rendered",
    why="Receivers refuse it, and the alert is lost.",
    fix="Mend the JSON at the place shown, or write the body under `json:`, where it can't break.",
    of="integration",
    renders="all",
)
def body_not_json(subject: Subject) -> Iterator[Finding]:
    """A body of a JSON content type must be JSON once rendered (RFC 8259)."""
    yield from _flawed(subject, "json", "TOC501")


@rule(
    "TOC510",
    "body-not-xml",
    "error",
    finds="a body that is not well-formed XML once rendered",
    why="Receivers refuse it, and the alert is lost.",
    fix="Mend the XML at the place shown.",
    of="integration",
    renders="all",
)
def body_not_xml(subject: Subject) -> Iterator[Finding]:
    """A body of an XML content type must be well-formed once rendered (XML 1.0, section 2.1)."""
    yield from _flawed(subject, "xml", "TOC510")


@rule(
    "TOC503",
    "message-not-rendered",
    "error",
    finds="a message that can't be rendered from an alert",
    why="It could not be sent either.",
    fix="Give the reference a value that can be rendered; a URL must come to `http://` or `https://` and a host.",
    of="integration",
    renders="sound",
)
def message_not_rendered(subject: Subject) -> Iterator[Finding]:
    """Every message must render with made-up values and with every sample."""
    reported: set[Place] = set()
    for step in subject.requests:
        if step.problem is not None and step.where not in reported:
            reported.add(step.where)
            message = f"this can't be rendered {step.circumstances}: {step.problem}"
            yield finding("TOC503", message, _unrendered(step))


@rule(
    "TOC519",
    "not-all-judged",
    "warning",
    finds="an integration with more messages than are rendered to judge it, or with more in its templates than is followed",
    why="What is wrong with those that are left out is not found.",
    fix="Let levels give fewer different values, take samples out, or part the integration. The bounds are listed in `docs/security.md`.",
    of="integration",
    renders="all",
)
def not_all_judged(subject: Subject) -> Iterator[Finding]:
    """What definitions make of one another is judged up to a bound (`docs/security.md#bounds`)."""
    for name, reason in subject.rendered.left_out.items():
        place = subject.place(subject.definitions.integrations[name])
        message = f"not every message of `{name}` is judged: {reason}"
        help = "let levels give fewer different values, take samples out, or part the integration"
        yield finding("TOC519", message, place.at("messages", key=True), help=help)
    for name, (reason, where) in subject.sent.left_out.items():
        message = f"`{name}` is not judged with all that targets give it: {reason}"
        help = "let targets give fewer different values, make its templates shorter, or part the integration"
        yield finding("TOC519", message, where, help=help)
    for name, (reason, where) in {**left_out(subject), **subject.followed.left_out}.items():
        message = f"not every reference of `{name}` is followed to where it leads: {reason}"
        yield finding("TOC519", message, where, help="let variables repeat one another less, or part the integration")


def _unrendered(step: RenderedStep) -> Place:
    """Return the place of the first reference that has no value; where each has one, it is the URL that is none."""
    scope, spending = step.message.scope(step.step, step.captured), Spending()
    for where, text in step_templates(step.message.steps[step.step], step.where):
        for node in parse(text).nodes:
            try:
                evaluate(Template(text, (node,)), scope, spending=spending)
            except EvaluationError:
                return where.span(node.start, node.end)
    return step.where.at("request", "url")


def _flawed(subject: Subject, format: str, code: str) -> Iterator[Finding]:
    """Yield one finding for each body that is broken as rendered.

    Where the reference that broke it is known to stand where what it holds does not fit, that is said already.
    """
    reported: set[Place] = set()
    for body in bodies(subject):
        if body.format != format or body.where in reported:
            continue
        flaw = body.flaw
        if flaw is not None:
            found = _finding(body, flaw, code)
            if found.where not in {misplaced.span for misplaced in subject.misplaced if misplaced.where == body.where}:
                reported.add(body.where)
                yield found


def _finding(body: Body, flaw: Flaw, code: str) -> Finding:
    texts = rendered_nodes(body.template, body.scope(body.step.message))
    number, offset = _node_at(texts, flaw.offset)
    number = _culprit(body, texts, number, offset)
    reason, help = flaw.reason, None
    if number is None:
        start, end = _end_of(body.template)
    else:
        node = body.template.nodes[number]
        start, end = node.start, node.end
        if isinstance(node, Reference):
            reason, help = _words(body, texts, number)
        else:
            start, end = node.start + offset, node.start + offset + 1
    what = "JSON" if body.format == "json" else "well-formed XML"
    message = f"the body is not {what}, as rendered {body.step.circumstances}: {reason}"
    return finding(code, message, body.where.span(start, end), help=help)


def _words(body: Body, texts: list[str], number: int) -> tuple[str, str | None]:
    """Say what a reference does to the body, and what to do about it."""
    node = body.template.nodes[number]
    source = cut(body.template.source[node.start : node.end])
    given = f"`{cut(texts[number])}`" if texts[number] else "nothing"
    if body.format == "xml":
        return f"`{source}` gives {given}, which breaks it", f"write `{{{{@XmlEncode({source})}}}}`"
    if in_string("".join(texts[:number])):
        help = f"write `{{{{@JsonEncode({source})}}}}`, or use `json:` instead of `body:`"
        return f"`{source}` gives {given}, which ends or breaks the text it stands in", help
    what = ", which is no JSON value" if texts[number] else " where a value belongs"
    return f"`{source}` gives {given}{what}", f'put it in quotes: `"{source}"`'


def _node_at(texts: list[str], offset: int) -> tuple[int | None, int]:
    """Return the number of the node that an offset in the rendered body lies in, and the offset inside it."""
    for number, text in enumerate(texts):
        if offset < len(text):
            return number, offset
        offset -= len(text)
    return None, 0


def _culprit(body: Body, texts: list[str], number: int | None, offset: int) -> int | None:
    """Return the node to blame: where something is missing after a reference that gave nothing, it is that reference.

    Breaks that show only after what caused them are blamed on the one reference without which there is none.
    """
    nodes = body.template.nodes
    if number is not None and isinstance(nodes[number], Reference):
        return number
    if number and not texts[number - 1] and not texts[number][:offset].strip():
        return number - 1
    for each, node in enumerate(nodes if body.format == "xml" else ()):
        if (
            isinstance(node, Reference)
            and texts[each]
            and body.flaw_of("".join([*texts[:each], "1", *texts[each + 1 :]])) is None
        ):
            return each
    return number


def _end_of(template: Template) -> tuple[int, int]:
    end = len(template.source.rstrip())
    return max(end - 1, 0), end
