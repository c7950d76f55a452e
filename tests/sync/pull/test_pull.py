"""`tocsin pull`, against the real dispatcher."""

import errno
from collections.abc import Mapping
from pathlib import Path

import pytest
from demo.receiver import Receiver
from tests.sync.conftest import MONITOR, Tocsin
from tests.sync.file_edits import commit, edit, git
from tests.sync.running import RunningDispatcher
from tests.sync.target import TOKEN, Target

SYNC = ("sync", "--target", "local", "--yes")
PLAN = ("plan", "--target", "local")
PULL = ("pull", "--target", "local")
HOME = {"type": "Https", "url": "https://example.com"}


def files(account: Path) -> Mapping[str, bytes]:
    found = (each for each in account.rglob("*") if each.is_file() and ".git" not in each.parts)
    return {each.relative_to(account).as_posix(): each.read_bytes() for each in found}


@pytest.fixture
def synced(tocsin: Tocsin, account: Path, running: RunningDispatcher) -> RunningDispatcher:
    """A dispatcher that runs the account as it is committed."""
    assert tocsin(*SYNC, project=account).code == 0
    commit(account)
    return running


def test_a_pull_right_after_a_sync_changes_not_one_byte(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher
) -> None:
    before = files(account)
    outcome = tocsin(*PULL, project=account)
    assert (outcome.code, outcome.out, outcome.err) == (0, "Nothing to do: the files say what runs.\n", "")
    assert files(account) == before


def test_a_pull_changes_only_what_differs(tocsin: Tocsin, account: Path, synced: RunningDispatcher) -> None:
    edit(account / "home.yaml", "name: home\n", "name: home # the front door\n")
    commit(account)
    before = files(account)
    synced.change(monitor_home={**HOME, "notes": "Call Jan.\nThen Ada.\n"}, monitor_shop={"type": "DNS"})
    outcome = tocsin(*PULL, project=account)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "  ~ home.yaml\n  + shop.yaml\n2 files changed.\n"
    changed = {**before, "shop.yaml": b"kind: monitor\nname: shop\ntype: DNS\n"}
    changed["home.yaml"] = (
        b"kind: monitor\nname: home # the front door\ntype: Https\nurl: https://example.com\n"
        b"notes: |\n  Call Jan.\n  Then Ada.\n"
    )
    assert files(account) == changed
    assert tocsin(*PLAN, project=account).code == 0


def test_what_no_longer_runs_is_removed_without_harm_to_its_neighbours(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher
) -> None:
    others = MONITOR.replace("home", "a") + "---\n# About b.\n" + MONITOR.replace("home", "b") + "---\n# About c.\n"
    (account / "many.yaml").write_text(others + MONITOR.replace("home", "c"), "utf-8")
    (account / "one.yaml").write_text(MONITOR.replace("home", "d"), "utf-8")
    assert tocsin(*SYNC, project=account).code == 0
    commit(account)
    synced.change(monitor_b=None, monitor_d=None)
    assert tocsin(*PULL, project=account).out == "  ~ many.yaml\n  - one.yaml\n2 files changed.\n"
    text = (account / "many.yaml").read_text("utf-8")
    assert text == MONITOR.replace("home", "a") + "---\n# About c.\n" + MONITOR.replace("home", "c")
    assert not (account / "one.yaml").exists()
    assert tocsin(*PLAN, project=account).code == 0


def test_a_running_dispatcher_is_adopted_into_an_empty_folder(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "tocsin.yaml").write_bytes((account / "tocsin.yaml").read_bytes())
    outcome = tocsin(*PULL, project=empty)
    assert (outcome.code, outcome.err) == (0, "")
    assert (
        outcome.out
        == "  + alerts/home-down.yaml\n  + integrations/chat.yaml\n  + monitors/home.yaml\n3 files changed.\n"
    )
    assert tocsin(*PLAN, project=empty).code == 0
    assert tocsin("validate", "--fail-on", "error", project=empty).code == 0
    assert (
        (empty / "integrations" / "chat.yaml")
        .read_text("utf-8")
        .startswith("kind: integration\nname: chat\nvariables:\n  ApiUrl: https://chat.example.com/hook\n")
    )


