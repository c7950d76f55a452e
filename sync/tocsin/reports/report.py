"""One report of findings in the form that is asked for."""

from collections.abc import Collection, Sequence
from typing import Literal, get_args

from tocsin.project.findings import LocatedFinding, Suppressed
from tocsin.project.reading import Reading
from tocsin.reports.concise import concise
from tocsin.reports.full import full
from tocsin.reports.summary import summary_line
from tocsin.terminal.style import Style
from tocsin_schema.findings import Severity

Form = Literal["full", "concise", "json", "sarif", "github", "gitlab", "junit"]
FORMS: tuple[Form, ...] = get_args(Form)


def report(
    reading: Reading,
    findings: Sequence[LocatedFinding],
    *,
    form: Form,
    colour: bool,
    suppressed: Sequence[Suppressed] = (),
    failing: Collection[Severity] = ("error", "warning"),
    prefix: str = "",
) -> str:
    """Return the report; `full` and `concise` end with a line that counts.

    `failing` are the severities that make the command fail. `prefix` leads from the repository's root to the project's
    folder, with a slash: code hosts name files from there, every other form from the project's folder.
    """
    style = Style(colour=colour)
    match form:
        case "json":
            from tocsin.reports.json import report_json

            return report_json(findings, reading.files, suppressed=len(suppressed))
        case "sarif":
            from tocsin.reports.sarif import sarif

            return sarif(findings, suppressed, reading.texts, prefix)
        case "github":
            from tocsin.reports.github import github

            return github(findings, prefix)
        case "gitlab":
            from tocsin.reports.gitlab import gitlab

            return gitlab(findings, prefix)
        case "junit":
            from tocsin.reports.junit import junit

            return junit(findings, reading.texts, failing, prefix)
        case "full" | "concise":
            body = full(findings, reading.texts, style) if form == "full" else concise(findings, style)
            return body + summary_line(findings, reading.files, style, suppressed=len(suppressed)) + "\n"
