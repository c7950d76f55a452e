"""`tocsin history` and `tocsin rollback`, against the real dispatcher."""

import json
from pathlib import Path

import pytest
from demo.receiver import Answer, Receiver
from tests.sync.conftest import MONITOR, Tocsin
from tests.sync.file_edits import edit
from tests.sync.keyboard import Keyboard
from tests.sync.running import RunningDispatcher
from tests.sync.target import TOKEN, Target

SYNC = ("sync", "--target", "local", "--yes")
HISTORY = ("history", "--target", "local")
BAKERY = {"kind": "project", "format": 1, "name": "bakery", "account": {"id": "2"}}
OVEN = {"kind": "monitor", "name": "oven", "type": "Https"}


@pytest.fixture
def target(account: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Target:
    """A target that says what a test wants."""
    monkeypatch.setenv("TOCSIN_TOKEN", TOKEN)
    target = Target(receiver)
    target.point(account)
    return target


@pytest.fixture
def synced(tocsin: Tocsin, account: Path, running: RunningDispatcher) -> RunningDispatcher:
    """A dispatcher with two revisions of this project and one of another."""
    assert tocsin(*SYNC, project=account).code == 0
    running.push(BAKERY, OVEN)
    running.clock.advance(hours=5)
    edit(account / "home-down.yaml", "errors: 2", "errors: 3")
    (account / "shop.yaml").write_text(MONITOR.replace("home", "shop"), "utf-8")
    assert tocsin(*SYNC, project=account).code == 0
    return running


def test_history_lists_this_project_s_revisions(tocsin: Tocsin, account: Path, synced: RunningDispatcher) -> None:
    outcome = tocsin(*HISTORY, project=account)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (
        "History of local (project small)\n"
        "  3  2026-03-02 17:00 UTC  ada (bootstrap)  -  +1 ~1 -0\n"
        "  1  2026-03-02 12:00 UTC  ada (bootstrap)  -  +4 ~0 -0\n"
    )


def test_history_lists_the_revisions_of_all_projects(tocsin: Tocsin, account: Path, synced: RunningDispatcher) -> None:
    assert tocsin(*HISTORY, "--all", "--limit", "2", project=account).out == (
        "History of local (all projects)\n"
        "  3  2026-03-02 17:00 UTC  small   ada (bootstrap)  -  +1 ~1 -0\n"
        "  2  2026-03-02 12:00 UTC  bakery  jan (bootstrap)  -  +2 ~0 -0\n"
        "Older ones are left out: --limit 20 shows more.\n"
    )


def test_history_is_had_page_by_page(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.targets.revisions.PAGE", 1)
    told = json.loads(tocsin(*HISTORY, "--all", "--format", "json", project=account).out)
    assert [each["revision"] for each in told["revisions"]] == [3, 2, 1]
    assert told["revisions"][0]["counts"] == {"create": 1, "update": 1, "delete": 0}


def test_history_of_one_revision_shows_what_it_changed(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher
) -> None:
    outcome = tocsin(*HISTORY, "3", project=account)
    assert outcome.code == 0
    assert outcome.out == (
        "Revision 3 of local\n"
        "  made 2026-03-02 17:00 UTC by ada (bootstrap)\n"
        "  tocsin 0.1.0\n"
        "Plan for local (project small, against revision 2)\n"
        "  + monitor/shop\n"
        "  ~ alert/home-down\n"
        "      ~ levels[0].when.errors: 2 → 3\n"
        "1 to create, 1 to update.\n"
    )
    told = json.loads(tocsin(*HISTORY, "3", "--format", "json", project=account).out)
    assert (told["revision"], told["changes"][0]["after"]["name"]) == (3, "shop")


def test_history_before_the_first_sync_is_empty(tocsin: Tocsin, account: Path, running: RunningDispatcher) -> None:
    outcome = tocsin(*HISTORY, project=account)
    assert (outcome.code, outcome.out) == (0, "History of local (project small)\nNothing was synced yet.\n")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["history", "9"], 1, "there is no revision 9: the newest is 3\nhint: `tocsin history` lists"),
        (["history", "2"], 1, "revision 2 is of the project `bakery`\nhint: --all"),
        (["history", "newest"], 2, "'newest' is not a valid integer"),
        (["history", "0"], 2, "0 is not in the range"),
        (["rollback", "--to", "9", "--yes"], 1, "there is no revision 9: the newest is 3"),
        (["rollback", "--to", "x", "--yes"], 2, "'x' is not a valid integer"),
        (["rollback", "--yes"], 2, "Missing option '--to'"),
        (["rollback", "--to", "1"], 2, "there is no terminal to ask on"),
    ],
)
def test_what_makes_no_sense_is_explained(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher, arguments: list[str], code: int, words: str
) -> None:
    outcome = tocsin(*arguments, "--target", "local", project=account)
    assert (outcome.code, outcome.out) == (code, "")
    assert words in outcome.err
    assert synced.api.get("/definitions").json()["revision"] == 3


