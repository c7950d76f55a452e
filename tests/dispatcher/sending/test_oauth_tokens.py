"""Tokens are got once for all who need them, renewed before they end, and never asked for twice at once by an integration."""

import asyncio
from collections.abc import Callable

import pytest
from tests.dispatcher.sending.requests import request_to

from tocsin_dispatcher.sending.faults import Fault
from tocsin_dispatcher.sending.oauth_tokens import MOST_KEPT, UNSTATED_LIFE, OAuthTokens
from tocsin_schema.messages.oauth2 import Token

KEY, OTHER = request_to("https://id.example.com/token", "a"), request_to("https://id.example.com/token", "b")
NEVER = 1e9


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Endpoint:
    """Gives t1, t2 and so on, each with the next of some lifetimes, as soon as it may."""

    def __init__(self, *lifetimes: float | Fault | None) -> None:
        self.lifetimes = list(lifetimes)
        self.asked = 0
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self) -> Token | Fault:
        self.asked += 1
        number, stated = self.asked, self.lifetimes[min(self.asked, len(self.lifetimes)) - 1]
        await self.open.wait()
        return stated if isinstance(stated, Fault) else Token(f"t{number}", stated)


def value(found: Token | Fault) -> str:
    return found.value if isinstance(found, Token) else found.text


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> OAuthTokens:
    return OAuthTokens(clock)


@pytest.mark.parametrize(
    ("lifetime", "good_for"),
    [(3600.0, 3540.0), (86_400.0, 86_340.0), (600.0, 540.0), (100.0, 90.0), (10.0, 9.0), (None, UNSTATED_LIFE)],
)
async def test_a_token_is_kept_until_shortly_before_its_end(
    tokens: OAuthTokens, clock: Clock, lifetime: float | None, good_for: float
) -> None:
    endpoint = Endpoint(lifetime)
    assert value(await tokens.get(KEY, endpoint, NEVER)) == "t1"
    clock.now += good_for - 0.001
    assert value(await tokens.get(KEY, endpoint, NEVER)) == "t1"
    clock.now += 0.001
    assert value(await tokens.get(KEY, endpoint, NEVER)) == "t2"
    assert endpoint.asked == 2


async def test_a_token_that_is_dead_at_once_is_used_once(tokens: OAuthTokens) -> None:
    endpoint = Endpoint(0.0)
    assert [value(await tokens.get(KEY, endpoint, NEVER)) for _ in range(3)] == ["t1", "t2", "t3"]


async def test_its_life_counts_from_before_it_was_asked_for(tokens: OAuthTokens, clock: Clock) -> None:
    async def slow() -> Token | Fault:
        clock.now += 30
        return Token("t1", 100.0)

    assert value(await tokens.get(KEY, slow, NEVER)) == "t1"
    clock.now += 59
    assert value(await tokens.get(KEY, Endpoint(100.0), NEVER)) == "t1"
    clock.now += 2
    again = Endpoint(100.0)
    await tokens.get(KEY, again, NEVER)
    assert again.asked == 1


async def test_other_credentials_have_other_tokens(tokens: OAuthTokens) -> None:
    endpoint = Endpoint(3600.0)
    assert [value(await tokens.get(each, endpoint, NEVER)) for each in (KEY, OTHER, KEY, OTHER)] == [
        "t1",
        "t2",
        "t1",
        "t2",
    ]


@pytest.mark.parametrize("stated", [3600.0, 0.0, None, Fault("token", "down")])
async def test_all_who_wait_share_one_request_and_what_comes_of_it(
    tokens: OAuthTokens, stated: float | Fault | None
) -> None:
    endpoint = Endpoint(stated)
    endpoint.open.clear()
    waiting = [
        asyncio.create_task(tokens.get(KEY, endpoint, asyncio.get_running_loop().time() + 30)) for _ in range(50)
    ]
    await asyncio.sleep(0)
    endpoint.open.set()
    found = {value(each) for each in await asyncio.gather(*waiting)}
    assert len(found) == 1
    assert endpoint.asked == 1


