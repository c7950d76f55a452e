"""A push: what a project owns becomes what it pushed, in one transaction or not at all."""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import JsonValue
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.errors import DispatcherError
from tocsin_dispatcher.incidents.definitions import RunningDefinitions, read_running
from tocsin_dispatcher.incidents.recording import Ended, close_incidents, load_states, set_timers
from tocsin_dispatcher.store.audit import write_audit
from tocsin_dispatcher.store.database.tables import incident, monitor_state, timer
from tocsin_dispatcher.store.integrations import set_limits
from tocsin_dispatcher.store.revisions import Revision, add_revision, live, revision_of_push
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.changes import guid_of
from tocsin_schema.plan.plan import Action, Allowed, Change, plan

AT_ONCE = 1000
"""Monitors looked up in one query."""


class StalePushError(DispatcherError):
    """The push was planned against an older revision than `revision`, the current one."""

    def __init__(self, planned: int, revision: int) -> None:
        """Take both revisions."""
        super().__init__(f"planned against revision {planned}, now {revision}")
        self.revision = revision


class RefusedPushError(DispatcherError):
    """The push takes what belongs to another project (`ownership`), or deletes what is protected (`protection`)."""

    def __init__(self, by: Literal["ownership", "protection"], reason: str) -> None:
        """Take what forbids it, and why."""
        super().__init__(reason)
        self.by = by


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did. `running` is new where it changed something; adopt it after the commit."""

    revision: int
    counts: Mapping[Action, int]
    running: RunningDefinitions | None


async def push(
    connection: AsyncConnection,
    definitions: Definitions,
    *,
    planned: int,
    by: str,
    source: dict[str, JsonValue],
    now: datetime,
    adopt: Collection[str] = (),
    key: str | None = None,
) -> Pushed:
    """Make what the project owns equal to `definitions`, with what it adopts from other projects.

    A push that comes again, by its key, is answered as the first time. Raises StalePushError and RefusedPushError.
    """
    there = await live(connection)
    if planned != there.revision:
        done = await revision_of_push(connection, planned + 1, key, by) if key is not None else None
        if done is None:
            raise StalePushError(planned, there.revision)
        return Pushed(done.number, {"create": done.created, "update": done.updated, "delete": done.deleted}, None)
    allowed = Allowed(adoptions=frozenset(adopt))
    made_plan = await asyncio.to_thread(plan, definitions, there, target="", tool_version="", allowed=allowed)
    for refusal in made_plan.refusals:
        if refusal.by != "limits":
            raise RefusedPushError(refusal.by, refusal.reason)
    changes, counts = made_plan.changes, made_plan.counts
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
        push_key=key,
        adopted=[(each.identity.kind, each.identity.name, str(each.adopted_from)) for each in made_plan.adopted]
        or None,
    )
    await add_revision(connection, made, changes)
    details: dict[str, JsonValue] = {"revision": made.number, "project": owner}
    if made.adopted:
        details["adopted"] = [f"{kind}/{name} from {former}" for kind, name, former in made.adopted]
    await write_audit(connection, now, by, "push", details)
    running = await read_running(connection)
    changed = [change.identity.name for change in changes if change.identity.kind == "integration"]
    await set_limits(connection, [running.integrations[name][1] for name in changed if name in running.integrations])
    await _hand_over(connection, made_plan.adopted, owner)
    for project in sorted({owner, *(str(each.adopted_from) for each in made_plan.adopted)}):
        await _follow(connection, project, running, now)
    return Pushed(made.number, counts, running)


async def _hand_over(connection: AsyncConnection, adopted: Iterable[Change], owner: str) -> None:
    """Return states and open incidents of adopted monitors to their new project, where the guid stays."""
    guids = sorted(
        guid
        for change in adopted
        if change.before is not None and change.after is not None
        if (guid := guid_of(change.after, owner)) is not None
        and guid == guid_of(change.before, str(change.adopted_from))
    )
    for portion in _portions(guids):
        for table in (monitor_state, incident):
            await connection.execute(update(table).where(table.c.monitor_guid.in_(portion)).values(owner=owner))


async def _follow(connection: AsyncConnection, owner: str, running: RunningDefinitions, now: datetime) -> None:
    """Let open incidents follow: timers by the new levels; the incident of a monitor that is gone ends."""
    open_ones = await connection.execute(
        select(incident.c.monitor_guid, incident.c.key, incident.c.monitor).where(
            incident.c.owner == owner, incident.c.state == "open"
        )
    )
    rows = open_ones.all()
    keys = {row.monitor_guid: row.key for row in rows}
    monitors = [(row, running.by_key[row.monitor_guid].monitor) for row in rows if row.monitor_guid in running.by_key]
    await _rename(connection, {row.key: each.name for row, each in monitors if each.name != row.monitor})
    gone = sorted(guid for guid in keys if guid not in running.by_key)
    for guids in _portions(gone):
        ended = Ended(now, "the monitor was removed")
        await close_incidents(connection, {keys[guid]: ended for guid in guids}, now)
        await connection.execute(delete(timer).where(timer.c.monitor_guid.in_(guids)))
        await connection.execute(delete(monitor_state).where(monitor_state.c.monitor_guid.in_(guids)))
    for guids in _portions(sorted(keys.keys() - set(gone))):
        states = await load_states(connection, guids)
        await set_timers(connection, [(running.by_key[guid], state) for guid, state in states.items()])


async def _rename(connection: AsyncConnection, names: Mapping[str, str]) -> None:
    """Let open incidents have the new names of their monitors, by key."""
    if names:
        renamed = update(incident).where(incident.c.key == bindparam("the_key")).values(monitor=bindparam("new"))
        await connection.execute(renamed, [{"the_key": key, "new": name} for key, name in sorted(names.items())])


def _portions(guids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (guids[start : start + AT_ONCE] for start in range(0, len(guids), AT_ONCE))
