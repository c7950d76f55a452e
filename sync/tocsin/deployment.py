"""From checked definitions to a target: plan against what is live there, then apply that very plan."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pydantic import JsonValue

from tocsin import __version__
from tocsin.dispatcher import Applied, Dispatcher
from tocsin.errors import TocsinError, UsageError
from tocsin.git import source_of
from tocsin.targets import find_target, token_of
from tocsin.workspace import open_workspace
from tocsin_schema.definitions import Definitions
from tocsin_schema.models import DispatcherTarget
from tocsin_schema.plan import KIND_ORDER, Allowed, Identity, Plan, desired_documents, plan
from tocsin_schema.suggest import did_you_mean, listed

if TYPE_CHECKING:
    from tocsin.drift import Drift


@dataclass(frozen=True)
class Deployment:
    """Definitions without errors, and the dispatcher that they are meant for. A context manager."""

    folder: Path
    definitions: Definitions
    target_name: str
    target: DispatcherTarget
    dispatcher: Dispatcher
    source: Mapping[str, JsonValue] | None = None
    """Where the definitions come from, where that is not the folder."""

    @classmethod
    def open(cls, project: Path | None, target_name: str | None) -> Self:
        """Read and check the definitions with the target's own values, before anyone is contacted.

        Raises UsageError for an unknown target or an unset token, FindingsError where there are errors.
        """
        workspace = open_workspace(project)
        name, target = find_target(workspace.require_project(), target_name)
        token = token_of(name, target, os.environ)
        definitions = workspace.require_definitions(target.variables)
        return cls(workspace.folder, definitions, name, target, Dispatcher(name, target.url, token))

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.dispatcher.__exit__(kind, error, trace)

    def plan(self, allow_delete: tuple[str, ...] = (), allow_update: str | None = None) -> Plan:
        """Give the plan against what is live now. Reads, and writes nothing."""
        allowed = _allowed(self.target, allow_delete, allow_update)
        live = self.dispatcher.live()
        return plan(self.definitions, live, target=self.target_name, tool_version=__version__, allowed=allowed)

    def drift(self, planned: Plan) -> "Drift | None":
        """Give what changed on the target apart from what changed here; None where there is nothing to plan."""
        from tocsin.drift import Drift, drift_of

        if not planned.changes or planned.revision == 0:
            return None
        desired = {Identity.of(each): each for each in desired_documents(self.definitions)}
        try:
            return drift_of(self.dispatcher, self.folder, planned.owner, desired, planned.revision)
        except TocsinError as error:  # the plan is as good without it
            return Drift(None, error.message)

    def apply(self, planned: Plan) -> Applied:
        """Push the definitions, provided that the revision of the plan is still live."""
        project, *documents = desired_documents(self.definitions)
        source = self.source if self.source is not None else source_of(self.folder)
        return self.dispatcher.push(project, list(documents), revision=planned.revision, source=source)


def _allowed(target: DispatcherTarget, allow_delete: tuple[str, ...], allow_update: str | None) -> Allowed:
    """Give what the options allow, and where they say nothing the target's limits; raises UsageError."""
    limits = Allowed.by(target.limits)
    delete_percent, update_percent, deletions = limits.delete_percent, limits.update_percent, set(limits.deletions)
    for text in allow_delete:
        if "/" in text:
            deletions.add(_identity(text))
        else:
            delete_percent = _percent(text, "--allow-delete", "a share such as 40% or a name such as alert/shop-down")
    if allow_update is not None:
        update_percent = _percent(allow_update, "--allow-update", "a share such as 80%")
    return Allowed(delete_percent, update_percent, frozenset(deletions))


def _percent(text: str, option: str, expected: str) -> int:
    digits = text.removesuffix("%")
    if not (digits.isascii() and digits.isdigit() and int(digits) <= 100):
        raise UsageError(f"{option} takes {expected}, not `{text}`")
    return int(digits)


def _identity(text: str) -> str:
    kind, _, name = text.partition("/")
    if kind not in KIND_ORDER:
        otherwise = f"kinds are {listed(KIND_ORDER)}"
        raise UsageError(
            f"--allow-delete: there is no kind `{kind}`", hint=did_you_mean(kind, KIND_ORDER, otherwise=otherwise)
        )
    return str(Identity(kind, name))
