"""What is long over is forgotten, and nothing that is still needed."""

from datetime import timedelta
from typing import Any

from demo.receiver import Answer, Receiver
from sqlalchemy import func, select
from tests.dispatcher.account import alert, desk, level, monitor, pager
from tests.dispatcher.conftest import House

from tocsin_dispatcher.store.database.tables import (
    acknowledgement,
    attempt,
    check_seen,
    delivery,
    document,
    incident,
    silence,
)
from tocsin_dispatcher.store.database.tables import alert as alerts
from tocsin_dispatcher.store.retention import AT_ONCE, Purged, purge


async def sync(house: House, receiver: Receiver) -> None:
    await house.push(monitor(), monitor("shop-cart"), alert(level("pager")), pager(receiver.url))


async def purged(house: House, **age: float) -> Purged:
    """Forget what is older than that."""
    async with house.dispatcher.database.write() as connection:
        return await purge(connection, house.clock.now() - timedelta(**age))


async def count(house: House, table: Any) -> int:
    async with house.dispatcher.database.read() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


async def test_an_incident_that_ended_long_ago_goes_by_itself_with_all_that_belongs_to_it(
    house: House, receiver: Receiver
) -> None:
    await sync(house, receiver)
    await house.check("error")
    key = (await house.get("/incidents"))["incidents"][0]["key"]
    await house.client.post(f"/api/v1/incidents/{key}/acknowledge")
    await house.check("ok")
    await house.pass_time(days=89)
    assert await count(house, incident) == 1
    await house.pass_time(days=2)
    for table in (incident, alerts, delivery, attempt, acknowledgement):
        assert await count(house, table) == 0, table
    assert await count(house, document) > 0
    assert [each["action"] for each in (await house.get("/audit"))["entries"]] == ["acknowledge", "push"]
    assert len(receiver.received) == 2


async def test_open_incidents_stay_however_old_and_their_captures_with_them(house: House, receiver: Receiver) -> None:
    receiver.respond("/tickets", lambda request: Answer.of({"result": {"sys_id": "T1"}}, 201))
    await house.push(monitor(), alert(level("desk")), desk(receiver.url))
    await house.check("error")
    await house.pass_time(seconds=5)
    await house.pass_time(days=400)
    await house.check("ok")
    assert receiver.received[-1].path == "/tickets/T1"


async def test_an_unfinished_message_keeps_its_incident(house: House, receiver: Receiver) -> None:
    await sync(house, receiver)
    receiver.respond("/pager", lambda request: Answer(status=500))
    await house.check("error")
    await house.check("ok")
    assert (await purged(house, days=-1)).incidents == 0
    assert [state for _, _, state in await house.states()] == ["pending", "pending"]


async def test_a_message_that_was_sent_again_lately_keeps_its_incident(house: House, receiver: Receiver) -> None:
    await sync(house, receiver)
    await house.check("error")
    await house.check("ok")
    await house.pass_time(days=80)
    sent = (await house.get("/deliveries"))["deliveries"][0]["id"]
    await house.client.post(f"/api/v1/deliveries/{sent}/resend")
    await house.dispatcher.rest()
    assert (await purged(house, days=70)).incidents == 0
    assert (await purged(house, days=-1)) == Purged(incidents=1, deliveries=2, attempts=3, more=False)


async def test_a_message_that_a_silence_holds_keeps_its_incident_and_goes_when_the_silence_is_over(
    house: House, receiver: Receiver
) -> None:
    await sync(house, receiver)
    await house.check("error")
    asked = {"integration": "pager", "reason": "move", "duration": "2d"}
    await house.client.post("/api/v1/silences", json=asked)
    await house.check("ok")
    assert (await purged(house, days=-1)).incidents == 0
    await house.pass_time(days=2)
    assert [each.json()["type"] for each in receiver.received] == ["Alert", "Ok"]
    assert (await purged(house, days=-1)).incidents == 1
    assert await count(house, silence) == 0


async def test_after_a_purge_a_repeated_check_is_still_known(house: House, receiver: Receiver) -> None:
    await sync(house, receiver)
    check = {"id": "first", "monitor": "shop-home", "time": house.clock.now().isoformat(), "status": "error"}
    await house.client.post("/api/v1/checks", json=check)
    await house.dispatcher.rest()
    await house.check("ok")
    assert (await purged(house, days=-1)).incidents == 1
    assert await count(house, check_seen) == 2
    assert (await house.client.post("/api/v1/checks", json=check)).json() == {"accepted": 0, "duplicates": 1}


async def test_a_purge_goes_on_until_all_is_gone_in_steps_that_leave_room_for_checks(
    house: House, receiver: Receiver
) -> None:
    monitors = [monitor(f"m-{number}") for number in range(AT_ONCE + 1)]
    await house.push(*monitors)
    for status in ("error", "ok"):
        now = house.clock.now().isoformat()
        checks = [
            {"id": f"{each['name']}-{status}", "monitor": each["name"], "time": now, "status": status}
            for each in monitors
        ]
        await house.client.post("/api/v1/checks", json={"checks": checks})
    await house.dispatcher.rest()
    first = await purged(house, days=-1)
    assert (first.incidents, first.more) == (AT_ONCE, True)
    await house.pass_time(days=91)
    assert await count(house, incident) == 0
