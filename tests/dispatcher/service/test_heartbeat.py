"""The heartbeat: its absence tells elsewhere that the dispatcher is dead."""

import asyncio
from datetime import timedelta

import pytest
from demo.receiver import Receiver
from structlog.testing import capture_logs
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory

from tocsin_dispatcher.errors import SettingsError
from tocsin_dispatcher.service.heartbeat import Beating
from tocsin_dispatcher.settings import Settings
from tocsin_dispatcher.store.heartbeats import take_beat

BEATING = Beating("watchdog", every=timedelta(minutes=5))


def beats(receiver: Receiver) -> int:
    return sum(each.path == "/watchdog" for each in receiver.received)


async def test_a_message_comes_every_few_minutes_and_none_twice(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with dispatchers.open(heartbeat=BEATING) as running_dispatcher:
        await running_dispatcher.push(pager(receiver.url, "watchdog"))
        await running_dispatcher.pass_time(seconds=30)  # there was no integration before
        assert beats(receiver) == 1
        assert receiver.received[0].json()["type"] == "Ok"
        assert receiver.received[0].json()["text"] == "Heartbeat: the dispatcher is at work"
        for _ in range(10):
            await running_dispatcher.pass_time(minutes=1)
        assert beats(receiver) == 3
        metrics = (await running_dispatcher.client.get("/metrics")).text
        assert 'tocsin_heartbeats_total{result="sent"} 3.0' in metrics


async def test_a_restart_neither_doubles_nor_drops_the_beat_and_nothing_piles_up(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with dispatchers.open(heartbeat=BEATING) as running_dispatcher:
        await running_dispatcher.push(pager(receiver.url, "watchdog"))
        await running_dispatcher.pass_time(seconds=30)
    dispatchers.clock.advance(minutes=1)
    async with dispatchers.open(heartbeat=BEATING):
        assert beats(receiver) == 1
    dispatchers.clock.advance(days=1)
    async with dispatchers.open(heartbeat=BEATING):
        assert beats(receiver) == 2


async def test_one_that_fails_is_tried_again_soon_and_none_is_owed_later(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(pager(receiver.url, "watchdog"))
    receiver.answer("/watchdog", 503)
    async with dispatchers.open(heartbeat=BEATING) as running_dispatcher:
        assert beats(receiver) == 1
        await running_dispatcher.pass_time(seconds=30)
        assert beats(receiver) == 2
        await running_dispatcher.pass_time(minutes=4)
        assert beats(receiver) == 2


async def test_a_dispatcher_that_fires_no_timers_sends_none(dispatchers: DispatcherFactory, receiver: Receiver) -> None:
    async with dispatchers.open(work=False) as running_dispatcher:
        levels = level("pager", when={"error_for": "5m"})
        await running_dispatcher.push(monitor(), alert(levels), pager(receiver.url), pager(receiver.url, "watchdog"))
        await running_dispatcher.check("error")
    dispatchers.clock.advance(minutes=7)
    async with dispatchers.open(heartbeat=BEATING, work=False):
        assert beats(receiver) == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_misspelt_integration_is_said_with_the_one_that_was_meant(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    misspelt = Beating("watchdg", every=timedelta(minutes=5))
    async with dispatchers.open(heartbeat=misspelt) as running_dispatcher:
        await running_dispatcher.push(pager(receiver.url, "watchdog"))
        with capture_logs() as logs:
            await running_dispatcher.pass_time(seconds=30)
    reasons = [each["reason"] for each in logs if each["event"] == "the heartbeat was not sent"]
    assert reasons == ["there is no integration `watchdg`: did you mean `watchdog`?"]


async def test_of_several_processes_one_sends_it(dispatchers: DispatcherFactory, receiver: Receiver) -> None:
    async with dispatchers.open(heartbeat=BEATING) as one, dispatchers.open(heartbeat=BEATING) as other:
        await one.push(pager(receiver.url, "watchdog"))
        dispatchers.clock.advance(seconds=30)
        await asyncio.to_thread(receiver.wait_for, 1)
        for running_dispatcher in (one, other):
            await running_dispatcher.dispatcher.wait_idle()
        assert beats(receiver) == 1


@pytest.mark.parametrize("behind", [0.001, 5])
async def test_a_process_whose_clock_is_behind_sends_no_second_one(
    dispatchers: DispatcherFactory, behind: float
) -> None:
    every, now = timedelta(seconds=10), dispatchers.clock.now()
    async with (
        dispatchers.open(work=False) as running_dispatcher,
        running_dispatcher.dispatcher.database.write() as connection,
    ):
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
