"""What a person and a program get to read of findings."""

import json
from dataclasses import replace

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.project.findings import LocatedFinding, LocatedRelated
from tocsin.reports.concise import concise
from tocsin.reports.full import full
from tocsin.reports.json import report_json
from tocsin.reports.summary import summary_line
from tocsin.terminal.style import Style
from tocsin.yaml.positions import Lines
from tocsin_schema.findings import Severity
from tocsin_schema.text.visible import is_harmless

BARE, COLOURED = Style(colour=False), Style(colour=True)
TEXTS = {
    "integrations/pagerduty.yaml": Lines(
        "kind: integration\nname: pagerduty\n" + "#\n" * 6 + '  {"routing_key": "{{RoutngKey}}",\nname: twice\n'
    ),
    "odd.yaml": Lines(
        "a: 漢字 é e\u0301 👩‍💻 {{x}}\n\tb:\tc {{x}}\nd: \u202e{{x}} \x1b[31m\ne: " + "y" * 300 + "{{x}}\n"
    ),
}


def found(file: str, line: int, part: str) -> LocatedFinding:
    lines = TEXTS[file]
    at = lines.starts[line - 1] + lines.line(line).index(part)
    return LocatedFinding("TOC401", "error", "there is no variable `x`", file, lines.span(at, at + len(part)))


UNKNOWN = replace(
    found("integrations/pagerduty.yaml", 9, "{{RoutngKey}}"),
    message="there is no variable `RoutngKey`",
    help="did you mean `RoutingKey`?",
    subject="integration/pagerduty/messages/0",
)
TWICE = replace(
    found("integrations/pagerduty.yaml", 10, "name"),
    code="TOC102",
    message="the key `name` is given twice",
    related=(
        LocatedRelated(
            "the first one is here",
            "integrations/pagerduty.yaml",
            TEXTS["integrations/pagerduty.yaml"].span(18, 22),
        ),
    ),
)


def test_full_shows_the_line_and_marks_the_very_characters() -> None:
    assert full([UNKNOWN], TEXTS, BARE) == (
        "error[TOC401]: there is no variable `RoutngKey`\n"
        " --> integrations/pagerduty.yaml:9:20\n"
        "  |\n"
        '9 |   {"routing_key": "{{RoutngKey}}",\n'
        "  |                    ^^^^^^^^^^^^^\n"
        "  = help: did you mean `RoutingKey`?\n"
        "  = see docs/rules/TOC401.md\n"
        "\n"
    )


def test_full_shows_every_place_that_a_finding_speaks_of() -> None:
    assert full([TWICE], TEXTS, BARE) == (
        "error[TOC102]: the key `name` is given twice\n"
        "  --> integrations/pagerduty.yaml:10:1\n"
        "   |\n"
        "10 | name: twice\n"
        "   | ^^^^\n"
        "  ::: integrations/pagerduty.yaml:2:1\n"
        "   |\n"
        " 2 | name: pagerduty\n"
        "   | ---- the first one is here\n"
        "   = see docs/rules/TOC102.md\n"
        "\n"
    )


@pytest.mark.parametrize(
    ("line", "source", "marks"),
    [
        (1, "1 | a: 漢字 é e\u0301 👩‍💻 {{x}}", "  |                  ^^^^^"),
        (2, "2 |     b:    c {{x}}", "  |             ^^^^^"),
        (3, "3 | d: \\u202e{{x}} \\x1b[31m", "  |          ^^^^^"),
        (4, "4 | …" + "y" * 80 + "{{x}}", "  |  " + " " * 80 + "^^^^^"),
    ],
    ids=["wide characters", "tabs", "control characters", "a long line"],
)
def test_the_marks_stand_under_the_characters_as_a_terminal_shows_them(line: int, source: str, marks: str) -> None:
    _, _, _, shown, marked, *_ = full([found("odd.yaml", line, "{{x}}")], TEXTS, BARE).split("\n")
    assert (shown, marked) == (source, marks)


