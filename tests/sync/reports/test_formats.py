"""What code hosts and other tools get to read of findings: SARIF, GitHub, GitLab and JUnit."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker
from syrupy.assertion import SnapshotAssertion
from tests.rules.case import Case, all_cases
from tests.sync.reports.official_sarif import official_sarif
from tests.sync.spoilt_keys import spoilt

from tocsin.project.findings import LocatedEdit, LocatedFinding, LocatedFix, LocatedRelated, Suppressed
from tocsin.project.reading import Reading, Texts
from tocsin.reports.github import MOST, github
from tocsin.reports.json import ReportJson
from tocsin.reports.report import FORMS, Form, report
from tocsin.workspace import open_workspace
from tocsin.yaml.positions import Lines
from tocsin_schema.findings import SEVERITIES
from tocsin_schema.models.json_schema import model_schema, schema_text
from tocsin_schema.rules.table import RULES

SHOWN = ("TOC101", "TOC102", "TOC106", "TOC201", "TOC206", "TOC401", "TOC502", "TOC601")
"""Rules whose cases are shown in real files: with fixes, with several places, and in broken files."""

SCHEMA = model_schema(ReportJson, "Tocsin report")

FILE = "integrations/chat & talk.yaml"
LINES = Lines('name: chat\nbody: |\n  "🔔🔔 {{Nmae}}",\nlong: "\n  x"\n')
TEXTS = Texts(["tocsin.yaml", FILE, "sound.yaml"], ["", LINES.text, ""])
READING = Reading(Path(), "tocsin.yaml", texts=TEXTS, files=3)


def at(part: str) -> Any:
    start = LINES.text.index(part)
    return LINES.span(start, start + len(part))


REFERENCE = at("{{Nmae}}")
EDIT = LocatedEdit(FILE, LINES.text.index("{{Nmae}}"), LINES.text.index("{{Nmae}}") + 8, REFERENCE, "{{Name}}")
UNKNOWN = LocatedFinding(
    "TOC401",
    "error",
    "there is no variable `Nmae`: 100 %, surely",
    FILE,
    REFERENCE,
    (LocatedRelated("this is near", FILE, at("name")),),
    "did you mean `Name`?",
    "integration/chat/messages",
    fix=LocatedFix("unsafe", (EDIT,), "write `{{Name}}`"),
)
LONG = replace(
    UNKNOWN,
    code="TOC604",
    severity="warning",
    message="two\nlines",
    span=at('"\n  x"'),
    related=(),
    help=None,
    fix=None,
)
NOTE = replace(LONG, severity="info", message="\x1b[31m ]]> \ufffe <&\"'", span=at("chat"))
ACCEPTED = Suppressed(replace(LONG, message="accepted"), "we know")
ALL = (UNKNOWN, LONG, NOTE)


def printed(form: Form, findings: Any = ALL, suppressed: Any = (ACCEPTED,)) -> str:
    return report(READING, findings, form=form, colour=False, suppressed=suppressed, prefix="definitions/")


@pytest.mark.parametrize("form", FORMS)
def test_every_format_tells_the_findings_as_a_person_last_saw_it(form: Form, snapshot: SnapshotAssertion) -> None:
    text = printed(form)
    if form == "sarif":  # the table of rules grows with every rule, and has a test of its own
        log = json.loads(text)
        log["runs"][0]["tool"]["driver"]["rules"] = []
        for each in log["runs"][0]["results"]:
            del each["ruleIndex"]
        text = json.dumps(log, indent=2, ensure_ascii=False)

    assert text == snapshot


@pytest.mark.parametrize("form", ["full", "concise", "github", "junit"])
def test_no_text_lets_a_file_or_a_message_steer_the_terminal(form: Form) -> None:
    evil = replace(UNKNOWN, message="\x1b[2J\u202e\r", help="\x00", file="a\x1b[31m.yaml", fix=None)

    assert not {"\x1b", "\u202e", "\x00", "\r"} & set(printed(form, [evil], ()))


def sarif_run(findings: Any = ALL, suppressed: Any = (ACCEPTED,)) -> Any:
    log = json.loads(printed("sarif", findings, suppressed))
    Draft7Validator(official_sarif(), format_checker=FormatChecker()).validate(log)
    return log["runs"][0]


def test_sarif_has_the_form_of_the_standard_and_every_rule() -> None:
    run = sarif_run()
    rules = run["tool"]["driver"]["rules"]

    assert [each["id"] for each in rules] == list(RULES)
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])


def test_the_official_schema_of_sarif_would_find_a_misspelt_property() -> None:
    log = json.loads(printed("sarif"))
    log["runs"][0]["results"][0]["ruleID"] = "TOC401"

    assert not Draft7Validator(official_sarif()).is_valid(log)


def test_sarif_counts_columns_in_utf_16_code_units() -> None:
    run = sarif_run()
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]

    assert run["columnKind"] == "utf16CodeUnits"
    assert (REFERENCE.start.column, region["startColumn"]) == (7, 9)
    line = LINES.line(3).encode("utf-16-le")
    assert line[2 * region["startColumn"] - 2 : 2 * region["endColumn"] - 2].decode("utf-16-le") == "{{Nmae}}"


def test_sarif_names_files_from_the_root_of_the_repository_as_uris() -> None:
    assert sarif_run()["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == {
        "uri": "definitions/integrations/chat%20%26%20talk.yaml",
        "uriBaseId": "%SRCROOT%",
    }


def test_sarif_says_of_every_result_whether_it_is_suppressed_once_one_is() -> None:
    accepted = {"kind": "inSource", "status": "accepted", "justification": "we know"}

    assert [each["suppressions"] for each in sarif_run()["results"]] == [[], [], [], [accepted]]
    assert not any("suppressions" in each for each in sarif_run(suppressed=())["results"])


def test_sarif_carries_fixes_and_fingerprints_that_no_line_number_changes() -> None:
    first = sarif_run()["results"][0]
    moved = sarif_run([replace(UNKNOWN, span=at("name"))])["results"][0]
    change = first["fixes"][0]["artifactChanges"][0]

    assert first["partialFingerprints"] == moved["partialFingerprints"] == {"tocsinFinding/v1": UNKNOWN.fingerprint}
    assert change["replacements"][0]["insertedContent"] == {"text": "{{Name}}"}
    assert change["replacements"][0]["deletedRegion"] == first["locations"][0]["physicalLocation"]["region"]


def test_github_escapes_what_would_end_a_property_or_a_line() -> None:
    odd = replace(UNKNOWN, file="a,b:c%.yaml", message="50%\n::error::x", help=None)

    assert github([odd], "") == (
        "::error file=a%2Cb%3Ac%25.yaml,line=3,endLine=3,col=7,endColumn=15,title=TOC401 unknown-variable"
        "::50%25%0A::error::x\n"
    )


def test_github_gives_no_columns_where_a_finding_spans_lines() -> None:
    assert github([LONG], "").startswith(f"::warning file={FILE},line=4,endLine=5,title=TOC604 attached-to-nothing::")


@pytest.mark.parametrize(
    ("errors", "warnings", "notices", "shown", "said"),
    [
        (10, 10, 10, (10, 10, 10), None),
        (11, 10, 10, (10, 10, 9), "1 more error, 1 more notice not shown"),
        (3, 14, 0, (3, 10, 0), "4 more warnings not shown"),
        (0, 0, 12, (0, 0, 9), "3 more notices not shown"),
        (0, 0, 10, (0, 0, 10), None),
    ],
)
def test_github_stays_below_its_limit_and_says_how_much_is_missing(
    errors: int, warnings: int, notices: int, shown: tuple[int, int, int], said: str | None
) -> None:
    counts = zip(SEVERITIES, (errors, warnings, notices), strict=True)
    lines = github([replace(UNKNOWN, severity=each) for each, count in counts for _ in range(count)], "").splitlines()
    own = [each for each in lines if each.startswith("::notice title=Tocsin::")]

    counted = tuple(
        sum(each.startswith(f"::{name} file=") for each in lines) for name in ("error", "warning", "notice")
    )
    assert counted == shown
    assert all(sum(each.startswith(f"::{name} ") for each in lines) <= MOST for name in ("error", "warning", "notice"))
    assert [said is not None and said in each for each in own] == ([True] if said else [])


def test_gitlab_gives_severity_place_and_fingerprint_of_each() -> None:
    value = json.loads(printed("gitlab"))

    assert [(each["severity"], each["location"]["lines"]["begin"]) for each in value] == [
        ("critical", 3),
        ("minor", 4),
        ("info", 1),
    ]
    assert {each["location"]["path"] for each in value} == {"definitions/" + FILE}
    assert len({each["fingerprint"] for each in value}) == len(value)


def test_junit_has_a_test_a_file_and_fails_those_that_fail_the_command() -> None:
    def failed(*failing: Any) -> dict[str | None, bool]:
        text = report(READING, [UNKNOWN, NOTE], form="junit", colour=False, failing=failing)
        return {each.get("name"): each.find("failure") is not None for each in Xml.fromstring(text).iter("testcase")}

    assert failed("error") == {FILE: True, "sound.yaml": False, "tocsin.yaml": False}
    assert failed() == {FILE: False, "sound.yaml": False, "tocsin.yaml": False}


@given(st.text(max_size=30))
def test_junit_is_xml_whatever_a_message_holds(text: str) -> None:
    odd = replace(UNKNOWN, message=text, file=text or "x", help=text)
    suites = Xml.fromstring(report(READING, [odd], form="junit", colour=False))

    assert suites.get("failures") == "1"


@pytest.mark.parametrize("findings", [(), ALL], ids=["nothing found", "findings"])
def test_the_json_report_is_what_its_schema_says(findings: Any) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    value = json.loads(printed("json", findings))

    Draft202012Validator(SCHEMA).validate(value)
    assert value["summary"]["suppressed"] == 1
    value["findings"].append({"code": "TOC1"})
    assert not Draft202012Validator(SCHEMA).is_valid(value)


def test_the_schema_of_the_report_refuses_a_key_too_few_too_many_or_misnamed() -> None:
    altered = list(spoilt(json.loads(printed("json"))))

    assert len(altered) > 100
    assert [what for what, value in altered if Draft202012Validator(SCHEMA).is_valid(value)] == []


@given(st.text(st.characters(exclude_categories=()), min_size=1), st.text(st.characters(exclude_categories=())))
def test_the_json_report_holds_whatever_files_and_messages_are_called(file: str, text: str) -> None:
    odd = replace(UNKNOWN, file=file, message=text, help=text)
    shown = printed("json", [odd], ())

    assert shown == json.dumps(json.loads(shown), indent=2, ensure_ascii=False) + "\n"
    [told] = json.loads(shown)["findings"]
    assert (told["file"], told["message"], told["help"]) == (file, text, text)


def test_the_published_schema_of_the_report_is_up_to_date(root: Path) -> None:
    assert (root / "schema" / "report.schema.json").read_text("utf-8") == schema_text(SCHEMA)


@pytest.mark.parametrize("case", [each for each in all_cases() if each.code in SHOWN], ids=lambda case: case.name)
def test_what_is_found_in_real_files_fits_both_schemas(case: Case, tmp_path: Path) -> None:
    workspace = open_workspace(case.laid_out(tmp_path))

    def told(form: Form) -> Any:
        return json.loads(report(workspace.reading, workspace.findings, form=form, colour=False))

    Draft202012Validator(SCHEMA).validate(told("json"))
    log = told("sarif")
    Draft7Validator(official_sarif(), format_checker=FormatChecker()).validate(log)
    for finding, result in zip(workspace.findings, log["runs"][0]["results"], strict=True):
        region = result["locations"][0]["physicalLocation"]["region"]
        lines = workspace.reading.texts[finding.file]
        line = lines.line(region["startLine"]).encode("utf-16-le")
        before = lines.line(finding.span.start.line)[: finding.span.start.column - 1]
        assert line[: 2 * region["startColumn"] - 2].decode("utf-16-le") == before
