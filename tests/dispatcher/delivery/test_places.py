"""Requests under way: no more in all than there are places, and always one for an integration that has none."""

import asyncio
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_dispatcher.delivery.places import KEPT_FREE, Places


async def rest() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def wanted(places: Places, *integrations: str) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(places.take(integration)) for integration in integrations]
    await rest()
    return tasks


def had(tasks: list[asyncio.Task[None]]) -> int:
    """Return how many have got their place."""
    return sum(task.done() and not task.cancelled() for task in tasks)


async def test_one_integration_leaves_places_for_those_that_have_none() -> None:
    places = Places(8)
    hanging = await wanted(places, *["hangs"] * 50)
    assert had(hanging) == 8 - 8 // KEPT_FREE
    assert had(await wanted(places, "well")) == 1
    for task in hanging:
        task.cancel()


async def test_many_integrations_that_hang_leave_places_for_one_that_has_none() -> None:
    places = Places(64)
    hanging = await wanted(places, *(f"hangs-{number % 10}" for number in range(640)))
    assert had(hanging) == 48
    for _ in range(100):
        assert had(await wanted(places, "well")) == 1
        places.give_back("well")
    for task in hanging:
        task.cancel()


async def test_integrations_that_wait_take_turns() -> None:
    places, order = Places(4), list[str]()

    async def one(integration: str) -> None:
        await places.take(integration)
        order.append(integration)

    held = await wanted(places, "held", "held", "held")
    waiting = [asyncio.create_task(one(each)) for each in ("held", "held", "a", "a", "b")]
    await rest()
    assert (had(held), order) == (3, ["a"])  # which had nothing under way; the last place is taken with it
    for _ in range(3):
        places.give_back("held")
        await rest()
    for _ in range(2):
        places.give_back("a")
        await rest()
    assert order == ["a", "b", "held", "a", "held"]
    await asyncio.gather(*waiting)


async def test_who_gives_up_waiting_leaves_his_turn_to_the_next() -> None:
    places = Places(4)
    await wanted(places, *["hangs"] * 3)
    first, second = await wanted(places, "hangs", "hangs")
    first.cancel()
    await rest()
    places.give_back("hangs")
    await second
    assert first.cancelled()


async def test_who_gives_up_in_the_moment_of_his_turn_gives_it_on() -> None:
    places = Places(4)
    await wanted(places, *["hangs"] * 3)
    first, second = await wanted(places, "hangs", "hangs")
    places.give_back("hangs")  # to the first, who hasn't noticed yet
    first.cancel()
    await second
    assert first.cancelled()


@pytest.mark.parametrize("in_all", [1, 2, 3])
async def test_few_places_are_places(in_all: int) -> None:
    places = Places(in_all)
    for _ in range(3):
        assert had(await wanted(places, "one")) == 1
        places.give_back("one")


@given(
    st.integers(1, 12),
    st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["take", "give", "cancel"])), max_size=60),
    st.integers(0, 2**32),
)
def test_whatever_is_taken_given_back_and_given_up_none_is_lost_and_none_too_many(
    in_all: int, moves: list[tuple[str, str]], seed: int
) -> None:
    async def played() -> None:
        chance, places = random.Random(seed), Places(in_all)
        tasks: list[tuple[str, asyncio.Task[None]]] = []
        held: Counter[str] = Counter()

        async def settle() -> None:
            await rest()
            for each in [each for each in tasks if each[1].done()]:
                tasks.remove(each)
                held[each[0]] += not each[1].cancelled()
            assert held.total() <= in_all
            assert held.total() == places._taken

        for integration, move in moves:
            if move == "take":
                tasks.append((integration, asyncio.create_task(places.take(integration))))
            elif move == "give" and held[integration]:
                held[integration] -= 1
                places.give_back(integration)
            elif move == "cancel" and tasks:
                chance.choice(tasks)[1].cancel()
            if chance.random() < 0.7:
                await settle()
        await settle()
        while tasks or held.total():
            integration = chance.choice(list(held.elements()))
            held[integration] -= 1
            places.give_back(integration)
            await settle()
        assert places._taken == 0
        assert not places._waiting

    asyncio.run(played())
