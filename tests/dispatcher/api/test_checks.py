"""Checks in."""

import json
from datetime import timedelta
from typing import Any

import pytest
from demo.receiver import Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

GUID = "849b2046-213d-43ad-9efc-5af1faaeb222"


@pytest.fixture(autouse=True)
async def definitions(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    """Put a monitor, an alert definition and an integration in force."""
    pushed = await running_dispatcher.push(
        monitor(guid=GUID), monitor("shop-cart"), alert(level("pager")), pager(receiver.url)
    )
    assert pushed.status_code == 200, pushed.text


def check(
    running_dispatcher: RunningDispatcher, check_id: str, monitor: str = "shop-home", **more: Any
) -> dict[str, Any]:
    """Return a failing check of this moment."""
    return {
        "id": check_id,
        "monitor": monitor,
        "time": running_dispatcher.clock.now().isoformat(),
        "status": "error",
        **more,
    }


async def post(running_dispatcher: RunningDispatcher, body: Any) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json"}
    answer = await running_dispatcher.client.post("/api/v1/checks", content=json.dumps(body), headers=headers)
    await running_dispatcher.dispatcher.wait_idle()
    return answer.status_code, answer.json()


async def test_a_check_of_a_known_id_changes_nothing(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    assert await post(running_dispatcher, check(running_dispatcher, "1")) == (202, {"accepted": 1, "duplicates": 0})
    assert await post(running_dispatcher, check(running_dispatcher, "1")) == (202, {"accepted": 0, "duplicates": 1})
    assert await post(
        running_dispatcher, {"checks": [check(running_dispatcher, "2"), check(running_dispatcher, "2")]}
    ) == (
        202,
        {"accepted": 1, "duplicates": 1},
    )
    assert len(receiver.received) == 1


async def test_the_id_of_an_incidents_first_check_is_known_for_ever(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await post(running_dispatcher, check(running_dispatcher, "1"))
    await running_dispatcher.check("ok")
    running_dispatcher.clock.advance(days=40)
    await running_dispatcher.pass_time(hours=2)
    assert await post(running_dispatcher, check(running_dispatcher, "1")) == (202, {"accepted": 0, "duplicates": 1})
    assert len(receiver.received) == 2


async def test_a_monitor_is_found_by_its_guid_too(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    await post(running_dispatcher, check(running_dispatcher, "1", GUID.upper()))
    assert receiver.received[0].json()["key"] == f"{GUID}-0-1"


async def test_an_unknown_monitor_is_refused_with_those_that_exist_and_nothing_is_taken(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    status, body = await post(
        running_dispatcher, {"checks": [check(running_dispatcher, "1"), check(running_dispatcher, "2", "shop-hone")]}
    )
    assert (status, body["error"]) == (422, "invalid")
    assert body["message"] == (
        "unknown monitor `shop-hone`: did you mean `shop-home`? The monitors are `shop-cart` and `shop-home`"
    )
    assert (await running_dispatcher.get("/incidents"))["incidents"] == []
    assert await post(running_dispatcher, check(running_dispatcher, "1")) == (202, {"accepted": 1, "duplicates": 0})


async def test_a_monitor_like_no_other_is_refused_with_the_names_that_exist(
    running_dispatcher: RunningDispatcher,
) -> None:
    status, body = await post(running_dispatcher, check(running_dispatcher, "1", "zzz"))
    assert status == 422
    assert body["message"] == "unknown monitor `zzz`: the monitors are `shop-cart` and `shop-home`"


async def test_a_check_from_the_future_is_refused_beyond_five_minutes(running_dispatcher: RunningDispatcher) -> None:
    soon = (running_dispatcher.clock.now() + timedelta(minutes=5)).isoformat()
    later = (running_dispatcher.clock.now() + timedelta(minutes=5, seconds=1)).isoformat()
    assert (await post(running_dispatcher, check(running_dispatcher, "1", time=soon)))[0] == 202
    status, body = await post(running_dispatcher, check(running_dispatcher, "2", time=later))
    assert (status, body["message"]) == (
        422,
        "check 2 is of 2026-03-02T12:05:01Z, but here it is 2026-03-02T12:00:00Z:"
        " a check may be at most 5 minutes ahead; compare the clocks",
    )


async def test_a_batch_is_taken_in_the_order_of_its_times(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    earlier = (running_dispatcher.clock.now() - timedelta(minutes=1)).isoformat()
    ok = check(running_dispatcher, "2", status="ok")
    await post(running_dispatcher, {"checks": [ok, check(running_dispatcher, "1", time=earlier)]})
    assert [each.json()["type"] for each in receiver.received] == ["Alert", "Ok"]


async def test_an_unconfirmed_error_raises_no_alert(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    assert (await post(running_dispatcher, check(running_dispatcher, "1", confirmed=False)))[0] == 202
    assert (await running_dispatcher.get("/incidents"))["incidents"] == []
    assert receiver.received == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": "down"}, "checks/1/status: Input should be 'ok' or 'error'"),
        ({"extra": 1}, "checks/1/extra: there is no such field"),
        ({"descripton": "x"}, "checks/1/descripton: there is no such field: did you mean `description`?"),
        ({"checkpoint": {"nam": "x"}}, "checks/1/checkpoint/nam: there is no such field: did you mean `name`?"),
        ({"time": "2026-03-02T12:00:00"}, "checks/1/time: expected a time with an offset, as in 2026-03-02T12:00:00Z"),
        ({"time": "yesterday"}, "checks/1/time: expected a time in RFC 3339 with an offset"),
        ({"\ud800": 1}, "checks/1/?: there is no such field"),
    ],
)
async def test_an_unfit_check_is_named_and_nothing_is_taken(
    running_dispatcher: RunningDispatcher, change: dict[str, Any], message: str
) -> None:
    body = {"checks": [check(running_dispatcher, "1"), {**check(running_dispatcher, "2"), **change}]}
    status, answer = await post(running_dispatcher, body)
    assert (status, answer["error"]) == (422, "invalid")
    assert answer["message"].startswith(message)
    assert (await running_dispatcher.get("/incidents"))["incidents"] == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], 'the body: expected {"checks": [...]} or one check'),
        ({"checks": []}, "checks: expected one at least"),
        ({"checks": ["1"]}, "checks/0: expected an object"),
        ({"id": "1", "time": "2026-03-02T12:00:00Z", "status": "ok"}, "monitor: it is missing"),
    ],
)
async def test_a_body_of_another_shape_is_refused_in_plain_words(
    running_dispatcher: RunningDispatcher, body: Any, message: str
) -> None:
    assert await post(running_dispatcher, body) == (422, {"error": "invalid", "message": message})


async def test_a_batch_of_more_than_a_thousand_checks_is_refused(running_dispatcher: RunningDispatcher) -> None:
    checks = [check(running_dispatcher, str(number)) for number in range(1001)]
    status, body = await post(running_dispatcher, {"checks": checks})
    assert status == 422
    assert body["message"].startswith("checks: List should have at most 1000 items")
    assert await post(running_dispatcher, {"checks": checks[:1000]}) == (202, {"accepted": 1000, "duplicates": 0})


async def test_a_body_that_is_too_large_is_refused_while_it_is_read(running_dispatcher: RunningDispatcher) -> None:
    answer = await running_dispatcher.client.post("/api/v1/checks", content=b" " * (8 * 1_048_576 + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


async def test_a_body_that_is_no_json_is_refused(running_dispatcher: RunningDispatcher) -> None:
    answer = await running_dispatcher.client.post(
        "/api/v1/checks", content=b'{"checks": [', headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert answer.json()["message"].startswith("the body is not JSON")


async def test_alerts_hold_the_values_of_their_messages(running_dispatcher: RunningDispatcher) -> None:
    await running_dispatcher.check("error", description='a "quote" \0 and \U0001f514')
    (shown,) = (await running_dispatcher.get("/alerts"))["alerts"]
    assert (shown["type"], shown["alert"], shown["level"], shown["monitor"]) == ("error", "shop-down", 1, "shop-home")
    assert shown["values"]["system"]["@alert.description"] == 'a "quote" \0 and \U0001f514'
    assert shown["values"]["system"]["@alert.firstError"] == "2026-03-02T06:00:00"


async def test_half_a_character_keeps_no_alert_from_coming(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    assert (await post(running_dispatcher, check(running_dispatcher, "1", description="cut \ud83d")))[0] == 202
    assert receiver.received[0].json()["text"] == "cut ?"
    assert (await running_dispatcher.get("/alerts"))["alerts"][0]["values"]["system"]["@alert.description"] == "cut ?"


async def test_incidents_are_listed_by_monitor_and_state(running_dispatcher: RunningDispatcher) -> None:
    await running_dispatcher.check("error")
    await running_dispatcher.check("error", "shop-cart")
    running_dispatcher.clock.advance(minutes=1)
    await running_dispatcher.check("ok", "shop-cart")
    assert [each["monitor"] for each in (await running_dispatcher.get("/incidents"))["incidents"]] == [
        "shop-cart",
        "shop-home",
    ]
    (closed,) = (await running_dispatcher.get("/incidents", state="closed"))["incidents"]
    assert (closed["monitor"], closed["started_at"], closed["ended_at"]) == (
        "shop-cart",
        "2026-03-02T12:00:00Z",
        "2026-03-02T12:01:00Z",
    )
    assert closed["details"]["ended_by"] == "ok"
    assert len((await running_dispatcher.get("/incidents", monitor="shop-home"))["incidents"]) == 1


async def test_while_the_database_is_away_nothing_is_accepted_and_nothing_is_lost(
    running_dispatcher: RunningDispatcher, dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    await dispatchers.run("ALTER TABLE monitor_state RENAME TO elsewhere")
    status, body = await post(running_dispatcher, check(running_dispatcher, "1"))
    assert (status, body["error"]) == (503, "unavailable")
    await dispatchers.run("ALTER TABLE elsewhere RENAME TO monitor_state")
    assert await post(running_dispatcher, check(running_dispatcher, "1")) == (202, {"accepted": 1, "duplicates": 0})
    assert len(receiver.received) == 1


async def test_only_new_checks_are_counted(running_dispatcher: RunningDispatcher) -> None:
    await post(
        running_dispatcher,
        {
            "checks": [
                check(running_dispatcher, "1"),
                check(running_dispatcher, "1"),
                check(running_dispatcher, "2", status="ok"),
            ]
        },
    )
    await post(running_dispatcher, check(running_dispatcher, "1"))
    text = (await running_dispatcher.client.get("/metrics")).text
    assert 'tocsin_checks_total{status="error"} 1.0' in text
    assert 'tocsin_checks_total{status="ok"} 1.0' in text
    assert "tocsin_checks_duplicate_total 2.0" in text


async def test_checks_of_one_time_are_taken_in_their_order(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await post(
        running_dispatcher,
        {
            "checks": [
                check(running_dispatcher, "1"),
                check(running_dispatcher, "2", status="ok"),
                check(running_dispatcher, "3"),
            ]
        },
    )
    told = [(each.json()["key"][-1], each.json()["type"]) for each in receiver.received]
    assert [each for each in told if each[0] == "1"] == [("1", "Alert"), ("1", "Ok")]
    assert [each for each in told if each[0] != "1"] == [("3", "Alert")]


async def test_the_oldest_time_there_is_raises_an_alert_like_any_other(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    assert (await post(running_dispatcher, check(running_dispatcher, "1", time="0001-01-01T00:00:00Z")))[0] == 202
    assert [each.json()["type"] for each in receiver.received] == ["Alert"]
    assert (await post(running_dispatcher, check(running_dispatcher, "2", time="0001-01-01T00:00:00+14:00")))[0] == 422


@pytest.mark.parametrize("time", [1_700_000_000, "1700000000", 1.5, "2026-03-02", "2026-03-02T12:00:60Z", None])
async def test_a_time_that_is_not_rfc_3339_is_refused(running_dispatcher: RunningDispatcher, time: Any) -> None:
    status, answer = await post(running_dispatcher, check(running_dispatcher, "1", time=time))
    assert (status, answer["message"].split(":")[0]) == (422, "time")


async def test_ids_may_be_numbers(running_dispatcher: RunningDispatcher) -> None:
    assert await post(running_dispatcher, {**check(running_dispatcher, "1"), "id": 30833627687}) == (
        202,
        {"accepted": 1, "duplicates": 0},
    )
    assert await post(running_dispatcher, check(running_dispatcher, "30833627687")) == (
        202,
        {"accepted": 0, "duplicates": 1},
    )
