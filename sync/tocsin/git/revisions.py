"""What a revision means, where it must not mean anything else: other people make tags and branches too."""

import re
from pathlib import Path

from tocsin.errors import RefusedError
from tocsin.git.command import decode, run_git
from tocsin.git.objects import commit_of
from tocsin_schema.text.suggest import listed

WHOLE = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
"""A commit's whole name, which git takes for nothing else."""

KINDS = ("refs/tags", "refs/heads", "refs/remotes")
"""Where git looks for a name, in this order (`git help revisions`)."""


def only_commit_of(top: Path, revision: str) -> str | None:
    """Return the commit that a revision means, None where the repository has none.

    What begins like a branch of a remote is nothing else. Raises RefusedError where a tag, a branch and a remote's branch of
    that name are different commits: git would take the first, which may be made by whoever may push any tag.
    """
    commit = commit_of(top, revision)
    if commit is None or WHOLE.fullmatch(revision):
        return commit
    if revision.partition("/")[0] in _remotes(top) and _commit_at(top, f"refs/remotes/{_name(revision)}") is None:
        return None
    named = {name: commit_of(top, name) for name in (f"{kind}/{revision}" for kind in KINDS)}
    meant = [name for name, found in named.items() if found is not None]
    if any(named[name] != commit for name in meant) or (meant and revision.startswith("refs/")):
        raise RefusedError(
            f"`{revision}` may mean several commits: {listed(meant)}", hint="write which one, such as " + meant[-1]
        )
    return commit


def branch_of_remote(top: Path, branch: str) -> tuple[str, str | None]:
    """Return the remote-tracking branch `origin/BRANCH`, and its commit; None where this clone lacks it.

    Where there is no remote `origin` but a single other one, it is that.
    """
    remotes = _remotes(top)
    name = f"{remotes[0] if len(remotes) == 1 else 'origin'}/{branch}"
    return name, _commit_at(top, f"refs/remotes/{name}")


def _remotes(top: Path) -> list[str]:
    return decode(run_git(top, ["remote"]).stdout).split()


def _name(revision: str) -> str:
    """Return a revision without what follows the name in it: `origin/main` of `origin/main~2`."""
    return re.split(r"[~^:]|@\{", revision, maxsplit=1)[0]


def _commit_at(top: Path, ref: str) -> str | None:
    """Return the commit of a ref by its whole name: `git rev-parse` would also look for a tag that is called so."""
    if ref.startswith("-") or "\0" in ref:
        return None
    found = decode(run_git(top, ["show-ref", "--verify", "--hash", ref]).stdout)
    return commit_of(top, found) if WHOLE.fullmatch(found) else None
