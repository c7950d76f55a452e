"""The definitions that are running: those of the last revision, read once per revision.

Whoever needs them asks inside a transaction, so that all that a transaction does follows one revision, also
when another process has pushed a new one.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.revisions import StoredDefinition, current_revision, live_definitions
from tocsin_schema.escalation import EscalationLevel, escalation_levels
from tocsin_schema.models import Alert, Integration, Monitor, Project, Sample
from tocsin_schema.models.definitions import Definitions


@dataclass(frozen=True)
class RunningMonitor:
    """A monitor with the project that defines it."""

    definitions: Definitions
    monitor: Monitor

    @cached_property
    def guid(self) -> str:
        """The monitor's guid, as stated."""
        return self.definitions.guid(self.monitor)

    @cached_property
    def key(self) -> str:
        """What its state is kept under: the guid in lower case."""
        return self.guid.lower()

    @cached_property
    def levels(self) -> tuple[EscalationLevel, ...]:
        """The escalation levels that speak of it."""
        return escalation_levels(self.definitions, self.monitor)


@dataclass(frozen=True)
class RunningDefinitions:
    """Every project's definitions at one revision. Names are unique over all projects."""

    revision: int
    projects: Mapping[str, Definitions] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    """Digest of each integration's document, by name."""

    def monitor(self, named: str) -> RunningMonitor | None:
        """Return the monitor of that name or, else, of that guid."""
        return self.monitors.get(named) or self.by_key.get(named.lower())

    @cached_property
    def monitors(self) -> Mapping[str, RunningMonitor]:
        """The monitors of every project, by name."""
        return {
            name: RunningMonitor(definitions, monitor)
            for definitions in self.projects.values()
            for name, monitor in definitions.monitors.items()
        }

    @cached_property
    def by_key(self) -> Mapping[str, RunningMonitor]:
        """The same, by guid in lower case."""
        return {each.key: each for each in self.monitors.values()}

    @cached_property
    def integrations(self) -> Mapping[str, tuple[Definitions, Integration]]:
        """The integrations of every project with that project's definitions, by name."""
        return {
            name: (definitions, integration)
            for definitions in self.projects.values()
            for name, integration in definitions.integrations.items()
        }


class DefinitionsCache:
    """Keeps the running definitions of the last revision it was asked for."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._last = RunningDefinitions(revision=-1)

    async def at(self, connection: AsyncConnection) -> RunningDefinitions:
        """Return the definitions as this transaction sees them."""
        running = self._last
        if await current_revision(connection) != running.revision:
            running = self._last = await read_running(connection)
        return running

    def adopt(self, running: RunningDefinitions) -> None:
        """Take the definitions that a push has just committed."""
        self._last = running


async def read_running(connection: AsyncConnection) -> RunningDefinitions:
    """Read the definitions as this transaction sees them, its own uncommitted push included."""
    number = await current_revision(connection)
    return await asyncio.to_thread(_running, number, await live_definitions(connection))


def _running(revision: int, stored: Sequence[StoredDefinition]) -> RunningDefinitions:
    """Build the models again. They passed every rule when they were pushed, and are not judged anew."""
    by_owner: dict[str, list[StoredDefinition]] = defaultdict(list)
    for each in stored:
        by_owner[each.owner].append(each)
    return RunningDefinitions(
        revision=revision,
        projects={owner: _definitions(owner, documents) for owner, documents in by_owner.items()},
        digests={each.name: each.digest for each in stored if each.kind == "integration"},
    )


def _definitions(owner: str, stored: Sequence[StoredDefinition]) -> Definitions:
    def of_kind(kind: str) -> dict[str, StoredDefinition]:
        return {each.name: each for each in stored if each.kind == kind}

    return Definitions(
        project=Project.model_validate(of_kind("project")[owner].document),
        integrations={name: Integration.model_validate(each.document) for name, each in of_kind("integration").items()},
        alerts={name: Alert.model_validate(each.document) for name, each in of_kind("alert").items()},
        monitors={name: Monitor.model_validate(each.document) for name, each in of_kind("monitor").items()},
        samples={name: Sample.model_validate(each.document) for name, each in of_kind("sample").items()},
    )
