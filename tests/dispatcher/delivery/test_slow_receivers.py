"""A receiver that takes its time holds up as little as can be."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Event

import pytest
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

from tocsin_dispatcher.delivery import drains


def slow_for(key: str, freed: Event) -> Callable[[Received], Answer]:
    """Answer the messages of one incident when `freed`, all others at once."""

    def answer(request: Received) -> Answer:
        if request.json()["key"].endswith(key):
            freed.wait(20)
        return Answer()

    return answer


async def sync(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    monitors = [monitor(name) for name in ("shop-home", "shop-cart", "shop-pay")]
    assert (await running_dispatcher.push(*monitors, alert(level("pager")), pager(receiver.url))).status_code == 200


async def report(running_dispatcher: RunningDispatcher, *monitors: str) -> None:
    now = running_dispatcher.clock.now().isoformat()
    checks = [{"id": name, "monitor": name, "time": now, "status": "error"} for name in monitors]
    assert (await running_dispatcher.client.post("/api/v1/checks", json={"checks": checks})).status_code == 202


async def states(running_dispatcher: RunningDispatcher, wanted: dict[str, str]) -> dict[str, str]:
    """Return the state of each monitor's delivery, once it is what is wanted; at the latest after 10 s."""
    found: dict[str, str] = {}
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            while found != wanted:
                listed = (await running_dispatcher.get("/deliveries"))["deliveries"]
                found = {each["monitor"]: each["state"] for each in listed}
    return found


async def test_one_slow_answer_holds_up_no_other_incident_of_the_same_integration(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sync(running_dispatcher, receiver)
    freed = Event()
    receiver.respond("/pager", slow_for("shop-home", freed))
    try:
        await report(running_dispatcher, "shop-home", "shop-cart")
        wanted = {"shop-home": "sending", "shop-cart": "delivered"}
        assert await states(running_dispatcher, wanted) == wanted
        await report(running_dispatcher, "shop-pay")
        wanted |= {"shop-pay": "delivered"}
        assert await states(running_dispatcher, wanted) == wanted
    finally:
        freed.set()
    await running_dispatcher.dispatcher.wait_idle()
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}


async def test_a_stop_breaks_off_what_hangs_and_doubles_nothing_else(
    dispatchers: DispatcherFactory, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drains, "GRACE", 0.5)
    freed = Event()
    receiver.respond("/pager", slow_for("shop-home", freed))
    try:
        async with dispatchers.open() as running_dispatcher:
            await sync(running_dispatcher, receiver)
            await report(running_dispatcher, "shop-home", "shop-cart")
            await asyncio.to_thread(receiver.wait_for, 2)
    finally:
        freed.set()
    async with dispatchers.open() as running_dispatcher:
        assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}
    keys = [each.json()["key"].rpartition("-0-")[2] for each in receiver.received]
    assert sorted(keys) == ["shop-cart", "shop-home", "shop-home"]


async def test_a_stop_gives_back_unsent_what_was_claimed_ahead(
    dispatchers: DispatcherFactory, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drains, "AT_ONCE", 1)
    monkeypatch.setattr(drains, "GRACE", 0.5)
    freed = Event()
    receiver.respond("/pager", slow_for("shop-cart", freed))
    try:
        async with dispatchers.open() as running_dispatcher:
            await sync(running_dispatcher, receiver)
            await report(running_dispatcher, "shop-home", "shop-cart", "shop-pay")
            wanted = {"shop-home": "delivered", "shop-cart": "sending", "shop-pay": "sending"}
            assert await states(running_dispatcher, wanted) == wanted
    finally:
        freed.set()
    async with dispatchers.open() as running_dispatcher:
        assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}
    keys = [each.json()["key"].rpartition("-0-")[2] for each in receiver.received]
    assert sorted(keys) == ["shop-cart", "shop-cart", "shop-home", "shop-pay"]


async def test_a_stop_ends_though_the_database_takes_nothing_more(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with asyncio.timeout(20):
        async with dispatchers.open() as running_dispatcher:
            await sync(running_dispatcher, receiver)
            await dispatchers.run("ALTER TABLE attempt RENAME TO elsewhere")
            await report(running_dispatcher, "shop-home")
            await asyncio.to_thread(receiver.wait_for, 1)
        await dispatchers.run("ALTER TABLE elsewhere RENAME TO attempt")
    async with dispatchers.open() as running_dispatcher:
        assert await running_dispatcher.states() == [("pager", "error", "delivered")]
