"""Messages of an integration share a token of OAuth 2.0, and nothing shows it."""

import json
from typing import Any

from demo.receiver import Answer, Receiver
from tests.dispatcher.account import SECRET, alert, level, monitor
from tests.dispatcher.conftest import RunningDispatcher

TOKEN = "acc3ss-t0k3n"


def bot(url: str) -> dict[str, Any]:
    """Return an integration of two steps that need a token."""
    oauth2 = {"token_url": f"{url}/token", "client_id": "tocsin", "client_secret": "{{@VaultItem.pager.Password}}"}
    steps = [{"request": {"url": f"{url}/{path}", "auth": {"oauth2": oauth2}, "json": {}}} for path in ("one", "two")]
    return {"kind": "integration", "name": "bot", "messages": [{"types": ["error", "ok"], "steps": steps}]}


def issue(receiver: Receiver) -> None:
    receiver.respond("/token", lambda _: Answer.of({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}))


async def test_one_token_serves_all_messages(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    issue(receiver)
    pushed = await running_dispatcher.push(monitor(), alert(level("bot")), bot(receiver.url))
    assert pushed.status_code == 200, pushed.text
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    tested = await running_dispatcher.client.post("/api/v1/integrations/bot/test", json={})
    assert tested.json()["delivered"], tested.text
    assert [each.path for each in receiver.received] == ["/token", "/one", "/two", "/one", "/two", "/one", "/two"]
    assert {each.header("Authorization") for each in receiver.received[1:]} == {f"Bearer {TOKEN}"}
    assert await running_dispatcher.states() == [("bot", "error", "delivered"), ("bot", "ok", "delivered")]
    shown = json.dumps(await running_dispatcher.get("/attempts")) + tested.text
    assert "Bearer *****" in shown
    first = (await running_dispatcher.get("/attempts"))["attempts"][::-1][:3]
    assert [(each["purpose"], each["succeeded"], each["step"]) for each in first] == [
        ("token", True, 0),
        (None, True, 0),
        (None, True, 1),
    ]
    assert json.loads(first[0]["response"]["body"])["access_token"] == "*****"
    assert TOKEN not in shown
    assert SECRET not in shown


async def test_a_client_that_is_not_known_is_told_and_tried_again(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.respond("/token", lambda _: Answer.of({"error": "invalid_client", "error_description": SECRET}, 400))
    await running_dispatcher.push(monitor(), alert(level("bot")), bot(receiver.url))
    await running_dispatcher.check("error")
    (listed,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert listed["failures"] == ["the token endpoint answered 400 Bad Request, `invalid_client`: *****"]
    assert listed["outcome"] == "locked_out"
    request, token = (await running_dispatcher.get("/attempts"))["attempts"]
    assert (token["purpose"], token["succeeded"], token["outcome"]) == ("token", False, "locked_out")
    assert (request["purpose"], request["response"]) == (None, None)
    issue(receiver)
    await running_dispatcher.pass_time(seconds=6)
    assert await running_dispatcher.states() == [("bot", "error", "delivered")]
