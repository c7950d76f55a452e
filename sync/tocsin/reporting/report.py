"""One report of findings in the form that is asked for."""

from collections.abc import Sequence
from typing import Literal

from tocsin.reading.files import Reading
from tocsin.reading.findings import LocatedFinding
from tocsin.reporting.concise import concise
from tocsin.reporting.full import full
from tocsin.reporting.json import as_json
from tocsin.reporting.summary import summary_line
from tocsin.showing.style import Style

Form = Literal["full", "concise", "json"]


def report(reading: Reading, findings: Sequence[LocatedFinding], *, form: Form, colour: bool) -> str:
    """Give the report; `full` and `concise` end with a line that counts."""
    style = Style(colour=colour)
    if form == "json":
        return as_json(findings, reading.files)
    body = full(findings, reading.texts, style) if form == "full" else concise(findings, style)
    return body + summary_line(findings, reading.files, style) + "\n"
