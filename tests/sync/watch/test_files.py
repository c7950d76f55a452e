"""A watch on the files of a folder."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.sync.file_edits import commit, edit
from tests.sync.running import RunningDispatcher
from tests.sync.watch.watched import Watched

from tocsin.deployment.allowances import Options
from tocsin.watch.sources import WorkingTree
from tocsin.workspace import Workspace, open_workspace
from tocsin_schema.api.definitions import PushAnswer
from tocsin_schema.plan.plan import Plan

HOME = {"type": "Https", "url": "https://example.com"}
EDIT = ("https://example.com", "https://www.example.com")


@pytest.fixture
def watched(account: Path, running: RunningDispatcher) -> Callable[..., Watched]:
    return lambda end=100.0, **options: Watched(WorkingTree(account), end, **options)


def url(running: RunningDispatcher) -> str:
    return str(running.entries()["monitor/home"]["url"])


def test_it_syncs_at_the_start_and_then_looks_every_interval(watched: Callable[..., Watched]) -> None:
    assert watched(130).until_stopped() == [
        (0, "start", "synced"),
        (60, "interval", "unchanged"),
        (120, "interval", "unchanged"),
    ]


def test_a_changed_file_is_synced_once_it_has_settled(
    watched: Callable[..., Watched], account: Path, running: RunningDispatcher
) -> None:
    watching = watched(50)
    watching.at(10, partial(edit, account / "home.yaml", *EDIT))
    assert watching.until_stopped() == [(0, "start", "synced"), (11, "change", "synced")]
    assert url(running) == "https://www.example.com"


def test_files_that_go_on_changing_are_waited_for(watched: Callable[..., Watched], account: Path) -> None:
    watching = watched(50)
    for moment in (10, 11, 12):
        name = account / f"m{moment}.yaml"
        watching.at(moment, partial(name.write_text, f"kind: monitor\nname: m{moment}\ntype: Https\n", "utf-8"))
    assert watching.until_stopped() == [(0, "start", "synced"), (13, "change", "synced")]
    assert watching.last.created == 3


def test_what_was_changed_on_the_dispatcher_is_put_back_and_called_drift(
    watched: Callable[..., Watched], running: RunningDispatcher
) -> None:
    watching = watched(70)
    watching.at(30, lambda: running.change(monitor_home={**HOME, "notes": "Call Jan"}))
    assert watching.until_stopped()[1:] == [(60, "interval", "synced")]
    assert (watching.last.updated, watching.last.drifted) == (1, 1)
    assert "notes" not in running.entries()["monitor/home"]


def test_a_change_of_the_files_is_no_drift(watched: Callable[..., Watched], account: Path) -> None:
    watching = watched(50)
    watching.at(10, partial(edit, account / "home.yaml", *EDIT))
    watching.until_stopped()
    assert (watching.last.updated, watching.last.drifted) == (1, 0)


def test_definitions_with_errors_are_not_synced_and_read_again_when_they_change(
    watched: Callable[..., Watched], account: Path, running: RunningDispatcher
) -> None:
    watching = watched(50)
    watching.at(10, partial(edit, account / "home.yaml", "type: Https", "tipe: Https"))
    watching.at(20, partial(edit, account / "home.yaml", "tipe: Https", "type: Https"))
    watching.at(20, partial(edit, account / "home.yaml", *EDIT))
    assert watching.until_stopped() == [
        (0, "start", "synced"),
        (11, "change", "invalid"),
        (21, "change", "synced"),
    ]
    assert "home.yaml:3:1: TOC" in (watching.runs[1][1].problem or "")
    assert watching.runs[1][1].exit_code == 1


def test_a_broken_project_file_is_no_reason_to_end(watched: Callable[..., Watched], account: Path) -> None:
    watching = watched(50)
    watching.at(10, partial(edit, account / "tocsin.yaml", "format: 1", "format: 99"))
    watching.at(20, partial(edit, account / "tocsin.yaml", "format: 99", "format: 1"))
    assert [each[2] for each in watching.until_stopped()] == ["synced", "invalid", "unchanged"]


def test_a_refused_plan_is_told_and_tried_again_after_an_interval_or_a_change(
    watched: Callable[..., Watched], account: Path, running: RunningDispatcher
) -> None:
    kept = (account / "home-down.yaml").read_text("utf-8")
    watching = watched(100)
    watching.at(10, (account / "home-down.yaml").unlink)
    watching.at(80, lambda: (account / "home-down.yaml").write_text(kept, "utf-8"))
    assert watching.until_stopped() == [
        (0, "start", "synced"),
        (11, "change", "refused"),
        (71, "interval", "refused"),
        (81, "change", "unchanged"),
    ]
    refused = watching.runs[1][1]
    assert refused.refusals[0].endswith("(--allow-delete alert/home-down would allow it)")
    assert (refused.deleted, refused.exit_code) == (1, 4)
    assert "alert/home-down" in running.entries()


def test_what_the_options_allow_is_done(
    watched: Callable[..., Watched], account: Path, running: RunningDispatcher
) -> None:
    watching = watched(50, options=Options(allow_delete=["alert/home-down"]))
    watching.at(10, (account / "home-down.yaml").unlink)
    assert watching.until_stopped()[-1][2] == "synced"
    assert "alert/home-down" not in running.entries()


def test_a_dry_run_tells_what_differs_and_changes_nothing(
    watched: Callable[..., Watched], running: RunningDispatcher
) -> None:
    watching = watched(70, dry_run=True)
    assert watching.until_stopped() == [(0, "start", "pending"), (60, "interval", "pending")]
    assert (watching.last.changes, watching.last.revision, running.entries()) == (4, 0, {})


def test_failures_are_tried_again_after_growing_pauses(
    watched: Callable[..., Watched], account: Path, running: RunningDispatcher
) -> None:
    right = running.url
    edit(account / "tocsin.yaml", right, "http://127.0.0.1:9")
    watching = watched(60)
    watching.at(30, partial(edit, account / "tocsin.yaml", "http://127.0.0.1:9", right))
    assert watching.until_stopped() == [
        (0, "start", "failed"),
        (5, "retry", "failed"),
        (15, "retry", "failed"),
        (31, "change", "synced"),
    ]


def test_a_sync_of_somebody_else_in_between_is_a_conflict_and_tried_again_soon(
    watched: Callable[..., Watched], account: Path, running: RunningDispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tocsin.deployment.deployment import Deployment

    apply, others = Deployment.apply, [{"kind": "project", "format": 1, "name": "other", "account": {"id": "2"}}]

    def overtaken(self: Deployment, planned: Plan) -> PushAnswer:
        if others:
            running.push(others.pop())
        return apply(self, planned)

    monkeypatch.setattr(Deployment, "apply", overtaken)
    watching = watched(20)
    assert watching.until_stopped() == [(0, "start", "conflict"), (5, "retry", "synced")]
    assert "planned against revision 0, now 1" in (watching.runs[0][1].problem or "")


def test_only_files_that_are_read_count_as_changes(watched: Callable[..., Watched], account: Path) -> None:
    watching = watched(50)
    for name in ("notes.txt", ".hidden.yaml", ".git/x.yaml", "other/tocsin.yaml", "other/deep/m.yaml"):
        file = account / name
        watching.at(10, partial(file.parent.mkdir, parents=True, exist_ok=True))
        watching.at(11, partial(file.write_text, "kind: monitor\n", "utf-8"))
    watching.at(40, (account / "deep.yaml").mkdir)
    watching.at(40, partial((account / "deep.yaml" / "m.yaml").write_text, "a: b"))
    assert watching.until_stopped() == [(0, "start", "synced"), (41, "change", "invalid")]


def test_a_link_is_judged_by_what_it_leads_to(
    watched: Callable[..., Watched], account: Path, running: RunningDispatcher
) -> None:
    (account / "home.yaml").rename(account / ".home")
    (account / "home.yaml").symlink_to(".home")
    watching = watched(50)
    watching.at(10, partial(edit, account / ".home", *EDIT))
    assert watching.until_stopped() == [(0, "start", "synced"), (11, "change", "synced")]
    assert url(running) == "https://www.example.com"


def test_a_project_that_is_gone_deletes_nothing(
    watched: Callable[..., Watched], account: Path, running: RunningDispatcher
) -> None:
    watching = watched(50)
    watching.at(10, lambda: account.rename(account.with_name("away")))
    assert {outcome for _, _, outcome in watching.until_stopped()[1:]} == {"failed"}
    assert len(running.entries()) == 4


def test_a_watch_that_is_told_to_stop_finishes_its_run(
    watched: Callable[..., Watched], running: RunningDispatcher
) -> None:
    assert watched(0).until_stopped() == [(0, "start", "synced")]
    assert running.entries()


def test_revisions_tell_the_commit_and_that_files_were_changed_since(
    watched: Callable[..., Watched], account: Path, running: RunningDispatcher
) -> None:
    made = commit(account)
    watching = watched(50)
    watching.at(10, partial(edit, account / "home.yaml", *EDIT))
    watching.until_stopped()
    assert [(run.dirty, (run.commit or "")[:7]) for _, run in watching.runs] == [(False, made), (True, made)]
    told = running.api.get("/revisions").json()["revisions"]
    assert [each["source"]["dirty"] for each in told] == [True, False]


def test_files_are_read_anew_only_where_they_changed(
    watched: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tocsin.watch import sources as module

    reads: list[Path | None] = []

    def counted(project: Path | None) -> Workspace:
        reads.append(project)
        return open_workspace(project)

    monkeypatch.setattr(module, "open_workspace", counted)
    assert len(watched(200).until_stopped()) == 4
    assert len(reads) == 1


def test_files_that_change_while_they_are_read_are_not_synced(
    watched: Callable[..., Watched], account: Path, running: RunningDispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tocsin.watch import sources as module

    edits = [EDIT]

    def disturbed(project: Path | None) -> Workspace:
        workspace = open_workspace(project)
        if edits:
            edit(account / "home.yaml", *edits.pop())
        return workspace

    monkeypatch.setattr(module, "open_workspace", disturbed)
    assert watched(20).until_stopped() == [(0, "start", "failed"), (5, "retry", "synced")]
    assert url(running) == "https://www.example.com"
