"""A watch on a branch of a git remote: a real remote, a real clone, a real dispatcher."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from shutil import copytree

import pytest
from tests.sync.conftest import Tocsin
from tests.sync.file_edits import edit, git
from tests.sync.git_repository import disguise, program_that_leaves_a_trace
from tests.sync.running import RunningDispatcher
from tests.sync.watch.watched import Watched

from tocsin.git.remote import OURS
from tocsin.watch.sources import BranchOfRemote
from tocsin.watch.telemetry import run_facts

EDIT = ("https://example.com", "https://www.example.com")


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of git but the tests' own."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def author(account: Path, running: RunningDispatcher, tmp_path: Path) -> Path:
    """Somebody's clone, from which the account was pushed to a bare remote."""
    folder = tmp_path / "author"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch", "main", "hub.git")
    git(tmp_path, "clone", "--quiet", "hub.git", "author")
    git(folder, "checkout", "--quiet", "-b", "main")
    copytree(account, folder / "alerts", dirs_exist_ok=True)
    push(folder)
    return folder


@pytest.fixture
def clone(author: Path, tmp_path: Path) -> Path:
    """The clone that is watched from."""
    git(tmp_path, "clone", "--quiet", "hub.git", "clone")
    return tmp_path / "clone"


@pytest.fixture
def watched(clone: Path) -> Callable[..., Watched]:
    return lambda end=100.0, signed=False: Watched(
        BranchOfRemote(clone / "alerts", "origin", "main", signed=signed), end
    )


def push(folder: Path, *options: str) -> str:
    """Commit all and push; return the commit."""
    git(folder, "add", "--all")
    git(folder, *options, "commit", "--quiet", "--allow-empty", "--message", "a step")
    git(folder, "push", "--quiet", "--force", "origin", "HEAD:main")
    return git(folder, "rev-parse", "HEAD")


def changed(folder: Path) -> str:
    edit(folder / "alerts" / "home.yaml", *EDIT)
    return push(folder)


def test_a_pushed_commit_is_synced_at_the_next_look(
    watched: Callable[..., Watched], author: Path, running: RunningDispatcher
) -> None:
    watching = watched(50)
    watching.at(20, partial(changed, author))
    assert watching.until_stopped() == [(0, "start", "synced"), (30, "change", "synced")]
    assert running.entries()["monitor/home"]["url"] == "https://www.example.com"
    head = git(author, "rev-parse", "HEAD")
    assert (watching.last.commit, watching.last.dirty) == (head, False)
    source = running.api.get("/revisions").json()["revisions"][0]["source"]
    assert (source["commit"], source["branch"], source["dirty"]) == (head, "main", False)
    assert source["repository"].endswith("/hub.git")


def test_neither_the_working_tree_nor_any_branch_of_the_clone_is_touched(
    watched: Callable[..., Watched], author: Path, clone: Path, running: RunningDispatcher
) -> None:
    edit(clone / "alerts" / "home.yaml", "type: Https", "type: nonsense")
    (clone / "alerts" / "new.yaml").write_text("not: synced\n", "utf-8")
    before = git(clone, "status", "--porcelain"), git(clone, "for-each-ref", "refs/heads", "refs/remotes")
    changed(author)
    assert watched(10).until_stopped() == [(0, "start", "synced")]
    assert (git(clone, "status", "--porcelain"), git(clone, "for-each-ref", "refs/heads", "refs/remotes")) == before
    assert git(clone, "rev-parse", f"{OURS}/origin/main") == git(author, "rev-parse", "HEAD")
    assert not (clone / ".git" / "FETCH_HEAD").exists()
    assert running.entries()["monitor/home"]["url"] == "https://www.example.com"


TOKEN_LINE = "token: {env: TOCSIN_TOKEN}"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (TOKEN_LINE, "token: {cmd: [touch, RAN]}", "token"),
        (TOKEN_LINE, "token: {env: TOCSIN_NOT_SET}", "token"),
        ("url: http://127.0.0.1", "url: http://localhost", "url"),
        (TOKEN_LINE, f"{TOKEN_LINE}, limits: {{delete: 100%}}", "limits"),
    ],
)
def test_no_commit_says_where_to_sync_to_nor_with_which_token(
    old: str,
    new: str,
    what: str,
    watched: Callable[..., Watched],
    author: Path,
    tmp_path: Path,
    running: RunningDispatcher,
) -> None:
    watching = watched(50)
    ran = tmp_path / "ran"
    watching.at(20, lambda: edit(author / "alerts" / "tocsin.yaml", old, new.replace("RAN", str(ran))))
    watching.at(20, partial(changed, author))
    assert watching.until_stopped() == [(0, "start", "synced"), (30, "change", "synced")]
    assert not ran.exists()
    assert running.entries()["monitor/home"]["url"] == "https://www.example.com"
    assert watching.runs[0][1].remark is None
    expected = f"the target `local` of the commit has another `{what}`: this clone's own tocsin.yaml counts"
    assert watching.last.remark == run_facts(watching.last, "local")["remark"] == expected