async def test_a_failure_is_not_kept(tokens: OAuthTokens) -> None:
    endpoint = Endpoint(Fault("token", "down"), 3600.0)
    assert value(await tokens.get(KEY, endpoint, NEVER)) == "down"
    assert value(await tokens.get(KEY, endpoint, NEVER)) == "t2"


async def test_a_refused_token_is_forgotten_and_one_that_took_its_place_is_not(tokens: OAuthTokens) -> None:
    endpoint = Endpoint(3600.0)
    first = await tokens.get(KEY, endpoint, NEVER)
    assert isinstance(first, Token)
    tokens.forget(KEY, first)
    assert value(await tokens.get(KEY, endpoint, NEVER)) == "t2"
    tokens.forget(KEY, first)
    tokens.forget(OTHER, first)
    assert value(await tokens.get(KEY, endpoint, NEVER)) == "t2"


async def test_whoever_can_wait_no_longer_goes_on_without(tokens: OAuthTokens) -> None:
    endpoint = Endpoint(3600.0)
    endpoint.open.clear()
    first = asyncio.create_task(tokens.get(KEY, endpoint, NEVER))
    await asyncio.sleep(0)
    late = await tokens.get(KEY, endpoint, asyncio.get_running_loop().time())
    assert isinstance(late, Fault)
    assert late.kind == "token"
    endpoint.open.set()
    assert value(await first) == "t1"


async def test_another_integration_waits_for_nobody_s_request_and_all_share_what_is_kept(tokens: OAuthTokens) -> None:
    hanging, endpoint = Endpoint(3600.0), Endpoint(3600.0)
    hanging.open.clear()
    ill = asyncio.create_task(tokens.get(KEY, hanging, NEVER, "ill"))
    await asyncio.sleep(0)
    assert value(await tokens.get(KEY, endpoint, NEVER, "well")) == "t1"
    assert value(await tokens.get(KEY, endpoint, NEVER, "third")) == "t1"
    assert (hanging.asked, endpoint.asked) == (1, 1)
    hanging.open.set()
    await ill


async def test_whoever_is_cancelled_takes_the_token_from_nobody(tokens: OAuthTokens) -> None:
    endpoint = Endpoint(3600.0)
    endpoint.open.clear()
    first, second = (asyncio.create_task(tokens.get(KEY, endpoint, NEVER)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    endpoint.open.set()
    assert value(await second) == "t1"
    assert endpoint.asked == 1


async def test_closing_ends_what_is_under_way(tokens: OAuthTokens) -> None:
    endpoint = Endpoint(3600.0)
    endpoint.open.clear()
    waiting = asyncio.create_task(tokens.get(KEY, endpoint, NEVER))
    await asyncio.sleep(0)
    await tokens.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_mistake_in_asking_is_everybody_s_and_ends_with_them(tokens: OAuthTokens) -> None:
    async def broken() -> Token | Fault:
        raise LookupError("a bug")

    ask: Callable[[], object] = broken
    assert ask is broken
    with pytest.raises(LookupError):
        await tokens.get(KEY, broken, NEVER)
    assert value(await tokens.get(KEY, Endpoint(1.0), NEVER)) == "t1"


async def test_no_more_are_kept_than_there_is_room_for(tokens: OAuthTokens, clock: Clock) -> None:
    endpoint = Endpoint(100.0)
    for number in range(MOST_KEPT + 1):
        await tokens.get(request_to("https://id.example.com", str(number)), endpoint, NEVER)
    first = request_to("https://id.example.com", "0")
    assert value(await tokens.get(first, endpoint, NEVER)) == "t1"
    last = request_to("https://id.example.com", str(MOST_KEPT))
    assert value(await tokens.get(last, endpoint, NEVER)) == f"t{MOST_KEPT + 2}"
    clock.now += 100
    await tokens.get(last, endpoint, NEVER)
    await tokens.get(last, endpoint, NEVER)
    assert endpoint.asked == MOST_KEPT + 3
