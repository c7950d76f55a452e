"""What is long over is forgotten, and nothing that is still needed."""

from datetime import timedelta
from typing import Any

from demo.receiver import Answer, Receiver
from sqlalchemy import func, select, update
from tests.dispatcher.account import alert, desk, level, monitor, pager
from tests.dispatcher.conftest import RunningDispatcher
from tests.dispatcher.undelivered import give_up, problems
from tests.dispatcher.undelivered import sync as sync_with_fallback

from tocsin_dispatcher.store.database.tables import (
    acknowledgement,
    attempt,
    check_seen,
    delivery,
    document,
    incident,
    problem,
    silence,
)
from tocsin_dispatcher.store.database.tables import alert as alerts
from tocsin_dispatcher.store.retention.purging import AT_ONCE, Purged, purge


async def sync(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    await running_dispatcher.push(monitor(), monitor("shop-cart"), alert(level("pager")), pager(receiver.url))


async def purged(running_dispatcher: RunningDispatcher, **age: float) -> Purged:
    """Forget what is older than that."""
    async with running_dispatcher.dispatcher.database.write() as connection:
        return await purge(connection, running_dispatcher.clock.now() - timedelta(**age))


async def count(running_dispatcher: RunningDispatcher, table: Any) -> int:
    async with running_dispatcher.dispatcher.database.read() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


async def test_an_incident_that_ended_long_ago_goes_by_itself_with_all_that_belongs_to_it(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    key = (await running_dispatcher.get("/incidents"))["incidents"][0]["key"]
    await running_dispatcher.client.post(f"/api/v1/incidents/{key}/acknowledge")
    await running_dispatcher.check("ok")
    await running_dispatcher.pass_time(days=89)
    assert await count(running_dispatcher, incident) == 1
    await running_dispatcher.pass_time(days=2)
    for table in (incident, alerts, delivery, attempt, acknowledgement):
        assert await count(running_dispatcher, table) == 0, table
    assert await count(running_dispatcher, document) > 0
    assert [each["action"] for each in (await running_dispatcher.get("/audit"))["entries"]] == ["acknowledge", "push"]
    assert len(receiver.received) == 2


async def test_open_incidents_stay_however_old_and_their_captures_with_them(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.respond("/tickets", lambda request: Answer.of({"result": {"sys_id": "T1"}}, 201))
    await running_dispatcher.push(monitor(), alert(level("desk")), desk(receiver.url))
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(seconds=5)
    await running_dispatcher.pass_time(days=400)
    await running_dispatcher.check("ok")
    assert receiver.received[-1].path == "/tickets/T1"


async def test_an_unfinished_message_keeps_its_incident(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    receiver.respond("/pager", lambda request: Answer(status=500))
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    assert (await purged(running_dispatcher, days=-1)).incidents == 0
    assert [state for _, _, state in await running_dispatcher.states()] == ["pending", "pending"]


async def test_a_message_that_was_sent_again_lately_keeps_its_incident(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    await running_dispatcher.pass_time(days=80)
    sent = (await running_dispatcher.get("/deliveries"))["deliveries"][0]["id"]
    await running_dispatcher.client.post(f"/api/v1/deliveries/{sent}/resend")
    await running_dispatcher.dispatcher.wait_idle()
    assert (await purged(running_dispatcher, days=70)).incidents == 0
    assert (await purged(running_dispatcher, days=-1)) == Purged(incidents=1, deliveries=2, attempts=3, more=False)


async def test_a_message_that_a_silence_holds_keeps_its_incident_and_goes_when_the_silence_is_over(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    asked = {"integration": "pager", "reason": "move", "duration": "2d"}
    await running_dispatcher.client.post("/api/v1/silences", json=asked)
    await running_dispatcher.check("ok")
    assert (await purged(running_dispatcher, days=-1)).incidents == 0
    await running_dispatcher.pass_time(days=2)
    assert [each.json()["type"] for each in receiver.received] == ["Alert", "Ok"]
    assert (await purged(running_dispatcher, days=-1)).incidents == 1
    assert await count(running_dispatcher, silence) == 0


async def test_after_a_purge_a_repeated_check_is_still_known(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    check = {
        "id": "first",
        "monitor": "shop-home",
        "time": running_dispatcher.clock.now().isoformat(),
        "status": "error",
    }
    await running_dispatcher.client.post("/api/v1/checks", json=check)
    await running_dispatcher.dispatcher.wait_idle()
    await running_dispatcher.check("ok")
    assert (await purged(running_dispatcher, days=-1)).incidents == 1
    assert await count(running_dispatcher, check_seen) == 2
    assert (await running_dispatcher.client.post("/api/v1/checks", json=check)).json() == {
        "accepted": 0,
        "duplicates": 1,
    }


async def test_a_purge_goes_on_until_all_is_gone_in_steps_that_leave_room_for_checks(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    monitors = [monitor(f"m-{number}") for number in range(AT_ONCE + 1)]
    await running_dispatcher.push(*monitors)
    for status in ("error", "ok"):
        now = running_dispatcher.clock.now().isoformat()
        checks = [
            {"id": f"{each['name']}-{status}", "monitor": each["name"], "time": now, "status": status}
            for each in monitors
        ]
        await running_dispatcher.client.post("/api/v1/checks", json={"checks": checks})
    await running_dispatcher.dispatcher.wait_idle()
    first = await purged(running_dispatcher, days=-1)
    assert (first.incidents, first.more) == (AT_ONCE, True)
    await running_dispatcher.pass_time(days=91)
    assert await count(running_dispatcher, incident) == 0


async def test_problems_go_with_the_incident_of_their_message_and_so_do_the_messages_that_told_them(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync_with_fallback(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)
    receiving.status["pager"] = 503
    await running_dispatcher.check("error", "shop-cart")
    await running_dispatcher.pass_time(minutes=11)
    assert sorted(each["kind"] for each in await problems(running_dispatcher)) == ["down", "given_up"]
    receiving.status["pager"] = 200
    await running_dispatcher.pass_time(hours=1)
    for name in ("shop-home", "shop-cart"):
        await running_dispatcher.check("ok", name)
    await running_dispatcher.pass_time(minutes=1)
    assert await count(running_dispatcher, problem) == 2
    await running_dispatcher.pass_time(days=91)
    for table in (incident, alerts, delivery, attempt, problem):
        assert await count(running_dispatcher, table) == 0, table


async def test_the_problem_of_a_receiver_that_lasts_keeps_its_incident(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync_with_fallback(running_dispatcher, receiver)
    receiving.status["pager"] = 503
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(minutes=11)
    await running_dispatcher.check("ok")
    gone = {"state": "failed", "finished_at": running_dispatcher.clock.now()}
    async with running_dispatcher.dispatcher.database.write() as connection:
        await connection.execute(update(delivery).where(delivery.c.integration == "pager").values(**gone))
    assert (await purged(running_dispatcher, days=-1)).incidents == 0
    assert await count(running_dispatcher, problem) == 1
    async with running_dispatcher.dispatcher.database.write() as connection:
        await connection.execute(update(problem).values(resolved_at=running_dispatcher.clock.now()))
    assert (await purged(running_dispatcher, days=-1)).incidents == 1
    assert await count(running_dispatcher, problem) == 0
