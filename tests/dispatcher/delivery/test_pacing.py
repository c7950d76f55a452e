"""How fast an integration may send: its rate limit and how much of it may be in flight, whoever sends."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from threading import Event
from typing import Any

import pytest
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

MONITORS = [f"m-{number:02}" for number in range(12)]


async def sync(running_dispatcher: RunningDispatcher, receiver: Receiver, revision: int = 0, **limits: Any) -> None:
    integrations = [pager(receiver.url, **limits), pager(receiver.url, "other")]
    watched = [*map(monitor, MONITORS), alert(level("pager", "other"))]
    pushed = await running_dispatcher.push(*watched, *integrations, revision=revision)
    assert pushed.status_code == 200, pushed.text


async def all_fail(running_dispatcher: RunningDispatcher, *monitors: str) -> None:
    """Report an error of every monitor in one request."""
    now = running_dispatcher.clock.now().isoformat()
    checks = [
        {"id": f"{name}-{next(running_dispatcher.numbers)}", "monitor": name, "time": now, "status": "error"}
        for name in monitors or MONITORS
    ]
    answer = await running_dispatcher.client.post("/api/v1/checks", json={"checks": checks})
    assert answer.status_code == 202, answer.text


def arrived(receiver: Receiver) -> Counter[str]:
    return Counter(each.path for each in receiver.received)


async def test_no_more_is_sent_in_a_period_than_the_rate_allows_and_nothing_is_lost(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver, rate_limit="5/10s")
    await all_fail(running_dispatcher)
    await running_dispatcher.dispatcher.wait_idle()
    assert arrived(receiver) == {"/pager": 5, "/other": 12}
    await running_dispatcher.pass_time(seconds=9)
    assert arrived(receiver)["/pager"] == 5
    await running_dispatcher.pass_time(seconds=1)
    assert arrived(receiver)["/pager"] == 10
    await running_dispatcher.pass_time(seconds=10)
    assert arrived(receiver) == {"/pager": 12, "/other": 12}
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}


async def test_no_stretch_of_a_period_holds_more_than_the_rate_wherever_it_begins(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver, rate_limit="3/10s")
    await all_fail(running_dispatcher, *MONITORS[:2])
    await running_dispatcher.dispatcher.wait_idle()
    await running_dispatcher.pass_time(seconds=6)
    await all_fail(running_dispatcher, *MONITORS[2:])
    await running_dispatcher.dispatcher.wait_idle()
    sent = [arrived(receiver)["/pager"]]
    for _ in range(30):
        await running_dispatcher.pass_time(seconds=1)
        sent.append(arrived(receiver)["/pager"])
    assert max(after - before for before, after in zip(sent, sent[9:], strict=False)) <= 3
    assert sent[:5] == [3, 3, 3, 3, 5]  # two of the first three count no more
    assert sent[-1] == 12


async def test_a_limit_holds_across_a_restart_and_goes_with_the_definition(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with dispatchers.open() as running_dispatcher:
        await sync(running_dispatcher, receiver, rate_limit="5/h")
        await all_fail(running_dispatcher)
        await running_dispatcher.dispatcher.wait_idle()
    async with dispatchers.open() as running_dispatcher:
        assert arrived(receiver)["/pager"] == 5
        await sync(running_dispatcher, receiver, revision=1)
        await running_dispatcher.pass_time(hours=1)
        assert arrived(receiver)["/pager"] == 12


async def test_a_deleted_integration_sends_what_it_owes_within_its_last_limits(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver, rate_limit="5/m")
    await all_fail(running_dispatcher)
    await running_dispatcher.dispatcher.wait_idle()
    watched = [*map(monitor, MONITORS), alert(level("other"))]
    assert (await running_dispatcher.push(*watched, pager(receiver.url, "other"), revision=1)).status_code == 200
    assert arrived(receiver)["/pager"] == 5
    await running_dispatcher.pass_time(minutes=1)
    assert arrived(receiver)["/pager"] == 10
    await running_dispatcher.pass_time(minutes=1)
    assert arrived(receiver)["/pager"] == 12


class Counting:
    """Answers when freed, and knows how many requests were open at once."""

    def __init__(self) -> None:
        self.freed = Event()
        self.open = 0
        self.most = 0

    def __call__(self, request: Received) -> Answer:
        self.open += 1
        self.most = max(self.most, self.open)
        self.freed.wait(20)
        self.open -= 1
        return Answer()


async def test_only_so_many_requests_are_in_flight_as_the_integration_says(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    counting = Counting()
    receiver.respond("/pager", counting)
    await sync(running_dispatcher, receiver, max_in_flight=3)
    try:
        await all_fail(running_dispatcher)
        await asyncio.to_thread(receiver.wait_for, 12 + 3)
    finally:
        counting.freed.set()
    await running_dispatcher.dispatcher.wait_idle()
    assert counting.most == 3
    assert arrived(receiver) == {"/pager": 12, "/other": 12}


async def test_a_receiver_that_hangs_delays_no_other(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    freed = Event()

    def hang(request: Received) -> Answer:
        freed.wait(20)
        return Answer()

    receiver.respond("/pager", hang)
    await sync(running_dispatcher, receiver)
    try:
        for _ in range(5):  # 60 incidents: more than may be in flight
            await all_fail(running_dispatcher)
            running_dispatcher.clock.advance(seconds=1)
            await all_fail_ok(running_dispatcher)
        await asyncio.to_thread(receiver.wait_for, 120 + 50)
        assert arrived(receiver) == {"/other": 120, "/pager": 50}
    finally:
        freed.set()
    await running_dispatcher.dispatcher.wait_idle()
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}


async def all_fail_ok(running_dispatcher: RunningDispatcher) -> None:
    now = running_dispatcher.clock.now().isoformat()
    checks = [
        {"id": f"{name}-{next(running_dispatcher.numbers)}", "monitor": name, "time": now, "status": "ok"}
        for name in MONITORS
    ]
    assert (await running_dispatcher.client.post("/api/v1/checks", json={"checks": checks})).status_code == 202
    running_dispatcher.clock.advance(seconds=1)


@pytest.fixture
async def pair(dispatchers: DispatcherFactory) -> AsyncIterator[tuple[RunningDispatcher, RunningDispatcher]]:
    """Two dispatchers on one database, where that may be."""
    async with dispatchers.open() as one, dispatchers.open() as other:
        yield one, other


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_limits_hold_over_all_workers(
    pair: tuple[RunningDispatcher, RunningDispatcher], receiver: Receiver
) -> None:
    one, other = pair
    counting = Counting()
    receiver.respond("/pager", counting)
    await sync(one, receiver, rate_limit="8/10s", max_in_flight=3)
    try:
        await asyncio.gather(all_fail(one, *MONITORS[:6]), all_fail(other, *MONITORS[6:]))
        await asyncio.to_thread(receiver.wait_for, 12 + 3)
    finally:
        counting.freed.set()
    for running_dispatcher in (one, other, one, other):
        await running_dispatcher.dispatcher.wait_idle()
    assert counting.most == 3
    assert arrived(receiver) == {"/pager": 8, "/other": 12}
    one.clock.advance(seconds=10)
    await asyncio.to_thread(receiver.wait_for, 12 + 12)
    for running_dispatcher in (one, other):
        await running_dispatcher.dispatcher.wait_idle()
    assert {state for _, _, state in await one.states()} == {"delivered"}