def test_values_of_variables_come_with_the_commit(
    watched: Callable[..., Watched], author: Path, running: RunningDispatcher
) -> None:
    watching = watched(50)
    given = f"{TOKEN_LINE}, variables: {{chat.ApiUrl: https://eu.example.com}}"
    watching.at(20, partial(edit, author / "alerts" / "tocsin.yaml", TOKEN_LINE, given))
    watching.at(20, partial(push, author))
    assert [each[2] for each in watching.until_stopped()] == ["synced", "synced"]
    assert running.entries()["integration/chat"]["variables"]["ApiUrl"] == {"value": "https://eu.example.com"}
    assert watching.last.remark is None


def test_the_clones_own_target_may_change_while_it_is_watched(
    watched: Callable[..., Watched], author: Path, clone: Path, running: RunningDispatcher
) -> None:
    watching = watched(100)
    own = clone / "alerts" / "tocsin.yaml"
    watching.at(5, partial(edit, own, TOKEN_LINE, "token: {env: TOCSIN_NOT_SET}"))
    watching.at(20, partial(changed, author))
    watching.at(32, partial(edit, own, "TOCSIN_NOT_SET", "TOCSIN_TOKEN"))
    outcomes = [each[2] for each in watching.until_stopped()]
    assert outcomes[:3] == ["synced", "failed", "synced"]
    assert "TOCSIN_NOT_SET is not set" in (watching.runs[1][1].problem or "")


@pytest.mark.parametrize(
    ("spoilt", "problem"),
    [
        (("  local:", "  other:"), "this clone's own tocsin.yaml has no target `local` any more"),
        (("kind: project", "kind: nothing"), "can't be used"),
    ],
)
def test_without_a_target_of_its_own_the_clone_syncs_nothing(
    spoilt: tuple[str, str],
    problem: str,
    watched: Callable[..., Watched],
    author: Path,
    clone: Path,
    running: RunningDispatcher,
) -> None:
    watching = watched(50)
    watching.at(20, lambda: edit(clone / "alerts" / "tocsin.yaml", *spoilt))
    watching.at(20, partial(changed, author))
    watching.until_stopped()
    assert watching.runs[1][1].outcome in ("refused", "failed")
    assert problem in (watching.runs[1][1].problem or "")
    assert running.entries()["monitor/home"]["url"] == "https://example.com"


def test_a_branch_may_take_its_target_away(
    watched: Callable[..., Watched], author: Path, running: RunningDispatcher
) -> None:
    watching = watched(50)
    watching.at(20, lambda: edit(author / "alerts" / "tocsin.yaml", "  local:", "  other:"))
    watching.at(20, partial(changed, author))
    watching.until_stopped()
    assert watching.runs[1][1].outcome == "failed"
    assert "there is no target `local`" in (watching.runs[1][1].problem or "")
    assert running.entries()["monitor/home"]["url"] == "https://example.com"


def test_the_clones_targets_may_have_to_be_as_a_file_says(
    author: Path, clone: Path, tmp_path: Path, running: RunningDispatcher
) -> None:
    trusted = tmp_path / "trusted.yaml"
    trusted.write_text((clone / "alerts" / "tocsin.yaml").read_text("utf-8"), "utf-8")
    watching = Watched(BranchOfRemote(clone / "alerts", "origin", "main", trust_from=str(trusted)), 50)
    watching.at(20, partial(edit, clone / "alerts" / "tocsin.yaml", TOKEN_LINE, "token: {env: TOCSIN_OTHER}"))
    watching.at(20, partial(changed, author))
    assert [each[2] for each in watching.until_stopped()][:2] == ["synced", "refused"]
    assert watching.runs[1][1].refused == 1
    assert f"targets are trusted from the file `{trusted}`" in (watching.runs[1][1].problem or "")
    assert running.entries()["monitor/home"]["url"] == "https://example.com"


