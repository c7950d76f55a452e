"""An answer that takes too long to judge costs its own message, and nobody else anything."""

import asyncio
import json
from typing import Any

import pytest
from demo.receiver import Answer, Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

from tocsin_dispatcher.sending.judging.judging import Judging
from tocsin_schema.paths.found import Found

LATE = "judging took longer than 250 ms of processor time"
COSTLY = "$..*[?count(@..*..*..*) < 0]"


def deep(levels: int = 80) -> bytes:
    document: Any = 1
    for _ in range(levels):
        document = {"a": document, "b": 1}
    return json.dumps({"token": "s3cret-value", "deep": document}).encode()


def costly(receiver: Receiver, **more: Any) -> dict[str, Any]:
    """Return an integration whose step has a path that takes long in what its receiver answers."""
    receiver.respond("/pager", lambda _: Answer(body=deep()))
    return pager(receiver.url, step={"assert": [{"json": {"path": COSTLY, "equal": "x"}}], **more})


async def attempts(running_dispatcher: RunningDispatcher) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await running_dispatcher.get("/attempts"))["attempts"]
    return found


async def test_the_message_fails_as_unclear_and_is_not_sent_again(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with dispatchers.open() as running_dispatcher:
        pushed = await running_dispatcher.push(monitor(), alert(level("pager")), costly(receiver))
        assert pushed.status_code == 200, pushed.text
        await running_dispatcher.check("error")
        (attempt,) = await attempts(running_dispatcher)
        assert attempt["outcome"] == "unclear"
        assert attempt["failures"] == [f"json {COSTLY}: {LATE}"]
        assert attempt["response"]["status"] == 200
        assert await running_dispatcher.states() == [("pager", "error", "failed")]
        metrics = (await running_dispatcher.client.get("/metrics")).text
        assert 'tocsin_notification_requests_failed_total{integration="pager",reason="judging"} 1.0' in metrics
    async with dispatchers.open() as running_dispatcher:  # nor does it come round after a restart
        await running_dispatcher.pass_time(minutes=10)
        assert await running_dispatcher.states() == [("pager", "error", "failed")]
    assert len(receiver.received) == 1


async def test_a_status_that_does_not_deliver_says_what_it_means_all_the_same(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    pushed = await running_dispatcher.push(monitor(), alert(level("pager")), costly(receiver))
    assert pushed.status_code == 200, pushed.text
    receiver.respond("/pager", lambda _: Answer(status=503, body=deep()))
    await running_dispatcher.check("error")
    (attempt,) = await attempts(running_dispatcher)
    assert attempt["outcome"] == "down"
    assert attempt["failures"] == ["answered 503 Service Unavailable", f"json {COSTLY}: {LATE}"]


async def test_a_body_that_may_hold_a_secret_nobody_found_is_not_kept(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    document = costly(receiver, capture={"Hidden": {"json": COSTLY, "secret": True}})
    pushed = await running_dispatcher.push(monitor(), alert(level("pager")), document)
    assert pushed.status_code == 200, pushed.text
    await running_dispatcher.check("error")
    (attempt,) = await attempts(running_dispatcher)
    assert attempt["failures"] == [LATE]
    assert attempt["response"]["body"].startswith("(not kept: it may hold a secret")
    assert attempt["response"]["truncated"] is True


class Never:
    """Stands for a process that never ends."""

    async def follow(self, request: bytes, count: int) -> tuple[list[Found], str | None]:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        pass


async def test_a_judgement_that_never_ends_holds_up_no_other_integration(
    running_dispatcher: RunningDispatcher, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin_dispatcher.delivery.drains.GRACE", 0.1)
    monkeypatch.setattr(running_dispatcher.dispatcher.sender, "judging", Judging(Never))
    others = pager(receiver.url + "/others", name="others")
    pushed = await running_dispatcher.push(monitor(), alert(level("pager", "others")), costly(receiver), others)
    assert pushed.status_code == 200, pushed.text
    now = running_dispatcher.clock.now().isoformat()
    check = {"id": "c-1", "monitor": "shop-home", "time": now, "status": "error"}
    assert (await running_dispatcher.client.post("/api/v1/checks", json={"checks": [check]})).status_code == 202
    wanted = {("pager", "error", "sending"), ("others", "error", "delivered")}
    async with asyncio.timeout(10):
        while set(await running_dispatcher.states()) != wanted:
            pass
    assert len(receiver.received) == 2
