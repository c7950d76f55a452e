"""Findings as JUnit XML: every file is a test, and fails where something in it makes the command fail."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from xml.etree import ElementTree as Xml

from tocsin.project.findings import LocatedFinding
from tocsin.reports.concise import concise
from tocsin.terminal.style import Style, harmless
from tocsin_schema.findings import Severity

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'


def junit(findings: Sequence[LocatedFinding], files: Iterable[str], failing: Collection[Severity], prefix: str) -> str:
    """Return the document; findings of a severity that is not `failing` are told as output of their test.

    `prefix` leads from the repository's root to the project's folder, with a slash.
    """
    by_file: dict[str, list[LocatedFinding]] = defaultdict(list)
    for each in findings:
        by_file[each.file].append(each)
    names = sorted({*files, *by_file})
    failed = sum(any(each.severity in failing for each in by_file.get(name, ())) for name in names)
    counts = {"tests": str(len(names)), "failures": str(failed), "errors": "0"}
    suites = Xml.Element("testsuites", {"name": "tocsin", **counts})
    suite = Xml.SubElement(suites, "testsuite", {"name": "tocsin validate", **counts, "skipped": "0"})
    for name in names:
        test = Xml.SubElement(
            suite, "testcase", {"name": harmless(name), "classname": "tocsin", "file": harmless(prefix + name)}
        )
        _tell(test, by_file.get(name, []), failing)
    Xml.indent(suites)
    return f"{DECLARATION}\n{Xml.tostring(suites, encoding='unicode')}\n"


def _tell(test: Xml.Element, findings: Sequence[LocatedFinding], failing: Collection[Severity]) -> None:
    failures = [each for each in findings if each.severity in failing]
    others = [each for each in findings if each.severity not in failing]
    style = Style(colour=False)
    if failures:
        first = harmless(failures[0].message)
        message = first if len(failures) == 1 else f"{len(failures)} findings, the first: {first}"
        said = {"message": message, "type": failures[0].code}
        Xml.SubElement(test, "failure", said).text = concise(failures, style)
    if others:
        Xml.SubElement(test, "system-out").text = concise(others, style)
