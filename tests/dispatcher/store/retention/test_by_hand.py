"""A purge by hand: what it would forget beyond the usual has to be meant, and it stands in the audit before it begins."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from tests.dispatcher.conftest import RunningDispatcher
from tests.dispatcher.fake_clock import START

from tocsin_dispatcher.store.database.tables import clock, incident
from tocsin_dispatcher.store.retention import by_hand
from tocsin_dispatcher.store.retention.by_hand import PurgeRefusedError, purge_everything
from tocsin_dispatcher.store.retention.purging import AT_ONCE, Purged
from tocsin_dispatcher.store.retention.purging import purge as purge_some

DAY = timedelta(days=1)


async def remember(running: RunningDispatcher, days: int) -> None:
    """Have had an incident a day, the first of them so many days ago."""
    now = running.clock.now()
    rows = [
        {
            "key": f"of-{ago}",
            "monitor_guid": "m",
            "monitor": "shop-home",
            "owner": "shop",
            "state": "closed",
            "started_at": now - ago * DAY,
            "ended_at": now - ago * DAY,
            "details": {},
        }
        for ago in range(days, 0, -1)
    ]
    async with running.dispatcher.database.write() as connection:
        await connection.execute(insert(incident), rows)


async def purge(running: RunningDispatcher, age: timedelta, **more: Any) -> Purged:
    now = running.clock.now()
    return await purge_everything(running.dispatcher.database, now - age, now, **more)


async def left(running: RunningDispatcher) -> int:
    async with running.dispatcher.database.read() as connection:
        return await connection.scalar(select(func.count()).select_from(incident)) or 0


async def audit(running: RunningDispatcher) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await running.get("/audit", action="purge"))["entries"]
    return found


async def test_more_than_a_days_worth_more_than_usual_is_refused_unless_it_is_meant(
    running_dispatcher: RunningDispatcher,
) -> None:
    await remember(running_dispatcher, 100)
    with pytest.raises(PurgeRefusedError) as refused:
        await purge(running_dispatcher, 30 * DAY)
    text = str(refused.value)
    assert text.startswith("70 incidents that ended within 70d, from 2025-11-22 12:00 UTC on, would be forgotten: ")
    assert text.endswith("say --yes")
    assert refused.value.exit_code == 4
    assert await left(running_dispatcher) == 100
    assert await audit(running_dispatcher) == []
    assert (await purge(running_dispatcher, 30 * DAY, sure=True)).incidents == 70
    (entry,) = await audit(running_dispatcher)
    assert (entry["outcome"], entry["result"]["incidents"]) == ("done", 70)


async def test_a_days_worth_more_needs_no_word(running_dispatcher: RunningDispatcher) -> None:
    await remember(running_dispatcher, 90)
    assert (await purge(running_dispatcher, 89 * DAY)).incidents == 1
    with pytest.raises(PurgeRefusedError):
        await purge(running_dispatcher, 87 * DAY)


async def test_of_what_is_old_already_a_dispatcher_forgets_a_days_worth_more_each_day(
    running_dispatcher: RunningDispatcher,
) -> None:
    await running_dispatcher.dispatcher.wait_idle()
    await remember(running_dispatcher, 100)  # as if `keep` had been 100 days so far, and 90 from now on
    async with running_dispatcher.dispatcher.database.write() as connection:
        await connection.execute(update(clock).where(clock.c.key == 3).values(seen_at=START - 100 * DAY))
    kept = []
    for _ in range(12):
        await running_dispatcher.pass_time(days=1)
        kept.append(await left(running_dispatcher))
    assert kept == [98, 96, 94, 92, 90, 88, 86, 84, 82, 80, 79, 78]


async def test_nothing_old_needs_no_word(running_dispatcher: RunningDispatcher) -> None:
    assert (await purge(running_dispatcher, -400 * DAY)).incidents == 0


async def test_by_a_clock_that_leapt_nothing_is_forgotten_unless_it_is_meant(
    running_dispatcher: RunningDispatcher,
) -> None:
    await remember(running_dispatcher, 1)
    running_dispatcher.clock.turn(400 * DAY)
    with pytest.raises(PurgeRefusedError, match="the clock may be wrong, and 1 incident would be forgotten by it"):
        await purge(running_dispatcher, 90 * DAY)
    assert await left(running_dispatcher) == 1
    assert (await purge(running_dispatcher, 90 * DAY, sure=True)).incidents == 1


async def test_a_purge_that_is_killed_in_the_middle_stands_in_the_audit_with_what_it_forgot(
    running_dispatcher: RunningDispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    await remember(running_dispatcher, AT_ONCE + 1)

    class KilledError(BaseException):
        """The end of the process."""

    rounds = iter(range(10))

    async def until_killed(*given: Any) -> Purged:
        if next(rounds) == 1:
            raise KilledError
        return await purge_some(*given)

    monkeypatch.setattr(by_hand, "purge", until_killed)
    with pytest.raises(KilledError):
        await purge(running_dispatcher, -DAY, sure=True)
    assert await left(running_dispatcher) == 1
    (entry,) = await audit(running_dispatcher)
    assert (entry["outcome"], entry["ended_at"], entry["by"]) == (None, None, "command line")
    assert entry["result"]["incidents"] == AT_ONCE
    assert entry["details"]["before"].startswith("2026-03-03")


async def test_a_purge_that_fails_says_so(
    running_dispatcher: RunningDispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*given: Any) -> Purged:
        raise ZeroDivisionError("with a secret in it")

    monkeypatch.setattr(by_hand, "purge", fail)
    with pytest.raises(ZeroDivisionError):
        await purge(running_dispatcher, -DAY, sure=True)
    (entry,) = await audit(running_dispatcher)
    assert (entry["outcome"], entry["result"]) == ("failed", {"reason": "ZeroDivisionError"})
    assert entry["ended_at"] is not None