def test_a_span_over_several_lines_is_marked_to_the_end_of_its_first() -> None:
    lines = Lines("a: |\n  b\n  c\n")
    finding = LocatedFinding("TOC401", "warning", "too long", "a.yaml", lines.span(3, 12))
    assert full([finding], {"a.yaml": lines}, BARE).endswith("1 | a: |\n  |    ^\n  = see docs/rules/TOC401.md\n\n")


def test_a_finding_about_a_file_that_cannot_be_shown_has_no_excerpt() -> None:
    finding = LocatedFinding("TOC104", "error", "not UTF-8", "gone.yaml", Lines("").span(0, 0))
    assert full([finding], {}, BARE) == (
        "error[TOC104]: not UTF-8\n --> gone.yaml:1:1\n  = see docs/rules/TOC104.md\n\n"
    )


def test_colour_changes_nothing_but_the_colour() -> None:
    for finding in (UNKNOWN, TWICE, found("odd.yaml", 1, "{{x}}")):
        coloured = full([finding], TEXTS, COLOURED)
        assert coloured != full([finding], TEXTS, BARE)
        assert click.unstyle(coloured) == full([finding], TEXTS, BARE)


@given(st.text(max_size=40), st.text(max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_nothing_in_a_source_or_a_message_can_steer_the_terminal(text: str, message: str, start: int, end: int) -> None:
    lines = Lines(text)
    finding = LocatedFinding("TOC401", "error", message, "a.yaml", lines.span(start, end), help=message)
    printed = full([finding], {"a.yaml": lines}, BARE) + concise([finding], BARE)
    assert len(printed.split("\n")) in (6, 7, 9, 10)
    assert all(is_harmless(each) for each in printed)


def test_concise_gives_a_line_a_finding() -> None:
    assert concise([UNKNOWN, TWICE], BARE) == (
        "integrations/pagerduty.yaml:9:20: TOC401 there is no variable `RoutngKey` (did you mean `RoutingKey`?)\n"
        "integrations/pagerduty.yaml:10:1: TOC102 the key `name` is given twice\n"
    )


def test_json_is_what_other_tools_rely_on() -> None:
    assert json.loads(report_json([TWICE, replace(UNKNOWN, severity="warning")], 14)) == {
        "version": 1,
        "findings": [
            {
                "code": "TOC102",
                "severity": "error",
                "message": "the key `name` is given twice",
                "file": "integrations/pagerduty.yaml",
                "start": {"line": 10, "column": 1},
                "end": {"line": 10, "column": 5},
                "related": [
                    {
                        "message": "the first one is here",
                        "file": "integrations/pagerduty.yaml",
                        "start": {"line": 2, "column": 1},
                        "end": {"line": 2, "column": 5},
                    }
                ],
                "help": None,
                "url": "docs/rules/TOC102.md",
                "fix": None,
                "fingerprint": TWICE.fingerprint,
            },
            {
                "code": "TOC401",
                "severity": "warning",
                "message": "there is no variable `RoutngKey`",
                "file": "integrations/pagerduty.yaml",
                "start": {"line": 9, "column": 20},
                "end": {"line": 9, "column": 33},
                "related": [],
                "help": "did you mean `RoutingKey`?",
                "url": "docs/rules/TOC401.md",
                "fix": None,
                "fingerprint": UNKNOWN.fingerprint,
            },
        ],
        "summary": {"files": 14, "errors": 1, "warnings": 1, "infos": 0, "suppressed": 0},
    }


@pytest.mark.parametrize(
    ("severities", "files", "expected"),
    [
        ([], 14, "14 files, nothing wrong"),
        ([], 1, "1 file, nothing wrong"),
        (["error", "warning", "error"], 14, "2 errors, 1 warning in 14 files"),
        (["warning"], 1, "1 warning in 1 file"),
    ],
)
def test_the_last_line_counts(severities: list[Severity], files: int, expected: str) -> None:
    findings = [replace(UNKNOWN, severity=each) for each in severities]
    assert summary_line(findings, files, BARE) == expected
