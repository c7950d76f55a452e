"""Several dispatchers on one PostgreSQL database behave as one."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import datetime
from threading import Event
from time import monotonic

import pytest
from demo.receiver import Answer, Receiver
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.dispatcher.account import Document, alert, level, monitor, pager, project
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher
from tests.dispatcher.fake_clock import START

from tocsin_dispatcher.delivery.jobs import JobWakes, drop_stalled, queue_app
from tocsin_dispatcher.delivery.progress import after_delay
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.tables import delivery
from tocsin_dispatcher.store.deliveries import LEASE, Claimed, claim, find_due, record, release

DATABASES = ("postgresql",)
MONITORS = [f"m-{number}" for number in range(12)]


@pytest.fixture
async def two(dispatchers: DispatcherFactory) -> AsyncIterator[tuple[RunningDispatcher, RunningDispatcher]]:
    """Two running dispatchers on one database."""
    async with dispatchers.open() as one, dispatchers.open() as other:
        yield one, other


async def claim_due(connection: AsyncConnection, now: datetime, process_id: str) -> list[Claimed]:
    """Claim what is due of the pager."""
    return await claim(connection, await find_due(connection, "pager", now, 50), now, process_id)


async def is_idle(*dispatchers: RunningDispatcher) -> None:
    """Wait until nothing is to be done in any of them, nor on its way from one to the other."""
    for _ in range(2):
        for running_dispatcher in dispatchers:
            await running_dispatcher.dispatcher.wait_idle()


def checks(running_dispatcher: RunningDispatcher, names: list[str], number: int, status: str = "error") -> Document:
    now = running_dispatcher.clock.now().isoformat()
    return {"checks": [{"id": f"{name}-{number}", "monitor": name, "time": now, "status": status} for name in names]}


async def posted(running_dispatcher: RunningDispatcher, body: Document) -> Counter[str]:
    answer = await running_dispatcher.client.post("/api/v1/checks", json=body)
    assert answer.status_code == 202, answer.text
    return Counter(answer.json())


async def test_checks_of_one_monitor_that_come_at_once_make_one_incident(
    two: tuple[RunningDispatcher, RunningDispatcher], receiver: Receiver
) -> None:
    one, other = two
    await one.push(*map(monitor, MONITORS), alert(level("pager")), pager(receiver.url))
    batches = []
    for number in range(10):
        names = MONITORS if number % 2 else MONITORS[::-1]
        batches += [
            posted(running_dispatcher, checks(running_dispatcher, names, number)) for running_dispatcher in two
        ]  # each check twice
    total = sum(await asyncio.gather(*batches), Counter())
    await is_idle(one, other)
    assert total == {"accepted": 10 * len(MONITORS), "duplicates": 10 * len(MONITORS)}
    found = (await one.get("/incidents", limit=1000))["incidents"]
    assert sorted(each["monitor"] for each in found) == sorted(MONITORS)
    assert await other.states() == [("pager", "error", "delivered")] * len(MONITORS)
    assert len(receiver.received) == len(MONITORS)


async def test_of_two_pushes_at_once_one_wins_and_both_follow_it(
    two: tuple[RunningDispatcher, RunningDispatcher],
) -> None:
    one, other = two
    names = ("shop-home", "shop-cart")
    answers = await asyncio.gather(
        *(
            running_dispatcher.client.put(
                "/api/v1/definitions",
                json={"project": project(), "documents": [monitor(name)]},
                headers={"If-Match": '"0"'},
            )
            for running_dispatcher, name in zip(two, names, strict=True)
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 409]
    winner = next(name for name, each in zip(names, answers, strict=True) if each.status_code == 200)
    for running_dispatcher in (one, other):
        entries = (await running_dispatcher.get("/definitions"))["entries"]
        assert [each["document"]["name"] for each in entries if each["document"]["kind"] == "monitor"] == [winner]
        assert (await running_dispatcher.check("ok", monitor=winner)).status_code == 202


async def test_a_timer_fires_in_one_of_them(
    two: tuple[RunningDispatcher, RunningDispatcher], receiver: Receiver
) -> None:
    names = [f"t-{number}" for number in range(300)]
    one, other = two
    waiting = level("pager", when={"error_for": "10m"}, reminders={"max": 1, "every": "10m"})
    await one.push(*map(monitor, names), alert(waiting), pager(receiver.url))
    await posted(one, checks(one, names, 1))
    for expected in (300, 600):
        one.clock.advance(minutes=10)
        for _ in range(50):  # each round, one of them may see what the other holds
            await is_idle(one, other)
            if len(receiver.received) >= expected:
                break
            one.clock.advance(milliseconds=500)
        keys = Counter(each.json()["key"] for each in receiver.received)
        assert len(receiver.received) == expected
        assert set(keys.values()) == {expected // 300}


async def test_an_ok_waits_for_its_error_though_another_process_could_send_it(
    two: tuple[RunningDispatcher, RunningDispatcher], receiver: Receiver
) -> None:
    freed = Event()
    receiver.respond("/", lambda request: Answer(status=200 if freed.wait(20) else 500))
    one, other = two
    await one.push(*map(monitor, MONITORS), alert(level("pager")), pager(receiver.url))
    try:
        await posted(one, checks(one, MONITORS, 1))
        await asyncio.to_thread(receiver.wait_for, len(MONITORS))
        one.clock.advance(seconds=2)
        await posted(other, checks(other, MONITORS, 2, "ok"))
        async with asyncio.timeout(10):
            while not await JobWakes(other.dispatcher.database).quiet():
                pass
        assert len(receiver.received) == len(MONITORS)
    finally:
        freed.set()
    await is_idle(one, other)
    order: dict[str, list[str]] = defaultdict(list)
    for each in receiver.received:
        order[each.json()["key"]].append(each.json()["type"])
    assert len(order) == len(MONITORS)
    assert set(map(tuple, order.values())) == {("Alert", "Ok")}


async def test_a_check_and_its_job_are_kept_together_and_one_job_is_enough(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with dispatchers.open(work=False) as serving:
        await serving.push(*map(monitor, MONITORS), alert(level("pager")), pager(receiver.url))
        for name in MONITORS:
            await posted(serving, checks(serving, [name], 1))
        async with serving.dispatcher.database.read() as connection:
            jobs = (await connection.execute(text("SELECT task_name, args, status FROM procrastinate_jobs"))).all()
        assert [tuple(job) for job in jobs] == [("drain", {"integration": "pager"}, "todo")]
        assert receiver.received == []
        async with dispatchers.open() as working:
            await is_idle(working)
        assert len(receiver.received) == len(MONITORS)


async def test_a_check_whose_job_cannot_be_written_is_not_accepted(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
        body = checks(running_dispatcher, ["shop-home"], 1)
        await dispatchers.run("ALTER FUNCTION procrastinate_defer_jobs_v1 RENAME TO elsewhere")
        assert (await running_dispatcher.client.post("/api/v1/checks", json=body)).status_code == 503
        assert (await running_dispatcher.get("/incidents"))["incidents"] == []
        await dispatchers.run("ALTER FUNCTION elsewhere RENAME TO procrastinate_defer_jobs_v1")
        assert await posted(running_dispatcher, body) == {"accepted": 1, "duplicates": 0}
        await is_idle(running_dispatcher)
        assert await running_dispatcher.states() == [("pager", "error", "delivered")]


async def test_losing_the_queue_loses_nothing(dispatchers: DispatcherFactory, receiver: Receiver) -> None:
    async with dispatchers.open(work=False) as serving:
        await serving.push(monitor(), alert(level("pager")), pager(receiver.url))
        await posted(serving, checks(serving, ["shop-home"], 1))
    await dispatchers.run("DELETE FROM procrastinate_jobs")
    async with dispatchers.open() as working:
        assert await working.states() == [("pager", "error", "delivered")]


async def test_jobs_of_workers_that_died_are_dropped(dispatchers: DispatcherFactory) -> None:
    stalled = "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('tocsin', 'drain', 'doing')"
    await dispatchers.run(stalled)
    database = Database(dispatchers.url)
    app = queue_app(database, lambda integrations: None)
    async with app.open_async():
        assert not await JobWakes(database).quiet()
        await drop_stalled(app)
        assert await JobWakes(database).quiet()
    await database.close()


async def test_a_filter_that_no_database_takes_is_refused_in_words(running_dispatcher: RunningDispatcher) -> None:
    answer = await running_dispatcher.client.get("/api/v1/incidents", params={"monitor": "\0"})
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid")


async def test_nobody_takes_over_right_after_the_database_was_away(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    receiver.answer("/pager", 500)
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
        await running_dispatcher.check("error")
        await dispatchers.run(update(delivery).values(state="sending", lease_until=START + LEASE, process="a peer"))
        await running_dispatcher.pass_time(minutes=1)  # in which nobody could say that it lives
        for seconds in (2, 2, 2, 2):
            await running_dispatcher.pass_time(seconds=seconds)
            assert await running_dispatcher.states() == [("pager", "error", "sending")]
        await running_dispatcher.pass_time(seconds=3)
        assert await running_dispatcher.states() == [("pager", "error", "delivered")]


async def test_who_has_lost_a_claim_changes_nothing_any_more(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with dispatchers.open(work=False) as serving:
        await serving.push(monitor(), alert(level("pager")), pager(receiver.url))
        await posted(serving, checks(serving, ["shop-home"], 1))
        database, now = serving.dispatcher.database, serving.clock.now()
        async with database.write() as connection:
            (claimed,) = await claim_due(connection, now, "slow")
            await release(connection, "slow")
            assert [each.id for each in await claim_due(connection, now, "quick")] == [claimed.id]
            await record(connection, [after_delay(claimed, (), now)], now, "slow")
        assert await serving.states() == [("pager", "error", "sending")]
        async with database.write() as connection:
            await record(connection, [after_delay(claimed, (), now)], now, "quick")
        assert await serving.states() == [("pager", "error", "delivered")]


async def test_a_backlog_is_claimed_at_once_though_the_server_knows_nothing_of_it_yet(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    varied = {"id": "'i' || n", "incident_key": "'k' || n"}
    names = [f'"{column.name}"' for column in delivery.columns if column.name != "number"]
    values = [varied.get(name.strip('"'), name) for name in names]
    async with dispatchers.open(work=False) as serving:
        await serving.push(monitor(), alert(level("pager")), pager(receiver.url))
        await posted(serving, checks(serving, ["shop-home"], 1))
        await dispatchers.run(
            f"INSERT INTO delivery ({', '.join(names)}) SELECT {', '.join(values)} FROM delivery, generate_series(1, 9999) n"
        )
        began = monotonic()
        async with serving.dispatcher.database.write() as connection:
            assert len(await claim_due(connection, serving.clock.now(), "x")) == 50
        assert monotonic() - began < 5  # it is 0.01 s; by the wrong index, 30 s


async def test_a_silence_made_at_one_process_holds_at_another_which_lets_go_when_it_ends(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with dispatchers.open(work=False) as served, dispatchers.open() as worker:
        await served.push(monitor(), monitor("shop-cart"), alert(level("pager")), pager(receiver.url))
        for name in ("shop-home", "shop-cart"):
            asked = {"monitor": name, "reason": "move", "duration": "1h"}
            assert (await served.client.post("/api/v1/silences", json=asked)).status_code == 201
            await served.check("error", name)
        await is_idle(served, worker)
        assert await served.states() == [("pager", "error", "suppressed")] * 2
        silence = (await served.get("/silences"))["silences"][0]["id"]
        await served.client.post(f"/api/v1/silences/{silence}/expire")
        await worker.pass_time(seconds=2)
        assert [each.json()["key"] for each in receiver.received if "shop-cart" in each.json()["key"]]
        assert len(receiver.received) == 1
        await worker.pass_time(hours=1)
        assert len(receiver.received) == 2
