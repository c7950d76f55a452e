"""Redirects as they are sent: what arrives where, and what is kept of the way."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from demo.receiver import Answer, Receiver
from tests.dispatcher.sending.raw_server import raw_server, read_head
from tests.dispatcher.sending.requests import request_to, with_secret

from tocsin_dispatcher.sending.egress import AddressInfo, EgressPolicy
from tocsin_dispatcher.sending.sender import Exchange, Sender
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.template.masked_text import MaskedText

LOCAL = EgressPolicy(["127.0.0.0/8"])
SECRET = "s3cret-of-the-vault"


def asked(url: str | MaskedText, *arguments: object, **more: object) -> RenderedRequest:
    return replace(request_to(url, *arguments, **more), follow_redirects=True)  # type: ignore[arg-type]


async def sent(request: RenderedRequest, policy: EgressPolicy = LOCAL, deadline: float = 10) -> Exchange:
    async with Sender(policy, deadline=deadline) as sender:
        return await sender.send(request, {"Tocsin-Delivery-Id": "d-1"})


async def test_the_last_answer_counts_and_the_way_there_is_kept() -> None:
    with Receiver() as first, Receiver() as second:
        first.answer("/in", 307, {"Location": "/again"}, body="one")
        first.answer("/again", 308, {"Location": f"{second.url}/out"})
        second.answer("/out", 201, body="done")
        exchange = await sent(asked(f"{first.url}/in", "{}", headers={"Content-Type": "application/json"}))
        assert [(each.method, each.path, each.body) for each in first.received + second.received] == [
            ("POST", "/in", b"{}"),
            ("POST", "/again", b"{}"),
            ("POST", "/out", b"{}"),
        ]
        assert {each.header("Tocsin-Delivery-Id") for each in second.received} == {"d-1"}
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body, exchange.error, exchange.purpose) == (
        201,
        b"done",
        None,
        None,
    )
    assert exchange.request_masked.url == f"{second.url}/out"
    ways = [(each.request_masked.url, each.response_masked.status) for each in exchange.before if each.response_masked]
    assert ways == [(f"{first.url}/in", 307), (f"{first.url}/again", 308)]
    assert [(each.purpose, each.before) for each in exchange.before] == [("redirect", ())] * 2


async def test_without_being_told_a_redirect_is_the_answer() -> None:
    with Receiver() as receiver:
        receiver.answer("/", 302, {"Location": "/x"})
        exchange = await sent(request_to(receiver.url))
        assert len(receiver.received) == 1
    assert exchange.response is not None
    assert (exchange.response.status, exchange.error, exchange.before) == (302, None, ())


async def test_credentials_are_answered_at_home_and_not_elsewhere() -> None:
    with Receiver() as first, Receiver() as second:
        first.answer("/in", 302, {"Location": "/again"})
        first.answer("/again", 302, {"Location": second.url})
        exchange = await sent(asked(f"{first.url.replace('//', '//jan:pw@')}/in", headers={"Cookie": "a=b"}))
        assert [each.header("Authorization") for each in first.received] == ["Basic amFuOnB3"] * 2
        assert [each.header("Authorization") for each in second.received] == [None]
        assert [each.header("Cookie") for each in second.received] == [None]
    assert "jan:pw" not in "".join(each.request_masked.model_dump_json() for each in exchange.before[1:])


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://[::ffff:7f00:1]:{port}/",
        "http://inside.example:{port}/",
    ],
)
async def test_no_redirect_gets_past_the_egress_guard(place: str) -> None:
    async def resolve(host: str, port: int) -> list[AddressInfo]:
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    with Receiver() as receiver:
        receiver.respond("/in", lambda _: Answer(302, [("Location", place.format(port=receiver.port) + "inside")]))
        async with Sender(EgressPolicy(["receiver.example"]), deadline=10, resolve=resolve) as sender:
            exchange = await sender.send(asked(f"http://receiver.example:{receiver.port}/in"), {})
        assert [each.path for each in receiver.received] == ["/in"]
    assert exchange.response is None
    assert exchange.error_kind == "egress"
    assert "--allow-egress 127.0.0.0/8" in (exchange.error or "")
    assert [each.purpose for each in exchange.before] == ["redirect"]


async def test_a_circle_ends_with_a_line_that_says_so() -> None:
    with Receiver() as receiver:
        receiver.respond("/", lambda _: Answer(302, [("Location", "/")]))
        exchange = await sent(asked(receiver.url))
        assert len(receiver.received) == 6
    assert exchange.response is not None
    assert (exchange.response.status, exchange.error_kind, len(exchange.before)) == (302, None, 5)
    assert (exchange.error or "").startswith("more than 5 redirects")


async def test_a_chain_has_one_deadline() -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await read_head(reader)).startswith(b"POST /in"):
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: /silent\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        await reader.read()

    async with raw_server(behave) as url:
        exchange = await sent(replace(asked(f"{url}/in"), timeout=timedelta(milliseconds=150)))
    assert exchange.error_kind == "timeout"
    assert (exchange.error or "").endswith("gave no answer within 0.15 s")
    assert len(exchange.before) == 1


async def test_a_request_may_say_how_long_it_takes() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with raw_server(silent) as url:
        exchange = await sent(replace(request_to(url), timeout=timedelta(milliseconds=50)))
    assert exchange.error_kind == "timeout"
    assert (exchange.error or "").endswith("gave no answer within 0.05 s")


async def test_a_secret_that_comes_back_in_a_place_is_masked_wherever_it_is_shown() -> None:
    with Receiver() as receiver:
        receiver.answer("/in", 302, {"Location": f"/out?key={SECRET}"})
        receiver.answer("/out", 200)
        exchange = await sent(asked(with_secret(f"{receiver.url}/in?key=", SECRET)))
        assert receiver.received[-1].path == f"/out?key={SECRET}"
    shown = "".join(
        each.request_masked.model_dump_json() + (each.response_masked.model_dump_json() if each.response_masked else "")
        for each in (*exchange.before, exchange)
    )
    assert SECRET not in shown
    assert exchange.request_masked.url.endswith("/out?key=*****")
