"""What falls due by itself: reminders and levels that wait for an error to last."""

from demo.receiver import Receiver
from sqlalchemy import select, update
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

from tocsin_dispatcher.store.database.tables import monitor_state


def types(receiver: Receiver) -> list[str]:
    return [each.json()["type"] for each in receiver.received]


async def test_reminders_come_on_time_as_many_as_allowed_and_end_with_the_incident(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    level_1 = level("pager", reminders={"max": 2, "every": "10m"})
    await running_dispatcher.push(monitor(), alert(level_1), pager(receiver.url))
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(minutes=9, seconds=59)
    assert types(receiver) == ["Alert"]
    await running_dispatcher.pass_time(seconds=1)
    assert types(receiver) == ["Alert", "Reminder"]
    await running_dispatcher.pass_time(minutes=10)
    await running_dispatcher.pass_time(minutes=10)
    assert types(receiver) == ["Alert", "Reminder", "Reminder"]
    await running_dispatcher.check("ok")
    await running_dispatcher.pass_time(hours=1)
    assert types(receiver) == ["Alert", "Reminder", "Reminder", "Ok"]


async def test_a_level_fires_once_its_error_has_lasted(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager", when={"error_for": "30m"})), pager(receiver.url))
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(minutes=29)
    assert types(receiver) == []
    await running_dispatcher.pass_time(minutes=1)
    await running_dispatcher.pass_time(minutes=30)
    assert types(receiver) == ["Alert"]


async def test_a_level_that_waits_stays_silent_when_all_is_well_again(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager", when={"error_for": "30m"})), pager(receiver.url))
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(minutes=29)
    await running_dispatcher.check("ok")
    await running_dispatcher.pass_time(hours=1)
    assert types(receiver) == []


async def test_durations_count_from_the_checks_own_times(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager", when={"error_for": "30m"})), pager(receiver.url))
    made = running_dispatcher.clock.now().isoformat()
    running_dispatcher.clock.advance(minutes=20)
    await running_dispatcher.check("error", time=made)
    await running_dispatcher.pass_time(minutes=10)
    assert types(receiver) == ["Alert"]


async def test_timers_that_fell_due_while_nothing_ran_fire_once_at_the_start(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with dispatchers.open() as running_dispatcher:
        levels = [level("pager"), level("pager", when={"error_for": "30m"})]
        await running_dispatcher.push(monitor(), alert(*levels), pager(receiver.url))
        await running_dispatcher.check("error")
    dispatchers.clock.advance(hours=2)
    async with dispatchers.open() as running_dispatcher:
        assert types(receiver) == ["Alert", "Alert"]
        await running_dispatcher.pass_time(hours=1)
        await running_dispatcher.check("ok")
    assert types(receiver) == ["Alert", "Alert", "Ok", "Ok"]


async def test_many_timers_due_at_once_all_fire_once(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    monitors = [monitor(f"m-{number}") for number in range(250)]
    await running_dispatcher.push(*monitors, alert(level("pager", when={"error_for": "5m"})), pager(receiver.url))
    now = running_dispatcher.clock.now().isoformat()
    checks = [{"id": each["name"], "monitor": each["name"], "time": now, "status": "error"} for each in monitors]
    await running_dispatcher.client.post("/api/v1/checks", json={"checks": checks})
    await running_dispatcher.dispatcher.wait_idle()
    await running_dispatcher.pass_time(minutes=5)
    assert len({each.json()["key"] for each in receiver.received}) == len(receiver.received) == 250


async def test_a_monitor_whose_timer_cannot_be_fired_does_not_stop_the_timers_of_others(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    level_1 = level("pager", reminders={"max": 2, "every": "10m"})
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(monitor(), monitor("shop-cart"), alert(level_1), pager(receiver.url))
        await running_dispatcher.check("error", "shop-home")
        await running_dispatcher.check("error", "shop-cart")
        of_home = monitor_state.c.monitor == "shop-home"
        async with running_dispatcher.dispatcher.database.read() as connection:
            kept = await connection.scalar(select(monitor_state.c.state).where(of_home))
        await dispatchers.run(update(monitor_state).where(of_home).values(state={"incident": "none"}))
        await running_dispatcher.pass_time(minutes=10)
        reminded = [each.json()["key"] for each in receiver.received[2:]]
        assert [key.partition("-0-")[2] for key in reminded] == ["shop-cart-2"]
        await dispatchers.run(update(monitor_state).where(of_home).values(state=kept))
        await running_dispatcher.pass_time(minutes=1)
        assert types(receiver) == ["Alert", "Alert", "Reminder", "Reminder"]
