"""Which findings are reported, and when they make `tocsin validate` fail."""

import json
from pathlib import Path

import pytest
from tests.sync.conftest import Tocsin
from tests.sync.git_repository import git

from tocsin.reports.report import FORMS
from tocsin.validation.selection import Codes

LONELY = """\
kind: integration
name: lonely
messages:
  - types: [error, ok]
    steps: [{request: {url: "https://x.example/{{Nope}}"}}]
"""


@pytest.fixture
def mixed(account: Path) -> Path:
    """An account with an error (TOC401) and a warning (TOC604) in one file."""
    (account / "sub").mkdir()
    (account / "sub" / "lonely.yaml").write_text(LONELY, "utf-8")
    return account


@pytest.mark.parametrize(
    ("select", "ignore", "code", "taken"),
    [
        ((), (), "TOC401", True),
        (("TOC4",), (), "TOC401", True),
        (("TOC4",), (), "TOC501", False),
        ((), ("TOC4",), "TOC401", False),
        (("TOC401",), ("TOC4",), "TOC401", True),
        (("TOC4",), ("TOC401",), "TOC401", False),
        (("TOC401",), ("TOC401",), "TOC401", False),
        (("TOC",), ("TOC4", "TOC5"), "TOC601", True),
    ],
)
def test_the_longest_name_decides(select: tuple[str, ...], ignore: tuple[str, ...], code: str, taken: bool) -> None:
    assert Codes(select, ignore).take(code) is taken


def found(tocsin: Tocsin, account: Path, *options: str) -> set[str]:
    outcome = tocsin("validate", "--format", "json", *options, project=account)
    return {each["code"] for each in json.loads(outcome.out)["findings"]} & {"TOC401", "TOC604"}


def test_rules_are_chosen_by_code_family_and_name(tocsin: Tocsin, mixed: Path) -> None:
    assert found(tocsin, mixed) == {"TOC401", "TOC604"}
    assert found(tocsin, mixed, "--select", "TOC4") == {"TOC401"}
    assert found(tocsin, mixed, "--select", "TOC4,attached-to-nothing") == {"TOC401", "TOC604"}
    assert found(tocsin, mixed, "--ignore", "toc401") == {"TOC604"}


def test_a_rule_that_does_not_exist_is_no_choice(tocsin: Tocsin, mixed: Path) -> None:
    outcome = tocsin("validate", "--ignore", "TOC4O1", project=mixed)
    misspelt = tocsin("validate", "--select", "unknown-variabel", project=mixed)

    assert (outcome.code, outcome.out, misspelt.code) == (2, "", 2)
    assert "there is no rule `TOC4O1`" in outcome.err
    assert "did you mean `unknown-variable`" in misspelt.err


@pytest.mark.parametrize(
    ("fail_on", "select", "code"),
    [
        ("warning", "TOC604", 1),
        ("error", "TOC604", 0),
        ("error", "TOC401", 1),
        ("never", "TOC401", 0),
        ("info", "TOC604", 1),
    ],
)
def test_the_exit_code_says_whether_anything_is_as_bad_as_that(
    tocsin: Tocsin, mixed: Path, fail_on: str, select: str, code: int
) -> None:
    assert tocsin("validate", "--select", select, "--fail-on", fail_on, project=mixed).code == code


