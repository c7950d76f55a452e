"""An earlier revision as what is to be deployed: its definitions, checked by the rules of today."""

from pathlib import Path

from pydantic import JsonValue

from tocsin import __version__
from tocsin.deployment.deployment import Deployment
from tocsin.errors import TocsinError
from tocsin.git.source import source_of
from tocsin.targets.connected import Connected
from tocsin.targets.revisions import entries_at, revision_with_changes
from tocsin.workspace import FindingsError
from tocsin_schema.api.revisions import RevisionEntry
from tocsin_schema.api.source import PushSource, RevisionSource
from tocsin_schema.check import Checked, check
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import Document, Identity

REPAIR = "mend the definitions in the repository, and sync those"
GONE = "a vault item that the dispatcher still has needs to be named under `vault` in tocsin.yaml"


def earlier(to: Connected, number: int) -> Deployment:
    """Return the deployment that brings back what this project ran once revision `number` was made.

    Raises TocsinError where there is no such revision or the project ran nothing then, FindingsError where the
    definitions of that time no longer pass the rules.
    """
    made, _ = revision_with_changes(to.dispatcher, number)
    entries = entries_at(to.dispatcher, number, to.project.name)
    own = Identity("project", to.project.name)
    projects = [dict(each.document) for each in entries if each.identity == own]
    documents = [dict(each.document) for each in entries if each.identity != own]
    if not projects:
        raise TocsinError(
            f"at revision {number} `{to.target_name}` ran nothing of the project `{to.project.name}`",
            hint="`tocsin history` lists the revisions of this project",
        )
    definitions = _checked(projects[0], documents, to, number)
    source = _source(made if made.project == to.project.name else None, number, to.workspace.folder)
    return Deployment(to.workspace.folder, definitions, to.target_name, to.target, to.dispatcher, source)


def _checked(project: Document, documents: list[dict[str, JsonValue]], to: Connected, number: int) -> Definitions:
    """Return the definitions, checked as they are, and with the vault items of today: what is gone has no secrets."""
    definitions = _passing(check(dict(project), list(documents)), documents, number, REPAIR)
    gone = set(definitions.project.vault) - set(to.project.vault)
    if gone:
        today: dict[str, JsonValue] = {**project, "vault": list(to.project.vault)}
        _passing(check(today, list(documents)), documents, number, GONE)
    return definitions


def _passing(checked: Checked, documents: list[dict[str, JsonValue]], number: int, hint: str) -> Definitions:
    if checked.definitions is None:
        raise FindingsError(
            f"revision {number} no longer passes the rules; nothing was changed\n{_reasons(checked, documents)}", hint
        )
    return checked.definitions


def _reasons(checked: Checked, documents: list[dict[str, JsonValue]]) -> str:
    lines = []
    for each in checked.errors:
        number = each.where.document
        of = "project" if number is None else str(Identity.of(documents[number]))
        path = "/".join(str(part) for part in each.where.path)
        lines.append(f"  {of}: {path}: {each.code} {each.message}")
    return "\n".join(lines)


def _source(made: RevisionEntry | None, number: int, folder: Path) -> PushSource:
    """Return what is recorded: the commit that the definitions came from, and who and which CI job brings them back."""
    then, now = made.source if made is not None else RevisionSource(), source_of(folder)
    return PushSource(
        commit=then.commit,
        branch=then.branch,
        dirty=then.dirty is True if made is not None else None,
        repository=then.repository,
        job=now.job,
        user=now.user,
        tool_version=__version__,
        origin=f"rollback to {number}",
    )
