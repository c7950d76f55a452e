"""`tocsin validate --fix`, `--unsafe-fixes` and `--diff`."""

import os
import subprocess
from codecs import BOM_UTF8
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.sync.conftest import Tocsin

from tocsin.editing import fix_rounds as rounds
from tocsin.editing.file_texts import WriteError, encoded, write_all
from tocsin.project.findings import LocatedEdit, LocatedFinding, LocatedFix
from tocsin.workspace import Workspace, open_workspace
from tocsin.yaml.positions import NOWHERE

MONITOR = """\
# the home page\r
kind: monitor   # a comment\r
name: home\r
title:   123  # it's a number\r
type: htps\r
url: 'https://example.com'\r
generate_alerts: yes\r
"""


@pytest.fixture
def broken(account: Path) -> Path:
    """An account with two safe fixes and an unsafe one, in a file with Windows line endings."""
    (account / "home.yaml").write_bytes(MONITOR.encode())
    (account / "home.yaml").chmod(0o640)
    return account


def test_fix_makes_the_safe_ones_and_tells_of_the_others(tocsin: Tocsin, broken: Path) -> None:
    outcome = tocsin("validate", "--fix", "--format", "concise", project=broken)

    assert outcome.err == "fixed 2 of 3 findings; 1 more with --unsafe-fixes\n"
    assert outcome.code == 1
    assert "home.yaml:5:7: TOC204" in outcome.out
    assert (broken / "home.yaml").read_bytes() == (
        MONITOR.replace("  123 ", '  "123" ').replace("yes", "true").encode()
    )
    assert (broken / "home.yaml").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in broken.iterdir() if path.name.startswith(".")) == []


def test_unsafe_fixes_makes_all_and_leaves_nothing_to_find(tocsin: Tocsin, broken: Path) -> None:
    outcome = tocsin("validate", "--unsafe-fixes", project=broken)

    assert (outcome.code, outcome.err) == (0, "fixed 3 of 3 findings\n")
    again = (broken / "home.yaml").read_bytes()
    assert b"type: Https\r\n" in again
    assert tocsin("validate", "--unsafe-fixes", project=broken).err == "nothing to fix\n"
    assert (broken / "home.yaml").read_bytes() == again


def test_diff_shows_a_patch_and_writes_nothing(tocsin: Tocsin, broken: Path) -> None:
    before = (broken / "home.yaml").read_bytes()

    outcome = tocsin("validate", "--diff", "--unsafe-fixes", project=broken)

    assert (broken / "home.yaml").read_bytes() == before
    assert outcome.code == 1
    assert outcome.err == "would fix 3 of 3 findings\n"
    assert outcome.out.startswith("--- a/home.yaml\n+++ b/home.yaml\n@@ ")
    assert "\n-type: htps\r\n" in outcome.out
    assert '\n+title:   "123"  # it\'s a number\r\n' in outcome.out


def test_the_diff_is_a_patch_that_git_applies(tocsin: Tocsin, account: Path) -> None:
    text = (account / "home.yaml").read_text("utf-8")
    (account / "home.yaml").write_text(text + "title: 1", "utf-8")
    patch = tocsin("validate", "--diff", project=account).out

    subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=account, check=True)

    assert (account / "home.yaml").read_text("utf-8") == text + 'title: "1"'


def test_a_byte_order_mark_stays_where_it_is(tocsin: Tocsin, broken: Path) -> None:
    (broken / "home.yaml").write_bytes(BOM_UTF8 + MONITOR.encode())

    outcome = tocsin("validate", "--unsafe-fixes", project=broken)

    assert outcome.err == "fixed 3 of 4 findings\n"
    assert (broken / "home.yaml").read_bytes().startswith(BOM_UTF8 + b"# the home page\r\n")


def test_nothing_to_fix_is_said(tocsin: Tocsin, account: Path) -> None:
    outcome = tocsin("validate", "--fix", project=account)

    assert (outcome.code, outcome.err) == (0, "nothing to fix\n")


def test_what_a_mended_mistake_has_hidden_is_mended_too(tocsin: Tocsin, account: Path) -> None:
    alert = (account / "home-down.yaml").read_text("utf-8")
    (account / "home-down.yaml").write_text(
        alert.replace("kind: alert", "kind: alrt").replace("levels", "level").replace("use: chat", "use: chatt"),
        "utf-8",
    )

    outcome = tocsin("validate", "--unsafe-fixes", project=account)

    assert outcome.code == 0
    assert (account / "home-down.yaml").read_text("utf-8") == alert


