"""How much a body may weigh and how long it may take, by its route."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message, Receive, Scope, Send
from tests.dispatcher.conftest import BOOTSTRAP, RunningDispatcher

from tocsin_dispatcher.api.body_limit import KIB, MIB, Body, BodyLimit, BodyLimits
from tocsin_dispatcher.api.errors import ApiError
from tocsin_dispatcher.server.app import BODIES

DATABASES = ("sqlite",)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("path", "size", "seconds"),
    [
        ("/ui/sign-in", 16 * KIB, 10),
        ("/ui/sign-out", 16 * KIB, 10),
        ("/api/v1/checks", 8 * MIB, 30),
        ("/api/v1/definitions", 64 * MIB, 120),
        ("/api/v1/definitions/plan", 8 * MIB, 30),
        ("/api/v1/silences", MIB, 10),
        ("/api/v1/deliveries/resend", MIB, 10),
        ("/api/v1/integrations/pager/test", 8 * MIB, 30),
        ("/ui/silences", MIB, 10),
        ("/nothing", MIB, 10),
    ],
)
def test_each_route_has_its_limits(path: str, size: int, seconds: float) -> None:
    assert BODIES.of(path) == Body(size, seconds)


async def read_whole(scope: Scope, receive: Receive, send: Send) -> None:
    """Read a body as applications do."""
    while (await receive()).get("more_body"):
        pass


def scope(*headers: tuple[bytes, bytes]) -> Scope:
    return {"type": "http", "path": "/x", "headers": list(headers)}


async def unsent(message: Message) -> None:
    raise AssertionError(message)


def limit(size: int = KIB, seconds: float = 10) -> BodyLimit:
    return BodyLimit(read_whole, BodyLimits(Body(size, seconds)))


@pytest.mark.parametrize("header", [(b"content-length", b"5"), (b"transfer-encoding", b"chunked")])
async def test_a_body_that_does_not_come_in_time_is_refused(header: tuple[bytes, bytes]) -> None:
    async def never() -> Message:
        return await asyncio.Future[Message]()

    with pytest.raises(ApiError, match="the body did not come within 0 s: nothing was done") as refused:
        await limit(seconds=0)(scope(header), never, unsent)
    assert (refused.value.status, refused.value.headers) == (408, {"Connection": "close"})


async def test_one_that_drips_is_refused_too() -> None:
    async def drip() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"x", "more_body": True}

    with pytest.raises(ApiError, match="did not come within"):
        await limit(size=1024 * MIB, seconds=0.05)(scope((b"content-length", b"5")), drip, unsent)


async def test_what_is_waited_for_after_the_body_has_no_limit() -> None:
    messages: list[Message] = [{"type": "http.request", "body": b"x", "more_body": False}, {"type": "http.disconnect"}]
    seen: list[Message] = []

    async def receive() -> Message:
        if len(seen) == 1:
            await asyncio.sleep(0.02)
        seen.append(message := messages[len(seen)])
        return message

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await receive()

    await BodyLimit(application, BodyLimits(Body(KIB, 0.01)))(scope((b"content-length", b"1")), receive, unsent)
    assert len(seen) == 2


async def test_a_sign_in_takes_16_kib(running_dispatcher: RunningDispatcher) -> None:
    for size, status in ((16 * KIB - 6, 401), (16 * KIB - 5, 413)):
        answer = await running_dispatcher.client.post("/ui/sign-in", content="token=" + "x" * size, headers=FORM)
        assert answer.status_code == status
    assert answer.json()["message"] == "the body is larger than 16 KiB: send less at a time"


@pytest.mark.parametrize("path", ["/ui/silences", "/ui/integrations/pager/test", "/ui/nothing"])
@pytest.mark.parametrize("cookie", [None, "tocsin_token=unknown"])
async def test_nothing_is_read_of_a_form_before_a_token_is_known(
    running_dispatcher: RunningDispatcher, path: str, cookie: str | None
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        raise AssertionError("somebody reads the body")
        yield b""

    headers = FORM | ({"Cookie": cookie} if cookie is not None else {})
    answer = await running_dispatcher.client.post(path, content=endless(), headers=headers)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/ui/sign-in?next=/ui/")


async def test_a_form_of_somebody_with_a_token_is_read(running_dispatcher: RunningDispatcher) -> None:
    answer = await running_dispatcher.client.post(
        "/ui/silences", content="reason=x", headers=FORM | {"Cookie": f"tocsin_token={BOOTSTRAP}"}
    )
    assert answer.status_code == 422