def test_what_a_receiver_accepts_does_not_run_anywhere_and_is_said_to_be_missing(
    tocsin: Tocsin, account: Path, running: RunningDispatcher, tmp_path: Path
) -> None:
    (account / "chat.schema.json").write_text('{"type": "object"}', "utf-8")
    with (account / "chat.yaml").open("a", encoding="utf-8") as file:
        file.write("        accepts: chat.schema.json\n")
    assert tocsin(*SYNC, project=account).code == 0
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "tocsin.yaml").write_bytes((account / "tocsin.yaml").read_bytes())
    outcome = tocsin(*PULL, project=empty)
    assert outcome.code == 1
    assert outcome.out.endswith("3 files changed.\n")
    assert outcome.err == (
        "missing here: chat.schema.json, which a definition names under `accepts`\n"
        "hint: a dispatcher keeps no such files: bring them from the repository that was synced, "
        "or take `accepts` out\n"
    )
    assert "missing" not in tocsin(*PULL, "alert/home-down", project=empty).err
    (empty / "chat.schema.json").write_text('{"type": "object"}', "utf-8")
    assert tocsin(*PULL, project=empty).code == 0
    assert tocsin(*PLAN, project=empty).code == 0


def test_a_target_s_value_is_not_written_over_the_repository_s(
    tocsin: Tocsin, account: Path, running: RunningDispatcher
) -> None:
    given = "token: {env: TOCSIN_TOKEN}, variables: {chat.ApiUrl: https://eu.example.com}"
    edit(account / "tocsin.yaml", "token: {env: TOCSIN_TOKEN}", given)
    assert tocsin(*SYNC, project=account).code == 0
    commit(account)
    before = files(account)
    assert "Nothing to do" in tocsin(*PULL, project=account).out
    chat = running.entries()["integration/chat"]
    chat["variables"]["ApiUrl"]["value"] = "https://us.example.com"
    running.change(integration_chat={**chat, "title": "Chat"})
    assert tocsin(*PULL, project=account).code == 0
    after = files(account)
    assert after["chat.yaml"] == before["chat.yaml"].replace(b"name: chat\n", b"name: chat\ntitle: Chat\n")
    assert after["tocsin.yaml"] == before["tocsin.yaml"].replace(b"https://eu.", b"https://us.")
    assert tocsin(*PLAN, project=account).code == 0


def test_a_target_s_value_goes_with_the_variable_that_it_is_for(
    tocsin: Tocsin, account: Path, running: RunningDispatcher
) -> None:
    given = "token: {env: TOCSIN_TOKEN}, variables: {chat.ApiUrl: https://eu.example.com}"
    edit(account / "tocsin.yaml", "token: {env: TOCSIN_TOKEN}", given)
    edit(account / "tocsin.yaml", "kind: project\n", "kind: project\nrules: {TOC604: off}\n")
    assert tocsin(*SYNC, project=account).code == 0
    commit(account)
    running.change(integration_chat=None, alert_home_down=None)
    assert (
        tocsin(*PULL, project=account).out == "  - chat.yaml\n  - home-down.yaml\n  ~ tocsin.yaml\n3 files changed.\n"
    )
    assert b"chat" not in files(account)["tocsin.yaml"]
    assert tocsin(*PLAN, project=account).code == 0


def test_the_project_file_is_pulled_and_keeps_its_targets(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher
) -> None:
    project = {**synced.entries()["project/small"], "title": "Small"}
    synced.push(project, *(each for name, each in synced.entries().items() if name != "project/small"))
    before = files(account)["tocsin.yaml"]
    assert tocsin(*PULL, project=account).code == 0
    assert files(account)["tocsin.yaml"] == before.replace(b"name: small\n", b"name: small\ntitle: Small\n")