def finding_with(file: str, start: int, end: int, text: str) -> LocatedFinding:
    edit = LocatedEdit(file, start, end, NOWHERE, text)
    return LocatedFinding("TOC401", "error", "made up", file, NOWHERE, fix=LocatedFix("safe", (edit,), "a bad idea"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[", "it would change more than it should"),
        ("monitors: [elsewhere]  #", "it would lead to TOC602: there is no monitor `elsewhere`"),
        ("active: true\nmonitors", "it would not mend it"),
    ],
)
def test_a_fix_that_does_harm_is_taken_back(account: Path, text: str, reason: str) -> None:
    workspace = open_workspace(account)
    at = workspace.reading.texts["home-down.yaml"].text.index("monitors")
    bad = finding_with("home-down.yaml", at, at + len("monitors"), text)
    keep = "not mend" in reason

    def judge(texts: Mapping[str, str]) -> Workspace:
        judged = open_workspace(account, encoded(account, texts))
        object.__setattr__(judged, "findings", [*judged.findings, *([bad] if keep else [])])
        return judged

    object.__setattr__(workspace, "findings", [bad])
    outcome = rounds.fixed(judge, workspace, unsafe=False)

    assert (dict(outcome.texts), outcome.count) == ({}, 0)
    assert [each.reason for each in outcome.undone] == [reason]


def test_one_bad_fix_does_not_keep_the_others_from_being_made(account: Path) -> None:
    (account / "home.yaml").write_text((account / "home.yaml").read_text("utf-8") + "title: 7\nnotes: 8\n", "utf-8")
    workspace = open_workspace(account)
    text = workspace.reading.texts["home.yaml"].text
    first = workspace.findings[0]
    bad = LocatedFinding(
        first.code,
        "error",
        "made up",
        "home.yaml",
        first.span,
        fix=LocatedFix("safe", (LocatedEdit("home.yaml", 0, 4, NOWHERE, "["),), "a bad idea"),
    )
    object.__setattr__(workspace, "findings", [bad, *workspace.findings])

    outcome = rounds.fixed(lambda texts: open_workspace(account, encoded(account, texts)), workspace, unsafe=False)

    assert outcome.count == 2
    assert [each.finding for each in outcome.undone] == [bad]
    assert outcome.texts == {"home.yaml": text.replace("7", '"7"').replace("8", '"8"')}


def test_a_file_that_has_changed_in_between_is_left_alone(account: Path) -> None:
    path = account / "home.yaml"
    before = path.read_text("utf-8")

    with pytest.raises(WriteError, match="has changed in the meantime"):
        write_all(account, {"home.yaml": before + "# x\n"}, {"home.yaml": "new"})

    assert path.read_text("utf-8") == before


def test_a_link_stays_a_link(account: Path) -> None:
    (account / "shared").mkdir()
    (account / "home.yaml").rename(account / "shared" / "home.txt")
    (account / "home.yaml").symlink_to("shared/home.txt")
    before = (account / "home.yaml").read_text("utf-8")

    write_all(account, {"home.yaml": before}, {"home.yaml": "new"})

    assert (account / "home.yaml").is_symlink()
    assert (account / "shared" / "home.txt").read_text("utf-8") == "new"


def test_what_can_not_be_written_is_named_and_nothing_is_left_behind(
    account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    before = (account / "home.yaml").read_text("utf-8")
    names = sorted(account.iterdir())

    with pytest.raises(WriteError, match=r"`home\.yaml` can't be written: No space left on device"):
        write_all(account, {"home.yaml": before}, {"home.yaml": "new"})

    assert (account / "home.yaml").read_text("utf-8") == before
    assert sorted(account.iterdir()) == names


def test_what_nobody_asked_for_is_not_mended(tocsin: Tocsin, broken: Path) -> None:
    outcome = tocsin("validate", "--unsafe-fixes", "--ignore", "TOC204", project=broken)

    assert (outcome.code, outcome.err) == (0, "fixed 2 of 2 findings\n")
    assert b"type: htps\r\n" in (broken / "home.yaml").read_bytes()