def test_a_branch_that_was_rewound_is_followed(
    watched: Callable[..., Watched], author: Path, running: RunningDispatcher
) -> None:
    changed(author)
    watching = watched(50)
    watching.at(20, lambda: (git(author, "reset", "--hard", "--quiet", "HEAD~"), push(author)))
    assert [each[2] for each in watching.until_stopped()] == ["synced", "synced"]
    assert running.entries()["monitor/home"]["url"] == "https://example.com"


def test_a_commit_that_does_not_validate_is_not_synced(
    watched: Callable[..., Watched], author: Path, running: RunningDispatcher
) -> None:
    watching = watched(50)
    watching.at(20, partial(edit, author / "alerts" / "home.yaml", "type:", "tipe:"))
    watching.at(20, partial(push, author))
    assert watching.until_stopped()[1:] == [(30, "change", "invalid")]
    assert watching.last.commit == git(author, "rev-parse", "HEAD")
    assert "home.yaml:3:1: TOC" in (watching.last.problem or "")
    assert running.entries()["monitor/home"]["type"] == "Https"


def test_a_remote_that_is_away_is_asked_less_and_less_often(
    watched: Callable[..., Watched], author: Path, tmp_path: Path
) -> None:
    watching = watched(100)
    watching.at(50, lambda: (tmp_path / "hub.git").rename(tmp_path / "away.git"))
    watching.at(72, lambda: (tmp_path / "away.git").rename(tmp_path / "hub.git"))
    assert watching.until_stopped() == [
        (0, "start", "synced"),
        (60, "interval", "failed"),
        (65, "retry", "failed"),
        (75, "retry", "unchanged"),
    ]
    assert "git can't get `origin/main`: " in (watching.runs[1][1].problem or "")
    assert "does not appear to be a git repository" in (watching.runs[1][1].problem or "")


def test_a_branch_or_a_project_that_is_gone_deletes_nothing(
    watched: Callable[..., Watched], author: Path, running: RunningDispatcher
) -> None:
    watching = watched(100)
    watching.at(20, lambda: (git(author, "rm", "--quiet", "-r", "alerts"), push(author)))
    watching.at(55, lambda: git(author.parent / "hub.git", "update-ref", "-d", "refs/heads/main"))
    watching.until_stopped()
    assert {run.outcome for _, run in watching.runs[1:]} == {"failed"}
    problems = [run.problem or "" for _, run in watching.runs[1:]]
    assert "of `origin/main` has no project file" in problems[0]
    assert problems[-1] == "`origin` has no branch `main`"
    assert len(running.entries()) == 4