@pytest.mark.parametrize("option", ["--dry-run", "--diff"])
def test_a_pull_can_be_looked_at_first(tocsin: Tocsin, account: Path, synced: RunningDispatcher, option: str) -> None:
    synced.change(monitor_home={**HOME, "url": "https://www.example.com"}, monitor_shop={"type": "DNS"})
    before = files(account)
    outcome = tocsin(*PULL, option, project=account)
    assert outcome.code == 1
    assert files(account) == before
    if option == "--diff":
        assert "-url: https://example.com\n+url: https://www.example.com\n" in outcome.out
        assert "+kind: monitor\n+name: shop\n" in outcome.out
    else:
        assert outcome.out == "  ~ home.yaml\n  + shop.yaml\n2 files would change.\n"


def test_what_is_named_is_pulled_alone(tocsin: Tocsin, account: Path, synced: RunningDispatcher) -> None:
    synced.change(monitor_home={**HOME, "notes": "x"}, monitor_shop={"type": "DNS"})
    assert tocsin(*PULL, "monitor/shop", project=account).out == "  + shop.yaml\n1 file changed.\n"


@pytest.mark.parametrize("kind", ["changed", "new", "ignored", "without git"])
def test_what_git_does_not_have_is_not_overwritten(
    tocsin: Tocsin, account: Path, running: RunningDispatcher, kind: str
) -> None:
    assert tocsin(*SYNC, project=account).code == 0
    if kind == "ignored":
        (account / ".gitignore").write_text("home.yaml\n", "utf-8")
    if kind == "new":
        git(account, "init", "--quiet")
        git(account, "add", "tocsin.yaml")
        git(account, "commit", "--quiet", "--message", "a step")
    elif kind != "without git":
        commit(account)
    if kind == "changed":
        edit(account / "home.yaml", "name: home\n", "name: home # mine\n")
    running.change(monitor_home={**HOME, "notes": "x"}, monitor_shop={"type": "DNS"})
    before = files(account)
    outcome = tocsin(*PULL, project=account)
    assert (outcome.code, outcome.out) == (4, "")
    assert outcome.err == (
        "error: these files have changes that are not committed, and would lose them; nothing was changed\n"
        "  home.yaml\nhint: commit them first; --overwrite writes all the same\n"
    )
    assert files(account) == before
    assert tocsin(*PULL, "--overwrite", project=account).code == 0
    assert tocsin(*PLAN, project=account).code == 0


def test_a_file_that_changes_meanwhile_stops_it_before_anything_is_written(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced.change(monitor_home={**HOME, "notes": "x"}, monitor_shop={"type": "DNS"})

    def meanwhile(*_: object) -> list[str]:
        edit(account / "home.yaml", "name: home\n", "name: home # mine\n")
        return []

    monkeypatch.setattr("tocsin.pull.save.uncommitted", meanwhile)
    outcome = tocsin(*PULL, project=account)
    assert outcome.code == 1
    assert "`home.yaml` has changed in the meantime; nothing was changed" in outcome.err
    assert sorted(files(account)) == ["chat.yaml", "home-down.yaml", "home.yaml", "tocsin.yaml"]


def test_a_file_that_can_not_be_edited_safely_is_left_and_named(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher
) -> None:
    text = "kind: monitor\nname: home\ntype: Https\nurl: https://example.com\n"
    (account / "home.yaml").write_text(text + "custom_fields:\n  a: b\n  # why\n  c: d\n", "utf-8")
    assert tocsin(*SYNC, project=account).code == 0
    commit(account)
    before = files(account)
    synced.change(monitor_home={**HOME, "custom_fields": {"x": "y"}}, monitor_shop={"type": "DNS"})
    outcome = tocsin(*PULL, project=account)
    assert outcome.code == 1
    assert outcome.err == "left as it is: home.yaml: monitor/home can't be edited there safely\n"
    assert files(account) == {**before, "shop.yaml": b"kind: monitor\nname: shop\ntype: DNS\n"}


def test_a_name_that_is_taken_is_not_taken_again(tocsin: Tocsin, account: Path, synced: RunningDispatcher) -> None:
    (account / "shop.yaml").write_text("# nothing yet\n", "utf-8")
    synced.change(monitor_shop={"type": "DNS"}, monitor_tocsin={"type": "DNS"})
    outcome = tocsin(*PULL, project=account)
    assert outcome.out == "  + shop-monitor.yaml\n  + tocsin-monitor.yaml\n2 files changed.\n"
    assert tocsin(*PLAN, project=account).code == 0


def test_a_target_that_runs_nothing_of_the_project_takes_nothing_away(
    tocsin: Tocsin, account: Path, running: RunningDispatcher
) -> None:
    before = files(account)
    outcome = tocsin(*PULL, project=account)
    assert outcome.code == 1
    assert "`local` runs nothing of the project `small`; nothing was changed" in outcome.err
    assert files(account) == before


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["home"], "a definition is named KIND/NAME, such as alert/shop-down, not `home`"),
        (["alrt/home"], "did you mean `alert`?"),
        (
            ["monitor/hme"],
            "there is no `monitor/hme`, neither here nor on the target\nhint: did you mean `monitor/home`?",
        ),
    ],
)
def test_a_name_that_means_nothing_is_explained(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher, names: list[str], words: str
) -> None:
    outcome = tocsin(*PULL, *names, project=account)
    assert outcome.code == 2
    assert words in outcome.err


