"""Which findings `tocsin validate` reports: all, less what comments accept, a baseline knows or was there before."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.project.findings import LocatedFinding, Suppressed
from tocsin.validation.selection import Codes, Paths, selected
from tocsin.validation.suppressions import SuppressionResult, apply_suppressions
from tocsin.workspace import Workspace, check_reading

if TYPE_CHECKING:
    from tocsin.validation.baseline import Entry


@dataclass(frozen=True, slots=True)
class Filter:
    """What a person wants to read about; by default everything."""

    codes: Codes = field(default_factory=Codes)
    paths: Paths | None = None
    baseline: Path | None = None
    changed_since: str | None = None


@dataclass(frozen=True, slots=True)
class ReportedFindings:
    """What is reported; `known` and `mended` are told of a baseline."""

    findings: tuple[LocatedFinding, ...]
    suppressed: tuple[Suppressed, ...] = ()
    known: int = 0
    mended: "tuple[Entry, ...]" = ()


def without_suppressed(workspace: Workspace, today: date) -> SuppressionResult:
    """Take out what comments accept today."""
    severities = workspace.project.rules if workspace.project is not None else {}
    return apply_suppressions(workspace.reading, workspace.findings, severities, today=today)


def select_findings(workspace: Workspace, wanted: Filter, *, today: date) -> ReportedFindings:
    """Return what is reported. Raises UsageError where there is no such baseline or commit."""
    left = without_suppressed(workspace, today)
    findings, known = left.findings, 0
    mended: tuple[Entry, ...] = ()
    if wanted.changed_since is not None:
        findings = _caused(workspace, findings, wanted.changed_since, today)
    if wanted.baseline is not None:
        from tocsin.validation.baseline import compare, read_baseline  # noqa: PLC0415  # slow to load, and seldom needed

        compared = compare(left.findings, read_baseline(wanted.baseline))
        new = {each.fingerprint for each in compared.new}
        findings = tuple(each for each in findings if each.fingerprint in new)
        known, mended = compared.known, compared.mended
    always = workspace.reading.project_file if workspace.project is None else None
    suppressed = tuple(each for each in left.suppressed if selected([each.finding], wanted.codes, wanted.paths))
    return ReportedFindings(
        tuple(selected(findings, wanted.codes, wanted.paths, always=always)), suppressed, known, mended
    )


def _caused(
    workspace: Workspace, findings: tuple[LocatedFinding, ...], revision: str, today: date
) -> tuple[LocatedFinding, ...]:
    # Slow to load, and seldom needed: comparing needs plans.
    from tocsin.project.at_revision import reading_at  # noqa: PLC0415
    from tocsin.validation.introduced import introduced_findings, renamed  # noqa: PLC0415

    before = check_reading(reading_at(workspace.folder, revision))
    if not before.reading.files:
        return findings
    return tuple(
        introduced_findings(
            findings, without_suppressed(before, today).findings, renamed(before.reading, workspace.reading)
        )
    )
