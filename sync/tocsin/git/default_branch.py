"""The branch that changes are merged into, as far as a clone tells."""

from collections.abc import Iterator
from pathlib import Path

from tocsin.errors import UsageError
from tocsin.git.command import decode, run_git
from tocsin.git.objects import commit_of

REMOTES = ("upstream", "origin")
"""The remotes by their usual names: of a fork, the repository that it was forked from first."""

BRANCHES = ("main", "master")


def default_branch(top: Path) -> str:
    """Return what a change here is most likely meant for; raises UsageError where nothing tells.

    That is the default branch of a remote, else a branch with a usual name, there or here. A branch's own upstream
    comes last: it is mostly the same branch, as it was pushed.
    """
    for each in _candidates(top):
        if commit_of(top, each) is not None:
            return each
    raise UsageError(
        "compare with which revision? No default branch is known here",
        "say BASE, a branch, tag or commit: tocsin review origin/main",
    )


def _candidates(top: Path) -> Iterator[str]:
    for remote in REMOTES:
        head = decode(run_git(top, ["symbolic-ref", "--quiet", "--short", f"refs/remotes/{remote}/HEAD"]).stdout)
        if head:
            yield head
        yield from (f"{remote}/{branch}" for branch in BRANCHES)
    yield from BRANCHES
    yield "@{upstream}"
