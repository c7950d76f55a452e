"""A purge that an operator asks for: all at once, written to the audit before it begins."""

from datetime import datetime, timedelta

from tocsin_dispatcher.errors import OperatorError
from tocsin_dispatcher.store.audit import long_deed, note_progress
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.origin import COMMAND_LINE
from tocsin_dispatcher.store.retention.clock_watch import believe, believed, keep_purge
from tocsin_dispatcher.store.retention.purging import A_DAY, Purged, count, oldest, purge, usual_until
from tocsin_schema.models.duration import format_duration


class PurgeRefusedError(OperatorError):
    """A purge that forgets much more than usual, and of which nobody has said that it's meant. Nothing was forgotten."""

    exit_code = 4


async def purge_everything(database: Database, before: datetime, now: datetime, *, sure: bool = False) -> Purged:
    """Forget all incidents that ended before a moment, step by step, and write it to the audit.

    Raises PurgeRefusedError where that is more than a day's worth more than usual, or the clock can't be trusted, and
    nobody is `sure`.
    """
    if not sure:
        await _refuse_much(database, before, now)
    gone = Purged(0, 0, 0, more=True)
    async with long_deed(database, lambda: now, COMMAND_LINE, "purge", {"before": before.isoformat()}) as deed:
        while gone.more:
            async with database.write() as connection:
                done = await purge(connection, before)
                gone = Purged(
                    gone.incidents + done.incidents,
                    gone.deliveries + done.deliveries,
                    gone.attempts + done.attempts,
                    done.more,
                )
                deed.result |= {
                    "incidents": gone.incidents,
                    "deliveries": gone.deliveries,
                    "attempts": gone.attempts,
                }
                await note_progress(connection, deed.number, deed.result)
                if not gone.more:
                    if sure:
                        await believe(connection, now)
                    await keep_purge(connection, await believed(connection, now), before)
    return gone


async def _refuse_much(database: Database, before: datetime, now: datetime) -> None:
    async with database.read() as connection:
        trusted = await believed(connection, now)
        first, much = await oldest(connection, before), await count(connection, before)
        usual = await usual_until(connection, trusted, before, more=A_DAY)
    if first is None:
        return
    if trusted < now:
        raise PurgeRefusedError(
            f"here it is {_shown(now)}, but the last time that a dispatcher saw was {_shown(trusted)}: the clock may be"
            f" wrong, and {_counted(much)} would be forgotten by it; if it is right, say --yes"
        )
    if usual < before and first < before:
        span = format_duration((before - first) // timedelta(hours=1) * timedelta(hours=1))
        raise PurgeRefusedError(
            f"{_counted(much)} that ended within {span}, from {_shown(first)} on, would be forgotten: more than a day's"
            " worth more than usual; if that is meant, say --yes"
        )


def _counted(incidents: int) -> str:
    return f"{incidents} incident" if incidents == 1 else f"{incidents} incidents"


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
