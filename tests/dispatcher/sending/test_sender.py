"""The sender puts exactly the rendered request on the wire and gives back exactly what came."""

import hashlib
import io
import re
import zlib
from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.sending.requests import auth, request_to, with_secret

from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.sender import USER_AGENT, Sender
from tocsin_schema.api.exchanges import Timings

LOCAL = EgressPolicy(["127.0.0.0/8", "localhost"])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    async with Sender(LOCAL, deadline=10) as sender:
        yield sender


async def test_the_rendered_bytes_and_headers_arrive_and_nothing_is_added(sender: Sender, receiver: Receiver) -> None:
    body = '{"summary": "“naïve” 🔔\\n"}\r\n'
    request = request_to(f"{receiver.url}/v2/enqueue?a=b%20c&d=%2F", body, headers={"X-Umlaut": "ü", "x-twice": "1"})
    await sender.send(request, {"Idempotency-Key": "d-1"})
    (got,) = receiver.received
    assert (got.method, got.path, got.body) == ("POST", "/v2/enqueue?a=b%20c&d=%2F", body.encode())
    assert sorted(name.lower() for name, _ in got.headers) == [
        "accept",
        "content-length",
        "host",
        "idempotency-key",
        "user-agent",
        "x-twice",
        "x-umlaut",
    ]
    assert (got.header("X-Umlaut") or "").encode("latin-1") == "ü".encode()
    assert got.header("User-Agent") == USER_AGENT
    assert got.header("Accept") == "*/*"
    assert got.header("Idempotency-Key") == "d-1"
    assert got.header("Content-Length") == str(len(body.encode()))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
async def test_every_method_is_sent_with_and_without_a_body(sender: Sender, receiver: Receiver, method: str) -> None:
    first = await sender.send(request_to(f"{receiver.url}/a", method=method), {})
    second = await sender.send(request_to(f"{receiver.url}/b", "x=1", method=method), {})
    assert [(each.method, each.body) for each in receiver.received] == [(method, b""), (method, b"x=1")]
    assert all(each.response is not None and each.response.completed and each.error is None for each in (first, second))


async def test_a_stated_header_replaces_the_default_and_framing_stays_ours(sender: Sender, receiver: Receiver) -> None:
    stated = {
        "user-agent": "mine",
        "ACCEPT": "text/xml",
        "Content-Length": "999",
        "Transfer-Encoding": "chunked",
    }
    await sender.send(request_to(receiver.url, "abc", headers={**stated, "Expect": "100-continue"}), {})
    (got,) = receiver.received
    assert [value for name, value in got.headers if name.lower() == "user-agent"] == ["mine"]
    assert got.header("Accept") == "text/xml"
    assert got.header("Content-Length") == "3"
    assert got.header("Transfer-Encoding") is None
    assert got.header("Expect") is None
    assert got.body == b"abc"


async def test_a_body_of_megabytes_arrives_whole(sender: Sender, receiver: Receiver) -> None:
    body = "ü" * 1_500_000
    exchange = await sender.send(request_to(receiver.url, body), {})
    assert exchange.error is None
    assert hashlib.sha256(receiver.received[0].body).digest() == hashlib.sha256(body.encode()).digest()
    assert exchange.request_masked.body is not None
    assert len(exchange.request_masked.body.encode()) == 64 * 1024


async def test_the_response_is_given_as_it_came(sender: Sender, receiver: Receiver) -> None:
    receiver.answer("/", 201, {"X-Id": "7", "Set-Cookie": "session=abc; Path=/"}, b'{"sys_id": "42"}')
    exchange = await sender.send(request_to(receiver.url, "{}"), {})
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.reason) == (201, "Created")
    assert exchange.response.header("x-id") == "7"
    assert exchange.response.cookie("session") == "abc"
    assert exchange.response.body == b'{"sys_id": "42"}'
    assert exchange.response_masked is not None
    assert exchange.response_masked.body == '{"sys_id": "42"}'


async def test_the_duration_is_measured_in_milliseconds_by_the_given_clock(receiver: Receiver) -> None:
    ticks = count(100.0, 0.25)  # at each look at the clock, of which there is one before and after each phase
    async with Sender(LOCAL, deadline=10, monotonic=lambda: next(ticks)) as sender:
        exchange = await sender.send(request_to(receiver.url), {})
    assert exchange.response is not None
    assert exchange.timings == Timings(lookup=None, connect=250, tls=None, first_byte=250, total=1250)
    assert exchange.response.duration_ms == 1250


async def test_connections_are_kept_open_and_cookies_are_not_kept(sender: Sender, receiver: Receiver) -> None:
    receiver.answer("/", headers={"Set-Cookie": "session=abc"})
    await sender.send(request_to(receiver.url), {})
    await sender.send(request_to(receiver.url), {})
    assert receiver.connections == 1
    assert [each.header("Cookie") for each in receiver.received] == [None, None]


async def test_a_redirect_is_an_answer_and_is_not_followed(sender: Sender, receiver: Receiver) -> None:
    receiver.answer("/", 307, {"Location": f"{receiver.url}/elsewhere"})
    exchange = await sender.send(request_to(receiver.url), {})
    assert exchange.response is not None
    assert exchange.response.status == 307
    assert len(receiver.received) == 1


