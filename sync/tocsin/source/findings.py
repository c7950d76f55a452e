"""Findings at their place in a file."""

import hashlib
from dataclasses import dataclass

from tocsin.source.span import Span
from tocsin_schema.findings import Severity


@dataclass(frozen=True, slots=True)
class LocatedRelated:
    """A second place that a finding speaks of."""

    message: str
    file: str
    span: Span


@dataclass(frozen=True, slots=True)
class LocatedFinding:
    """A finding in a file; `file` is relative to the project file's folder, with slashes."""

    code: str
    severity: Severity
    message: str
    file: str
    span: Span
    related: tuple[LocatedRelated, ...] = ()
    help: str | None = None
    subject: str = ""
    """What the finding is about, without line numbers: kind, name and path."""

    @property
    def url(self) -> str:
        """Where the rule's page is, from the project's root."""
        return f"docs/rules.md#{self.code.lower()}"

    @property
    def fingerprint(self) -> str:
        """Identifies the finding across edits that only move it: it does not depend on line numbers."""
        text = "\0".join((self.code, self.file, self.subject, self.message))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @property
    def order(self) -> tuple[str, Span, str, str]:
        """Files by name, then by place."""
        return (self.file, self.span, self.code, self.message)
