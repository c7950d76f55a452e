"""From a project and a commit to a review: what is read, what is compared, what a reader must know about both."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tocsin.git.default_branch import default_branch
from tocsin.project.at_revision import ProjectAtCommit, Start, is_shallow, read_at, start_of, top_of
from tocsin.review.review import Compared, Review, differ, review
from tocsin.targets.find import find_target
from tocsin.workspace import Workspace, check_reading, open_workspace
from tocsin_schema.models import Project
from tocsin_schema.text.suggest import listed


def opened_review(project: Path | None, base: str | None, target: str | None) -> Review:
    """Review the working tree against `base`, else against the default branch.

    Raises UsageError where there is no usable project file, no git repository, no such commit or no such target.
    """
    now = open_workspace(project)
    present = now.require_project()
    if target is not None:
        find_target(present, target)
    start = start_of(now.folder, base if base is not None else default_branch(top_of(now.folder)))
    then = read_at(now.folder, start)
    # Where no file differs there is nothing to judge twice.
    before = check_reading(then.reading) if differ(then.reading, now.reading) else now
    compared = Compared(start.revision, start.commit, start.has_merge_base, target)
    notes = tuple(_notes(start, then, before, now, present, target))
    return review(before, now, compared, present, notes, today=datetime.now(UTC).date())


def _notes(
    start: Start, then: ProjectAtCommit, before: Workspace, now: Workspace, project: Project, target: str | None
) -> Iterator[str]:
    if not start.has_merge_base:
        yield _unjoined(start)
    here = now.folder.resolve().relative_to(start.top).as_posix()
    if then.folder is None:
        yield "there was no project file: everything is new"
    elif then.folder != here:
        yield f"the project was in the folder `{then.folder}`, and is in `{here}` now"
    if then.folder is not None and before.project is None:
        yield "the project file could not be used: messages of before are made up with that of now"
    elif target is not None and before.project is not None and target not in before.project.targets:
        yield f"there was no target `{target}`: messages of before have no values of a target"
    both = ((before, "before had"), (now, "now have"))
    for workspace, when in both if before is not now else both[1:]:
        errors = sum(each.severity == "error" for each in workspace.findings)
        if errors and workspace.reading.files:
            count = "1 error" if errors == 1 else f"{errors} errors"
            yield f"the definitions of {when} {count}: what can't be read is left out of the comparison"
    if then.pointers:
        yield f"kept in Git LFS, so git has no content of it and all in it shows as new: {listed(then.pointers)}"
    if then.unread:
        yield f"a submodule that is not there at the commit it was at, so all in it shows as new: {listed(then.unread)}"


def _unjoined(start: Start) -> str:
    why = f"no commit is known that this branch and `{start.revision}` share, so it is compared with the latter itself"
    if is_shallow(start.top):
        return f"{why}, and shows what happened there as well; this clone is shallow: git fetch --unshallow mends that"
    return why
