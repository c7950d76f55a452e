"""How a dispatcher says no: every error has a short name and a sentence."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator

from tocsin_schema.api.answer import Answer
from tocsin_schema.findings import Finding, Severity, json_pointer
from tocsin_schema.models.shown_text import ShownText

UNKNOWN_ROUTE = "unknown_route"
"""The short name of the error where definitions name a proxy or TLS settings that the dispatcher lacks."""


class ErrorBody(Answer):
    """Every error's body."""

    error: str
    """A short name that doesn't change."""
    message: str
    """What is wrong and what to do."""


class ForbiddenBody(ErrorBody):
    """What the token lacks."""

    scope: str


class ConflictBody(ErrorBody):
    """A push that doesn't go with what is running."""

    revision: int | None = None
    """The current one, where the push was planned against another."""


class FindingShown(Answer):
    """One thing that is wrong with the definitions."""

    code: str
    severity: Severity
    message: str
    pointer: str
    """JSON pointer into the request."""
    start: int | None
    """Where in the text that the pointer leads to."""
    end: int | None
    help: str | None

    @classmethod
    def of(cls, finding: Finding) -> "FindingShown":
        """Return a finding as an answer has it."""
        return cls(
            code=finding.code,
            severity=finding.severity,
            message=finding.message,
            pointer=json_pointer(finding.where),
            start=finding.where.start,
            end=finding.where.end,
            help=finding.help,
        )


MAX_FINDINGS = 1000
"""What an answer has of the findings, errors first."""


class InvalidDefinitions(ErrorBody):
    """Definitions that were refused whole."""

    findings: list[FindingShown] = []
    """The first of them in the order of the documents, errors before others; the message says how many there are."""

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> "InvalidDefinitions":
        """Return what refuses definitions with these findings."""
        errors = sum(each.severity == "error" for each in findings)
        message = f"the definitions have {errors} error{'s' if errors != 1 else ''}: nothing was changed"
        shown = findings
        if len(findings) > MAX_FINDINGS:
            shown = sorted(findings, key=lambda each: each.severity != "error")[:MAX_FINDINGS]
            message += f"; the first {MAX_FINDINGS:,} of {len(findings):,} findings are told"
        return cls(error="invalid", message=message, findings=[FindingShown.of(each) for each in shown])


class FindingTold(Answer):
    """A finding as a client reads it, which only shows it: another version's may have more, or less."""

    code: ShownText = ""
    message: ShownText = ""
    pointer: ShownText = ""


def _objects(value: object) -> object:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else None


class AnyError(Answer):
    """An error's body as a client reads it: what stands in front of a dispatcher has JSON of its own."""

    error: ShownText = ""
    message: ShownText = ""
    findings: Annotated[tuple[FindingTold, ...] | None, BeforeValidator(_objects)] = None
    """None where it isn't about definitions."""
