"""A new process on the same database goes on where the last one stopped."""

from demo.receiver import Receiver
from sqlalchemy import update
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import Houses

from tocsin_dispatcher.store.database.tables import delivery
from tocsin_dispatcher.store.deliveries import LEASE


async def test_incidents_reminders_and_definitions_go_on(houses: Houses, receiver: Receiver) -> None:
    async with houses.open() as house:
        level_1 = level("pager", reminders={"max": 1, "every": "10m"})
        await house.push(monitor(), alert(level_1), pager(receiver.url))
        await house.check("error")
    async with houses.open() as house:
        assert (await house.get("/definitions"))["revision"] == 1
        await house.pass_time(minutes=10)
        await house.check("ok")
    received = [each.json() for each in receiver.received]
    assert [each["type"] for each in received] == ["Alert", "Reminder", "Ok"]
    assert len({each["key"] for each in received}) == 1


async def test_a_pending_retry_goes_on_with_the_same_bytes(houses: Houses, receiver: Receiver) -> None:
    receiver.answer("/pager", 500)
    async with houses.open() as house:
        await house.push(monitor(), alert(level("pager")), pager(receiver.url))
        await house.check("error")
    houses.clock.advance(seconds=5)
    async with houses.open() as house:
        assert await house.states() == [("pager", "error", "delivered")]
    first, second = receiver.received
    assert first.body == second.body
    assert first.header("Tocsin-Delivery-Id") == second.header("Tocsin-Delivery-Id")


async def test_what_a_process_was_sending_when_it_died_is_sent_again(houses: Houses, receiver: Receiver) -> None:
    receiver.answer("/pager", 500)
    async with houses.open() as house:
        await house.push(monitor(), alert(level("pager")), pager(receiver.url))
        await house.check("error")
    now = houses.clock.now()
    claimed = {"state": "sending", "due_at": now, "lease_until": now + LEASE, "process": "dead"}
    await houses.run(update(delivery).values(**claimed))  # as a process leaves it that is killed
    async with houses.open() as house:
        for _ in range(3):  # the others can't know at once
            await house.pass_time(seconds=4)
        assert await house.states() == [("pager", "error", "delivered")]
    assert len(receiver.received) == 2


async def test_a_delivery_whose_lease_has_run_out_is_taken_up_again(houses: Houses, receiver: Receiver) -> None:
    receiver.answer("/pager", 500)
    async with houses.open() as house:
        await house.push(monitor(), alert(level("pager")), pager(receiver.url))
        await house.check("error")
        now = houses.clock.now()
        async with house.dispatcher.database.write() as connection:
            claimed = {"state": "sending", "due_at": now, "lease_until": now}
            await connection.execute(update(delivery).values(**claimed))
        await house.pass_time(minutes=1)
        assert await house.states() == [("pager", "error", "delivered")]


async def test_a_duplicate_is_known_to_the_next_process(houses: Houses, receiver: Receiver) -> None:
    check = {"id": "1", "monitor": "shop-home", "time": houses.clock.now().isoformat(), "status": "error"}
    answers = []
    for _ in range(2):
        async with houses.open() as house:
            await house.push(monitor(), alert(level("pager")), pager(receiver.url))
            answers.append((await house.client.post("/api/v1/checks", json=check)).json())
            await house.dispatcher.rest()
    assert answers == [{"accepted": 1, "duplicates": 0}, {"accepted": 0, "duplicates": 1}]
    assert len(receiver.received) == 1


async def test_a_silence_that_ends_while_nothing_runs_lets_go_at_the_next_start(
    houses: Houses, receiver: Receiver
) -> None:
    async with houses.open() as house:
        await house.push(monitor(), alert(level("pager")), pager(receiver.url))
        asked = {"monitor": "shop-home", "reason": "new database", "duration": "1h"}
        assert (await house.client.post("/api/v1/silences", json=asked)).status_code == 201
        await house.check("error")
    assert receiver.received == []
    houses.clock.advance(hours=2)
    async with houses.open():
        assert [each.json()["type"] for each in receiver.received] == ["Alert"]
