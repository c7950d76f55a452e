"""When values are made, as a receiver sees it: once for a message, or for each attempt that reaches it."""

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

from demo.receiver import Received, Receiver
from tests.dispatcher.account import SECRET, alert, level, monitor
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

STAMP = {"value": "{{@DateTime(Unix)}}000", "made": "attempt"}


def robot(url: str, **variables: Any) -> dict[str, Any]:
    """Return an integration that signs as DingTalk's robots want it, and sends the same in a second step."""
    query = (
        "timestamp={{Stamp}}&sign={{@UrlEncode({{@HexToBase64({{sign({{Stamp}}\n{{@VaultItem.pager.Password}})}})}})}}"
    )
    body = {"ticket": "{{Ticket}}", "stamp": "{{Stamp}}", "own": "{{@RandomGuid}}"}
    return {
        "kind": "integration",
        "name": "robot",
        "variables": {"Stamp": STAMP, "Ticket": "{{@RandomGuid}}", **variables},
        "functions": {"sign": {"hash": "HMAC-SHA256", "key": "{{@VaultItem.pager.Password}}"}},
        "messages": [
            {
                "types": ["error", "ok"],
                "steps": [
                    {"request": {"url": f"{url}/first?{query}", "json": body}},
                    {"request": {"url": f"{url}/second", "json": body}},
                ],
            }
        ],
    }


def is_fresh(request: Received, now: float) -> bool:
    """Verify as the receiver would: the timestamp is of this very second, and signed."""
    query = parse_qs(urlsplit(request.path).query)
    (stamp,), (sign,) = query["timestamp"], query["sign"]
    expected = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    return sign == base64.b64encode(expected).decode() and abs(int(stamp) / 1000 - now) < 1


async def test_each_attempt_is_stamped_and_signed_anew(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    pushed = await running_dispatcher.push(monitor(), alert(level("robot")), robot(receiver.url))
    assert pushed.status_code == 200, pushed.text
    receiver.answer("/first", 503)
    await running_dispatcher.check("error")
    (refused,) = receiver.received
    assert is_fresh(refused, running_dispatcher.clock.now().timestamp())
    await running_dispatcher.pass_time(hours=2)
    first, second = receiver.received[1:]
    assert is_fresh(first, running_dispatcher.clock.now().timestamp())
    sent = [each.json() for each in (refused, first, second)]
    assert len({each["ticket"] for each in sent}) == 1
    assert sent[0]["own"] == sent[1]["own"] != sent[2]["own"]
    assert sent[0]["stamp"] != sent[1]["stamp"]


async def test_a_value_made_once_is_the_same_in_the_process_that_takes_the_delivery_up(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    receiver.answer("/second", 503)
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(monitor(), alert(level("robot")), robot(receiver.url))
        await running_dispatcher.check("error")
    dispatchers.clock.advance(hours=1)
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.pass_time(seconds=1)
    assert [each.path.partition("?")[0] for each in receiver.received] == ["/first", "/second", "/second"]
    assert len({each.json()["ticket"] for each in receiver.received}) == 1
    assert len({each.json()["stamp"] for each in receiver.received}) == 2


async def test_a_test_message_is_stamped_when_it_is_sent(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("robot")), robot(receiver.url))
    answer = await running_dispatcher.client.post("/api/v1/integrations/robot/test", json={})
    assert answer.json()["delivered"], answer.text
    assert is_fresh(receiver.received[0], running_dispatcher.clock.now().timestamp())
