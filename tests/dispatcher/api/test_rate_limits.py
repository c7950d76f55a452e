"""Too many requests with one token, and too many sign-ins that fail, are answered 429."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from tests.dispatcher.account import monitor
from tests.dispatcher.conftest import BOOTSTRAP, DispatcherFactory, RunningDispatcher
from tests.dispatcher.service.test_rate_limits import Monotonic

from tocsin_dispatcher.server.app import create_app
from tocsin_dispatcher.service.rate_limits import FAILED_SIGN_INS, RateLimits
from tocsin_dispatcher.store.tokens import create_token

DATABASES = ("sqlite",)


@pytest.fixture
def seconds() -> Monotonic:
    return Monotonic()


@pytest.fixture
async def limited(dispatchers: DispatcherFactory, seconds: Monotonic) -> AsyncIterator[RunningDispatcher]:
    """A dispatcher of which a token may ask ten times a second."""
    async with dispatchers.open(rate_limits=RateLimits(10, seconds)) as opened:
        yield opened


def from_address(limited: RunningDispatcher, address: str, token: str | None = None) -> httpx.AsyncClient:
    """Return a client at another address."""
    transport = httpx.ASGITransport(create_app(limited.dispatcher), client=(address, 1))
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers)


async def refused(limited: RunningDispatcher, reason: str) -> float:
    found = limited.dispatcher.metrics.registry.get_sample_value("tocsin_http_refused_total", {"reason": reason})
    return found or 0.0


async def test_a_token_that_asks_too_often_waits(limited: RunningDispatcher, seconds: Monotonic) -> None:
    answers = [await limited.client.get("/api/v1/incidents") for _ in range(12)]
    assert [each.status_code for each in answers] == [200] * 10 + [429] * 2
    assert answers[-1].headers["Retry-After"] == "1"
    assert answers[-1].json() == {
        "error": "too_many_requests",
        "message": "the token `bootstrap` may make 10 requests a second: wait 1 s",
    }
    assert await refused(limited, "rate") == 2
    seconds.seconds += 1
    assert (await limited.client.get("/api/v1/incidents")).status_code == 200


async def test_another_token_does_not(limited: RunningDispatcher) -> None:
    async with limited.dispatcher.database.write() as connection:
        text = await create_token(connection, "other", ("read",), limited.clock.now(), None)
    for _ in range(11):
        await limited.client.get("/api/v1/incidents")
    async with from_address(limited, "127.0.0.1", text) as other:
        assert (await other.get("/api/v1/incidents")).status_code == 200


async def test_a_batch_counts_once_and_nothing_of_one_that_is_refused_is_taken(limited: RunningDispatcher) -> None:
    await limited.push(monitor())
    checks = [
        {"id": f"{batch}-{number}", "monitor": "shop-home", "time": limited.clock.now().isoformat(), "status": "ok"}
        for batch in range(10)
        for number in range(100)
    ]
    batches = [checks[start : start + 100] for start in range(0, 1000, 100)]
    answers = [await limited.client.post("/api/v1/checks", json={"checks": batch}) for batch in batches]
    assert [each.status_code for each in answers] == [202] * 9 + [429]
    checked = limited.dispatcher.metrics.registry.get_sample_value("tocsin_checks_total", {"status": "ok"})
    assert checked == 900


async def test_pages_count_too(limited: RunningDispatcher) -> None:
    cookie = {"Cookie": f"tocsin_token={BOOTSTRAP}"}
    answers = [await limited.client.get("/ui/silences", headers=cookie) for _ in range(11)]
    assert [each.status_code for each in answers] == [200] * 10 + [429]
    assert answers[-1].headers["Retry-After"] == "1"
    form = await limited.client.post("/ui/silences", headers=cookie, data={"reason": "x"})
    assert form.status_code == 429


async def test_health_counts_for_nobody(limited: RunningDispatcher) -> None:
    for _ in range(20):
        assert (await limited.client.get("/healthz")).status_code == 200


async def guess(client: httpx.AsyncClient, token: str = "guess") -> httpx.Response:
    return await client.post("/ui/sign-in", data={"token": token})


async def test_an_address_that_guesses_tokens_waits(limited: RunningDispatcher, seconds: Monotonic) -> None:
    async with from_address(limited, "192.0.2.1") as client:
        for number in range(FAILED_SIGN_INS):
            seconds.seconds += 1
            assert (await guess(client, f"guess {number}")).status_code == 401
        answer = await guess(client)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "41")
        assert "too many unknown tokens came from this address: wait 41 s" in answer.text
        api = await client.get("/api/v1/incidents", headers={"Authorization": "Bearer guess"})
        assert (api.status_code, api.headers["Retry-After"]) == (429, "41")
        assert (await guess(client, BOOTSTRAP)).status_code == 429  # else guessing would go on
        assert await refused(limited, "sign_ins") == 3
        async with from_address(limited, "192.0.2.2") as other:
            assert (await guess(other, BOOTSTRAP)).status_code == 303
        seconds.seconds += 41
        assert (await guess(client, BOOTSTRAP)).status_code == 303


async def test_guesses_that_come_all_at_once_are_no_more(limited: RunningDispatcher) -> None:
    async with from_address(limited, "192.0.2.1") as client:
        answers = await asyncio.gather(*(guess(client, f"guess {number}") for number in range(3 * FAILED_SIGN_INS)))
    statuses = [each.status_code for each in answers]
    assert (statuses.count(401), statuses.count(429)) == (FAILED_SIGN_INS, 2 * FAILED_SIGN_INS)


async def test_tokens_that_open_something_wait_for_one_another_and_are_all_let_in(limited: RunningDispatcher) -> None:
    async with limited.dispatcher.database.write() as connection:
        now = limited.clock.now()
        names = range(3 * FAILED_SIGN_INS)
        texts = [await create_token(connection, f"probe-{name}", ("read",), now, None) for name in names]
    async with from_address(limited, "192.0.2.1") as client:
        headers = [{"Authorization": f"Bearer {each}"} for each in texts]
        answers = await asyncio.gather(*(client.get("/api/v1/incidents", headers=each) for each in headers))
    assert {each.status_code for each in answers} == {200}


async def test_guesses_at_the_api_count_too(limited: RunningDispatcher) -> None:
    async with from_address(limited, "2001:db8::1", "guess") as client:
        statuses = [(await client.get("/api/v1/incidents")).status_code for _ in range(FAILED_SIGN_INS + 1)]
    assert statuses == [401] * FAILED_SIGN_INS + [429]
    async with from_address(limited, "2001:db8::2") as neighbour:
        assert (await guess(neighbour)).status_code == 429


async def test_a_token_that_is_in_use_is_not_held_back_by_what_others_guess(limited: RunningDispatcher) -> None:
    async with limited.dispatcher.database.write() as connection:
        text = await create_token(connection, "probe", ("read",), limited.clock.now(), None)
    async with from_address(limited, "192.0.2.1", text) as probe, from_address(limited, "192.0.2.1") as other:
        assert (await probe.get("/api/v1/incidents")).status_code == 200
        for _ in range(FAILED_SIGN_INS + 1):
            await guess(other)
        assert (await probe.get("/api/v1/incidents")).status_code == 200


async def test_an_expired_token_is_no_guess(limited: RunningDispatcher) -> None:
    async with limited.dispatcher.database.write() as connection:
        now = limited.clock.now()
        text = await create_token(connection, "old", ("read",), now, now)
    async with from_address(limited, "192.0.2.1", text) as client:
        answers = [await client.get("/api/v1/incidents") for _ in range(FAILED_SIGN_INS + 5)]
    assert {each.status_code for each in answers} == {401}
