"""Programs that a repository's own settings name: none of them runs where we only look."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.sync.git_repository import commit, git, program_that_leaves_a_trace

from tocsin.errors import UsageError
from tocsin.git.command import answer_of_git, run_git
from tocsin.git.default_branch import default_branch
from tocsin.git.errors import GitError
from tocsin.git.objects import commit_of
from tocsin.git.source import source_of
from tocsin.git.working_tree import has_changes, unchanged_files
from tocsin.project.at_revision import is_shallow, read_at, start_of, top_of

NAMED = {
    "a file system monitor": [("core.fsmonitor", "{}")],
    "hooks": [("core.hooksPath", "{hooks}")],
    "a filter": [("filter.x.clean", "{}"), ("filter.x.smudge", "{}")],
    "a filter that stays": [("filter.x.process", "{}"), ("filter.x.required", "true")],
    "a filter whose name holds anything": [("filter.a.b-é.clean", "{}"), ("filter.a.b-é.required", "true")],
    "a difference": [("diff.external", "{}"), ("diff.x.command", "{}")],
    "a text conversion": [("diff.x.textconv", "{}"), ("diff.x.cachetextconv", "true")],
    "a pager": [("core.pager", "{}"), ("pager.status", "{}"), ("pager.diff", "{}"), ("pager.config", "true")],
    "aliases": [(f"alias.{each}", "!{}") for each in ("status", "diff", "rev-parse", "ls-tree", "cat-file", "config")],
    "a way to a remote": [("core.sshCommand", "{}"), ("core.gitProxy", "{}"), ("remote.origin.uploadpack", "{}")],
    "a promisor": [
        ("remote.origin.promisor", "true"),
        ("extensions.partialClone", "origin"),
        ("core.sshCommand", "{}"),
    ],
    "credentials": [("credential.helper", "{}"), ("core.askPass", "{}")],
    "editors": [("core.editor", "{}"), ("sequence.editor", "{}")],
    "signatures": [("gpg.program", "{}"), ("gpg.ssh.program", "{}"), ("log.showSignature", "true")],
    "alternates": [("core.alternateRefsCommand", "{}")],
    "merges": [("merge.x.driver", "{}"), ("merge.tool", "x"), ("mergetool.x.cmd", "{}")],
    "trailers": [("trailer.x.command", "{}"), ("trailer.x.cmd", "{}")],
}
RUN_BY_STATUS = ("a file system monitor", "a filter", "a filter that stays", "a filter whose name holds anything")


@pytest.fixture
def repository(account: Path) -> Path:
    """An account with two branches, a remote, and attributes that name all kinds of drivers."""
    account.joinpath(".gitattributes").write_text("*.yaml filter=x diff=x merge=x\nhome.yaml filter=a.b-é\n", "utf-8")
    git(account, "init", "--quiet")
    git(account, "remote", "add", "origin", "ssh://git.example.com/hub.git")
    commit(account)
    git(account, "checkout", "--quiet", "-b", "topic")
    return account


@pytest.fixture
def named(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Name the program in the repository's settings; return the trace that it would leave."""

    def name(what: str, *, where: Path = repository) -> Path:
        folder = tmp_path_factory.mktemp("program")
        program, trace = program_that_leaves_a_trace(folder)
        hooks = folder / "hooks"
        hooks.mkdir()
        for hook in (
            "post-index-change",
            "reference-transaction",
            "pre-auto-gc",
            "post-checkout",
            "fsmonitor-watchman",
        ):
            (hooks / hook).symlink_to(program)
        for key, value in NAMED[what]:
            git(where, "config", key, value.format(program, hooks=hooks))
        touch(where)
        return trace

    return name


def touch(folder: Path) -> None:
    """Make git look into every file again, as after a checkout."""
    for each in folder.glob("*.yaml"):
        os.utime(each, ns=(1, 1))


def look(folder: Path) -> None:
    """Do all that commands ask git, where no remote is asked."""
    source_of(folder, {})
    has_changes(folder)
    unchanged_files(folder)
    top = top_of(folder)
    assert default_branch(top) == "main"
    read_at(folder, start_of(folder, "main"))
    is_shallow(top)
    commit_of(top, "0" * 40)
    answer_of_git(folder, "merge-base", "--is-ancestor", "main", "HEAD")
    for arguments in (["show", "HEAD"], ["log", "-p"], ["diff", "main"], ["cat-file", "-p", "0" * 40]):
        run_git(folder, arguments)


@pytest.mark.parametrize("what", sorted(NAMED))
def test_nothing_that_a_repository_names_is_run(repository: Path, named: Callable[..., Path], what: str) -> None:
    trace = named(what)
    look(repository)
    assert not trace.exists()


@pytest.mark.parametrize("what", RUN_BY_STATUS)
def test_git_itself_would_run_it(repository: Path, named: Callable[..., Path], what: str) -> None:
    trace = named(what)
    subprocess.run(["git", "status"], cwd=repository, capture_output=True, check=False)
    assert trace.exists()


@pytest.mark.parametrize("what", RUN_BY_STATUS)
def test_nor_what_a_submodule_s_settings_name(
    repository: Path, named: Callable[..., Path], what: str, tmp_path: Path
) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "--quiet")
    git(outer, "submodule", "--quiet", "add", str(repository), "inner")
    commit(outer)
    trace = named(what, where=outer / "inner")
    assert has_changes(outer) is False
    (outer / "inner" / "new.yaml").touch()
    assert has_changes(outer) is True
    assert not trace.exists()
    subprocess.run(["git", "status"], cwd=outer, capture_output=True, check=False)
    assert trace.exists()  # by git itself


def test_with_a_filter_switched_off_files_still_count_as_they_are(repository: Path, named: Callable[..., Path]) -> None:
    named("a filter")
    assert has_changes(repository) is False
    (repository / "home.yaml").write_text("kind: other\n", "utf-8")
    assert has_changes(repository) is True
    assert "home.yaml" not in (unchanged_files(repository) or {"home.yaml"})


def test_a_filter_that_can_t_be_switched_off_is_told(repository: Path) -> None:
    git(repository, "config", "filter.a=b.clean", "/nowhere")
    with pytest.raises(GitError, match="a filter with an equals sign in its name: `a=b`"):
        run_git(repository, ["status"])
    assert has_changes(repository) is None


def test_settings_that_can_t_be_read_are_no_settings_without_filters(repository: Path) -> None:
    (repository / ".git" / "config").write_text("[broken\n", "utf-8")
    assert run_git(repository, ["status"]).returncode != 0
    assert has_changes(repository) is None


def test_no_setting_hides_new_files(repository: Path) -> None:
    git(repository, "config", "status.showUntrackedFiles", "no")
    git(repository, "config", "diff.ignoreSubmodules", "all")
    (repository / "new.yaml").touch()
    assert has_changes(repository) is True


def test_a_working_tree_that_is_elsewhere_is_told(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    git(repository, "config", "core.worktree", str(tmp_path / "elsewhere"))
    with pytest.raises(UsageError, match=r"says that its working tree is `.*elsewhere`"):
        top_of(repository)
