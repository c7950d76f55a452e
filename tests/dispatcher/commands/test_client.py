"""The operator's commands wait where a dispatcher asks them to."""

import httpx
import pytest

from tocsin_dispatcher.commands import client as commands
from tocsin_dispatcher.commands.client import RemoteDispatcher, RemoteError
from tocsin_schema.api.health import Health

REFUSAL = {"error": "too_many_requests", "message": "the token `ops` may make 100 requests a second: wait 2 s"}


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was waited, in seconds; nothing is."""
    waited: list[float] = []
    monkeypatch.setattr(commands, "pause", waited.append)
    return waited


def dispatcher(*answers: httpx.Response) -> RemoteDispatcher:
    """Return a dispatcher that answers in turn."""
    left = list(answers)
    return RemoteDispatcher("http://x", "token", httpx.MockTransport(lambda request: left.pop(0)))


def too_many(retry_after: str | None) -> httpx.Response:
    return httpx.Response(429, json=REFUSAL, headers={} if retry_after is None else {"Retry-After": retry_after})


@pytest.mark.parametrize(("asked", "seconds"), [("2", 2.0), (None, 1.0), ("soon", 1.0), ("-5", 1.0), ("9" * 400, 1.0)])
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_was_too_much_is_asked_again_after_the_time_that_is_asked_for(
    pauses: list[float], asked: str | None, seconds: float, method: str
) -> None:
    remote = dispatcher(too_many(asked), too_many(asked), httpx.Response(200, json={"ok": True, "reasons": []}))
    answer = remote.get("/x", {}, Health) if method == "get" else remote.post("/x", None, Health)
    assert answer.ok
    assert pauses == [seconds, seconds]


def test_nobody_waits_for_ever(pauses: list[float]) -> None:
    with pytest.raises(RemoteError, match=r"^the token `ops` may make 100 requests a second: wait 2 s$"):
        dispatcher(too_many("3600")).get("/x", {}, Health)
    assert pauses == []


@pytest.mark.parametrize("status", [400, 500, 502, 503])
def test_other_refusals_are_told_at_once(pauses: list[float], status: int) -> None:
    with pytest.raises(RemoteError):
        dispatcher(httpx.Response(status, json=REFUSAL)).post("/x", None, Health)
    assert pauses == []
