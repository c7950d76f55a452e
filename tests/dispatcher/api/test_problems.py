"""Problems over the API: which there are, page by page, and saying that one is seen to."""

from typing import Any

from demo.receiver import Receiver
from tests.dispatcher.conftest import RunningDispatcher
from tests.dispatcher.undelivered import Receiving, give_up, problems, sync


async def two_kinds(running_dispatcher: RunningDispatcher, receiver: Receiver) -> Receiving:
    """Have a message given up, and then the receiver down."""
    receiving = await sync(running_dispatcher, receiver, tell_after="1m")
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)
    receiving.status["pager"] = 503
    await running_dispatcher.check("error", "shop-cart")
    for _ in range(6):
        await running_dispatcher.pass_time(seconds=30)
    return receiving


async def resolve(running_dispatcher: RunningDispatcher, problem: str) -> tuple[int, Any]:
    answer = await running_dispatcher.client.post(f"/api/v1/problems/{problem}/resolve")
    return answer.status_code, answer.json()


async def test_problems_are_filtered_and_given_page_by_page(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    assert await problems(running_dispatcher) == []
    await two_kinds(running_dispatcher, receiver)
    newest, oldest = await problems(running_dispatcher)
    assert (newest["kind"], oldest["kind"]) == ("down", "given_up")
    assert await problems(running_dispatcher, kind="down", integration="pager", state="all") == [newest]
    assert await problems(running_dispatcher, integration="chat") == []
    assert await problems(running_dispatcher, state="resolved") == []
    assert await problems(running_dispatcher, until=newest["at"]) == [oldest]
    assert await problems(running_dispatcher, since=newest["at"]) == [newest]
    page = await running_dispatcher.get("/problems", limit=1)
    assert (page["problems"], page["next"]) == ([newest], newest["number"])
    page = await running_dispatcher.get("/problems", limit=1, before=page["next"])
    assert (page["problems"], page["next"]) == ([oldest], None)


async def test_an_operator_says_that_a_message_is_seen_to_once_and_it_stands_in_the_audit(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await two_kinds(running_dispatcher, receiver)
    told = len(receiving.told)
    down, given_up = await problems(running_dispatcher)
    status, resolved = await resolve(running_dispatcher, given_up["id"])
    assert (status, resolved["state"], resolved["resolved_by"]) == (200, "resolved", "bootstrap")
    assert await problems(running_dispatcher) == [down]
    (deed,) = (await running_dispatcher.get("/audit", action="resolve"))["entries"]
    assert deed["details"] == {"problem": given_up["id"], "integration": "pager"}
    status, refused = await resolve(running_dispatcher, given_up["id"])
    assert (status, refused["error"]) == (409, "over")
    assert len(receiving.told) == told


async def test_nobody_says_that_a_receiver_takes_something_but_itself(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await two_kinds(running_dispatcher, receiver)
    down, _ = await problems(running_dispatcher)
    status, refused = await resolve(running_dispatcher, down["id"])
    assert (status, refused["error"]) == (409, "lasting")
    assert refused["message"] == "the receiver of pager takes nothing: this ends by itself once a message is delivered"
    assert len(await problems(running_dispatcher)) == 2


async def test_what_there_is_not_can_t_be_resolved(running_dispatcher: RunningDispatcher) -> None:
    status, refused = await resolve(running_dispatcher, "x")
    assert (status, refused["message"]) == (404, "there is no problem x")


async def test_problems_are_counted_by_integration_and_kind(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await two_kinds(running_dispatcher, receiver)
    text = (await running_dispatcher.client.get("/metrics")).text.splitlines()
    assert 'tocsin_problems_total{integration="pager",kind="given_up"} 1.0' in text
    assert 'tocsin_problems_total{integration="pager",kind="down"} 1.0' in text
    assert [line for line in text if line.startswith("tocsin_problems_open{")] == [
        'tocsin_problems_open{kind="given_up"} 1.0',
        'tocsin_problems_open{kind="unclear"} 0.0',
        'tocsin_problems_open{kind="down"} 1.0',
        'tocsin_problems_open{kind="locked_out"} 0.0',
        'tocsin_problems_open{kind="busy"} 0.0',
    ]
