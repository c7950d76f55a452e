"""Rendered raw bodies: what they must be, and which node of the template a place in them comes from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tocsin_schema.findings import Place
from tocsin_schema.messages.evaluate import EvaluationError, Scope, evaluate
from tocsin_schema.messages.message import Message
from tocsin_schema.rules.analysis.body_formats import BodyFormat, body_format
from tocsin_schema.rules.analysis.json_text import Flaw, json_flaw
from tocsin_schema.rules.analysis.rendered import RenderedStep
from tocsin_schema.rules.analysis.xml_text import xml_flaw
from tocsin_schema.rules.messages.content_type import contradicted
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import Template

FLAWS: Mapping[str, Callable[[str], Flaw | None]] = {"json": json_flaw, "xml": xml_flaw}


@dataclass(frozen=True)
class Body:
    """A raw body that must be JSON or XML, its template, and the step that it was rendered for."""

    step: RenderedStep
    format: BodyFormat
    template: Template

    @property
    def where(self) -> Place:
        """The place of the template."""
        return self.step.where.at("request", "body")

    @cached_property
    def flaw(self) -> Flaw | None:
        """What is wrong with it as rendered."""
        request = self.step.request
        assert request is not None and request.body is not None  # noqa: S101, PT018  # of `bodies`
        return FLAWS[self.format](request.body.value)

    def flaw_of(self, text: str) -> Flaw | None:
        """Return what would be wrong if `text` were the body."""
        return FLAWS[self.format](text)

    def scope(self, message: Message) -> Scope:
        """Return what its references stand for."""
        return message.scope(self.step.step, self.step.captured)


def bodies(subject: Subject) -> Sequence[Body]:
    """Return every rendered request with a raw body that must be JSON or XML; not what contradicts its content type."""
    return subject.once(_bodies)


def _bodies(subject: Subject) -> Sequence[Body]:
    return tuple(_each_body(subject))


def _each_body(subject: Subject) -> Iterator[Body]:
    for step in subject.requests:
        definition = step.message.steps[step.step].request
        if step.request is None or definition is None or definition.body is None or contradicted(definition):
            continue
        format = body_format(step.request.content_type, definition.body)
        if format is not None and format in FLAWS:
            yield Body(step, format, parse(definition.body))


def rendered_nodes(template: Template, scope: Scope) -> list[str]:
    """Return the rendered text of every node by itself; what can't be evaluated renders as nothing."""
    texts = []
    for node in template.nodes:
        try:
            texts.append(evaluate(Template(template.source, (node,)), scope).value)
        except EvaluationError:
            texts.append("")
    return texts
