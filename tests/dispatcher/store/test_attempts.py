"""The attempt log and the other lists: searched, and given page by page."""

from datetime import datetime
from typing import Any

import pytest
from demo.receiver import Receiver
from tests.dispatcher.account import alert, level, monitor, pager, project
from tests.dispatcher.conftest import RunningDispatcher


@pytest.fixture(autouse=True)
async def history(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    """Have two monitors fail a minute apart; the first message to `pager` fails once."""
    both = [pager(receiver.url), pager(receiver.url, "chat")]
    await running_dispatcher.push(monitor(), monitor("shop-cart"), alert(level("pager", "chat")), *both)
    receiver.answer("/pager", 500)
    await running_dispatcher.check("error", "shop-home")
    await running_dispatcher.pass_time(minutes=1)
    await running_dispatcher.check("error", "shop-cart")


def later(running_dispatcher: RunningDispatcher, seconds: int) -> str:
    moment: datetime = running_dispatcher.clock.now().replace(minute=0, second=0)
    return moment.replace(second=seconds % 60, minute=seconds // 60).isoformat()


async def found(running_dispatcher: RunningDispatcher, **query: Any) -> list[tuple[str, str, bool]]:
    """Return monitor, integration and outcome of the attempts that are found, oldest first."""
    attempts = reversed((await running_dispatcher.get("/attempts", **query))["attempts"])
    return [(each["monitor"], each["integration"], each["succeeded"]) for each in attempts]


async def test_attempts_are_found_by_what_they_were_made_for(running_dispatcher: RunningDispatcher) -> None:
    assert len(await found(running_dispatcher)) == 5
    assert await found(running_dispatcher, outcome="failed") == [("shop-home", "pager", False)]
    assert await found(running_dispatcher, integration="chat") == [
        ("shop-home", "chat", True),
        ("shop-cart", "chat", True),
    ]
    assert await found(running_dispatcher, monitor="shop-cart", integration="pager") == [("shop-cart", "pager", True)]
    cart, home = (each["key"] for each in (await running_dispatcher.get("/incidents"))["incidents"])
    assert len(await found(running_dispatcher, incident=home)) == 3
    assert {monitor for monitor, _, _ in await found(running_dispatcher, incident=cart)} == {"shop-cart"}
    (delivery,) = (await running_dispatcher.get("/deliveries", incident=home, integration="pager"))["deliveries"]
    assert [outcome for _, _, outcome in await found(running_dispatcher, delivery=delivery["id"])] == [False, True]


async def test_attempts_are_found_by_time_the_end_not_included(running_dispatcher: RunningDispatcher) -> None:
    assert len(await found(running_dispatcher, until=later(running_dispatcher, 60))) == 2
    assert len(await found(running_dispatcher, since=later(running_dispatcher, 60))) == 3
    assert await found(running_dispatcher, since=later(running_dispatcher, 61)) == []


async def test_an_attempt_has_both_sides_and_where_it_belongs(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    (failed,) = (await running_dispatcher.get("/attempts", outcome="failed"))["attempts"]
    assert failed["request"]["url"] == f"{receiver.url}/pager"
    assert dict(failed["request"]["headers"])["Authorization"] == "Token *****"
    assert failed["response"]["status"] == 500
    assert (failed["alert"], failed["level"], failed["type"]) == ("shop-down", 1, "error")


async def test_every_list_is_given_page_by_page_without_gap_or_repetition(
    running_dispatcher: RunningDispatcher,
) -> None:
    for kind, count in (("attempts", 5), ("deliveries", 4), ("alerts", 2), ("incidents", 2)):
        numbers: list[int] = []
        before: dict[str, int | None] = {}
        for _ in range(count):
            page = await running_dispatcher.get(f"/{kind}", limit=1, **before)
            numbers += [each["number"] for each in page[kind]]
            before = {"before": page["next"]}
        assert before == {"before": None}, kind
        assert len(set(numbers)) == count
        assert numbers == sorted(numbers, reverse=True)


async def test_the_other_lists_are_searched_by_time_too(running_dispatcher: RunningDispatcher) -> None:
    middle = later(running_dispatcher, 30)
    for kind, each_half in (("deliveries", 2), ("alerts", 1), ("incidents", 1)):
        assert len((await running_dispatcher.get(f"/{kind}", until=middle))[kind]) == each_half
        assert len((await running_dispatcher.get(f"/{kind}", since=middle))[kind]) == each_half


async def test_a_search_that_makes_no_sense_is_refused(running_dispatcher: RunningDispatcher) -> None:
    for query in ("before=0", "before=x", "since=yesterday", "outcome=maybe", "limit=201"):
        answer = await running_dispatcher.client.get(f"/api/v1/attempts?{query}")
        assert answer.status_code == 422, query
        assert answer.json()["message"].startswith(query.partition("=")[0])


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("integraton=pager", "there is no parameter `integraton`: did you mean `integration`?"),
        ("x=1", "there is no parameter `x`: there are `before`, `delivery`,"),
        ("monitor=shop-home&monitor=shop-cart", "monitor: expected once, not several times"),
    ],
)
async def test_a_filter_that_is_misspelt_or_repeated_is_refused(
    running_dispatcher: RunningDispatcher, query: str, message: str
) -> None:
    answer = await running_dispatcher.client.get(f"/api/v1/attempts?{query}")
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid")
    assert answer.json()["message"].startswith(message)


async def test_whoever_reports_a_check_may_add_parameters_of_his_own(running_dispatcher: RunningDispatcher) -> None:
    check = {"id": "9", "monitor": "shop-cart", "time": running_dispatcher.clock.now().isoformat(), "status": "ok"}
    assert (await running_dispatcher.client.post("/api/v1/checks?source=probe-7", json=check)).status_code == 202


async def test_a_time_may_have_the_plus_of_its_zone_unencoded(running_dispatcher: RunningDispatcher) -> None:
    for query in ("since=2026-03-02T13:01:00+01:00", "since=2026-03-02T13:01:00%2B01:00", "since=2026-03-02T12:01:00Z"):
        answer = await running_dispatcher.client.get(f"/api/v1/attempts?{query}")
        assert len(answer.json()["attempts"]) == 3, query
    assert (await running_dispatcher.client.get("/api/v1/audit?until=2026-03-02T13:00:00+01:00")).json()[
        "entries"
    ] == []


async def test_no_side_of_an_attempt_is_kept_without_limit_and_what_was_cut_is_said(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    request = {
        "method": "POST",
        "url": receiver.url + "/long?q={{@UrlEncode({{@monitor.notes}})}}",
        "headers": {f"X-{number}": "{{@monitor.notes}}" for number in range(5)},
        "body": "{{@monitor.notes}}{{@monitor.notes}}",
    }
    long = {"kind": "integration", "name": "long", "messages": [{"types": ["error"], "steps": [{"request": request}]}]}
    watched = monitor("shop-long", groups=[], notes="n" * 60_000)
    told = alert(level("long"), name="shop-long-down", groups=[], monitors=["shop-long"])
    answered = await running_dispatcher.push(watched, long, told, revision=1, project=project("others"))
    assert answered.status_code == 200, answered.text
    receiver.answer("/long", 200, {f"X-{number}": "h" * 7000 for number in range(20)}, "b" * 100_000)
    await running_dispatcher.check("error", "shop-long")
    assert receiver.received[-1].path == "/long?q=" + "n" * 60_000
    (attempt,) = (await running_dispatcher.get("/attempts", integration="long"))["attempts"]
    sides = [attempt["request"], attempt["response"]]
    assert [(each["truncated"], len(str(each)) < 2 * 65536 + 10_000) for each in sides] == [(True, True)] * 2
    assert attempt["request"]["url"].endswith("nnn…")
