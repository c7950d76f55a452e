"""Every rule finds what it is about, at its exact place, in words that help."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from tests.rules.case import CASES as CASE_FOLDER
from tests.rules.case import SNAPSHOT, Case, all_cases

from tocsin.reports.report import report
from tocsin.workspace import open_workspace
from tocsin_schema.rules.table import RULES

MADE_IN_CODE = {"TOC103", "TOC104", "TOC900", "TOC901", "TOC902", "TOC903", "TOC904"}
"""Cases that no text file can hold: see test_odd_files.py and test_failing_rule.py, and tests/sync/validation/test_suppressions.py."""

CASES = all_cases()
WRONG = [case for case in CASES if case.code is not None]
SOUND = [case for case in CASES if case.code is None]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_a_mistake_is_found_at_its_place(case: Case, tmp_path: Path, expected: SnapshotAssertion) -> None:
    workspace = open_workspace(case.laid_out(tmp_path))
    concise = report(workspace.reading, workspace.findings, form="concise", colour=False)
    full = report(workspace.reading, workspace.findings, form="full", colour=False)

    assert case.code in {each.code for each in workspace.findings}
    assert f"{concise}\n{full}" == expected


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case.name)
def test_nothing_is_found_where_nothing_is_wrong(case: Case, tmp_path: Path) -> None:
    workspace = open_workspace(case.laid_out(tmp_path))

    assert (
        report(workspace.reading, workspace.findings, form="concise", colour=False)
        == f"{workspace.reading.files} files, nothing wrong\n"
    )
    assert workspace.checked.definitions is not None


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_rule_has_a_case(code: str) -> None:
    assert code in {case.code for case in CASES} | MADE_IN_CODE


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_says_in_its_first_line_what_it_is_about(case: Case) -> None:
    file = case.path if case.path.is_file() else case.path / "tocsin.yaml"
    assert file.read_text(encoding="utf-8").startswith("# ")
    assert case.code is None or case.code in RULES


def test_every_snapshot_belongs_to_a_case() -> None:
    kept = {path.name.removesuffix(SNAPSHOT) for path in CASE_FOLDER.glob(f"*{SNAPSHOT}")}

    assert kept == {case.name for case in WRONG}


def test_accepting_snapshots_never_removes_a_file(expected: SnapshotAssertion) -> None:
    discovered = expected.extension.discover_snapshots(test_location=expected.test_location)

    assert list(discovered) == []
