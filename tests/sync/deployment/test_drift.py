"""What `tocsin plan` tells of changes on the dispatcher itself, apart from those of the repository."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.sync.conftest import Tocsin
from tests.sync.file_edits import commit, edit, git
from tests.sync.keyboard import Keyboard
from tests.sync.running import RunningDispatcher
from tests.sync.spoilt_keys import spoilt

SYNC = ("sync", "--target", "local", "--yes")
PLAN = ("plan", "--target", "local")
HOME = {"type": "Https", "url": "https://example.com"}


@pytest.fixture
def base(tocsin: Tocsin, account: Path, running: RunningDispatcher) -> str:
    """The commit that was synced first, in short."""
    made = commit(account)
    assert tocsin(*SYNC, project=account).code == 0
    running.clock.advance(hours=1)
    return made


def section(out: str) -> str:
    return out.partition("\n\n")[2]


def test_a_plan_tells_drift_from_what_the_repository_changes(
    tocsin: Tocsin, account: Path, running: RunningDispatcher, base: str
) -> None:
    edit(account / "home-down.yaml", "errors: 2", "errors: 3")
    commit(account)
    running.change(monitor_home={**HOME, "notes": "Call Jan"})
    outcome = tocsin(*PLAN, project=account)
    assert outcome.code == 3
    assert outcome.out == (
        "Plan for local (project small, against revision 2)\n"
        "  ~ monitor/home\n"
        '      - notes: "Call Jan"\n'
        "  ~ alert/home-down\n"
        "      ~ levels[0].when.errors: 2 → 3\n"
        "2 to update.\nupdates 2 of 3 (67 %), no limit for so few\n"
        "\n"
        f"Changed on local itself since revision 1 (commit {base})\n"
        "  ~ monitor/home  by jan (bootstrap), 2026-03-02 13:00 UTC, revision 2\n"
        '      + notes: "Call Jan"\n'
        "A sync undoes this; `tocsin pull` brings it into the files.\n"
    )


def test_a_sync_says_whose_work_it_undoes_before_it_asks(
    tocsin: Tocsin, account: Path, running: RunningDispatcher, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (account / "m.yaml").write_text("kind: monitor\nname: m\ntype: Https\n", "utf-8")
    running.change(monitor_home={**HOME, "notes": "Call Jan"}, monitor_m={"type": "Https"})
    monkeypatch.setattr("sys.stdin", Keyboard("n\n"))
    outcome = tocsin("sync", "--target", "local", project=account)
    assert outcome.code == 1
    assert section(outcome.out) == (
        f"Changed on local itself since revision 1 (commit {base})\n"
        "  ~ monitor/home  by jan (bootstrap), 2026-03-02 13:00 UTC, revision 2\n"
        '      + notes: "Call Jan"\n'
        "A sync undoes this; `tocsin pull` brings it into the files.\n"
    )
    assert "monitor/m  by" in tocsin(*PLAN, project=account).out
    assert running.entries()["monitor/home"]["notes"] == "Call Jan"


def test_a_comment_on_a_pull_request_says_whose_work_a_merge_undoes(
    tocsin: Tocsin, account: Path, running: RunningDispatcher, base: str
) -> None:
    running.change(monitor_home={**HOME, "notes": "```\n<b>@everyone</b>"})
    out = tocsin(*PLAN, "--format", "markdown", project=account).out
    assert out.partition("</details>\n\n")[2] == (
        f"**Changed on local itself since revision 1 (commit {base})**\n"
        "\n"
        "````diff\n"
        "! monitor/home  by jan (bootstrap), 2026-03-02 13:00 UTC, revision 2\n"
        "+     notes:\n"
        "+         ```\n"
        "+         <b>@everyone</b>\n"
        "````\n"
        "\n"
        "A sync undoes this; `tocsin pull` brings it into the files.\n"
    )


def test_a_comment_on_a_pull_request_says_where_drift_can_t_be_told(
    tocsin: Tocsin, account: Path, running: RunningDispatcher
) -> None:
    assert tocsin(*SYNC, project=account).code == 0
    commit(account)
    running.change(commit="0" * 40, monitor_home={**HOME, "notes": "Call Jan"})
    out = tocsin(*PLAN, "--format", "markdown", project=account).out
    assert out.splitlines()[-1].startswith("What changed on local itself can't be told: ")


def test_what_changed_on_both_sides_is_marked(
    tocsin: Tocsin, account: Path, running: RunningDispatcher, base: str
) -> None:
    edit(account / "home.yaml", "https://example.com", "https://www.example.com")
    (account / "m.yaml").write_text("kind: monitor\nname: m\ntype: Https\n", "utf-8")
    running.change(monitor_home={**HOME, "notes": "Call Jan"}, monitor_m={"type": "Https"})
    printed = json.loads(tocsin(*PLAN, "--format", "json", project=account).out)
    validator = Draft202012Validator(json.loads(tocsin("schema", "plan").out))
    validator.validate(printed)
    altered = spoilt(printed["drift"], free=("before", "after"))
    assert [what for what, drift in altered if validator.is_valid({**printed, "drift": drift})] == []
    told = printed["drift"]
    assert (told["base"]["revision"], told["unknown"]) == (1, None)
    assert [(each["name"], each["here"], each["revision"]["revision"]) for each in told["changes"]] == [
        ("home", "changed", 2),
        ("m", "the same", 2),
    ]
    shown = section(tocsin(*PLAN, project=account).out)
    assert "      changed here too\n" in shown
    assert "      the files say the same\n" in shown


def test_without_drift_a_plan_says_nothing_of_it(
    tocsin: Tocsin, account: Path, running: RunningDispatcher, base: str
) -> None:
    edit(account / "home-down.yaml", "errors: 2", "errors: 3")
    outcome = tocsin(*PLAN, project=account)
    assert outcome.out.endswith("1 to update.\nupdates 1 of 3 (33 %), no limit for so few\n")


def test_a_rollback_is_drift(tocsin: Tocsin, account: Path, running: RunningDispatcher, base: str) -> None:
    edit(account / "home-down.yaml", "errors: 2", "errors: 3")
    second = commit(account)
    assert tocsin(*SYNC, project=account).code == 0
    assert tocsin("rollback", "--to", "1", "--target", "local", "--yes", project=account).code == 0
    assert section(tocsin(*PLAN, project=account).out).splitlines()[:2] == [
        f"Changed on local itself since revision 2 (commit {second})",
        "  ~ alert/home-down  by ada (bootstrap), 2026-03-02 13:00 UTC, revision 3, rollback to 1",
    ]


def test_a_base_with_uncommitted_changes_is_said_to_have_them(
    tocsin: Tocsin, account: Path, running: RunningDispatcher, base: str
) -> None:
    edit(account / "home-down.yaml", "errors: 2", "errors: 3")
    assert tocsin(*SYNC, project=account).code == 0
    running.change(monitor_home={**HOME, "notes": "Call Jan"})
    shown = section(tocsin(*PLAN, project=account).out)
    assert f"since revision 2 (commit {base}, with changes that were not committed)\n" in shown


def test_a_history_without_the_synced_commits_is_said_to_be_one(
    tocsin: Tocsin, account: Path, running: RunningDispatcher, base: str
) -> None:
    git(account, "checkout", "--quiet", "--orphan", "other")
    edit(account / "home-down.yaml", "errors: 2", "errors: 3")
    commit(account)
    assert section(tocsin(*PLAN, project=account).out) == (
        "What changed on local itself can't be told: nothing that was synced there comes from HEAD or a commit "
        "before it.\n"
    )


def test_without_git_the_last_sync_without_a_commit_is_compared_with(
    tocsin: Tocsin, account: Path, running: RunningDispatcher
) -> None:
    assert tocsin(*SYNC, project=account).code == 0
    edit(account / "home-down.yaml", "errors: 2", "errors: 3")
    outcome = tocsin(*PLAN, project=account)
    assert outcome.out.endswith("1 to update.\nupdates 1 of 3 (33 %), no limit for so few\n")


def test_a_plan_of_nothing_asks_once(
    tocsin: Tocsin, account: Path, running: RunningDispatcher, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object) -> None:
        raise AssertionError("asked for the history")

    monkeypatch.setattr("tocsin.deployment.drift.revisions", asked)
    assert tocsin(*PLAN, project=account).code == 0


def test_a_commit_that_is_none_never_reaches_git(
    tocsin: Tocsin, account: Path, running: RunningDispatcher, base: str
) -> None:
    running.change(monitor_home={**HOME, "notes": "Call Jan"}, commit="--output=/tmp/x")
    assert section(tocsin(*PLAN, project=account).out).startswith("Changed on local itself since revision 1")
