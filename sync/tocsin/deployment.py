"""From checked definitions to a target: plan against what is live there, then apply that very plan."""

import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tocsin import __version__
from tocsin.dispatcher import Applied, Dispatcher
from tocsin.errors import UsageError
from tocsin.git import source_of
from tocsin.targets import find_target, token_of
from tocsin.workspace import open_workspace
from tocsin_schema.definitions import Definitions
from tocsin_schema.models import DispatcherTarget
from tocsin_schema.plan import Allowed, Identity, Plan, desired_documents, plan


@dataclass(frozen=True)
class Deployment:
    """Definitions without errors, and the dispatcher that they are meant for. A context manager."""

    folder: Path
    definitions: Definitions
    target_name: str
    target: DispatcherTarget
    dispatcher: Dispatcher

    @classmethod
    def open(cls, project: Path | None, target_name: str | None) -> Self:
        """Read and check the definitions with the target's own values, before anyone is contacted.

        Raises UsageError for an unknown target or an unset token, FindingsError where there are errors.
        """
        workspace = open_workspace(project)
        if workspace.project is None:
            workspace.require_definitions()
        assert workspace.project is not None  # noqa: S101  # require_definitions has raised otherwise
        name, target = find_target(workspace.project, target_name)
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

    def apply(self, planned: Plan) -> Applied:
        """Push the definitions, provided that the revision of the plan is still live."""
        project, *documents = desired_documents(self.definitions)
        return self.dispatcher.push(project, list(documents), revision=planned.revision, source=source_of(self.folder))


def _allowed(target: DispatcherTarget, allow_delete: tuple[str, ...], allow_update: str | None) -> Allowed:
    allowed = Allowed.by(target.limits)
    delete_percent, update_percent, deletions = allowed.delete_percent, allowed.update_percent, set(allowed.deletions)
    for text in allow_delete:
        if text.endswith("%"):
            delete_percent = _percent(text, "--allow-delete")
        elif text.count("/") == 1:
            deletions.add(str(Identity(*text.split("/"))))
        else:
            raise UsageError(
                f"--allow-delete takes a share such as 40% or a name such as alert/shop-down, not `{text}`"
            )
    if allow_update is not None:
        update_percent = _percent(allow_update, "--allow-update")
    return Allowed(delete_percent, update_percent, frozenset(deletions))


def _percent(text: str, option: str) -> int:
    digits = text.removesuffix("%")
    if not (digits.isascii() and digits.isdigit() and int(digits) <= 100):
        raise UsageError(f"{option} takes a share from 0% to 100%, not `{text}`")
    return int(digits)