async def test_proxies_and_netrc_of_the_environment_are_ignored(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with Sender(LOCAL, deadline=10) as sender:
        exchange = await sender.send(request_to(receiver.url), {})
    assert exchange.error is None
    assert len(receiver.received) == 1


async def test_basic_authentication_is_sent_and_never_shown(sender: Sender, receiver: Receiver) -> None:
    request = request_to(receiver.url, headers={"authorization": "Bearer other"}, auth=auth("basic", "jän", "pä:ss"))
    exchange = await sender.send(request, {})
    values = [value for name, value in receiver.received[0].headers if name.lower() == "authorization"]
    assert values == ["Basic asOkbjpww6Q6c3M="]
    assert ("Authorization", "Basic *****") in exchange.request_masked.headers
    assert "Bearer" not in exchange.request_masked.model_dump_json()


async def test_credentials_in_the_url_are_sent_as_basic_authentication(sender: Sender, receiver: Receiver) -> None:
    url = with_secret("http://jan:", "s%2Fcret", f"@127.0.0.1:{receiver.port}/x")
    exchange = await sender.send(request_to(url), {})
    assert receiver.received[0].header("Authorization") == "Basic amFuOnMvY3JldA=="
    assert exchange.request_masked.url == f"http://jan:*****@127.0.0.1:{receiver.port}/x"


async def test_digest_authentication_answers_the_challenge_with_the_same_body(
    sender: Sender, receiver: Receiver
) -> None:
    def answer(request: Received) -> Answer:
        stated = request.header("Authorization") or ""
        fields = dict(re.findall(r'(\w+)="?([^",]+)"?', stated))
        if not stated.startswith("Digest"):
            challenge = 'Digest realm="r", nonce="abc", qop="auth", algorithm=SHA-256'
            return Answer(401, [("WWW-Authenticate", challenge)], b"who?")

        def digest(value: str) -> str:
            return hashlib.sha256(value.encode()).hexdigest()

        first, second = digest("jan:r:s3cret"), digest("PUT:/x%20y?z=1")
        expected = digest(f"{first}:abc:{fields['nc']}:{fields['cnonce']}:auth:{second}")
        return Answer(200 if fields["response"] == expected else 403)

    receiver.respond("/", answer)
    request = request_to(f"{receiver.url}/x%20y?z=1", "body", "PUT", auth=auth("digest", "jan", "s3cret"))
    exchange = await sender.send(request, {})
    assert exchange.response is not None
    assert exchange.response.status == 200
    assert [each.body for each in receiver.received] == [b"body", b"body"]
    assert ("Authorization", "Digest *****") in exchange.request_masked.headers
    assert "s3cret" not in exchange.request_masked.model_dump_json()


async def test_a_wrong_digest_password_is_an_answer_of_401(sender: Sender, receiver: Receiver) -> None:
    receiver.respond("/", lambda _: Answer(401, [("WWW-Authenticate", 'Digest realm="r", nonce="abc"')], b"no"))
    exchange = await sender.send(request_to(receiver.url, auth=auth("digest", "jan", "wrong")), {})
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body) == (401, b"no")


def _gzip(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", _gzip(b"hello")),
        ("GZIP", _gzip(b"hello")),
        ("deflate", zlib.compress(b"hello")),
        ("br", b"hello"),
        ("gzip", b"hello"),
    ],
)
async def test_a_compressed_body_is_read_and_one_that_only_says_so_is_taken_as_it_is(
    sender: Sender, receiver: Receiver, encoding: str, body: bytes
) -> None:
    receiver.answer("/", headers={"Content-Encoding": encoding}, body=body)
    exchange = await sender.send(request_to(receiver.url), {})
    assert exchange.response is not None
    assert exchange.response.body == b"hello"
    assert exchange.response.completed


@pytest.mark.parametrize("size", [64 * 1024, 64 * 1024 + 1, 10_000_000])
async def test_64_kib_of_a_body_are_read_and_no_more(sender: Sender, receiver: Receiver, size: int) -> None:
    receiver.answer("/", body=io.BytesIO(b"x" * size).getvalue())
    exchange = await sender.send(request_to(receiver.url), {})
    assert exchange.response is not None
    assert len(exchange.response.body) == 64 * 1024
    assert exchange.truncated == (size > 64 * 1024)
    assert exchange.response.length == size
    assert exchange.error is None


async def test_inward_addresses_are_refused_before_anything_is_sent(receiver: Receiver) -> None:
    spellings = [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "localhost",
        "LOCALHOST",
        "127.0.0.1.",
        "①②⑦.0.0.1",
    ]
    async with Sender(EgressPolicy(), deadline=10) as sender:
        exchanges = [await sender.send(request_to(f"http://{host}:{receiver.port}/"), {}) for host in spellings]
        exchanges.append(await sender.send(request_to(f"http://[::ffff:127.0.0.1]:{receiver.port}/"), {}))
    assert [each.error_kind for each in exchanges] == ["egress"] * 9
    assert all("--allow-egress 127.0.0.0/8" in (each.error or "") for each in exchanges)
    assert receiver.received == []


async def test_an_opened_address_is_dialled_in_every_spelling(sender: Sender, receiver: Receiver) -> None:
    for host in ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "localhost", "LOCALHOST", "127.0.0.1."]:
        exchange = await sender.send(request_to(f"http://{host}:{receiver.port}/"), {})
        assert exchange.error is None
    assert len(receiver.received) == 7


async def test_a_sender_that_isnt_open_is_a_mistake_of_the_program() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await Sender(LOCAL).send(request_to("http://127.0.0.1/"), {})


async def test_an_opened_host_name_doesnt_open_its_address(receiver: Receiver) -> None:
    async with Sender(EgressPolicy(["localhost"]), deadline=10) as sender:
        by_name = await sender.send(request_to(f"http://localhost:{receiver.port}/"), {})
        by_address = await sender.send(request_to(f"http://127.0.0.1:{receiver.port}/"), {})
    assert by_name.error is None
    assert by_address.error_kind == "egress"
