"""Connections that are kept, and how many."""

import asyncio

import pytest
from tests.dispatcher.sending.raw_server import raw_server, read_head
from tests.dispatcher.sending.requests import request_to

from tocsin_dispatcher.sending.connections import pool
from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.sender import Sender

LOCAL = EgressPolicy(["127.0.0.0/8"])
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_no_more_connections_are_kept_than_a_quarter_of_those_that_may_be_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "most_connections", lambda: 16)
    open_now, opened, all_there = set[int](), 0, asyncio.Event()

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        number = opened
        open_now.add(number)
        try:
            while True:
                await read_head(reader)
                if opened == 40:
                    all_there.set()
                await all_there.wait()
                writer.write(OK)
        finally:
            open_now.discard(number)

    async with raw_server(behave) as url, Sender(LOCAL, deadline=20) as sender:
        requests = [sender.send(request_to(url), {}) for _ in range(40)]
        assert [each.error for each in await asyncio.gather(*requests)] == [None] * 40
        async with asyncio.timeout(10):
            while len(open_now) > 4:  # noqa: ASYNC110  # those that are closed get to know it in a moment
                await asyncio.sleep(0)
        for _ in range(10):
            assert (await sender.send(request_to(url), {})).error is None
        assert (len(open_now), opened) == (4, 40)
