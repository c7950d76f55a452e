"""From checked definitions to a target: plan against what is live there, then apply that very plan."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tocsin import __version__
from tocsin.deployment.allowances import Options, allowed_by
from tocsin.deployment.drift import Drift, drift_of
from tocsin.errors import TocsinError, UsageError
from tocsin.git.source import source_of
from tocsin.http.retries import TIMEOUT, Patience
from tocsin.targets.client import DispatcherClient
from tocsin.targets.find import find_target, with_token
from tocsin.targets.trust import Trust, trust_of
from tocsin.workspace import Workspace, open_workspace
from tocsin_schema.api.definitions import PushAnswer
from tocsin_schema.api.source import PushSource
from tocsin_schema.models import DispatcherTarget
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import Allowed, Identity, Plan, definitions_digest, desired_documents, plan
from tocsin_schema.text.suggest import did_you_mean


@dataclass(frozen=True)
class Deployment:
    """Definitions without errors, and the dispatcher that they are meant for. A context manager."""

    folder: Path
    definitions: Definitions
    target_name: str
    target: DispatcherTarget
    dispatcher: DispatcherClient
    source: PushSource | None = None
    """Where the definitions come from, where that is not the folder."""

    @classmethod
    def open(
        cls,
        project: Path | None,
        target_name: str | None,
        *,
        trust_from: str | None = None,
        timeout: float = TIMEOUT,
        tell: Callable[[str], None] | None = None,
    ) -> Self:
        """Read and check the definitions with the target's own values, before anyone is contacted.

        `trust_from` is whose targets are trusted (`--trust-targets-from`); `timeout` is for each request with its repetitions,
        in seconds; `tell` hears of the repetitions. Raises UsageError for an unknown target or an unset token,
        UntrustedError for a target that is not trusted, FindingsError where there are errors.
        """
        workspace = open_workspace(project)
        workspace.require_project()
        trust = trust_of(workspace.project_file, trust_from, os.environ)
        return cls.of(workspace, target_name, Patience(timeout, tell=tell), trust)

    @classmethod
    def of(
        cls,
        workspace: Workspace,
        target_name: str | None,
        patience: Patience,
        trust: Trust,
        source: PushSource | None = None,
    ) -> Self:
        """Check what was read, as `open` does, and raise the same; `source` is what is recorded of where it comes from."""
        name, read = find_target(workspace.require_project(), target_name)
        target, token = with_token(name, read, trust, os.environ, workspace.folder)
        definitions = workspace.require_definitions(target.variables)
        dispatcher = DispatcherClient(name, target.url, token, patience)
        return cls(workspace.folder, definitions, name, target, dispatcher, source)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.dispatcher.__exit__(kind, error, trace)

    def allowed(self, options: Options) -> Allowed:
        """Return what the options and the target's limits allow; raises UsageError."""
        allowed = allowed_by(options, self.target.limits)
        known = {name for each in self.definitions for name in (each.name, f"{each.kind}/{each.name}")}
        for unknown in sorted(allowed.adoptions - known):
            otherwise = "only what the files define can be taken from another project"
            raise UsageError(
                f"--adopt: there is no definition `{unknown}`", did_you_mean(unknown, known, otherwise=otherwise)
            )
        return allowed

    def plan(self, allowed: Allowed | None = None) -> Plan:
        """Return the plan against what is live now; without `allowed`, within the target's limits.

        Reads, and writes nothing. Where nothing is to be done that costs one request, however much there is.
        """
        owner = self.definitions.project.name
        allowed = allowed or self.allowed(Options())
        there = self.dispatcher.live_unless(owner, definitions_digest(self.definitions))
        if isinstance(there, int):
            return Plan(self.target_name, owner, there, __version__, ())
        return plan(self.definitions, there, target=self.target_name, tool_version=__version__, allowed=allowed)

    def drift(self, planned: Plan) -> Drift | None:
        """Return what changed on the target apart from what changed here; None where there is nothing to plan."""
        if not planned.changes or planned.revision == 0:
            return None
        desired = {Identity.of(each): each for each in desired_documents(self.definitions)}
        try:
            return drift_of(self.dispatcher, self.folder, planned.owner, desired, planned.revision)
        except TocsinError as error:  # the plan is as good without it
            return Drift(None, error.message)

    def apply(self, planned: Plan) -> PushAnswer:
        """Push the definitions, provided that the revision of the plan is still live."""
        project, *documents = desired_documents(self.definitions)
        return self.dispatcher.push(
            project,
            list(documents),
            revision=planned.revision,
            source=self.source if self.source is not None else source_of(self.folder),
            adopt=[str(change.identity) for change in planned.adopted],
        )
