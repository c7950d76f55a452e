"""`tocsin plan` and `tocsin sync`: what would change, what is refused, and what is pushed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.receiver import Answer, Received, Receiver
from tests.sync.conftest import Outcome, Tocsin
from tests.sync.keyboard import Keyboard
from tests.sync.target import TOKEN, Target

SYNC = ("sync", "--target", "local", "--yes")
PLAN = ("plan", "--target", "local")


@pytest.fixture
def target(account: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """An empty target that the account's `local` leads to."""
    monkeypatch.setenv("TOCSIN_TOKEN", TOKEN)
    with Receiver() as receiver:
        target = Target(receiver)
        target.point(account)
        yield target


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")


def monitors(account: Path, count: int) -> None:
    for number in range(count):
        (account / f"m{number}.yaml").write_text(
            f"kind: monitor\nname: m{number}\ntype: Https\nurl: https://example.com/{number}\n", "utf-8"
        )


def drop(account: Path, *names: str) -> None:
    for name in names:
        (account / f"{name}.yaml").unlink()


def assert_refused(outcome: Outcome, *words: str) -> None:
    assert outcome.code == 4, outcome
    for word in words:
        assert word in outcome.out + outcome.err


def test_a_first_plan_shows_every_definition_to_create(tocsin: Tocsin, account: Path, target: Target) -> None:
    edit(account / "home.yaml", "name: home\n", "name: home\ntitle: Home page\n")
    outcome = tocsin(*PLAN, project=account)
    assert (outcome.code, outcome.err) == (3, "")
    assert outcome.out == (
        "Plan for local (project small, against revision 0)\n"
        "  + project/small\n"
        "  + monitor/home  Home page\n"
        "  + integration/chat\n"
        "  + alert/home-down\n"
        "4 to create.\n"
    )
    assert target.pushes == []


def test_a_plan_shows_updates_field_by_field_and_deletions(tocsin: Tocsin, account: Path, target: Target) -> None:
    monitors(account, 1)
    assert tocsin(*SYNC, project=account).code == 0
    drop(account, "m0")
    edit(account / "home-down.yaml", "errors: 2", "errors: 3")
    edit(account / "chat.yaml", '"channel"', '"room"')
    edit(account / "home.yaml", "url: https://example.com\n", "url: https://example.com\nnotes: Call Jan\n")
    outcome = tocsin(*PLAN, project=account)
    assert outcome.code == 3
    assert outcome.out == (
        "Plan for local (project small, against revision 1)\n"
        "  ~ monitor/home\n"
        '      + notes: "Call Jan"\n'
        "  - monitor/m0\n"
        "  ~ integration/chat\n"
        "      ~ messages[0].steps[0].request.body, as JSON:\n"
        '          - channel: "{{Channel}}"\n'
        '          + room: "{{Channel}}"\n'
        "  ~ alert/home-down\n"
        "      ~ levels[0].when.errors: 2 → 3\n"
        "3 to update, 1 to delete.\n"
        "deletes 1 of 4 (25 %), limit 30 %\n"
        "updates 3 of 4 (75 %), no limit for so few\n"
        "warning: monitor/m0 will be gone: its open incident ends, and its checks are refused\n"
    )


def test_a_plan_in_json_is_complete_and_holds_no_secret(tocsin: Tocsin, account: Path, target: Target) -> None:
    outcome = tocsin(*PLAN, "--format", "json", project=account)
    assert outcome.code == 3
    plan = json.loads(outcome.out)
    assert {key: plan[key] for key in ("version", "target", "owner", "revision", "counts", "refusals")} == {
        "version": 1,
        "target": "local",
        "owner": "small",
        "revision": 0,
        "counts": {"create": 4, "update": 0, "delete": 0},
        "refusals": [],
    }
    assert len(plan["digest"]) == 64
    change = plan["changes"][1]
    assert (change["action"], change["kind"], change["name"], change["before"]) == ("create", "monitor", "home", None)
    assert change["after"]["url"] == "https://example.com"
    assert TOKEN not in outcome.out


def test_a_sync_pushes_once_and_a_second_one_has_nothing_to_do(tocsin: Tocsin, account: Path, target: Target) -> None:
    first = tocsin(*SYNC, project=account)
    assert first.code == 0
    assert first.out.endswith("4 to create.\nSynced. local is at revision 1: 4 created, 0 updated, 0 deleted.\n")
    second = tocsin(*SYNC, project=account)
    assert second.code == 0
    assert second.out == (
        "Plan for local (project small, against revision 1)\nNothing to do: the target is what the definitions say.\n"
    )
    assert tocsin(*PLAN, project=account).code == 0
    assert len(target.pushes) == 1


def test_a_push_says_where_the_definitions_come_from(tocsin: Tocsin, account: Path, target: Target) -> None:
    assert tocsin(*SYNC, project=account).code == 0
    source = target.pushes[0].json()["source"]
    assert source.keys() == {"commit", "branch", "dirty", "repository", "job", "user", "tool_version"}
    assert source["tool_version"] == "0.1.0"
    assert source["commit"] is None


