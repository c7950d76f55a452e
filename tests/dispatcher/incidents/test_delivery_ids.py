"""A message that is made again bears the id that it had: after a backup is restored, and its checks reported again."""

import uuid
from datetime import UTC, datetime, timedelta
from itertools import count

from demo.receiver import Receiver
from hypothesis import given
from hypothesis import strategies as st
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher
from tests.dispatcher.undelivered import give_up, problems, sync

from tocsin_dispatcher.incidents.delivery_ids import delivery_id, notice_id, problem_id
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.tables import metadata

WHEN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LATER = WHEN + timedelta(milliseconds=1)
moments = st.datetimes(timezones=st.just(UTC))
words = st.text(min_size=1, max_size=20)


@given(moments, words, words, st.integers(0, 20))
def test_an_id_is_a_uuid_of_version_8_and_the_same_each_time(
    moment: datetime, guid: str, integration: str, attachment: int
) -> None:
    made = delivery_id(moment, guid, integration, attachment)
    assert made == delivery_id(moment, guid, integration, attachment)
    assert (uuid.UUID(made).version, uuid.UUID(made).variant) == (8, uuid.RFC_4122)
    assert str(uuid.UUID(made)) == made


@given(moments.filter(lambda each: each.year >= 1970), st.integers(1, 10**9))
def test_ids_are_in_the_order_of_time(moment: datetime, later: int) -> None:
    try:
        after = moment + timedelta(milliseconds=later)
    except OverflowError:
        return
    assert delivery_id(moment, "a", "pager", 0) < delivery_id(after, "a", "pager", 0)


def test_whatever_makes_a_message_another_one_makes_its_id_another_one() -> None:
    ids = [
        delivery_id(WHEN, "a", "pager", 0),
        delivery_id(LATER, "a", "pager", 0),
        delivery_id(WHEN, "b", "pager", 0),
        delivery_id(WHEN, "a", "desk", 0),
        delivery_id(WHEN, "a", "pager", 1),
    ]
    first = ids[0]
    ids += [problem_id(first, subject, earlier) for subject in ("message", "receiver") for earlier in (0, 1)]
    ids += [
        notice_id(first, problem, guid, name, kind, ends=ends)
        for problem in ("p", "q")
        for guid in ("a", "b")
        for name in ("chat", "ops")
        for kind in ("error", "ok")
        for ends in (True, False)
    ]
    assert len(set(ids)) == len(ids)


async def forget_everything(dispatchers: DispatcherFactory) -> None:
    """Restore a backup of when there was nothing."""
    database = Database(dispatchers.url)
    async with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name != "part_version":
                await connection.execute(table.delete())
    await database.close()


def seen(receiver: Receiver) -> list[tuple[str, str | None]]:
    return [(each.json()["type"], each.header("Tocsin-Delivery-Id")) for each in receiver.received]


async def test_after_a_restore_the_messages_of_checks_that_are_reported_again_have_their_ids(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    twice: list[list[tuple[str, str | None]]] = []
    for late in (0, 30):
        dispatchers.clock.turn(-(dispatchers.clock.now() - WHEN))
        dispatchers.numbers = count(1)
        before = len(receiver.received)
        async with dispatchers.open() as running:
            attached = level("pager", "pager", reminders={"max": 2, "every": "10m"})
            other = alert(level("pager"), level("pager", when={"errors": 2}), name="other")
            await running.push(monitor(), alert(attached), other, pager(receiver.url))
            began = WHEN.isoformat()
            running.clock.advance(seconds=late)
            await running.check("error", time=began)
            await running.check("error", time=(WHEN + timedelta(seconds=1)).isoformat())
            await running.pass_time(minutes=10)
            await running.pass_time(minutes=10)
            await running.check("ok", time=(WHEN + timedelta(minutes=21)).isoformat())
        twice.append(sorted(seen(receiver)[before:]))
        await forget_everything(dispatchers)
    assert len(twice[0]) == 2 + 2 + 2 * 2 + 2 + 2
    assert len(set(twice[0])) == len(twice[0])
    assert twice[0] == twice[1]


async def test_a_reminder_that_is_made_again_has_its_number_s_id_and_none_of_another(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    attached = level("pager", reminders={"max": 3, "every": "10m"})
    await running_dispatcher.push(monitor(), alert(attached), pager(receiver.url))
    await running_dispatcher.check("error")
    for _ in range(3):
        await running_dispatcher.pass_time(minutes=10)
    await running_dispatcher.check("ok")
    assert len({id for _, id in seen(receiver)}) == 5


async def test_what_is_sent_again_by_an_operator_keeps_its_id(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    await running_dispatcher.check("error")
    ((_, sent),) = seen(receiver)
    await running_dispatcher.client.post(f"/api/v1/deliveries/{sent}/resend")
    await running_dispatcher.dispatcher.wait_idle()
    assert seen(receiver) == [("Alert", sent), ("Alert", sent)]


async def test_what_tells_of_a_message_that_is_given_up_has_the_same_id_after_a_restore(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    twice: list[set[tuple[str, str]]] = []
    for _ in range(2):
        dispatchers.clock.turn(-(dispatchers.clock.now() - WHEN))
        dispatchers.numbers = count(1)
        async with dispatchers.open() as running:
            await sync(running, receiver)
            await running.check("error")
            await give_up(running)
            told = (await running.get("/deliveries"))["deliveries"]
            twice.append({(each["integration"], each["id"]) for each in told})
            (found,) = await problems(running)
            twice[-1].add(("problem", found["id"]))
        await forget_everything(dispatchers)
    assert len(twice[0]) == 4
    assert twice[0] == twice[1]


async def test_a_message_that_is_given_up_twice_is_two_problems_and_told_twice(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)
    (first,) = await problems(running_dispatcher)
    await running_dispatcher.client.post(f"/api/v1/problems/{first['id']}/resolve")
    await running_dispatcher.client.post(f"/api/v1/deliveries/{first['delivery']}/resend")
    await running_dispatcher.dispatcher.wait_idle()
    await give_up(running_dispatcher)
    (second,) = await problems(running_dispatcher)
    assert second["id"] != first["id"]
    assert len(receiving.of("chat")) == 2
