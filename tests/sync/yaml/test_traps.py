"""What YAML reads otherwise than a person: each trap has its warning at its place, and its neighbours have none."""

from pathlib import Path

import pytest

from tocsin.project.reading import read_documents
from tocsin.workspace import open_workspace
from tocsin.yaml.parser import parse
from tocsin_schema.rules.table import RULES

PROJECT = 'kind: project\nformat: 1\nname: small\naccount: {id: "1"}\n'


def trapped(text: str) -> list[tuple[str, str]]:
    """Return code and text of everything that is found."""
    return sorted((each.code, text[each.start : each.end]) for each in parse(text).problems)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: x {{fn(b #c)}}\n", [("TOC107", "x {{fn(b #c)}}")]),
        ("a: one\n  x {{fn(b #c)}}\n", [("TOC107", "x {{fn(b #c)}}")]),
        ("- x {{fn(b\t#c)}} # why\n", [("TOC107", "x {{fn(b\t#c)}} # why")]),
        ("a: x {{b}} #c\n", [("TOC108", "x {{b}} #c")]),
        ("a: x #{{b}}\n", [("TOC108", "x #{{b}}")]),
        ("a: #ops\nb: 1\n", [("TOC108", "#ops")]),
        ("a: {{b}} #ops\n", [("TOC106", "{{b}}"), ("TOC108", "{{b}} #ops")]),
        ("a: {{fn(b #c)}} # why\n", [("TOC106", "{{fn(b #c)}}")]),
        ("a: Yes\n", [("TOC109", "Yes")]),
        ("a: [ON, {b: n}]\n", [("TOC109", "ON"), ("TOC109", "n")]),
        ("a: &x off\nb: *x\n", [("TOC109", "off")]),
        ("rules: {a: off}\n", [("TOC109", "off")]),
        ("a: -010\n", [("TOC110", "-010")]),
        ("a: 0b1_1\n", [("TOC110", "0b1_1")]),
        ("a: 0b_\n", [("TOC110", "0b_")]),
        ("a: -1:30.5\n", [("TOC110", "-1:30.5")]),
        (
            "a: yes\nb: [x #{{c}}\n  , {d: 010, e: *f}]\n",
            [("TOC101", "*f"), ("TOC108", "x #{{c}}"), ("TOC109", "yes"), ("TOC110", "010")],
        ),
        ("a: 1\rb: 2\r", [("TOC111", "\r")]),
        ("a: 1\n\ufeffb: 2\n", [("TOC101", "b"), ("TOC112", "\ufeff")]),
        ("a: [\n\tb]\n", [("TOC113", "\t")]),
        ("a: &x 1\nb: &x 2\n", [("TOC114", "&x")]),
        ("a: &x {}\nb: &x []\n", [("TOC114", "&x")]),
        ("b: &x {k: 1}\na:\n  <<: [*x, {k: 2}]\n", [("TOC114", "{")]),
        ("a: &x [" + "y0, " * 400 + "]\nb: [*x, *x, *x, *x]\n", [("TOC115", "*x")]),
    ],
)
def test_a_trap_is_found_at_its_place(text: str, expected: list[tuple[str, str]]) -> None:
    assert trapped(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a: x {{b}} # c\n",
        "a: x # of times such as {{b}}; others are in UTC\n",
        "a: x ## {{b}}\n",
        "a: '{{b}}' #c\n",
        "a: x#{{b}}\n",
        "a: # why\n  b: 1\n",
        "a: #why\n  b: 1\n",
        "a: #why\n  - b\n",
        "a: |\n  x #{{b}}\n",
        "yes: 1\n010: 2\n12:30: 3\n",
        "a: 'yes'\nb: \"010\"\nc: !!str off\nd: yEs\ne: true\n",
        "kind: project\nrules: {TOC503: off, TOC604: &x off}\n",
        "a: 0\nb: 10\nc: -0.5\nd: 0x1F\ne: 1.0.0\nf: 10.0.0.1:80\ng: 2024-01-01\nh: 1e3\ni: 00:61:99\n",
        "a: 1\r\nb: 2\r\n",
        'a: "\\u2028\\x85\\ufeff"\n',
        "a: |\n  b\n  \tc\nb: 'd\n\te'\n",
        "a:\tb\n",
        "---\na: &x 1\n---\na: &x 2\n",
        "b: &x {k: 1}\na:\n  <<: [*x, {k: 1}]\n",
        "b: &x {k: 1}\na:\n  <<: *x\n  k: 2\n",
        "a: &x [" + "y0, " * 400 + "]\nb: [*x, *x]\n",
    ],
)
def test_what_is_near_to_a_trap_is_none(text: str) -> None:
    assert trapped(text) == []


def test_only_the_first_of_many_odd_line_breaks_is_reported() -> None:
    assert trapped("a: b\u2028c\n" * 3 + "# \x85\u2029\u2028\n") == [
        ("TOC102", "a"),
        ("TOC102", "a"),
        ("TOC111", "\x85"),
        ("TOC111", "\u2028"),
        ("TOC111", "\u2029"),
    ]


def test_a_trap_leaves_its_file_complete(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(PROJECT, "utf-8-sig")
    (tmp_path / "a.yaml").write_text(
        "kind: sample\nname: a\ndescription: 'x'\nset: {\"@monitor.name\": 12:30}\n", "utf-8"
    )

    reading = read_documents(tmp_path / "tocsin.yaml")

    assert [(each.code, each.severity) for each in reading.findings] == [("TOC110", "warning"), ("TOC112", "info")]
    assert reading.complete


@pytest.mark.parametrize(("severity", "expected"), [("error", ["error"]), ("info", ["info"]), ("off", [])])
def test_a_project_decides_how_bad_a_trap_is(tmp_path: Path, severity: str, expected: list[str]) -> None:
    (tmp_path / "tocsin.yaml").write_text(f"{PROJECT}rules: {{TOC109: {severity}, TOC102: off}}\n", "utf-8")
    (tmp_path / "a.yaml").write_text('kind: sample\nname: a\nset: {"@monitor.name": yes}\n', "utf-8")

    findings = open_workspace(tmp_path).findings

    assert [each.severity for each in findings if each.code == "TOC109"] == expected
    assert [each.message for each in findings if each.code == "TOC212"] == [
        "TOC102 is always an error: nothing can be done with such definitions"
    ]


@pytest.mark.parametrize(("key", "value"), [("generate_alerts", "yes"), ("title", "010"), ("check_interval", "12:30")])
def test_one_mistake_makes_one_finding(tmp_path: Path, key: str, value: str) -> None:
    (tmp_path / "tocsin.yaml").write_text(PROJECT, "utf-8")
    (tmp_path / "a.yaml").write_text(f"kind: monitor\nname: a\ntype: Ping\n{key}: {value}\n", "utf-8")

    findings = open_workspace(tmp_path).findings

    assert [each.code for each in findings if each.span.start.line == 4] in (["TOC203"], ["TOC204"])


def test_traps_can_be_given_another_severity_and_errors_can_not() -> None:
    assert {code for code in RULES if code.startswith("TOC1") and not RULES[code].fixed} == {
        f"TOC{number}" for number in range(108, 116)
    }
