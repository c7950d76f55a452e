"""The heartbeat: its absence tells elsewhere that the dispatcher is dead."""

import asyncio
from datetime import timedelta

import pytest
from demo.receiver import Receiver
from structlog.testing import capture_logs
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import Houses

from tocsin_dispatcher.errors import SettingsError
from tocsin_dispatcher.service.heartbeat import Beating
from tocsin_dispatcher.settings import Settings
from tocsin_dispatcher.store.heartbeats import take_beat

BEATING = Beating("watchdog", every=timedelta(minutes=5))


def beats(receiver: Receiver) -> int:
    return sum(each.path == "/watchdog" for each in receiver.received)


async def test_a_message_comes_every_few_minutes_and_none_twice(houses: Houses, receiver: Receiver) -> None:
    async with houses.open(heartbeat=BEATING) as house:
        await house.push(pager(receiver.url, "watchdog"))
        await house.pass_time(seconds=30)  # there was no integration before
        assert beats(receiver) == 1
        assert receiver.received[0].json()["type"] == "Ok"
        assert receiver.received[0].json()["text"] == "Heartbeat: the dispatcher is at work"
        for _ in range(10):
            await house.pass_time(minutes=1)
        assert beats(receiver) == 3
        metrics = (await house.client.get("/metrics")).text
        assert 'tocsin_heartbeats_total{result="sent"} 3.0' in metrics


async def test_a_restart_neither_doubles_nor_drops_the_beat_and_nothing_piles_up(
    houses: Houses, receiver: Receiver
) -> None:
    async with houses.open(heartbeat=BEATING) as house:
        await house.push(pager(receiver.url, "watchdog"))
        await house.pass_time(seconds=30)
    houses.clock.advance(minutes=1)
    async with houses.open(heartbeat=BEATING):
        assert beats(receiver) == 1
    houses.clock.advance(days=1)
    async with houses.open(heartbeat=BEATING):
        assert beats(receiver) == 2


async def test_one_that_fails_is_tried_again_soon_and_none_is_owed_later(houses: Houses, receiver: Receiver) -> None:
    async with houses.open() as house:
        await house.push(pager(receiver.url, "watchdog"))
    receiver.answer("/watchdog", 503)
    async with houses.open(heartbeat=BEATING) as house:
        assert beats(receiver) == 1
        await house.pass_time(seconds=30)
        assert beats(receiver) == 2
        await house.pass_time(minutes=4)
        assert beats(receiver) == 2


async def test_a_dispatcher_that_fires_no_timers_sends_none(houses: Houses, receiver: Receiver) -> None:
    async with houses.open(work=False) as house:
        levels = level("pager", when={"error_for": "5m"})
        await house.push(monitor(), alert(levels), pager(receiver.url), pager(receiver.url, "watchdog"))
        await house.check("error")
    houses.clock.advance(minutes=7)
    async with houses.open(heartbeat=BEATING, work=False):
        assert beats(receiver) == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_misspelt_integration_is_said_with_the_one_that_was_meant(houses: Houses, receiver: Receiver) -> None:
    misspelt = Beating("watchdg", every=timedelta(minutes=5))
    async with houses.open(heartbeat=misspelt) as house:
        await house.push(pager(receiver.url, "watchdog"))
        with capture_logs() as logs:
            await house.pass_time(seconds=30)
    reasons = [each["reason"] for each in logs if each["event"] == "the heartbeat was not sent"]
    assert reasons == ["there is no integration `watchdg`: did you mean `watchdog`?"]


async def test_of_several_processes_one_sends_it(houses: Houses, receiver: Receiver) -> None:
    async with houses.open(heartbeat=BEATING) as one, houses.open(heartbeat=BEATING) as other:
        await one.push(pager(receiver.url, "watchdog"))
        houses.clock.advance(seconds=30)
        await asyncio.to_thread(receiver.wait_for, 1)
        for house in (one, other):
            await house.dispatcher.rest()
        assert beats(receiver) == 1


@pytest.mark.parametrize("behind", [0.001, 5])
async def test_a_process_whose_clock_is_behind_sends_no_second_one(houses: Houses, behind: float) -> None:
    every, now = timedelta(seconds=10), houses.clock.now()
    async with houses.open(work=False) as house, house.dispatcher.database.write() as connection:
        assert await take_beat(connection, "watchdog", now, every) is None
        late = now - timedelta(seconds=behind)
        assert await take_beat(connection, "watchdog", late, every) == now + every
        assert (
            await take_beat(connection, "watchdog", now - timedelta(hours=1), every) is None
        )  # the clock was set back


def test_its_two_settings_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_HEARTBEAT_INTEGRATION", "watchdog")
    with pytest.raises(SettingsError, match="heartbeat_every"):
        Settings.with_options()
    monkeypatch.setenv("TOCSIN_HEARTBEAT_EVERY", "5m")
    assert Settings.with_options().heartbeat_integration == "watchdog"
