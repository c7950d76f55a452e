"""Findings at their place in a file."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from tocsin.yaml.positions import Span
from tocsin_schema.findings import Edit, Severity


@dataclass(frozen=True, slots=True)
class LocatedRelated:
    """A second place that a finding speaks of."""

    message: str
    file: str
    span: Span


@dataclass(frozen=True, slots=True)
class LocatedEdit:
    """Put `text`, as it is, in place of the characters of a file from `start` up to `end` (offsets in its text)."""

    file: str
    start: int
    end: int
    span: Span
    text: str
    source: Edit | None = None
    """What the edit makes of the document's value, where a rule said so."""


@dataclass(frozen=True, slots=True)
class LocatedFix:
    """How to mend a finding in its file: all of `edits` or none; `title` says what that does."""

    safety: Literal["safe", "unsafe"]
    edits: tuple[LocatedEdit, ...]
    title: str


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
    number: int = 0
    """Counts the findings that are alike but for their place."""
    fix: LocatedFix | None = None

    @property
    def url(self) -> str:
        """Where the rule's page is, from the project's root."""
        return f"docs/rules/{self.code}.md"

    @property
    def fingerprint(self) -> str:
        """Identifies the finding across edits that only move it: it does not depend on line numbers."""
        text = "\0".join((*self._likeness, str(self.number)))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @property
    def order(self) -> tuple[str, Span, str, str]:
        """Files by name, then by place."""
        return (self.file, self.span, self.code, self.message)

    @property
    def _likeness(self) -> tuple[str, str, str, str]:
        return (self.code, self.file, self.subject, self.message)

    @staticmethod
    def sorted(findings: Iterable["LocatedFinding"]) -> list["LocatedFinding"]:
        """Return findings in their order, those that are alike numbered, so that each has its own fingerprint."""
        alike: Counter[tuple[str, str, str, str]] = Counter()
        numbered = []
        for each in sorted(findings, key=lambda each: each.order):
            numbered.append(replace(each, number=alike[each._likeness]) if alike[each._likeness] else each)
            alike[each._likeness] += 1
        return numbered


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that a comment accepts, for `reason`, which may be empty."""

    finding: LocatedFinding
    reason: str
