"""The drain of one integration: when it has something to do, and when it is over."""

import asyncio

from tocsin_dispatcher.delivery.drains import Drain
from tocsin_dispatcher.delivery.pacing import AT_ONCE
from tocsin_dispatcher.store.deliveries import Claimed, Progress
from tocsin_schema.messages.outcomes import OutcomeKind


async def test_a_drain_begins_with_a_look_at_what_is_due_and_ends_where_nothing_is() -> None:
    drain = Drain("pager", asyncio.Event())
    assert await drain.goes_on()
    assert drain.judged() == []
    drain.recorded()
    assert not await drain.goes_on()


async def test_a_receiver_of_which_nothing_is_known_gets_few_at_first_and_one_whose_pace_is_known_what_it_takes() -> (
    None
):
    drain = Drain("pager", asyncio.Event())
    assert drain.room(0, paced=False) == 5
    assert drain.room(0, paced=True) == AT_ONCE
    drain.stopping.set()
    assert drain.room(0, paced=False) == drain.room(0, paced=True) == 0


async def test_a_drain_that_is_stopped_without_a_database_ends() -> None:
    drain = Drain("pager", asyncio.Event())
    drain.stopping.set()
    drain.not_recorded()
    assert not await drain.goes_on()


async def test_what_could_not_be_recorded_is_tried_again() -> None:
    drain = Drain("pager", asyncio.Event())
    drain.judged()
    drain.not_recorded()
    assert await drain.goes_on()


def progress(claimed: Claimed, outcome: OutcomeKind) -> Progress:
    """Return where a message stands of which nothing but its outcome matters."""
    stated = dict.fromkeys(Progress._fields, None) | {"id": claimed.id, "state": "pending", "outcome": outcome}
    return Progress(**stated)  # type: ignore[arg-type]  # the others are not looked at


async def test_what_is_claimed_and_not_begun_is_given_back_once_one_was_told_that_the_receiver_is_busy() -> None:
    drain = Drain("pager", asyncio.Event())
    begun: list[str] = []

    async def turn(claimed: Claimed) -> Progress:
        begun.append(claimed.id)
        await asyncio.sleep(0)
        return progress(claimed, "busy" if claimed.id == "3" else "delivered")

    for number in range(AT_ONCE + 20):
        drain.start(Claimed(str(number), *[None] * (len(Claimed._fields) - 1)), turn)  # type: ignore[arg-type]
    await asyncio.gather(*drain._turns)
    assert await drain.goes_on()
    drain.judged()
    given_back = drain.given_back()
    assert len(begun) + len(given_back) == AT_ONCE + 20
    assert given_back
    assert drain.given_back() == given_back, "until it is written down"
    drain.recorded()
    assert drain.given_back() == []
    drain.start(Claimed("urgent", *[None] * (len(Claimed._fields) - 1)), turn, anyway=True)  # type: ignore[arg-type]
    await asyncio.gather(*drain._turns)
    assert begun[-1] == "urgent"
