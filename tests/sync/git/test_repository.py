"""Which repository a folder lies in: the same as git says, but for folders that only look like one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sync.git_repository import commit, disguise, git

from tocsin.git.errors import NoRepositoryError
from tocsin.git.paths import prefix_in_repository
from tocsin.git.repository import find_repository


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with a folder `a/b`, committed."""
    folder = tmp_path / "clone"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file.txt").write_text("one\n", "utf-8")
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def git_says(folder: Path) -> tuple[Path, Path, Path]:
    """Return top, git dir and objects as git itself finds them."""
    told = git(
        folder, "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir", "--git-path", "objects"
    ).splitlines()
    top, git_dir, objects = (Path(each).resolve() for each in told)
    return top, git_dir, objects


def found(folder: Path) -> tuple[Path, Path, Path]:
    repository = find_repository(folder)
    return repository.top, repository.git_dir, repository.objects


@pytest.mark.parametrize("below", ["", "a", "a/b"])
def test_it_is_found_from_every_folder_of_it(clone: Path, below: str) -> None:
    assert found(clone / below) == git_says(clone / below) == (clone, clone / ".git", clone / ".git" / "objects")


def test_a_linked_working_tree_is_one_of_its_own_and_shares_objects(clone: Path, tmp_path: Path) -> None:
    git(clone, "worktree", "add", "--quiet", "-b", "side", "../linked")
    assert found(tmp_path / "linked" / "a") == git_says(tmp_path / "linked" / "a")
    assert find_repository(tmp_path / "linked").top == tmp_path / "linked"
    assert find_repository(tmp_path / "linked").objects == clone / ".git" / "objects"


def test_so_is_one_of_a_hidden_bare_repository(clone: Path, tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    hub.mkdir()
    git(hub, "clone", "--quiet", "--bare", str(clone), ".bare")
    (hub / ".git").write_text("gitdir: ./.bare\n", "utf-8")
    git(hub, "worktree", "add", "--quiet", "main")
    assert found(hub / "main") == git_says(hub / "main")
    assert find_repository(hub).git_dir == hub / ".bare"


def test_a_submodule_is_one_of_its_own(clone: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "--quiet")
    git(outer, "submodule", "--quiet", "add", str(clone), "inner")
    assert found(outer / "inner" / "a") == git_says(outer / "inner" / "a")
    assert find_repository(outer / "inner").git_dir == outer / ".git" / "modules" / "inner"


def test_one_whose_git_dir_is_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    git(tmp_path, "init", "--quiet", "--separate-git-dir", "elsewhere", "work")
    assert found(tmp_path / "work") == git_says(tmp_path / "work")


def test_a_link_that_is_called_git_is_followed(clone: Path) -> None:
    (clone / ".git").rename(clone.parent / "moved")
    (clone / ".git").symlink_to("../moved")
    assert found(clone / "a") == git_says(clone / "a")


def test_a_link_into_a_repository_counts_by_where_it_leads(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(clone / "a")
    assert find_repository(tmp_path / "link").top == clone
    assert find_repository(tmp_path / "link").path_of(tmp_path / "link" / "b") == "a/b"


def test_a_branch_that_has_no_commit_yet_is_one(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert found(tmp_path) == git_says(tmp_path)
    (tmp_path / ".git" / "HEAD").unlink()
    (tmp_path / ".git" / "HEAD").symlink_to("refs/heads/main")
    assert found(tmp_path) == git_says(tmp_path)


@pytest.mark.parametrize("below", ["", "a", "a/b"])
def test_a_folder_that_looks_like_a_repository_is_none(clone: Path, below: str) -> None:
    disguise(clone / below, Path("/nowhere"))
    assert found(clone / "a" / "b") == (clone, clone / ".git", clone / ".git" / "objects")
    assert prefix_in_repository(clone / "a") == "a/"


@pytest.mark.parametrize("made", ["folder", "bare"])
def test_outside_of_any_there_is_none(tmp_path: Path, made: str) -> None:
    if made == "bare":
        git(tmp_path, "init", "--quiet", "--bare", ".")
    with pytest.raises(NoRepositoryError, match=r"needs a git repository: `.*` lies in none"):
        find_repository(tmp_path)


def test_a_git_folder_without_a_repository_is_passed_over(clone: Path) -> None:
    (clone / "a" / ".git").mkdir()
    assert (
        found(clone / "a" / "b") == git_says(clone / "a" / "b") == (clone, clone / ".git", clone / ".git" / "objects")
    )


@pytest.mark.parametrize("content", ["gitdir: nowhere\n", "gitdir: \n", "gitdir:x", "", "nonsense", "gitdir: a\0b"])
def test_a_broken_git_file_is_told_and_nothing_else_is_taken(clone: Path, content: str) -> None:
    (clone / "a" / ".git").write_text(content, "utf-8")
    with pytest.raises(NoRepositoryError, match=r"`.*/a/\.git` leads to none"):
        find_repository(clone / "a" / "b")
    done = subprocess.run(["git", "rev-parse"], cwd=clone / "a" / "b", capture_output=True, check=False)
    assert done.returncode != 0  # git's own opinion


def test_one_above_a_ceiling_is_not_looked_for(clone: Path) -> None:
    def top(below: str, *ceilings: Path) -> Path | None:
        try:
            told = {"GIT_CEILING_DIRECTORIES": os.pathsep.join(str(each) for each in ceilings)}
            return find_repository(clone / below, told).top
        except NoRepositoryError:
            return None

    assert top("a/b", clone) is None
    assert top("a/b", Path("/nowhere"), clone / "a") is None
    assert top("a/b", clone.parent) == clone
    assert top("", clone) == clone
    assert top("a/b", clone / "a" / "b") == clone
    assert top("a/b") == clone


NAMES = st.sampled_from(["HEAD", "objects", "refs", "config", "hooks", "commondir", "gitdir", "packed-refs", "index"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.sets(NAMES), st.sampled_from(["", "a", "a/b"]), st.booleans())
def test_no_names_but_git_s_own_make_a_repository(clone: Path, names: set[str], below: str, folders: bool) -> None:
    made = [clone / below / each for each in sorted(names)]
    for each in made:
        if folders or each.name in ("objects", "refs"):
            each.mkdir()
        else:
            each.write_text("ref: refs/heads/main\n", "utf-8")
    try:
        assert find_repository(clone / "a" / "b").top == clone
    finally:
        for each in made:
            shutil.rmtree(each) if each.is_dir() else each.unlink()
