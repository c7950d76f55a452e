"""Look-ups are shared, remembered and few; one that hangs is in nobody's way but its integration's."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_dispatcher.sending.connections import lookups
from tocsin_dispatcher.sending.connections.lookups import (
    EACH,
    FOUND_SECONDS,
    HANGS_SECONDS,
    IN_ALL,
    PROVEN,
    REFUSED_SECONDS,
    LookUps,
)
from tocsin_dispatcher.sending.connections.system_resolver import literal_addresses, system_addresses
from tocsin_dispatcher.sending.egress import AddressInfo

ADDRESS = "192.0.2.7"


class Resolver:
    """Looks names up when it is told to; of each it is known how often it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._waiting: dict[str, asyncio.Future[str]] = {}
        self.answers_at_once = False

    async def __call__(self, host: str, port: int) -> Sequence[AddressInfo]:
        self.asked.append(host)
        if self.answers_at_once:
            return found(port)
        waiting = self._waiting[host] = asyncio.get_running_loop().create_future()
        return found(port, await waiting)

    @property
    def hanging(self) -> set[str]:
        """The names that are being looked up."""
        return set(self._waiting)

    async def answer(self, host: str, address: str = ADDRESS) -> None:
        self._waiting.pop(host).set_result(address)
        await rest()

    async def refuse(self, host: str) -> None:
        self._waiting.pop(host).set_exception(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
        await rest()


def found(port: int, address: str = ADDRESS) -> list[AddressInfo]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


async def rest() -> None:
    """Let everything happen that only waits for its turn."""
    for _ in range(10):
        await asyncio.sleep(0)


class LoopClock:
    """The loop's clock, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        self._now = loop.time()
        monkeypatch.setattr(loop, "time", lambda: self._now)

    async def advance(self, seconds: float) -> None:
        self._now += seconds
        await rest()


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> LoopClock:
    return LoopClock(monkeypatch)


@pytest.fixture
def resolver() -> Resolver:
    return Resolver()


async def wanted(looks: LookUps, *hosts: str, by: str = "pager", port: int = 443) -> list[asyncio.Task[Any]]:
    """Begin to wait for the addresses of hosts."""
    tasks = [asyncio.create_task(looks.addresses(host, port, by)) for host in hosts]
    await rest()
    return tasks


# Shared and remembered


async def test_a_name_that_many_wait_for_is_looked_up_once(resolver: Resolver) -> None:
    looks = LookUps(resolver)
    tasks = [
        *await wanted(looks, *["a.example"] * 50),
        *await wanted(looks, "A.Example", by="chat", port=80),
    ]
    await resolver.answer("a.example")
    assert resolver.asked == ["a.example"]
    assert [await each for each in tasks] == [found(443)] * 50 + [found(80)]


async def test_addresses_are_remembered_for_ten_seconds(resolver: Resolver, clock: LoopClock) -> None:
    resolver.answers_at_once = True
    looks = LookUps(resolver)
    assert await looks.addresses("a.example", 443) == found(443)
    await clock.advance(FOUND_SECONDS - 0.01)
    assert await looks.addresses("a.example", 8443) == found(8443)
    assert len(resolver.asked) == 1
    await clock.advance(0.02)
    await looks.addresses("a.example", 443)
    assert len(resolver.asked) == 2


async def test_a_refusal_is_remembered_for_five_seconds(resolver: Resolver, clock: LoopClock) -> None:
    looks = LookUps(resolver)
    (task,) = await wanted(looks, "a.example")
    await resolver.refuse("a.example")
    for _ in range(3):
        with pytest.raises(socket.gaierror, match="Name or service not known") as raised:
            await task
        assert len(list(iterate(raised.value))) < 5  # it doesn't grow with those who are told
        (task,) = await wanted(looks, "a.example", by="chat")
    await clock.advance(REFUSED_SECONDS + 0.01)
    assert resolver.asked == ["a.example"]
    again = await wanted(looks, "a.example")
    await resolver.answer("a.example")
    assert [await each for each in again] == [found(443)]
    assert resolver.asked == ["a.example"] * 2


def iterate(error: BaseException) -> list[object]:
    """Return the frames of an error."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    return list(frames)


async def test_who_gives_up_takes_nothing_from_those_who_wait_on(resolver: Resolver) -> None:
    looks = LookUps(resolver)
    first, second = await wanted(looks, "a.example", "a.example")
    first.cancel()
    await rest()
    await resolver.answer("a.example")
    assert await second == found(443)


async def test_a_look_up_that_all_have_given_up_goes_on_and_is_joined(resolver: Resolver) -> None:
    looks = LookUps(resolver)
    for _ in range(3):
        (task,) = await wanted(looks, "a.example")
        task.cancel()
        await rest()
    (last,) = await wanted(looks, "a.example")
    await resolver.answer("a.example")
    assert (await last, resolver.asked) == (found(443), ["a.example"])


async def test_what_all_have_given_up_before_it_began_is_not_looked_up(resolver: Resolver) -> None:
    looks = LookUps(resolver)
    tasks = await wanted(looks, *(f"{number}.example" for number in range(EACH + 1)))
    tasks[-1].cancel()
    await rest()
    for host in list(resolver.asked):
        await resolver.answer(host)
    assert len(resolver.asked) == EACH
    assert (await wanted(looks, f"{EACH}.example"), len(resolver.asked))[1] == EACH + 1


async def test_no_more_names_are_remembered_than_there_is_room_for(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "MOST_KNOWN", 10)
    resolver.answers_at_once = True
    looks = LookUps(resolver)
    for number in range(100):
        await looks.addresses(f"{number}.example", 443)
    assert len(looks._known) == len(looks._proven) == 10
    await looks.addresses("99.example", 443)
    assert len(resolver.asked) == 100


# Whose turn it is


async def test_an_integration_whose_look_ups_hang_has_few_under_way(resolver: Resolver) -> None:
    looks = LookUps(resolver)
    tasks = await wanted(looks, *(f"{number}.example" for number in range(20)))
    assert resolver.asked == ["0.example", "1.example"]
    await resolver.answer("0.example")
    assert resolver.asked == ["0.example", "1.example", "2.example"]
    for task in tasks:
        task.cancel()


async def test_another_integration_doesn_t_wait_for_those_that_hang(resolver: Resolver) -> None:
    looks = LookUps(resolver)
    await wanted(looks, *(f"{number}.example" for number in range(20)))
    (well,) = await wanted(looks, "well.example", by="chat")
    await resolver.answer("well.example")
    assert await well == found(443)


async def test_a_name_that_waits_for_its_turn_is_begun_by_another_who_has_room(resolver: Resolver) -> None:
    looks = LookUps(resolver)
    *_, late = await wanted(looks, *(f"{number}.example" for number in range(20)), "well.example")
    assert "well.example" not in resolver.asked
    (well,) = await wanted(looks, "well.example", by="chat")
    await resolver.answer("well.example")
    assert (await well, await late) == (found(443), found(443))
    assert resolver.asked.count("well.example") == 1


async def test_integrations_take_turns(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "IN_ALL", PROVEN + 1)
    looks = LookUps(resolver)
    await wanted(looks, "a1", "a2", "a3", by="a")
    await wanted(looks, "b1", "b2", by="b")
    await wanted(looks, "c1", by="c")
    for _ in range(5):
        await resolver.answer(resolver.asked[-1])
    assert resolver.asked == ["a1", "a2", "b1", "c1", "a3", "b2"]


async def hang(looks: LookUps, count: int) -> None:
    """Have so many integrations wait for names that don't come."""
    for number in range(count):
        await wanted(looks, f"hangs-{number}.example", by=f"hangs-{number}")


async def test_nobody_waits_for_the_names_of_some_dozens_of_integrations_that_hang(resolver: Resolver) -> None:
    looks = LookUps(resolver)
    await hang(looks, (IN_ALL - PROVEN) // EACH)
    (well,) = await wanted(looks, "new.example", by="new")
    await resolver.answer("new.example")
    assert await well == found(443)


async def test_a_name_that_was_found_before_is_looked_up_however_many_others_hang(
    resolver: Resolver, clock: LoopClock
) -> None:
    looks = LookUps(resolver)
    (before,) = await wanted(looks, "well.example", by="well")
    await resolver.answer("well.example")
    assert await before == found(443)
    await clock.advance(FOUND_SECONDS + 0.01)
    await hang(looks, 10 * IN_ALL)
    assert len(resolver.hanging) == IN_ALL - PROVEN
    await wanted(looks, "new.example", by="new")
    assert "new.example" not in resolver.asked
    (well,) = await wanted(looks, "well.example", by="well")
    await resolver.answer("well.example")
    assert await well == found(443)


async def test_a_name_that_hung_has_no_place_kept_for_it(resolver: Resolver, clock: LoopClock) -> None:
    looks = LookUps(resolver)
    await wanted(looks, "well.example", by="well")
    await resolver.answer("well.example")
    await clock.advance(FOUND_SECONDS + 0.01)
    await wanted(looks, "well.example", by="well")
    await clock.advance(HANGS_SECONDS + 0.01)
    await resolver.answer("well.example")  # late
    await clock.advance(FOUND_SECONDS + 0.01)
    await hang(looks, IN_ALL)
    await wanted(looks, "well.example", by="well")
    assert resolver.asked.count("well.example") == 2


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9), st.booleans()), max_size=40), st.randoms())
def test_whatever_is_wanted_and_given_up_all_who_wait_are_told_once_the_resolver_answers(
    wishes: list[tuple[str, int, bool]], chance: Any
) -> None:
    async def told() -> None:
        resolver = Resolver()
        looks = LookUps(resolver)
        tasks: list[asyncio.Task[Any]] = []
        given_up: list[asyncio.Task[Any]] = []
        for integration, name, gives_up in wishes:
            (task,) = await wanted(looks, f"{name}.example", by=integration)
            (given_up if gives_up else tasks).append(task)
            assert len(resolver.hanging) <= 4 * EACH
        for task in given_up:
            task.cancel()
        while resolver.hanging:
            await resolver.answer(chance.choice(sorted(resolver.hanging)))
        assert all(task.done() for task in tasks)
        assert [await task for task in tasks] == [found(443)] * len(tasks)
        assert not looks._wanted
        assert not looks._under_way

    asyncio.run(told())


