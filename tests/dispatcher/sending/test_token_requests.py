"""A request that bears a token of OAuth 2.0: got on the way, shared, renewed once, and shown nowhere."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.sending.raw_server import raw_server, read_head
from tests.dispatcher.sending.requests import request_to, text, with_secret

from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.sender import Exchange, Sender
from tocsin_schema.messages.request import RenderedAuth, RenderedRequest, TokenEndpoint
from tocsin_schema.template.masked_text import MaskedText

LOCAL = EgressPolicy(["127.0.0.0/8"])
SECRET = "s3cr3t:of the client"


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Issuer:
    """Gives tokens t0k3n-1, t0k3n-2 and so on at `/token`; what it is asked for at `/api` needs one that is good."""

    def __init__(self, receiver: Receiver, **answer: object) -> None:
        self.receiver = receiver
        self.answer = {"token_type": "Bearer", "expires_in": 3600, **answer}
        self.issued = 0
        self.good: set[str] = set()
        receiver.respond("/token", self.token)
        receiver.respond("/api", self.api)

    def token(self, request: Received) -> Answer:
        self.issued += 1
        value = f"t0k3n-{self.issued}"
        self.good.add(f"Bearer {value}")
        return Answer.of({"access_token": value, **self.answer})

    def api(self, request: Received) -> Answer:
        bearer = request.header("Authorization") or ""
        return Answer.of({"echo": bearer}, 200 if bearer in self.good else 401)

    @property
    def paths(self) -> list[str]:
        return [each.path for each in self.receiver.received]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sender(clock: Clock) -> AsyncIterator[Sender]:
    async with Sender(LOCAL, deadline=10, monotonic=clock) as sender:
        yield sender


def needing(
    url: str, token_url: str, scope: str = "", style: Literal["body", "basic"] = "basic", **headers: str
) -> RenderedRequest:
    """Return a request that needs a token."""
    endpoint = TokenEndpoint(text(token_url), text(scope), MaskedText(), style)
    auth = RenderedAuth("oauth2", text("tocsin"), MaskedText.of(SECRET, secret=True), endpoint)
    return request_to(url, '{"a": 1}', headers=dict(headers), auth=auth)


def api(receiver: Receiver, **more: str) -> RenderedRequest:
    return needing(f"{receiver.url}/api", f"{receiver.url}/token", **more)  # type: ignore[arg-type]


def status(exchange: Exchange) -> int:
    assert exchange.response is not None, exchange.error
    return exchange.response.status


def shown(exchange: Exchange) -> str:
    """Return all that may be kept of an exchange and of those before it."""
    sides = [exchange.request_masked.model_dump_json(), exchange.error or ""]
    sides += [exchange.response_masked.model_dump_json()] if exchange.response_masked is not None else []
    return "\n".join([*sides, *map(shown, exchange.before)])


async def test_a_request_bears_the_token_that_was_got_for_it(sender: Sender, receiver: Receiver) -> None:
    issuer = Issuer(receiver)
    exchange = await sender.send(api(receiver, scope="alerts"), {"Tocsin-Delivery-Id": "d-1"})
    assert status(exchange) == 200
    token, request = receiver.received
    assert (token.method, token.path, token.body) == ("POST", "/token", b"grant_type=client_credentials&scope=alerts")
    assert token.header("Content-Type") == "application/x-www-form-urlencoded"
    assert token.header("Tocsin-Delivery-Id") is None
    assert (request.path, request.header("Authorization")) == ("/api", "Bearer t0k3n-1")
    assert request.header("Tocsin-Delivery-Id") == "d-1"
    assert issuer.issued == 1


async def test_the_request_for_it_is_kept_with_the_attempt_and_no_secret_with_either(
    sender: Sender, receiver: Receiver
) -> None:
    Issuer(receiver, refresh_token="r3fr3sh", id_token="1d", session="s3ss10n")
    exchange = await sender.send(api(receiver, style="body"), {})
    (token,) = exchange.before
    assert (token.purpose, token.request_masked.url) == ("token", f"{receiver.url}/token")
    assert token.request_masked.body == "grant_type=client_credentials&client_id=tocsin&client_secret=*****"
    assert token.response_masked is not None
    assert json.loads(token.response_masked.body) == {
        "access_token": "*****",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "*****",
        "id_token": "*****",
        "session": "*****",
    }
    assert ("Authorization", "Bearer *****") in exchange.request_masked.headers
    assert exchange.response_masked is not None
    assert exchange.response_masked.body == '{"echo": "Bearer *****"}'
    for secret in ("t0k3n", "s3cr3t", "r3fr3sh", '"1d"', "s3ss10n"):
        assert secret not in shown(exchange)
        assert secret not in repr(replace(exchange, response=None, before=()))


async def test_one_token_serves_all_requests_until_it_ends(sender: Sender, receiver: Receiver, clock: Clock) -> None:
    issuer = Issuer(receiver)
    first = await sender.send(api(receiver), {})
    second = await sender.send(replace(api(receiver), method="PUT"), {})
    assert [len(each.before) for each in (first, second)] == [1, 0]
    assert issuer.issued == 1
    clock.now += 3541
    third = await sender.send(api(receiver), {})
    assert issuer.issued == 2
    assert status(third) == 200
    assert receiver.received[-1].header("Authorization") == "Bearer t0k3n-2"


async def test_many_at_once_ask_once(sender: Sender, receiver: Receiver) -> None:
    issuer = Issuer(receiver)
    found = await asyncio.gather(*(sender.send(api(receiver), {}) for _ in range(30)))
    assert {status(each) for each in found} == {200}
    assert issuer.issued == 1
    assert sum(len(each.before) for each in found) == 1


async def test_a_token_that_the_receiver_does_not_take_is_renewed_once(sender: Sender, receiver: Receiver) -> None:
    issuer = Issuer(receiver)
    await sender.send(api(receiver), {})
    issuer.good.clear()
    exchange = await sender.send(api(receiver), {})
    assert status(exchange) == 200
    assert issuer.paths == ["/token", "/api", "/api", "/token", "/api"]
    assert [each.purpose for each in exchange.before] == ["token"]
    assert receiver.received[-1].header("Authorization") == "Bearer t0k3n-2"


async def test_a_receiver_that_takes_no_token_is_asked_twice(sender: Sender, receiver: Receiver) -> None:
    issuer = Issuer(receiver)
    receiver.respond("/api", lambda request: Answer(status=401))
    exchange = await sender.send(api(receiver), {})
    assert (status(exchange), exchange.error) == (401, None)
    assert issuer.paths == ["/token", "/api", "/token", "/api"]
    assert [each.purpose for each in exchange.before] == ["token", "token"]


async def test_another_refusal_renews_nothing(sender: Sender, receiver: Receiver) -> None:
    issuer = Issuer(receiver)
    receiver.respond("/api", lambda request: Answer(status=403))
    assert status(await sender.send(api(receiver), {})) == 403
    assert issuer.paths == ["/token", "/api"]


async def test_messages_that_fail_with_one_dead_token_renew_it_once(sender: Sender, receiver: Receiver) -> None:
    issuer = Issuer(receiver)
    await sender.send(api(receiver), {})
    issuer.good.clear()
    found = await asyncio.gather(*(sender.send(api(receiver), {}) for _ in range(10)))
    assert {status(each) for each in found} == {200}
    assert issuer.issued == 2


@pytest.mark.parametrize("stated", [0, -3600, "0"])
async def test_a_token_that_is_dead_at_once_is_used_and_not_kept(
    sender: Sender, receiver: Receiver, stated: object
) -> None:
    issuer = Issuer(receiver, expires_in=stated)
    assert [status(await sender.send(api(receiver), {})) for _ in range(2)] == [200, 200]
    assert issuer.issued == 2


@pytest.mark.parametrize("stated", [None, "1 hour", "3599.5", 3599.5, "3600", [], True])
async def test_a_life_that_is_odd_is_a_life(sender: Sender, receiver: Receiver, stated: object) -> None:
    issuer = Issuer(receiver, expires_in=stated)
    assert [status(await sender.send(api(receiver), {})) for _ in range(2)] == [200, 200]
    assert issuer.issued == 1


async def test_other_scopes_have_other_tokens(sender: Sender, receiver: Receiver) -> None:
    issuer = Issuer(receiver)
    for scope in ("a", "b", "a"):
        await sender.send(api(receiver, scope=scope), {})
    assert issuer.issued == 2


REFUSED, DOWN = "token_refused", "token"


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (Answer.of({"error": "invalid_client"}, 400), REFUSED, "the token endpoint answered 400 Bad Request, `invalid_client`"),
        (Answer.of({"error": "invalid_client"}, 401), REFUSED, "the token endpoint answered 401 Unauthorized, `invalid_client`"),
        (Answer(status=403, body=b""), REFUSED, "the token endpoint answered 403 Forbidden"),
        (Answer.of({"error": "down"}, 503), DOWN, "the token endpoint answered 503 Service Unavailable, `down`"),
        (Answer(headers=(("Content-Type", "text/html"),), body=b"<html>sign in</html>"), DOWN, "no JSON (text/html)"),
        (Answer.of({"token": "x"}), REFUSED, "200 with no `access_token`"),
        (Answer.of({"access_token": "x", "token_type": "mac"}), REFUSED, "only Bearer tokens can be sent"),
        (Answer(status=302, headers=(("Location", "/token"),), body=b""), REFUSED, "its redirects are not followed"),
    ],
)  # fmt: skip
async def test_a_bad_answer_of_the_token_endpoint_is_told_as_what_it_is(
    sender: Sender, receiver: Receiver, answer: Answer, kind: str, text: str
) -> None:
    receiver.respond("/token", lambda request: answer)
    exchange = await sender.send(replace(api(receiver), follow_redirects=True), {})
    assert [each.path for each in receiver.received] == ["/token"]
    assert (exchange.response, exchange.error_kind) == (None, kind)
    assert text in (exchange.error or "")
    assert ("Authorization", "Bearer *****") in exchange.request_masked.headers
    (token,) = exchange.before
    assert token.response is not None
    assert token.response.status == answer.status
    assert (token.error, token.error_kind) == (exchange.error, kind)


async def test_an_endpoint_that_repeats_the_secret_shows_it_to_nobody(sender: Sender, receiver: Receiver) -> None:
    receiver.respond("/token", lambda request: Answer.of({"error": "no", "error_description": f"bad {SECRET}"}, 400))
    exchange = await sender.send(api(receiver), {})
    assert "bad *****" in (exchange.error or "")
    assert SECRET not in shown(exchange)


async def test_a_renewal_that_fails_is_said_beside_the_401(sender: Sender, receiver: Receiver) -> None:
    issuer = Issuer(receiver)
    await sender.send(api(receiver), {})
    issuer.good.clear()
    receiver.respond("/token", lambda request: Answer.of({"error": "invalid_client"}, 400))
    exchange = await sender.send(api(receiver), {})
    assert (status(exchange), exchange.error_kind) == (401, None)
    assert exchange.error == (
        "the token could not be renewed: the token endpoint answered 400 Bad Request, `invalid_client`"
    )
    assert [each.purpose for each in exchange.before] == ["token"]


async def test_the_egress_guard_judges_the_token_endpoint(sender: Sender, receiver: Receiver) -> None:
    exchange = await sender.send(needing(f"{receiver.url}/api", "http://169.254.169.254/token"), {})
    assert exchange.error_kind == REFUSED
    assert "169.254.169.254" in (exchange.error or "")
    assert receiver.received == []


async def test_a_token_endpoint_that_is_not_there_is_down(sender: Sender, receiver: Receiver) -> None:
    with Receiver() as gone:
        url = gone.url
    exchange = await sender.send(needing(f"{receiver.url}/api", f"{url}/token"), {})
    assert exchange.error_kind == DOWN
    assert (exchange.error or "").startswith("no token: can't connect to 127.0.0.1:")
    assert receiver.received == []


async def test_a_token_endpoint_that_hangs_takes_no_longer_than_the_attempt(receiver: Receiver) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        await reader.read()

    async with raw_server(hang) as url, Sender(LOCAL, deadline=30) as sender:
        request = replace(needing(f"{receiver.url}/api", f"{url}/token"), timeout=timedelta(seconds=0.2))
        first, second = await asyncio.gather(sender.send(request, {}), sender.send(request, {}))
    assert (first.error_kind, second.error_kind) == (DOWN, DOWN)
    assert "gave no answer within 0.2 s" in (first.error or "")
    assert receiver.received == []


async def test_secrets_of_the_request_itself_stay_secret(sender: Sender, receiver: Receiver) -> None:
    Issuer(receiver)
    receiver.respond("/api", lambda request: Answer(body=(request.header("X-Key") or "").encode()))
    request = replace(api(receiver), headers=(("X-Key", with_secret("k ", "k3y-0f-th3-v4ult")),))
    exchange = await sender.send(request, {})
    assert exchange.response_masked is not None
    assert exchange.response_masked.body == "k *****"