@pytest.mark.parametrize("arguments", [["history"], ["history", "1"], ["rollback", "--to", "1", "--yes"]])
def test_a_token_without_the_scope_is_said_to_lack_it(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", synced.token("ingest"))
    outcome = tocsin(*arguments, "--target", "local", project=account)
    assert outcome.code == 1
    assert "the token `ingest` lacks the scope `read`\nhint: use a token that has this scope" in outcome.err


@pytest.mark.parametrize("arguments", [["history"], ["rollback", "--to", "1", "--yes"], ["pull"]])
def test_a_target_that_is_down_is_said_to_be(
    tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "x")
    outcome = tocsin(*arguments, "--target", "local", project=account)
    assert outcome.code == 1
    assert "error: can't reach `local` at http://127.0.0.1:9: Connection refused" in outcome.err


@pytest.mark.parametrize("arguments", [["history"], ["rollback", "--to", "1", "--yes"], ["pull"]])
def test_a_target_that_can_t_answer_is_asked_again_for_as_long_as_is_said_and_each_time_is_told(
    tocsin: Tocsin, account: Path, target: Target, receiver: Receiver, arguments: list[str]
) -> None:
    receiver.respond("/", lambda _: Answer(502, (("Retry-After", "2"),), b"<h1>Bad gateway</h1>"))
    outcome = tocsin(*arguments, "--target", "local", "--timeout", "3", project=account)
    assert outcome.code == 1
    assert outcome.err == (
        "`local`: it answered 502; trying again in 2.0 s\n"
        f"error: `local` can't answer at the moment (status 502 from {receiver.url}, and asks to be left alone for 2 s)\n"
        "hint: what stands in front of the dispatcher may not reach it: is it running? `--timeout` waits longer\n"
    )


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_a_rollback_asks_on_a_terminal_and_no_means_no(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard(answer))
    outcome = tocsin("rollback", "--to", "1", "--target", "local", project=account)
    assert outcome.code == 1
    assert "Roll local back to revision 1? [y/N]:" in outcome.err
    assert outcome.err.endswith("error: not rolled back; nothing was changed\n")
    assert "monitor/shop" in synced.entries()


def test_a_rollback_that_is_stopped_half_way_says_what_is_not_known(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tocsin.targets.client.DispatcherClient.push", stop)
    outcome = tocsin("rollback", "--to", "1", "--target", "local", "--yes", project=account)
    assert outcome.code == 1
    assert outcome.err == (
        "error: stopped while local was at work: it may have rolled back all, or nothing\n"
        "hint: `tocsin plan --target local` shows which\n"
    )


def test_a_rollback_brings_back_a_revision_as_a_new_one(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher
) -> None:
    outcome = tocsin("rollback", "--to", "1", "--target", "local", "--yes", project=account)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (
        "Rollback to revision 1\n"
        "Plan for local (project small, against revision 3)\n"
        "  - monitor/shop\n"
        "  ~ alert/home-down\n"
        "      ~ levels[0].when.errors: 3 → 2\n"
        "1 to update, 1 to delete.\n"
        "deletes 1 of 4 (25 %), limit 30 %\n"
        "updates 1 of 4 (25 %), no limit for so few\n"
        "warning: monitor/shop will be gone: its open incident ends, and its checks are refused\n"
        "Rolled back. local is at revision 4: 0 created, 1 updated, 1 deleted.\n"
    )
    assert synced.entries("bakery").keys() == {"project/bakery", "monitor/oven"}
    newest = tocsin(*HISTORY, "--limit", "1", project=account).out.splitlines()[1]
    assert newest == "  4  2026-03-02 17:00 UTC  ada (bootstrap)  -  +0 ~1 -1  rollback to 1"


def test_a_rollback_by_a_ci_job_leads_to_its_page(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_JOB_URL", "https://ci:secret@ci.example.com/jobs/7")
    monkeypatch.setenv("GITLAB_USER_LOGIN", "kim")
    assert tocsin("rollback", "--to", "1", "--target", "local", "--yes", project=account).code == 0
    out = tocsin(*HISTORY, "4", project=account).out
    assert "by kim (bootstrap)\n  rollback to 1\n  job https://ci.example.com/jobs/7\n" in out


def test_a_rollback_to_what_runs_changes_nothing(tocsin: Tocsin, account: Path, synced: RunningDispatcher) -> None:
    outcome = tocsin("rollback", "--to", "3", "--target", "local", "--yes", project=account)
    assert outcome.code == 0
    assert "Nothing to do" in outcome.out
    assert synced.api.get("/definitions").json()["revision"] == 3


def test_a_rollback_passes_the_gates_of_a_sync(tocsin: Tocsin, account: Path, synced: RunningDispatcher) -> None:
    for number in range(4):
        (account / f"m{number}.yaml").write_text(MONITOR.replace("home", f"m{number}"), "utf-8")
    assert tocsin(*SYNC, project=account).code == 0
    rollback = ("rollback", "--to", "1", "--target", "local", "--yes")
    refused = tocsin(*rollback, project=account)
    assert refused.code == 4
    assert "add --allow-delete 63%" in refused.out
    assert "the rollback is refused; nothing was changed" in refused.err
    assert tocsin(*rollback, "--allow-delete", "63%", project=account).code == 0


def test_a_rollback_to_before_this_project_is_refused(
    tocsin: Tocsin, account: Path, running: RunningDispatcher
) -> None:
    running.push(BAKERY, OVEN)
    assert tocsin(*SYNC, project=account).code == 0
    outcome = tocsin("rollback", "--to", "1", "--target", "local", "--yes", project=account)
    assert outcome.code == 1
    assert "at revision 1 `local` ran nothing of the project `small`" in outcome.err


def test_a_rollback_needs_no_sound_definitions_here(tocsin: Tocsin, account: Path, synced: RunningDispatcher) -> None:
    (account / "chat.yaml").write_text("kind: integration\nname: [", "utf-8")
    assert tocsin("rollback", "--to", "1", "--target", "local", "--yes", project=account).code == 0


def test_a_rollback_to_a_vault_item_that_is_gone_is_refused(
    tocsin: Tocsin, account: Path, running: RunningDispatcher
) -> None:
    edit(account / "tocsin.yaml", "name: small\n", "name: small\nvault: [hook]\n")
    edit(account / "chat.yaml", "https://chat.example.com/hook", '"https://c.example.com/{{@VaultItem.hook.Password}}"')
    assert tocsin(*SYNC, project=account).code == 0
    edit(account / "tocsin.yaml", "vault: [hook]\n", "")
    edit(account / "chat.yaml", '"https://c.example.com/{{@VaultItem.hook.Password}}"', "https://c.example.com")
    assert tocsin(*SYNC, project=account).code == 0
    outcome = tocsin("rollback", "--to", "1", "--target", "local", "--yes", project=account)
    assert outcome.code == 1
    assert "error: revision 1 no longer passes the rules; nothing was changed\n  integration/chat: " in outcome.err
    assert "`vault` in tocsin.yaml" in outcome.err
    edit(account / "tocsin.yaml", "name: small\n", "name: small\nvault: [hook]\n")
    assert tocsin("rollback", "--to", "1", "--target", "local", "--yes", project=account).code == 0


def test_what_another_sync_changed_meanwhile_is_not_rolled_back(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def agree(question: str) -> bool:
        synced.change("bakery", monitor_oven={"type": "Https", "notes": "new"})
        return True

    monkeypatch.setattr("tocsin.commands.apply.agreed", agree)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    outcome = tocsin("rollback", "--to", "1", "--target", "local", project=account)
    assert outcome.code == 4
    assert "planned against revision 3, now 4" in outcome.err


def test_all_that_is_recorded_of_a_revision_is_shown(tocsin: Tocsin, account: Path, target: Target) -> None:
    source = {
        "commit": "3f2a1bc" + "0" * 33,
        "branch": "main",
        "dirty": True,
        "repository": "https://git.example.com/shop",
        "job": "https://ci.example.com/jobs/7\x1b[2J",
        "user": "ada",
        "tool_version": "0.1.0",
    }
    revision = {"revision": 7, "project": "small", "at": "2026-03-02T12:00:00Z", "by": "ci", "source": source}
    counts = {"created": 0, "updated": 1, "deleted": 0, "adopted": ["monitor/home from bakery"], "changes": []}
    target.receiver.respond("/api/v1/revisions/7", lambda _: Answer.of({**revision, **counts}))
    assert tocsin(*HISTORY, "7", project=account).out.splitlines()[:7] == [
        "Revision 7 of local",
        "  made 2026-03-02 12:00 UTC by ada (ci)",
        f"  commit {source['commit']} on main, with changes that were not committed",
        "  repository https://git.example.com/shop",
        "  job https://ci.example.com/jobs/7\\x1b[2J",
        "  adopted monitor/home from bakery",
        "  tocsin 0.1.0",
    ]


def test_an_answer_that_is_none_is_no_history(tocsin: Tocsin, account: Path, target: Target) -> None:
    target.receiver.respond("/api/v1/revisions", lambda _: Answer.of({"revisions": [{"revision": "x"}]}))
    outcome = tocsin(*HISTORY, project=account)
    assert outcome.code == 1
    assert "is no Tocsin dispatcher" in outcome.err
