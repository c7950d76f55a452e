"""A new process on the same database goes on where the last one stopped."""

from demo.receiver import Receiver
from sqlalchemy import update
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory

from tocsin_dispatcher.store.database.tables import delivery
from tocsin_dispatcher.store.deliveries import LEASE


async def test_incidents_reminders_and_definitions_go_on(dispatchers: DispatcherFactory, receiver: Receiver) -> None:
    async with dispatchers.open() as running_dispatcher:
        level_1 = level("pager", reminders={"max": 1, "every": "10m"})
        await running_dispatcher.push(monitor(), alert(level_1), pager(receiver.url))
        await running_dispatcher.check("error")
    async with dispatchers.open() as running_dispatcher:
        assert (await running_dispatcher.get("/definitions"))["revision"] == 1
        await running_dispatcher.pass_time(minutes=10)
        await running_dispatcher.check("ok")
    received = [each.json() for each in receiver.received]
    assert [each["type"] for each in received] == ["Alert", "Reminder", "Ok"]
    assert len({each["key"] for each in received}) == 1


async def test_a_pending_retry_goes_on_with_the_same_bytes(dispatchers: DispatcherFactory, receiver: Receiver) -> None:
    receiver.answer("/pager", 500)
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
        await running_dispatcher.check("error")
    dispatchers.clock.advance(seconds=5)
    async with dispatchers.open() as running_dispatcher:
        assert await running_dispatcher.states() == [("pager", "error", "delivered")]
    first, second = receiver.received
    assert first.body == second.body
    assert first.header("Tocsin-Delivery-Id") == second.header("Tocsin-Delivery-Id")


async def test_what_a_process_was_sending_when_it_died_is_sent_again(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    receiver.answer("/pager", 500)
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
        await running_dispatcher.check("error")
    now = dispatchers.clock.now()
    claimed = {"state": "sending", "due_at": now, "lease_until": now + LEASE, "process": "dead"}
    await dispatchers.run(update(delivery).values(**claimed))  # as a process leaves it that is killed
    async with dispatchers.open() as running_dispatcher:
        for _ in range(3):  # the others can't know at once
            await running_dispatcher.pass_time(seconds=4)
        assert await running_dispatcher.states() == [("pager", "error", "delivered")]
    assert len(receiver.received) == 2


async def test_a_delivery_whose_lease_has_run_out_is_taken_up_again(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    receiver.answer("/pager", 500)
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
        await running_dispatcher.check("error")
        now = dispatchers.clock.now()
        async with running_dispatcher.dispatcher.database.write() as connection:
            claimed = {"state": "sending", "due_at": now, "lease_until": now}
            await connection.execute(update(delivery).values(**claimed))
        await running_dispatcher.pass_time(minutes=1)
        assert await running_dispatcher.states() == [("pager", "error", "delivered")]


async def test_a_duplicate_is_known_to_the_next_process(dispatchers: DispatcherFactory, receiver: Receiver) -> None:
    check = {"id": "1", "monitor": "shop-home", "time": dispatchers.clock.now().isoformat(), "status": "error"}
    answers = []
    for _ in range(2):
        async with dispatchers.open() as running_dispatcher:
            await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
            answers.append((await running_dispatcher.client.post("/api/v1/checks", json=check)).json())
            await running_dispatcher.dispatcher.wait_idle()
    assert answers == [{"accepted": 1, "duplicates": 0}, {"accepted": 0, "duplicates": 1}]
    assert len(receiver.received) == 1


async def test_a_silence_that_ends_while_nothing_runs_lets_go_at_the_next_start(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
        asked = {"monitor": "shop-home", "reason": "new database", "duration": "1h"}
        assert (await running_dispatcher.client.post("/api/v1/silences", json=asked)).status_code == 201
        await running_dispatcher.check("error")
    assert receiver.received == []
    dispatchers.clock.advance(hours=2)
    async with dispatchers.open():
        assert [each.json()["type"] for each in receiver.received] == ["Alert"]