def test_a_remote_that_does_not_answer_is_given_up(
    watched: Callable[..., Watched], clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.git.remote.SECONDS", 0.3)
    monkeypatch.setenv("GIT_SSH_COMMAND", "sh -c 'sleep 3600'")
    git(clone, "remote", "set-url", "origin", "ssh://git.example.com/hub.git")
    watching = watched(1)
    assert watching.until_stopped() == [(0, "start", "failed")]
    assert watching.last.problem == "git took more than 0.3 seconds at the remote"


def test_what_git_says_of_a_remote_is_told_without_credentials(
    watched: Callable[..., Watched], clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", "sh -c 'echo no way to https://ada:geheim@proxy.example.com >&2; exit 1'")
    git(clone, "remote", "set-url", "origin", "ssh://git.example.com/hub.git")
    watching = watched(1)
    watching.until_stopped()
    assert watching.last.problem == "git can't get `origin/main`: no way to https://proxy.example.com"


@pytest.mark.parametrize("options", [("--depth", "1"), ("--filter", "blob:none")])
def test_shallow_and_partial_clones_will_do(
    author: Path, tmp_path: Path, running: RunningDispatcher, options: tuple[str, ...]
) -> None:
    git(tmp_path / "hub.git", "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", *options, f"file://{tmp_path}/hub.git", "clone")
    changed(author)
    watching = Watched(BranchOfRemote(tmp_path / "clone" / "alerts", "origin", "main"), 1)
    assert watching.until_stopped() == [(0, "start", "synced")]
    assert running.entries()["monitor/home"]["url"] == "https://www.example.com"


def test_files_that_git_has_no_content_of_are_not_taken_for_deleted(
    watched: Callable[..., Watched], author: Path, running: RunningDispatcher
) -> None:
    watching = watched(50)
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    file = author / "alerts" / "home-down.yaml"
    watching.at(20, lambda: (file.write_text(pointer, "utf-8"), push(author)))
    watching.until_stopped()
    assert watching.runs[1][1].outcome == "failed"
    assert "git has no content here of `home-down.yaml`" in (watching.runs[1][1].problem or "")
    assert "alert/home-down" in running.entries()


def test_a_clone_whose_project_looks_like_a_repository_is_watched_and_its_hooks_do_not_run(
    watched: Callable[..., Watched], author: Path, clone: Path, running: RunningDispatcher, tmp_path: Path
) -> None:
    program, trace = program_that_leaves_a_trace(tmp_path)
    disguise(clone / "alerts", program)
    hook = clone / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.symlink_to(program)
    watching = watched(50)
    watching.at(20, partial(changed, author))
    assert [each[2] for each in watching.until_stopped()] == ["synced", "synced"]
    assert watching.last.commit == git(author, "rev-parse", "HEAD")
    assert not trace.exists()


@pytest.fixture
def key(tmp_path: Path, clone: Path) -> Path:
    """An ssh key that the clone trusts to sign."""
    made = new_key(tmp_path / "trusted")
    signers = tmp_path / "signers"
    signers.write_text(f"ada@example.com {made.with_suffix('.pub').read_text('utf-8')}", "utf-8")
    git(clone, "config", "gpg.ssh.allowedSignersFile", str(signers))
    return made


def new_key(file: Path) -> Path:
    import subprocess

    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
    return file


def signing(key: Path) -> tuple[str, ...]:
    settings = ("gpg.format=ssh", f"user.signingkey={key}.pub", "commit.gpgsign=true")
    return tuple(part for each in settings for part in ("-c", each))


def test_only_signed_commits_are_synced_where_that_is_asked(
    watched: Callable[..., Watched], author: Path, key: Path, tmp_path: Path, running: RunningDispatcher
) -> None:
    stranger = new_key(tmp_path / "stranger")
    push(author, *signing(key))
    watching = watched(80, signed=True)
    watching.at(20, partial(changed, author))
    watching.at(35, lambda: push(author, *signing(stranger)))
    watching.at(50, lambda: push(author, *signing(key)))
    assert watching.until_stopped() == [
        (0, "start", "synced"),
        (30, "change", "unsigned"),
        (45, "change", "unsigned"),
        (60, "change", "synced"),
    ]
    without, strange = watching.runs[1][1], watching.runs[2][1]
    assert without.problem == f"commit {(without.commit or '')[:12]} has no signature"
    assert "has no good signature: " in (strange.problem or "")
    assert (without.exit_code, strange.exit_code) == (4, 4)
    assert running.entries()["monitor/home"]["url"] == "https://www.example.com"


def test_a_commit_that_was_tampered_with_is_not_synced(
    watched: Callable[..., Watched], author: Path, key: Path, running: RunningDispatcher
) -> None:
    push(author, *signing(key))
    text = git(author, "cat-file", "commit", "HEAD").replace("a step", "another step")
    (author.parent / "forged").write_text(text + "\n", "utf-8")
    forged = git(author, "hash-object", "-t", "commit", "-w", str(author.parent / "forged"))
    git(author, "push", "--quiet", "--force", "origin", f"{forged}:refs/heads/main")
    assert watched(10, signed=True).until_stopped() == [(0, "start", "unsigned")]
    assert running.entries() == {}


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--git-remote", "orign"), "this clone has no remote `orign`\nhint: did you mean `origin`?"),
        (("--git-remote=--upload-pack=touch x",), "this clone has no remote"),
        (("--git-remote", "origin", "--branch", "a..b"), "`a..b` can't be the name of a branch"),
        (("--branch", "main"), "--branch goes with --git-remote"),
        (("--verify-signatures",), "--verify-signatures goes with --git-remote"),
    ],
)
def test_a_remote_or_branch_that_can_t_be_is_told_at_once(
    tocsin: Tocsin, clone: Path, options: tuple[str, ...], complaint: str
) -> None:
    outcome = tocsin("watch", "--target", "local", *options, project=clone / "alerts")
    assert outcome.code == 2
    assert complaint in outcome.err


def test_a_remote_needs_a_clone(tocsin: Tocsin, account: Path, running: RunningDispatcher) -> None:
    outcome = tocsin("watch", "--target", "local", "--git-remote", "origin", project=account)
    assert outcome.code == 2
    assert "needs a git repository" in outcome.err