def test_a_target_s_own_values_are_what_is_pushed(tocsin: Tocsin, account: Path, target: Target) -> None:
    edit(
        account / "tocsin.yaml",
        "token: {env: TOCSIN_TOKEN}",
        "token: {env: TOCSIN_TOKEN}, variables: {chat.ApiUrl: https://eu}",
    )
    assert tocsin(*SYNC, project=account).code == 0
    documents = target.pushes[0].json()["documents"]
    assert next(each for each in documents if each["name"] == "chat")["variables"]["ApiUrl"] == {"value": "https://eu"}


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_sync_asks_on_a_terminal_and_no_means_no(
    tocsin: Tocsin, account: Path, target: Target, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard(answer))
    outcome = tocsin("sync", "--target", "local", project=account)
    assert outcome.code == 1
    assert "Sync these changes to local? [y/N]:" in outcome.err
    assert outcome.err.endswith("error: not synced; nothing was changed\n")
    assert target.pushes == []


def test_sync_goes_ahead_on_a_yes(
    tocsin: Tocsin, account: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard("y\n"))
    assert tocsin("sync", "--target", "local", project=account).code == 0
    assert len(target.pushes) == 1


def test_deleting_one_definition_is_always_fine(tocsin: Tocsin, account: Path, target: Target) -> None:
    monitors(account, 1)
    tocsin(*SYNC, project=account)
    drop(account, "m0")
    assert tocsin(*SYNC, project=account).code == 0


def test_too_many_deletions_are_refused_until_they_are_allowed(tocsin: Tocsin, account: Path, target: Target) -> None:
    monitors(account, 3)
    tocsin(*SYNC, project=account)
    drop(account, "m0", "m1", "m2")
    hint = "hint: if that is meant, add --allow-delete 50%\n"
    assert_refused(tocsin(*PLAN, project=account), "deletes 3 of the 6", "more than 30%", hint)
    assert_refused(tocsin(*SYNC, project=account), hint, "error: the plan is refused; nothing was changed\n")
    assert len(target.pushes) == 1
    assert tocsin(*PLAN, "--allow-delete", "50%", project=account).code == 3
    assert tocsin(*SYNC, "--allow-delete", "50", project=account).code == 0


def test_deletions_are_allowed_by_name(tocsin: Tocsin, account: Path, target: Target) -> None:
    monitors(account, 3)
    tocsin(*SYNC, project=account)
    drop(account, "m0", "m1", "m2")
    names = ["--allow-delete", "monitor/m0", "--allow-delete", "monitor/m1"]
    assert tocsin(*SYNC, *names, project=account).code == 0


def test_a_deletion_that_is_allowed_and_is_none_is_told(tocsin: Tocsin, account: Path, target: Target) -> None:
    monitors(account, 2)
    assert tocsin(*SYNC, project=account).code == 0
    drop(account, "m0")
    outcome = tocsin(*PLAN, "--allow-delete", "monitor/m0", "--allow-delete", "monitor/mO", project=account)
    assert outcome.code == 3
    assert outcome.out.count("allows nothing") == 1
    assert "warning: --allow-delete monitor/mO allows nothing: the plan does not delete it\n" in outcome.out


def test_emptying_a_kind_is_refused_until_each_is_named(tocsin: Tocsin, account: Path, target: Target) -> None:
    tocsin(*SYNC, project=account)
    drop(account, "home-down", "chat")
    edit(account / "tocsin.yaml", "kind: project\n", "kind: project\nrules: {TOC604: off}\n")
    refused = tocsin(*SYNC, "--allow-delete", "100%", project=account)
    assert_refused(refused, "deletes every alert", "if that is meant, add --allow-delete alert/home-down")
    allowed = ["--allow-delete", "alert/home-down", "--allow-delete", "integration/chat"]
    assert tocsin(*SYNC, *allowed, project=account).code == 0


def test_too_many_updates_are_refused_until_they_are_allowed(tocsin: Tocsin, account: Path, target: Target) -> None:
    monitors(account, 9)
    tocsin(*SYNC, project=account)
    for number in range(7):
        edit(account / f"m{number}.yaml", "https://example.com", "https://www.example.com")
    refused = tocsin(*SYNC, project=account)
    assert_refused(refused, "updates 7 of the 12", "more than 50%", "if that is meant, add --allow-update 59%")
    assert tocsin(*SYNC, "--allow-update", "59%", project=account).code == 0


def test_a_target_s_limits_take_the_place_of_the_usual_ones(tocsin: Tocsin, account: Path, target: Target) -> None:
    target.point(account, ", limits: {delete: 60%}")
    monitors(account, 3)
    tocsin(*SYNC, project=account)
    drop(account, "m0", "m1", "m2")
    assert tocsin(*PLAN, project=account).code == 3
    assert_refused(tocsin(*PLAN, "--allow-delete", "40%", project=account), "more than 40%")


