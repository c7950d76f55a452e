"""What a pull is about: the files as they are, what runs, and which definitions are meant."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import JsonValue

from tocsin.errors import TocsinError, UsageError
from tocsin.project.receiver_schemas import receivers_below, receivers_named
from tocsin.pull.pull import Pulled, pulled
from tocsin.reports.report import report
from tocsin.targets.connected import Connected
from tocsin.workspace import FindingsError
from tocsin_schema.plan.plan import KIND_ORDER, Document, Identity
from tocsin_schema.shape.shape import shape
from tocsin_schema.text.suggest import did_you_mean, listed

UNREADABLE = ("TOC1", "TOC2")
"""Rules on YAML and on shape: what they object to has no meaning that could be compared."""


def pull_of(to: Connected, names: Sequence[str]) -> Pulled:
    """Return what a pull changes; raises TocsinError where files or the target can't be made sense of."""
    _must_be_readable(to)
    live = _live(to)
    wanted = _wanted(names, {*live, *_here(to)}) if names else None
    folder = to.workspace.folder
    found = pulled(
        to.workspace.reading, live, to.target_name, to.target.variables, wanted, frozenset(_other_files(folder))
    )
    meant = [dict(each) for identity, each in live.items() if wanted is None or identity in wanted]
    receivers = receivers_below(folder, [name for each in meant for name in receivers_named(each)])
    return replace(found, lacking=tuple(sorted(name for name, each in receivers.items() if each.unread is not None)))


def _must_be_readable(to: Connected) -> None:
    reading = to.workspace.reading
    errors = [each for each in to.workspace.findings if each.severity == "error" and each.code.startswith(UNREADABLE)]
    if errors or not reading.complete:
        text = report(reading, errors, form="concise", colour=False).rstrip()
        raise FindingsError(
            f"the definitions can't be compared with what runs; nothing was changed\n{text}",
            hint="`tocsin validate` shows each with its place in the file",
        )


def _live(to: Connected) -> Mapping[Identity, Document]:
    owned = to.dispatcher.live().owned_by(to.project.name)
    if not owned:
        raise TocsinError(
            f"`{to.target_name}` runs nothing of the project `{to.project.name}`; nothing was changed",
            hint="is `name` in tocsin.yaml the project that was synced there? `tocsin history --all` lists them",
        )
    projects = [dict(each) for identity, each in owned.items() if identity == Identity("project", to.project.name)]
    documents: list[JsonValue] = [dict(each) for identity, each in owned.items() if dict(each) not in projects]
    shaped = shape(projects[0] if projects else None, documents)
    errors = [each for each in shaped.findings if each.severity == "error"]
    if errors:
        raise TocsinError(
            f"`{to.target_name}` runs what this version can't read: {errors[0].code} {errors[0].message}",
            hint="it may be of a newer version: compare `tocsin --version` with it",
        )
    return owned


def _here(to: Connected) -> Iterable[Identity]:
    for each in to.workspace.reading.documents:
        if isinstance(each.value, dict):
            yield Identity.of(each.value)


def _wanted(names: Sequence[str], known: Iterable[Identity]) -> frozenset[Identity]:
    """Return the definitions that are named as KIND/NAME; raises UsageError where one is neither here nor there."""
    by_name = {str(each): each for each in known}
    for name in names:
        kind = name.partition("/")[0]
        if "/" not in name or kind not in KIND_ORDER:
            hint = did_you_mean(kind, KIND_ORDER, otherwise=f"kinds are {listed(KIND_ORDER)}")
            raise UsageError(f"a definition is named KIND/NAME, such as alert/shop-down, not `{name}`", hint=hint)
        if name not in by_name:
            hint = did_you_mean(name, by_name, otherwise="`tocsin plan` shows what differs")
            raise UsageError(f"there is no `{name}`, neither here nor on the target", hint=hint)
    return frozenset(by_name[name] for name in names)


def _other_files(folder: Path) -> Iterable[str]:
    """Yield every file and folder below the project's, so that no new one takes its place."""
    for where, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".")]
        at = Path(where).relative_to(folder)
        yield from ((at / each).as_posix() for each in [*files, *folders])
