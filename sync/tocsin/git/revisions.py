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

    Raises RefusedError where a tag, a branch and a remote's branch of that name are different commits: git would take the
    first, which may be made by whoever may push any tag.
    """
    commit = commit_of(top, revision)
    if commit is None or WHOLE.fullmatch(revision):
        return commit
    named = {name: commit_of(top, name) for name in (f"{kind}/{revision}" for kind in KINDS)}
    meant = [name for name, found in named.items() if found is not None]
    if any(named[name] != commit for name in meant):
        raise RefusedError(
            f"`{revision}` may mean several commits: {listed(meant)}", hint="write which one, such as " + meant[-1]
        )
    return commit


def branch_of_remote(top: Path, branch: str) -> tuple[str, str | None]:
    """Return the remote-tracking branch `origin/BRANCH`, and its commit; None where this clone lacks it.

    Where there is no remote `origin` but a single other one, it is that.
    """
    remotes = decode(run_git(top, ["remote"]).stdout).split()
    remote = remotes[0] if len(remotes) == 1 else "origin"
    name = f"{remote}/{branch}"
    well_formed = not run_git(top, ["check-ref-format", f"refs/remotes/{name}"]).returncode
    return name, commit_of(top, f"refs/remotes/{name}") if well_formed else None