def test_a_limit_of_nothing_means_nothing(tocsin: Tocsin, account: Path, target: Target) -> None:
    monitors(account, 2)
    assert tocsin(*SYNC, project=account).code == 0
    edit(account / "tocsin.yaml", "TOCSIN_TOKEN}", "TOCSIN_TOKEN}, limits: {delete: 0%, update: 0%}")
    drop(account, "m0")
    assert_refused(tocsin(*PLAN, project=account), "deletes 1 of the 5", "more than 0%", "--allow-delete 20%")
    assert tocsin(*PLAN, "--allow-delete", "20%", project=account).code == 3
    assert tocsin(*PLAN, "--allow-delete", "monitor/m0", project=account).code == 3
    edit(account / "home.yaml", "https://example.com", "https://www.example.com")
    assert_refused(tocsin(*PLAN, "--allow-delete", "20%", project=account), "updates 1 of the 5", "--allow-update 20%")
    assert tocsin(*PLAN, "--allow-delete", "20%", "--allow-update", "20%", project=account).code == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--allow-delete", "lots"], "--allow-delete takes a share such as 40% or a name such as alert/shop-down"),
        (["--allow-delete", "101%"], "not `101%`"),
        (["--allow-delete", "alrt/home"], "did you mean `alert`?"),
        (["--allow-update", "alert/home"], "--allow-update takes a share such as 80%, not `alert/home`"),
    ],
)
def test_options_that_allow_nothing_are_explained(
    tocsin: Tocsin, account: Path, target: Target, options: list[str], words: str
) -> None:
    outcome = tocsin(*PLAN, *options, project=account)
    assert outcome.code == 2
    assert words in outcome.err
    assert target.receiver.received == []


def test_what_another_project_owns_is_refused_and_never_touched(tocsin: Tocsin, account: Path, target: Target) -> None:
    theirs = {"owner": "other\x1b[2J", "document": {"kind": "monitor", "name": "home", "title": "Theirs"}}
    target.entries.append(theirs)
    refused = tocsin(*SYNC, project=account)
    assert_refused(refused, "refused: monitor/home belongs to the project `other\\x1b[2J`")
    assert target.entries == [theirs]


def test_a_plan_that_another_sync_overtook_is_refused(tocsin: Tocsin, account: Path, target: Target) -> None:
    target.receiver.answer("/api/v1/definitions", body=json.dumps({"revision": 7, "entries": []}))
    outcome = tocsin(*SYNC, project=account)
    assert outcome.code == 4
    assert outcome.err == (
        "error: `local` refused: planned against another revision\nhint: plan again, and sync that\n"
    )


def test_a_token_that_is_not_accepted_is_said_to_be(
    tocsin: Tocsin, account: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "wrong-one")
    outcome = tocsin(*PLAN, project=account)
    assert outcome.code == 1
    assert "error: `local` does not accept the token\nhint: check what the target's `token`" in outcome.err
    assert "wrong-one" not in outcome.err


def test_findings_of_the_target_s_own_check_are_shown(tocsin: Tocsin, account: Path, target: Target) -> None:
    def refuse(received: Received) -> Answer:
        if received.method == "GET":
            return Answer.of({"revision": 0, "entries": []})
        finding = {
            "code": "TOC999",
            "severity": "error",
            "message": "no\x1b[2J",
            "pointer": "/documents/0/levels",
            "start": None,
            "end": None,
            "help": None,
        }
        return Answer.of({"error": "invalid", "message": "errors", "findings": [finding]}, 422)

    target.receiver.respond("/api/v1/definitions", refuse)
    outcome = tocsin(*SYNC, project=account)
    assert outcome.code == 1
    assert "error: `local` refused the definitions; what it runs has not changed\n" in outcome.err
    assert "  /documents/0/levels: TOC999 no\\x1b[2J\n" in outcome.err


def test_a_sync_that_is_stopped_half_way_says_what_is_not_known(
    tocsin: Tocsin, account: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tocsin.targets.client.DispatcherClient.push", stop)
    outcome = tocsin(*SYNC, project=account)
    assert outcome.code == 1
    assert outcome.err == (
        "error: stopped while local was at work: it may have synced all, or nothing\n"
        "hint: `tocsin plan --target local` shows which\n"
    )


def test_a_hostile_target_does_nothing_to_the_terminal(tocsin: Tocsin, account: Path, target: Target) -> None:
    document = {"kind": "monitor", "name": "x\x1b[2J\nSynced.", "title": "\u202eabc\nSynced.", "type": "Https"}
    target.entries.append({"owner": "small", "document": document})
    outcome = tocsin(*PLAN, project=account)
    assert "  - monitor/x\\x1b[2J\\nSynced.  \\u202eabc\\nSynced.\n" in outcome.out
