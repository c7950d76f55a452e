"""What falls due by itself: reminders and levels that wait for an error to last."""

from demo.receiver import Receiver
from sqlalchemy import select, update
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import House, Houses

from tocsin_dispatcher.store.database.tables import monitor_state


def types(receiver: Receiver) -> list[str]:
    return [each.json()["type"] for each in receiver.received]


async def test_reminders_come_on_time_as_many_as_allowed_and_end_with_the_incident(
    house: House, receiver: Receiver
) -> None:
    level_1 = level("pager", reminders={"max": 2, "every": "10m"})
    await house.push(monitor(), alert(level_1), pager(receiver.url))
    await house.check("error")
    await house.pass_time(minutes=9, seconds=59)
    assert types(receiver) == ["Alert"]
    await house.pass_time(seconds=1)
    assert types(receiver) == ["Alert", "Reminder"]
    await house.pass_time(minutes=10)
    await house.pass_time(minutes=10)
    assert types(receiver) == ["Alert", "Reminder", "Reminder"]
    await house.check("ok")
    await house.pass_time(hours=1)
    assert types(receiver) == ["Alert", "Reminder", "Reminder", "Ok"]


async def test_a_level_fires_once_its_error_has_lasted(house: House, receiver: Receiver) -> None:
    await house.push(monitor(), alert(level("pager", when={"error_for": "30m"})), pager(receiver.url))
    await house.check("error")
    await house.pass_time(minutes=29)
    assert types(receiver) == []
    await house.pass_time(minutes=1)
    await house.pass_time(minutes=30)
    assert types(receiver) == ["Alert"]


async def test_a_level_that_waits_stays_silent_when_all_is_well_again(house: House, receiver: Receiver) -> None:
    await house.push(monitor(), alert(level("pager", when={"error_for": "30m"})), pager(receiver.url))
    await house.check("error")
    await house.pass_time(minutes=29)
    await house.check("ok")
    await house.pass_time(hours=1)
    assert types(receiver) == []


async def test_durations_count_from_the_checks_own_times(house: House, receiver: Receiver) -> None:
    await house.push(monitor(), alert(level("pager", when={"error_for": "30m"})), pager(receiver.url))
    made = house.clock.now().isoformat()
    house.clock.advance(minutes=20)
    await house.check("error", time=made)
    await house.pass_time(minutes=10)
    assert types(receiver) == ["Alert"]


async def test_timers_that_fell_due_while_nothing_ran_fire_once_at_the_start(
    houses: Houses, receiver: Receiver
) -> None:
    async with houses.open() as house:
        levels = [level("pager"), level("pager", when={"error_for": "30m"})]
        await house.push(monitor(), alert(*levels), pager(receiver.url))
        await house.check("error")
    houses.clock.advance(hours=2)
    async with houses.open() as house:
        assert types(receiver) == ["Alert", "Alert"]
        await house.pass_time(hours=1)
        await house.check("ok")
    assert types(receiver) == ["Alert", "Alert", "Ok", "Ok"]


async def test_many_timers_due_at_once_all_fire_once(house: House, receiver: Receiver) -> None:
    monitors = [monitor(f"m-{number}") for number in range(250)]
    await house.push(*monitors, alert(level("pager", when={"error_for": "5m"})), pager(receiver.url))
    now = house.clock.now().isoformat()
    checks = [{"id": each["name"], "monitor": each["name"], "time": now, "status": "error"} for each in monitors]
    await house.client.post("/api/v1/checks", json={"checks": checks})
    await house.dispatcher.rest()
    await house.pass_time(minutes=5)
    assert len({each.json()["key"] for each in receiver.received}) == len(receiver.received) == 250


async def test_a_monitor_whose_timer_cannot_be_fired_does_not_stop_the_timers_of_others(
    houses: Houses, receiver: Receiver
) -> None:
    level_1 = level("pager", reminders={"max": 2, "every": "10m"})
    async with houses.open() as house:
        await house.push(monitor(), monitor("shop-cart"), alert(level_1), pager(receiver.url))
        await house.check("error", "shop-home")
        await house.check("error", "shop-cart")
        of_home = monitor_state.c.monitor == "shop-home"
        async with house.dispatcher.database.read() as connection:
            kept = await connection.scalar(select(monitor_state.c.state).where(of_home))
        await houses.run(update(monitor_state).where(of_home).values(state={"incident": "none"}))
        await house.pass_time(minutes=10)
        reminded = [each.json()["key"] for each in receiver.received[2:]]
        assert [key.partition("-0-")[2] for key in reminded] == ["shop-cart-2"]
        await houses.run(update(monitor_state).where(of_home).values(state=kept))
        await house.pass_time(minutes=1)
        assert types(receiver) == ["Alert", "Alert", "Reminder", "Reminder"]
