"""Messages that are signed as Standard Webhooks says, verified as a receiver would."""

import base64
import hashlib
import hmac
from dataclasses import replace

import pytest
from demo.receiver import Received, Receiver
from tests.dispatcher.account import alert, level, monitor, pager, project
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

KEY = base64.b64encode(b"the receiver and we know it").decode()


def verified(request: Received) -> bool:
    """Verify by the words of the specification, with nothing of ours."""
    content = f"{request.header('webhook-id')}.{request.header('webhook-timestamp')}.".encode() + request.body
    expected = base64.b64encode(hmac.new(base64.b64decode(KEY), content, hashlib.sha256).digest()).decode()
    signatures = (request.header("webhook-signature") or "").split(" ")
    return any(hmac.compare_digest(each, f"v1,{expected}") for each in signatures)


@pytest.fixture
async def signing(
    dispatchers: DispatcherFactory, running_dispatcher: RunningDispatcher, receiver: Receiver
) -> RunningDispatcher:
    dispatchers.vault["TOCSIN_VAULT_SIGNING_PASSWORD"] = f"whsec_{KEY}"
    documents = [monitor(), alert(level("pager")), pager(receiver.url, sign="{{@VaultItem.signing.Password}}")]
    pushed = await running_dispatcher.push(*documents, project=project(vault=["pager", "signing"]))
    assert pushed.status_code == 200, pushed.text
    return running_dispatcher


async def test_every_attempt_is_signed_under_one_id_with_its_own_moment(
    signing: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.answer("/pager", 503)
    await signing.check("error")
    await signing.pass_time(seconds=5)
    first, second = receiver.received
    assert [verified(each) for each in (first, second)] == [True, True]
    assert first.body == second.body
    assert first.header("webhook-id") == second.header("webhook-id") == first.header("Tocsin-Delivery-Id")
    assert int(second.header("webhook-timestamp") or 0) - int(first.header("webhook-timestamp") or 0) == 5


async def test_a_changed_body_is_not_what_was_signed(signing: RunningDispatcher, receiver: Receiver) -> None:
    await signing.check("error")
    (came,) = receiver.received
    forged = replace(came, body=came.body + b" ")
    assert (verified(came), verified(forged)) == (True, False)


async def test_the_key_is_shown_nowhere(signing: RunningDispatcher) -> None:
    await signing.check("error")
    (listed,) = (await signing.get("/deliveries"))["deliveries"]
    shown = await signing.get(f"/deliveries/{listed['id']}")
    assert "webhook-signature" in dict(shown["attempt_log"][0]["request"]["headers"])
    assert KEY not in str(shown)


async def test_a_test_message_is_signed_too(signing: RunningDispatcher, receiver: Receiver) -> None:
    answer = await signing.client.post("/api/v1/integrations/pager/test", json={"type": "error"})
    assert answer.json()["delivered"]
    (came,) = receiver.received
    assert verified(came)


async def test_a_key_that_is_missing_fails_the_message_with_the_reason(
    signing: RunningDispatcher, dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    dispatchers.vault["TOCSIN_VAULT_SIGNING_PASSWORD"] = "whsec_!"
    await signing.check("error")
    (listed,) = (await signing.get("/deliveries"))["deliveries"]
    assert (listed["state"], receiver.received) == ("pending", [])
    assert listed["failures"] == ["the key of `sign` begins with whsec_, and no Base64 follows"]