def test_files_that_can_not_be_read_stop_it(tocsin: Tocsin, account: Path, synced: RunningDispatcher) -> None:
    (account / "chat.yaml").write_text("kind: integration\nname: [", "utf-8")
    outcome = tocsin(*PULL, project=account)
    assert outcome.code == 1
    assert "the definitions can't be compared with what runs; nothing was changed\nchat.yaml:" in outcome.err


def test_a_disk_that_is_full_leaves_every_file_as_it_was(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(account / "home.yaml", "name: home\n", "name: home # kept\n")
    commit(account)
    synced.change(
        monitor_home={**HOME, "notes": "x"}, sample_plain={"set": {"@monitor.notes": "y"}}, monitor_shop={"type": "DNS"}
    )
    before = files(account)
    calls = iter([None, None, OSError(errno.ENOSPC, "No space left on device")])

    def full(number: int) -> None:
        problem = next(calls)
        if problem is not None:
            raise problem

    monkeypatch.setattr("os.fsync", full)
    outcome = tocsin(*PULL, project=account)
    assert (outcome.code, outcome.err) == (1, "error: the files can't be written: No space left on device\n")
    assert files(account) == before
    assert not (account / "samples").exists()


def test_a_link_out_of_the_project_is_never_followed(
    tocsin: Tocsin, account: Path, synced: RunningDispatcher, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (account / "samples").symlink_to(outside)
    synced.change(sample_plain={"set": {"@monitor.notes": "y"}})
    outcome = tocsin(*PULL, project=account)
    assert outcome.code == 1
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "monitor", "name": "../../x", "type": "DNS"},
        {"kind": "monitor", "name": "x", "type": "DNS", "unknown": 1},
        {"kind": "project", "format": 1, "name": "other", "account": {"id": "1"}},
        {"kind": "toaster", "name": "x"},
    ],
)
def test_a_target_that_runs_what_no_dispatcher_would_is_not_believed(
    tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch, document: dict[str, object]
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", TOKEN)
    commit(account)
    with Receiver() as receiver:
        target = Target(receiver)
        target.point(account)
        project = {"kind": "project", "format": 1, "name": "small", "account": {"id": "1"}}
        target.entries = [{"owner": "small", "document": each} for each in (project, document)]
        before = files(account)
        outcome = tocsin(*PULL, "--overwrite", project=account)
        assert outcome.code == 1
        assert "`local` runs what this version can't read: TOC2" in outcome.err
        assert files(account) == before