# The end


async def test_an_end_waits_for_no_look_up(resolver: Resolver) -> None:
    looks = LookUps(resolver)
    tasks = await wanted(looks, *(f"{number}.example" for number in range(EACH + 1)))
    await looks.close()
    await rest()
    assert [task.cancelled() for task in tasks] == [True] * len(tasks)


# What the system knows


async def test_the_system_s_resolver_knows_the_hosts_file() -> None:
    assert {address[0] for *_, address in await system_addresses("localhost", 443)} & {"127.0.0.1", "::1"}


async def test_a_name_that_nobody_has_is_refused_as_getaddrinfo_refuses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> list[AddressInfo]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(socket.gaierror, match="Name or service not known"):
        await system_addresses("nowhere.invalid", 443)


async def test_a_name_that_is_none_is_a_fault_of_the_request() -> None:
    with pytest.raises(ValueError, match="idna"):
        await LookUps(system_addresses).addresses("a" * 70 + ".example", 443)


async def test_no_thread_to_be_had_is_a_look_up_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(socket.gaierror, match="can't start new thread"):
        await system_addresses("a.example", 443)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "192.0.2.1"])
def test_an_address_needs_no_look_up(host: str) -> None:
    assert [address[:2] for *_, address in literal_addresses(host, 8080)] == [(host, 8080)]
