"""Messages on their way: attempts, retries, order, and what is kept of them."""

from collections import Counter
from threading import Barrier, Event
from typing import Any
from uuid import UUID

import pytest
from demo.receiver import Answer, Received, Receiver
from sqlalchemy import select
from tests.dispatcher.account import SECRET, alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

from tocsin_dispatcher.store.database.tables import metadata
from tocsin_dispatcher.store.skips import ERROR_NEVER_ARRIVED


async def sync(running_dispatcher: RunningDispatcher, receiver: Receiver, **more: object) -> None:
    """Put one monitor and one level with a pager in force."""
    pushed = await running_dispatcher.push(monitor(), alert(level("pager", **more)), pager(receiver.url))
    assert pushed.status_code == 200, pushed.text


async def test_a_failed_message_is_sent_again_with_the_same_bytes_and_id(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    receiver.answer("/pager", 503)
    receiver.answer("/pager", 500)
    await running_dispatcher.check("error")
    assert await running_dispatcher.states() == [("pager", "error", "pending")]
    await running_dispatcher.pass_time(seconds=4)
    assert len(receiver.received) == 1
    await running_dispatcher.pass_time(seconds=1)
    assert len(receiver.received) == 2
    await running_dispatcher.pass_time(minutes=5)
    assert await running_dispatcher.states() == [("pager", "error", "delivered")]
    assert len({each.body for each in receiver.received}) == 1
    ids = {each.header("Tocsin-Delivery-Id") for each in receiver.received}
    (shown,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert ids == {shown["id"]}


async def test_ids_of_messages_are_in_the_order_of_time(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    for status in ("error", "ok", "error"):
        await running_dispatcher.check(status)
        await running_dispatcher.pass_time(seconds=1)
    ids = [each["id"] for each in reversed((await running_dispatcher.get("/deliveries"))["deliveries"])]
    assert ids == sorted(ids)
    assert {UUID(each).version for each in ids} == {8}


async def test_every_attempt_is_kept_with_both_sides_and_without_secrets(
    running_dispatcher: RunningDispatcher, dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    receiver.answer("/pager", 500, body=f"no such key: {SECRET}")
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(seconds=5)
    (listed,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    shown = await running_dispatcher.get(f"/deliveries/{listed['id']}")
    first, second = shown["attempt_log"]
    assert (first["succeeded"], second["succeeded"]) == (False, True)
    assert first["failures"]
    assert first["request"]["method"] == "POST"
    assert first["request"]["url"] == f"{receiver.url}/pager"
    assert dict(first["request"]["headers"])["Authorization"] == "Token *****"
    assert '"secret":"*****"' in first["request"]["body"].replace('": "', '":"')
    assert (first["response"]["status"], first["response"]["body"]) == (500, "no such key: *****")
    assert SECRET not in str(shown)
    async with running_dispatcher.dispatcher.database.read() as connection:
        for table in metadata.sorted_tables:
            assert SECRET not in str((await connection.execute(select(table))).all()), table.name


async def test_the_wait_that_a_receiver_asks_for_is_kept(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    receiver.answer("/pager", 429, {"Retry-After": "120"})
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(seconds=119)
    assert len(receiver.received) == 1
    await running_dispatcher.pass_time(seconds=1)
    assert len(receiver.received) == 2


async def test_a_message_is_given_up_after_27_hours_and_its_ok_is_not_sent(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    receiver.respond("/pager", lambda request: Answer(status=500))
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    for _ in range(28):
        await running_dispatcher.pass_time(hours=1)
    assert {each.json()["type"] for each in receiver.received} == {"Alert"}
    assert await running_dispatcher.states() == [("pager", "error", "failed"), ("pager", "ok", "skipped")]
    sent = len(receiver.received)
    await running_dispatcher.pass_time(days=2)
    assert len(receiver.received) == sent


async def test_a_message_that_is_refused_is_tried_once_more_after_a_minute_and_holds_up_nothing(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    receiver.respond("/pager", lambda request: Answer(status=400, body=b"invalid_payload"))
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(seconds=59)
    assert len(receiver.received) == 1
    await running_dispatcher.pass_time(seconds=1)
    assert len(receiver.received) == 2
    (shown,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert (shown["state"], shown["outcome"], shown["failures"]) == ("failed", "refused", ["answered 400 Bad Request"])
    receiver.respond("/pager", lambda request: Answer())
    await running_dispatcher.check("ok")
    ok = (await running_dispatcher.get("/deliveries"))["deliveries"][0]
    assert (ok["state"], ok["failures"]) == ("skipped", [ERROR_NEVER_ARRIVED])
    assert ok["remarks"] == ["its Error was not delivered (refused: answered 400 Bad Request)"]


async def test_an_ok_has_a_refused_error_tried_for_the_last_time_at_once(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    receiver.respond("/pager", lambda request: Answer(status=400))
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    assert await running_dispatcher.states() == [("pager", "error", "failed"), ("pager", "ok", "skipped")]
    assert [each.json()["type"] for each in receiver.received] == ["Alert", "Alert"]


@pytest.mark.parametrize("then", [503, 404, 429, 401, None])
@pytest.mark.parametrize("status", [302, 303])
async def test_what_fails_after_a_redirect_to_a_get_is_no_reason_to_send_again(
    running_dispatcher: RunningDispatcher, receiver: Receiver, status: int, then: int | None
) -> None:
    place = "/look" if then is not None else "http://127.0.0.1:1/"
    receiver.respond("/pager", lambda request: Answer(status, [("Location", place)]))
    receiver.respond("/look", lambda request: Answer(then or 200))
    following = pager(receiver.url, step={"redirects": "follow"})
    await running_dispatcher.push(monitor(), alert(level("pager")), following)
    await running_dispatcher.check("error")
    (shown,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert (shown["state"], shown["outcome"]) == ("failed", "unclear")
    assert shown["failures"][-1] == "not sent again: its receiver had taken it, and led on to a GET"
    await running_dispatcher.pass_time(days=2)
    assert [each.path for each in receiver.received].count("/pager") == 1


async def test_a_redirect_that_asks_for_the_same_elsewhere_is_tried_again_from_the_first(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.respond("/pager", lambda request: Answer(307, [("Location", "/there")]))
    receiver.respond("/there", lambda request: Answer(503))
    following = pager(receiver.url, step={"redirects": "follow"})
    await running_dispatcher.push(monitor(), alert(level("pager")), following)
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(seconds=5)
    assert [each.path for each in receiver.received] == ["/pager", "/there"] * 2
    assert await running_dispatcher.states() == [("pager", "error", "pending")]


async def test_an_ok_that_is_refused_is_tried_once_more_after_a_minute_too(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    receiver.respond("/pager", lambda request: Answer(status=400))
    await running_dispatcher.check("ok")
    await running_dispatcher.pass_time(seconds=59)
    assert [each.json()["type"] for each in receiver.received] == ["Alert", "Ok"]
    receiver.respond("/pager", lambda request: Answer())
    await running_dispatcher.pass_time(seconds=1)
    assert await running_dispatcher.states() == [("pager", "error", "delivered"), ("pager", "ok", "delivered")]


async def test_an_ok_is_sent_where_its_error_arrived_and_was_not_understood(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    asserted = {"assert": [{"body": {"equal": "ok"}}]}
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url, step=asserted))
    receiver.respond("/pager", lambda request: Answer(body=b"<html>"))
    await running_dispatcher.check("error")
    (error,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert (error["state"], error["outcome"]) == ("failed", "unclear")
    assert error["failures"] == ['body is "<html>", expected "ok"']
    await running_dispatcher.pass_time(days=2)
    assert len(receiver.received) == 1, "what was done is not repeated"
    receiver.respond("/pager", lambda request: Answer(body=b"ok"))
    await running_dispatcher.check("ok")
    ok = (await running_dispatcher.get("/deliveries"))["deliveries"][0]
    assert (ok["state"], ok["remarks"][-1]) == ("delivered", "sent all the same: a request of its Error had arrived")


@pytest.mark.parametrize(("if_over", "arrive"), [("skip", []), ("send", ["Alert", "Ok"]), (None, ["Alert", "Ok"])])
async def test_what_is_over_before_it_has_left_is_dropped_where_the_integration_says_so(
    running_dispatcher: RunningDispatcher, receiver: Receiver, if_over: str | None, arrive: list[str]
) -> None:
    more: dict[str, Any] = {"if_over": if_over} if if_over is not None else {}
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url, **more))
    receiver.respond("/pager", lambda request: Answer(status=503))
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    before = len(receiver.received)
    receiver.respond("/pager", lambda request: Answer())
    await running_dispatcher.pass_time(seconds=5)
    assert [each.json()["type"] for each in receiver.received[before:]] == arrive
    state = "delivered" if arrive else "skipped"
    assert await running_dispatcher.states() == [("pager", "error", state), ("pager", "ok", state)]


async def test_an_ok_waits_for_its_error(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    await sync(running_dispatcher, receiver)
    receiver.answer("/pager", 500)
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    assert [each.json()["type"] for each in receiver.received] == ["Alert"]
    await running_dispatcher.pass_time(seconds=5)
    assert [each.json()["type"] for each in receiver.received] == ["Alert", "Alert", "Ok"]


async def test_a_receiver_that_fails_holds_up_no_other(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    both = [pager(receiver.url), pager(receiver.url, "chat")]
    await running_dispatcher.push(monitor(), alert(level("pager", "chat")), *both)
    receiver.respond("/pager", lambda request: Answer(status=500))
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    assert Counter(each.path for each in receiver.received) == {"/pager": 1, "/chat": 2}


async def test_a_receiver_that_hangs_holds_up_no_other(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    both = [pager(receiver.url), pager(receiver.url, "chat")]
    await running_dispatcher.push(monitor(), monitor("shop-cart"), alert(level("pager", "chat")), *both)
    others_done = Event()
    receiver.respond("/pager", lambda request: Answer(status=200 if others_done.wait(10) else 500))

    def chat(request: Received) -> Answer:
        if sum(each.path == "/chat" for each in receiver.received) == 2:
            others_done.set()
        return Answer()

    receiver.respond("/chat", chat)
    now = running_dispatcher.clock.now().isoformat()
    for name in ("shop-home", "shop-cart"):
        check = {"id": name, "monitor": name, "time": now, "status": "error"}
        await running_dispatcher.client.post("/api/v1/checks", json=check)
    await running_dispatcher.dispatcher.wait_idle()
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}


async def test_an_incident_has_one_message_in_flight_to_an_integration_while_others_have_theirs(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(
        monitor(), monitor("shop-cart"), alert(level("pager"), level("pager")), pager(receiver.url)
    )
    both_there = Barrier(2)
    first: dict[str, int] = {}

    def answer(request: Received) -> Answer:
        key = request.json()["key"]
        if key not in first:
            first[key] = 0
            both_there.wait(10)
            first[key] = sum(each.json()["key"] == key for each in receiver.received)
        return Answer()

    receiver.respond("/pager", answer)
    now = running_dispatcher.clock.now().isoformat()
    checks = [{"id": name, "monitor": name, "time": now, "status": "error"} for name in ("shop-home", "shop-cart")]
    await running_dispatcher.client.post("/api/v1/checks", json={"checks": checks})
    await running_dispatcher.dispatcher.wait_idle()
    assert list(first.values()) == [1, 1]
    assert len(receiver.received) == 4


async def test_messages_of_an_incident_come_in_order(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    levels = [level("pager"), level("pager", reminders={"max": 5, "every": "1m"})]
    await running_dispatcher.push(monitor(), alert(*levels), pager(receiver.url))
    receiver.answer("/pager", 500)
    await running_dispatcher.check("error")
    for _ in range(5):
        await running_dispatcher.pass_time(minutes=1)
    await running_dispatcher.check("ok")
    types = [each.json()["type"] for each in receiver.received]
    assert types == ["Alert"] * 3 + ["Reminder"] * 5 + ["Ok"] * 2


async def test_more_deliveries_than_one_batch_holds_all_arrive(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    monitors = [monitor(f"m-{number}") for number in range(130)]
    await running_dispatcher.push(*monitors, alert(level("pager")), pager(receiver.url))
    now = running_dispatcher.clock.now().isoformat()
    checks = [{"id": each["name"], "monitor": each["name"], "time": now, "status": "error"} for each in monitors]
    await running_dispatcher.client.post("/api/v1/checks", json={"checks": checks})
    await running_dispatcher.dispatcher.wait_idle()
    assert len({each.json()["key"] for each in receiver.received}) == len(receiver.received) == 130


@pytest.mark.parametrize("silence", ["integration", "level", "alert", "monitor", "message"])
async def test_what_is_inactive_is_silent(
    running_dispatcher: RunningDispatcher, receiver: Receiver, silence: str
) -> None:
    integration = pager(receiver.url, active=silence != "integration")
    definition = alert(level("pager", active=silence != "level"), active=silence != "alert")
    if silence == "message":
        integration["messages"][0]["types"] = ["error"]
    pushed = await running_dispatcher.push(monitor(generate_alerts=silence != "monitor"), definition, integration)
    assert pushed.status_code == 200, pushed.text
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    assert [each.json()["type"] for each in receiver.received] == (["Alert"] if silence == "message" else [])


async def test_a_missing_secret_fails_the_message_with_its_name_until_it_is_there(
    running_dispatcher: RunningDispatcher, dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    del dispatchers.vault["TOCSIN_VAULT_PAGER_PASSWORD"]
    await running_dispatcher.check("error")
    (shown,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert "TOCSIN_VAULT_PAGER_PASSWORD" in shown["failures"][0]
    assert receiver.received == []
    dispatchers.vault["TOCSIN_VAULT_PAGER_PASSWORD"] = SECRET
    await running_dispatcher.pass_time(seconds=5)
    assert len(receiver.received) == 1


async def test_a_push_during_the_retries_leaves_the_message_as_it_was(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    receiver.answer("/pager", 500)
    await running_dispatcher.check("error")
    await running_dispatcher.push(monitor(), alert(level("chat")), pager(receiver.url, "chat"), revision=1)
    await running_dispatcher.pass_time(seconds=5)
    first, second = receiver.received
    assert (first.path, first.body) == (second.path, second.body)


async def test_a_finished_delivery_can_be_sent_again_under_its_id(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    receiver.answer("/pager", 500)
    await running_dispatcher.check("error")
    (shown,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    path = f"/api/v1/deliveries/{shown['id']}/resend"
    early = await running_dispatcher.client.post(path)
    assert early.status_code == 202, "what waits is tried now"
    await running_dispatcher.dispatcher.wait_idle()
    assert await running_dispatcher.states() == [("pager", "error", "delivered")]
    again = await running_dispatcher.client.post(path)
    await running_dispatcher.dispatcher.wait_idle()
    assert again.status_code == 202
    assert len(receiver.received) == 3
    assert len({(each.body, each.header("Tocsin-Delivery-Id")) for each in receiver.received}) == 1
    unknown = await running_dispatcher.client.post("/api/v1/deliveries/nothing/resend")
    assert (unknown.status_code, unknown.json()["error"]) == (404, "not_found")


async def test_an_ok_that_was_skipped_is_sent_when_it_is_asked_for(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    receiver.respond("/pager", lambda request: Answer(status=500))
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    for _ in range(8):
        await running_dispatcher.pass_time(days=1)
    receiver.respond("/pager", lambda request: Answer())
    ok = (await running_dispatcher.get("/deliveries", state="skipped"))["deliveries"][0]
    assert ok["failures"] == ["skipped: the Error message of this incident was never delivered"]
    await running_dispatcher.client.post(f"/api/v1/deliveries/{ok['id']}/resend")
    await running_dispatcher.dispatcher.wait_idle()
    assert receiver.received[-1].json()["type"] == "Ok"


async def test_deliveries_are_found_by_what_they_are_about(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    running_dispatcher.clock.advance(minutes=1)
    await running_dispatcher.check("ok")
    (incident,) = (await running_dispatcher.get("/incidents"))["incidents"]
    found = (await running_dispatcher.get("/deliveries", incident=incident["key"], limit=1))["deliveries"]
    assert [each["type"] for each in found] == ["ok"]
    assert (await running_dispatcher.get("/deliveries", monitor="other"))["deliveries"] == []
    assert len((await running_dispatcher.get("/deliveries", monitor="shop-home", state="delivered"))["deliveries"]) == 2
    (of_alert,) = (await running_dispatcher.get("/deliveries", alert=found[0]["alert_guid"]))["deliveries"]
    assert of_alert["id"] == found[0]["id"]