@pytest.mark.parametrize("form", FORMS)
def test_the_exit_code_is_the_same_in_every_format(tocsin: Tocsin, mixed: Path, form: str) -> None:
    assert tocsin("validate", "--format", form, project=mixed).code == 1
    assert tocsin("validate", "--format", form, "--fail-on", "never", project=mixed).code == 0
    assert tocsin("validate", "--format", form, "--select", "TOC7", project=mixed).code == 0
    (mixed / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    assert tocsin("validate", "--format", form, "--fail-on", "never", project=mixed).code == 2


def test_paths_report_what_is_in_them_and_read_everything(tocsin: Tocsin, mixed: Path) -> None:
    lonely, chat = mixed / "sub" / "lonely.yaml", mixed / "chat.yaml"

    assert found(tocsin, mixed, str(lonely)) == {"TOC401", "TOC604"}
    assert found(tocsin, mixed, str(mixed / "sub"), str(chat)) == {"TOC401", "TOC604"}
    assert found(tocsin, mixed, str(mixed)) == {"TOC401", "TOC604"}
    assert found(tocsin, mixed, str(chat)) == set()
    assert json.loads(tocsin("validate", "--format", "json", str(chat), project=mixed).out)["summary"]["files"] == 5


def test_a_path_that_does_not_exist_is_a_mistake_and_one_elsewhere_is_told(
    tocsin: Tocsin, mixed: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "other.yaml"
    elsewhere.write_text("a: 1\n", "utf-8")
    gone = tocsin("validate", str(mixed / "gone.yaml"), project=mixed)
    outside = tocsin("validate", str(elsewhere), project=mixed)

    assert (gone.code, outside.code) == (2, 0)
    assert "there is no file" in gone.err
    assert "other.yaml` is no file of the project" in outside.err


def test_a_project_file_that_is_broken_is_told_whatever_was_asked_for(tocsin: Tocsin, mixed: Path) -> None:
    (mixed / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    outcome = tocsin("validate", "--select", "TOC7", str(mixed / "chat.yaml"), project=mixed)

    assert outcome.code == 2
    assert "TOC202" in outcome.out


def test_output_goes_to_a_file_and_the_end_of_it_to_the_person(tocsin: Tocsin, mixed: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.sarif"
    outcome = tocsin("validate", "--format", "sarif", "--output", str(file), project=mixed)

    assert (outcome.code, outcome.out) == (1, "")
    assert json.loads(file.read_text("utf-8"))["version"] == "2.1.0"
    assert f"in 5 files; the report is in {file}" in outcome.err


def test_output_that_can_not_be_written_is_told(tocsin: Tocsin, mixed: Path, tmp_path: Path) -> None:
    outcome = tocsin("validate", "--output", str(tmp_path / "nowhere" / "x"), project=mixed)

    assert outcome.code == 1
    assert "can't write the report" in outcome.err


def test_a_code_host_gets_files_from_the_root_of_the_repository(tocsin: Tocsin, mixed: Path) -> None:
    git(mixed.parent, "init", "--quiet")
    outcome = tocsin("validate", "--format", "github", "--select", "TOC401", project=mixed)

    assert outcome.out.startswith("::error file=account/sub/lonely.yaml,line=5,")


def test_suppressed_findings_are_counted_and_do_not_fail(tocsin: Tocsin, mixed: Path) -> None:
    text = f"# tocsin: ignore[TOC604] for tests\n{LONELY}".replace("{{Nope}}", "x")
    (mixed / "sub" / "lonely.yaml").write_text(text, "utf-8")
    outcome = tocsin("validate", "--select", "TOC604", project=mixed)

    assert (outcome.code, outcome.out) == (0, "5 files, nothing wrong (1 suppressed)\n")


def test_a_suppressed_error_is_told_to_stop_a_sync_all_the_same(
    tocsin: Tocsin, mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "t")
    (mixed / "sub" / "lonely.yaml").write_text(f"# tocsin: ignore[TOC401] for tests\n{LONELY}", "utf-8")
    outcome = tocsin("validate", "--select", "TOC401", project=mixed)
    plan = tocsin("plan", "--target", "local", project=mixed)

    assert (outcome.code, outcome.out) == (0, "5 files, nothing wrong (1 suppressed)\n")
    assert "1 suppressed error still stops `tocsin plan`" in outcome.err
    assert plan.code == 1
    assert "TOC401" in plan.err


def test_only_what_was_asked_for_is_mended(tocsin: Tocsin, mixed: Path) -> None:
    chat = mixed / "chat.yaml"
    unsafe = chat.read_text("utf-8").replace("{{@JsonEncode({{@alert.description}})}}", "{{@alert.description}}")
    accepted = unsafe.replace("          body: |", "          # tocsin: ignore[TOC502] known\n          body: |")
    for text, options in ((accepted, ()), (unsafe, ("--ignore", "TOC502")), (unsafe, (str(mixed / "sub"),))):
        chat.write_text(text, "utf-8")
        assert tocsin("validate", "--fix", *options, project=mixed).code == 1
        assert chat.read_text("utf-8") == text

    tocsin("validate", "--fix", project=mixed)
    assert "{{@JsonEncode({{@alert.description}})}}" in chat.read_text("utf-8")
