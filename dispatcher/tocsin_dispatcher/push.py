"""A push: what a project owns becomes what it pushed, in one transaction or not at all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.incidents import Ended, close_incidents, load_states, set_timers
from tocsin_dispatcher.running import Running, read_running
from tocsin_dispatcher.store.audit import write_audit
from tocsin_dispatcher.store.revisions import Revision, add_revision, live
from tocsin_dispatcher.store.tables import incident, monitor_state, timer
from tocsin_schema.definitions import Definitions
from tocsin_schema.models.document import default_guid
from tocsin_schema.plan import Action, Identity, Live, LiveEntry, desired_documents, plan

AT_ONCE = 1000
"""Monitors looked up in one query."""


class StalePushError(Exception):
    """The push was planned against an older revision than `revision`, the current one."""

    def __init__(self, planned: int, revision: int) -> None:
        """Take both revisions."""
        super().__init__(f"planned against revision {planned}, now {revision}")
        self.revision = revision


class OwnershipError(Exception):
    """Something that the push names belongs to another project. The text names both."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did. `running` is new where it changed something; adopt it after the commit."""

    revision: int
    counts: Mapping[Action, int]
    running: Running | None


async def push(
    connection: AsyncConnection,
    definitions: Definitions,
    *,
    planned: int,
    by: str,
    source: dict[str, JsonValue],
    now: datetime,
) -> Pushed:
    """Make what the project owns equal to `definitions`; raises StalePushError and OwnershipError."""
    there = await live(connection)
    if planned != there.revision:
        raise StalePushError(planned, there.revision)
    refuse_foreign(definitions, there)
    changes = plan(definitions, there, target="", tool_version="").changes
    counts: Mapping[Action, int] = {
        "create": sum(change.action == "create" for change in changes),
        "update": sum(change.action == "update" for change in changes),
        "delete": sum(change.action == "delete" for change in changes),
    }
    if not changes:
        return Pushed(there.revision, counts, None)
    owner = definitions.project.name
    made = Revision(
        number=there.revision + 1,
        owner=owner,
        at=now,
        by=by,
        source=source,
        created=counts["create"],
        updated=counts["update"],
        deleted=counts["delete"],
    )
    await add_revision(connection, made, changes)
    await write_audit(connection, now, by, "push", {"revision": made.number, "project": owner})
    running = await read_running(connection)
    await _follow(connection, owner, running, now)
    return Pushed(made.number, counts, running)


def refuse_foreign(definitions: Definitions, there: Live) -> None:
    """Refuse names and monitor guids that belong to another project; raises OwnershipError."""
    project = definitions.project.name
    owners = {entry.identity: entry.owner for entry in there.entries}
    for document in desired_documents(definitions):
        identity = Identity.of(document)
        owner = owners.get(identity, project)
        if owner != project:
            raise OwnershipError(
                f"{identity} belongs to the project `{owner}`, and the project `{project}` can't take it:"
                " give it another name, or remove it there first"
            )
    guids = {
        _guid(entry): entry for entry in there.entries if entry.owner != project and entry.identity.kind == "monitor"
    }
    for monitor in definitions.monitors.values():
        guid = definitions.guid(monitor)
        entry = guids.get(guid.lower())
        if entry is not None:
            raise OwnershipError(
                f"the guid {guid} of monitor/{monitor.name} in the project `{project}` is that of"
                f" {entry.identity} in the project `{entry.owner}`: every monitor needs its own"
            )


def _guid(entry: LiveEntry) -> str:
    stated = entry.document.get("guid")
    return str(stated or default_guid(entry.owner, "monitor", entry.identity.name)).lower()


async def _follow(connection: AsyncConnection, owner: str, running: Running, now: datetime) -> None:
    """Let open incidents follow: timers by the new levels; the incident of a monitor that is gone ends."""
    open_ones = await connection.execute(
        select(incident.c.monitor_guid, incident.c.key).where(incident.c.owner == owner, incident.c.state == "open")
    )
    keys = dict(open_ones.all())
    gone = sorted(guid for guid in keys if guid not in running.by_key)
    for guids in _portions(gone):
        ended = Ended(now, "the monitor was removed")
        await close_incidents(connection, {keys[guid]: ended for guid in guids}, now)
        await connection.execute(delete(timer).where(timer.c.monitor_guid.in_(guids)))
        await connection.execute(delete(monitor_state).where(monitor_state.c.monitor_guid.in_(guids)))
    for guids in _portions(sorted(keys.keys() - set(gone))):
        states = await load_states(connection, guids)
        await set_timers(connection, [(running.by_key[guid], state) for guid, state in states.items()])


def _portions(guids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (guids[start : start + AT_ONCE] for start in range(0, len(guids), AT_ONCE))
