"""The drain of one integration: when it has something to do, and when it is over."""

import asyncio
from datetime import UTC, datetime

from tocsin_dispatcher.delivery.drains import Drain


async def test_a_drain_begins_with_a_look_at_what_is_due_and_ends_where_nothing_is() -> None:
    drain = Drain("pager", asyncio.Event())
    assert await drain.goes_on()
    assert drain.judged() == []
    drain.recorded(datetime(2026, 11, 30, tzinfo=UTC))
    assert not await drain.goes_on()


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
