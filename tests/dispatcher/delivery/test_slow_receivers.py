"""A receiver that takes its time holds up as little as can be."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Event

import pytest
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import House, Houses

from tocsin_dispatcher.delivery import drains


def slow_for(key: str, freed: Event) -> Callable[[Received], Answer]:
    """Answer the messages of one incident when `freed`, all others at once."""

    def answer(request: Received) -> Answer:
        if request.json()["key"].endswith(key):
            freed.wait(20)
        return Answer()

    return answer


async def sync(house: House, receiver: Receiver) -> None:
    monitors = [monitor(name) for name in ("shop-home", "shop-cart", "shop-pay")]
    assert (await house.push(*monitors, alert(level("pager")), pager(receiver.url))).status_code == 200


async def report(house: House, *monitors: str) -> None:
    now = house.clock.now().isoformat()
    checks = [{"id": name, "monitor": name, "time": now, "status": "error"} for name in monitors]
    assert (await house.client.post("/api/v1/checks", json={"checks": checks})).status_code == 202


async def states(house: House, wanted: dict[str, str]) -> dict[str, str]:
    """Give the state of each monitor's delivery, once it is what is wanted; at the latest after 10 s."""
    found: dict[str, str] = {}
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            while found != wanted:
                listed = (await house.get("/deliveries"))["deliveries"]
                found = {each["monitor"]: each["state"] for each in listed}
    return found


async def test_one_slow_answer_holds_up_no_other_incident_of_the_same_integration(
    house: House, receiver: Receiver
) -> None:
    await sync(house, receiver)
    freed = Event()
    receiver.respond("/pager", slow_for("shop-home", freed))
    try:
        await report(house, "shop-home", "shop-cart")
        wanted = {"shop-home": "sending", "shop-cart": "delivered"}
        assert await states(house, wanted) == wanted
        await report(house, "shop-pay")
        wanted |= {"shop-pay": "delivered"}
        assert await states(house, wanted) == wanted
    finally:
        freed.set()
    await house.dispatcher.rest()
    assert {state for _, _, state in await house.states()} == {"delivered"}


async def test_a_stop_breaks_off_what_hangs_and_doubles_nothing_else(
    houses: Houses, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drains, "GRACE", 0.5)
    freed = Event()
    receiver.respond("/pager", slow_for("shop-home", freed))
    try:
        async with houses.open() as house:
            await sync(house, receiver)
            await report(house, "shop-home", "shop-cart")
            await asyncio.to_thread(receiver.wait_for, 2)
    finally:
        freed.set()
    async with houses.open() as house:
        assert {state for _, _, state in await house.states()} == {"delivered"}
    keys = [each.json()["key"].rpartition("-0-")[2] for each in receiver.received]
    assert sorted(keys) == ["shop-cart", "shop-home", "shop-home"]


async def test_a_stop_gives_back_unsent_what_was_claimed_ahead(
    houses: Houses, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drains, "AT_ONCE", 1)
    monkeypatch.setattr(drains, "GRACE", 0.5)
    freed = Event()
    receiver.respond("/pager", slow_for("shop-cart", freed))
    try:
        async with houses.open() as house:
            await sync(house, receiver)
            await report(house, "shop-home", "shop-cart", "shop-pay")
            wanted = {"shop-home": "delivered", "shop-cart": "sending", "shop-pay": "sending"}
            assert await states(house, wanted) == wanted
    finally:
        freed.set()
    async with houses.open() as house:
        assert {state for _, _, state in await house.states()} == {"delivered"}
    keys = [each.json()["key"].rpartition("-0-")[2] for each in receiver.received]
    assert sorted(keys) == ["shop-cart", "shop-cart", "shop-home", "shop-pay"]


async def test_a_stop_ends_though_the_database_takes_nothing_more(houses: Houses, receiver: Receiver) -> None:
    async with asyncio.timeout(20):
        async with houses.open() as house:
            await sync(house, receiver)
            await houses.run("ALTER TABLE attempt RENAME TO elsewhere")
            await report(house, "shop-home")
            await asyncio.to_thread(receiver.wait_for, 1)
        await houses.run("ALTER TABLE elsewhere RENAME TO attempt")
    async with houses.open() as house:
        assert await house.states() == [("pager", "error", "delivered")]
