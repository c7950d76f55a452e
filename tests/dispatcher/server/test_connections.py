"""How many connections there may be, in all and from one address."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tocsin_dispatcher.server import connections as connections_module
from tocsin_dispatcher.server.connections import (
    RESERVE,
    ConnectionLimits,
    Connections,
    TrustedProxies,
)
from tocsin_dispatcher.service.rate_limits import client_network


class Opened:
    """A connection that notes what becomes of it."""

    def __init__(self, counted: Connections) -> None:
        self.counted = counted
        self.refused = False

    def end_if_late(self, now: float) -> None: ...

    def refuse(self) -> None:
        self.refused = True
        self.counted.leave(self)


def connections(total: int = 500, per_address: int = 100, proxies: str = "") -> Connections:
    return Connections(ConnectionLimits(total, per_address, TrustedProxies.of(proxies)))


def entered(counted: Connections, host: str | None, times: int = 1) -> int:
    """Return how many of so many connections are let in."""
    return sum(counted.enter(Opened(counted), host) for _ in range(times))


async def test_no_more_than_the_limit_come_in_from_one_address_and_in_all() -> None:
    counted = connections(250, 100)
    assert entered(counted, "192.0.2.1", 300) == 100
    assert entered(counted, "192.0.2.2", 300) == 100
    assert entered(counted, "192.0.2.3", 300) == 50


async def test_who_leaves_makes_room() -> None:
    counted = connections(1, 1)
    first = Opened(counted)
    assert counted.enter(first, "192.0.2.1")
    assert entered(counted, "192.0.2.1") == 0
    counted.leave(first)
    counted.leave(first)
    assert entered(counted, "192.0.2.1", 2) == 1


@pytest.mark.parametrize(
    ("trusted", "host", "let_in"),
    [
        ("", "192.0.2.1", 5),
        ("192.0.2.1", "192.0.2.1", 20),
        ("10.0.0.1, 192.0.2.0/24", "192.0.2.77", 20),
        ("*", "192.0.2.1", 20),
        ("192.0.2.2", "192.0.2.1", 5),
        ("proxy.internal", "192.0.2.1", 5),
        ("2001:db8::/32", "2001:db8::1", 20),
        ("192.0.2.0/24", "a word", 5),
        ("192.0.2.0/24", None, 20),
    ],
)
async def test_connections_of_a_proxy_are_those_of_many(trusted: str, host: str | None, let_in: int) -> None:
    assert entered(connections(20, 5, trusted), host, 100) == let_in


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::2"),
        ("socket", "socket"),
    ],
)
def test_what_one_client_has_counts_as_one_address(one: str, other: str) -> None:
    assert client_network(one) == client_network(other)


@pytest.mark.parametrize(
    ("one", "other"), [("2001:db8:0:1::1", "2001:db8:0:2::1"), ("192.0.2.1", "192.0.2.2"), ("::1", "127.0.0.1")]
)
def test_others_count_for_themselves(one: str, other: str) -> None:
    assert client_network(one) != client_network(other)


async def test_whoever_comes_beyond_the_limits_finds_room_though_many_wait_there() -> None:
    counted = connections(1, 1)
    beyond = [Opened(counted) for _ in range(1 + 3 * RESERVE)]
    for each in beyond:
        counted.enter(each, "192.0.2.1")
    assert not beyond[-1].refused
    assert [each.refused for each in beyond[1:]] == [True] * (2 * RESERVE) + [False] * RESERVE


async def test_all_that_were_refused_are_told_of_also_once_everybody_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections_module, "LOOK_EVERY", 0.005)
    monkeypatch.setattr(connections_module, "TELL_EVERY", 0.02)
    counted, gone = connections(), Opened(connections())
    with capture_logs() as logs:
        counted.enter(gone, "192.0.2.1")
        for _ in range(900):
            counted.note_refusal("192.0.2.1")
        counted.leave(gone)
        async with asyncio.timeout(10):
            while sum(each["refused"] for each in logs) < 900:  # noqa: ASYNC110  # nothing tells of a line
                await asyncio.sleep(0.005)
    assert len(logs) < 900


@given(st.lists(st.sampled_from(["192.0.2.1", "192.0.2.2", "::1", None]), max_size=60), st.randoms())
async def test_in_whatever_order_they_come_and_go_all_are_forgotten_in_the_end(
    hosts: list[str | None], dice: random.Random
) -> None:
    counted = connections(10, 4)
    inside: list[Opened] = []
    waiting: list[Opened] = []
    for host in hosts:
        opened = Opened(counted)
        (inside if counted.enter(opened, host) else waiting).append(opened)
        assert len(inside) <= 10
        if inside and dice.random() < 0.3:
            counted.leave(inside.pop(dice.randrange(len(inside))))
    for each in (*inside, *waiting):
        counted.leave(each)
    assert entered(counted, "192.0.2.1", 20) == 4
    assert entered(counted, "192.0.2.2", 20) == 4
    assert entered(counted, None, 20) == 2
