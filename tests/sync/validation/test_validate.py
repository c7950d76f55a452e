"""`tocsin validate`: what it prints, and its exit codes."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from demo.dispatcher import environment
from tests.sync.conftest import Tocsin

MISSPELT = "{{@alert.descripton}}"


@pytest.fixture
def broken(account: Path) -> Path:
    """The account with one misspelt system variable, in the third line of a body."""
    chat = account / "chat.yaml"
    chat.write_text(chat.read_text("utf-8").replace("{{@alert.description}}", MISSPELT), "utf-8")
    return account


@pytest.fixture
def warned(account: Path) -> Path:
    """The account with an integration that no level attaches: a warning."""
    chat = (account / "chat.yaml").read_text("utf-8")
    (account / "spare.yaml").write_text(chat.replace("name: chat", "name: spare"), "utf-8")
    return account


def test_sound_definitions_are_said_to_be(tocsin: Tocsin, account: Path) -> None:
    outcome = tocsin("validate", project=account)
    assert (outcome.code, outcome.out, outcome.err) == (0, "4 files, nothing wrong\n", "")


def test_a_mistake_is_shown_in_its_line_with_carets_under_it(tocsin: Tocsin, broken: Path) -> None:
    outcome = tocsin("validate", project=broken)
    assert outcome.code == 1
    assert outcome.out == (
        "error[TOC402]: there is no system variable `@alert.descripton`\n"
        "  --> chat.yaml:12:37\n"
        "   |\n"
        '12 |              "text": "{{@JsonEncode({{@alert.descripton}})}}"}\n'
        "   |                                     ^^^^^^^^^^^^^^^^^^^^^\n"
        "   = help: did you mean `@alert.description`?\n"
        "   = see docs/rules/TOC402.md\n"
        "\n"
        "1 error in 4 files\n"
    )


def test_concise_gives_a_line_that_editors_and_grep_understand(tocsin: Tocsin, broken: Path) -> None:
    outcome = tocsin("validate", "--format", "concise", project=broken)
    assert outcome.code == 1
    first, second = outcome.out.splitlines()
    assert first == (
        "chat.yaml:12:37: TOC402 there is no system variable `@alert.descripton` (did you mean `@alert.description`?)"
    )
    assert second == "1 error in 4 files"


def test_json_gives_one_object_for_other_tools(tocsin: Tocsin, broken: Path) -> None:
    outcome = tocsin("validate", "--format", "json", project=broken)
    assert outcome.code == 1
    report = json.loads(outcome.out)
    assert report["version"] == 1
    assert report["summary"] == {"files": 4, "errors": 1, "warnings": 0, "infos": 0, "suppressed": 0}
    (finding,) = report["findings"]
    fingerprint = finding.pop("fingerprint")
    assert isinstance(fingerprint, str)
    assert fingerprint
    assert finding == {
        "code": "TOC402",
        "severity": "error",
        "message": "there is no system variable `@alert.descripton`",
        "file": "chat.yaml",
        "start": {"line": 12, "column": 37},
        "end": {"line": 12, "column": 58},
        "related": [],
        "help": "did you mean `@alert.description`?",
        "url": "docs/rules/TOC402.md",
        "fix": {
            "safety": "unsafe",
            "title": "write `@alert.description`",
            "edits": [
                {
                    "file": "chat.yaml",
                    "start": {"line": 12, "column": 54},
                    "end": {"line": 12, "column": 54},
                    "text": "i",
                }
            ],
        },
    }


def test_json_of_sound_definitions_has_no_findings(tocsin: Tocsin, account: Path) -> None:
    outcome = tocsin("validate", "--format", "json", project=account)
    assert outcome.code == 0
    assert json.loads(outcome.out)["findings"] == []


def test_a_warning_fails_validate_and_nothing_else(tocsin: Tocsin, warned: Path) -> None:
    outcome = tocsin("validate", project=warned)
    assert outcome.code == 1
    assert "warning[TOC604]" in outcome.out
    assert outcome.out.endswith("1 warning in 5 files\n")
    assert tocsin("render", "chat", project=warned).code == 0


@pytest.mark.parametrize("severity", ["off", "info"])
def test_a_rule_that_the_project_tones_down_fails_nothing(tocsin: Tocsin, warned: Path, severity: str) -> None:
    project = warned / "tocsin.yaml"
    project.write_text(project.read_text("utf-8") + f"rules: {{TOC604: {severity}}}\n", "utf-8")
    outcome = tocsin("validate", project=warned)
    assert outcome.code == 0
    assert ("TOC604" in outcome.out) is (severity == "info")


def test_a_pipe_gets_no_colour(tocsin: Tocsin, broken: Path) -> None:
    assert "\x1b" not in tocsin("validate", project=broken).out


def test_force_color_gives_a_pipe_colour_and_no_color_takes_it(
    tocsin: Tocsin, broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[31m\x1b[1merror[TOC402]" in tocsin("validate", project=broken).out
    assert "\x1b" not in tocsin("validate", "--format", "json", project=broken).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in tocsin("validate", project=broken).out


def test_errors_of_use_have_colour_by_the_same_rules(
    tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tocsin("plan", "--target", "x", project=account).err.startswith("error: ")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert tocsin("plan", "--target", "x", project=account).err.startswith("\x1b[31m\x1b[1merror: ")


def test_a_terminal_gets_colour(broken: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", "--project", str(broken), "validate"],
        env=environment({"TERM": "xterm"}),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    shown = b""
    while chunk := read(ours):
        shown += chunk
    os.close(ours)
    _, complaint = process.communicate(timeout=30)
    assert (process.returncode, complaint) == (1, b"")
    assert b"\x1b[31m\x1b[1merror[TOC402]" in shown


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that the other side is closed
        return b""


def test_the_project_is_found_from_any_folder_below_it(
    tocsin: Tocsin, account: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.rename(tmp_path / "definitions")
    below = tmp_path / "src" / "deep"
    below.mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "definitions", below):
        monkeypatch.chdir(folder)
        assert tocsin("validate").out == "4 files, nothing wrong\n"


def test_the_example_account_has_nothing_wrong(tocsin: Tocsin, root: Path) -> None:
    outcome = tocsin("validate", project=root / "definitions")
    assert outcome.code == 0
    assert " files, nothing wrong" in outcome.out


def test_a_terminal_that_knows_no_unicode_gets_escapes_instead_of_a_crash(account: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tocsin",
            "--project",
            str(account),
            "render",
            "chat",
            "--set",
            "alert.description=日本",
        ],
        env=environment({"PYTHONIOENCODING": "latin-1"}),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b'"text": "\\u65e5\\u672c"' in done.stdout
