"""From definitions to delivered messages: the real command, a real dispatcher process, a real receiver."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from demo.dispatcher import VAULT, RunningDispatcher
from demo.expected import expected_messages
from demo.receiver import Received, Receiver
from tests.e2e.conftest import Tocsin, api_of

from tocsin.workspace import open_workspace
from tocsin_schema.models import DispatcherTarget

LEVEL_1 = {"/slack/services/T000/B000/slack-webhook-5e1d", "/pagerduty", "/uptrends"}


def check(number: int, status: str, **values: Any) -> dict[str, Any]:
    time = datetime.now(UTC) - timedelta(minutes=5, seconds=-number)  # not long ago: reminders come after 10 minutes
    return {"id": str(number), "monitor": "shop-home", "time": time.isoformat(), "status": status, **values}


def post(api: httpx.Client, *checks: dict[str, Any]) -> dict[str, int]:
    answer = api.post("/checks", json={"checks": list(checks)})
    assert answer.status_code == 202, answer.text
    counts: dict[str, int] = answer.json()
    return counts


def test_a_failing_check_becomes_the_messages_that_the_definitions_say(
    tocsin: Tocsin, api: httpx.Client, receiver: Receiver, account: Path
) -> None:
    assert tocsin("sync", "--target", "demo", "--yes").returncode == 0
    assert post(api, check(1, "error", confirmed=False), check(2, "error")) == {"accepted": 2, "duplicates": 0}
    assert post(api, check(3, "error", description='a "quote"\nand a line')) == {"accepted": 1, "duplicates": 0}
    errors = receiver.wait_for(3)
    assert {each.path for each in errors} == LEVEL_1

    assert post(api, check(3, "error"), check(4, "ok")) == {"accepted": 1, "duplicates": 1}
    received = receiver.wait_for(6)
    assert {each.path for each in received[3:]} == LEVEL_1
    assert_exactly(received, api, account)

    incident_keys = {each.json()["dedup_key"] for each in received if each.path == "/pagerduty"}
    assert incident_keys == {"849b2046-213d-43ad-9efc-5af1faaeb222-0-2"}


def assert_exactly(received: list[Received], api: httpx.Client, account: Path) -> None:
    """Compare method, path, headers and body bytes of each request with what the definitions render to."""
    workspace = open_workspace(account)
    target = workspace.require_project().targets["demo"]
    assert isinstance(target, DispatcherTarget)
    definitions = workspace.require_definitions(target.variables)
    left = list(received)
    for expected in expected_messages(definitions, api.get("/alerts").json()["alerts"], VAULT):
        match = next((each for each in left if not expected.differences(each)), None)
        assert match is not None, expected.title
        left.remove(match)
    assert left == []


def test_a_second_sync_changes_nothing(tocsin: Tocsin, api: httpx.Client) -> None:
    assert tocsin("plan", "--target", "demo").returncode == 3
    first = tocsin("sync", "--target", "demo", "--yes")
    assert "revision 1" in first.stdout
    again = tocsin("sync", "--target", "demo", "--yes")
    assert again.returncode == 0
    assert "Nothing to do" in again.stdout
    assert tocsin("plan", "--target", "demo").returncode == 0
    assert api.get("/definitions").json()["revision"] == 1


def test_an_incident_goes_on_where_a_killed_dispatcher_left_it(
    tocsin: Tocsin, account: Path, database: Path, dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    assert tocsin("sync", "--target", "demo", "--yes").returncode == 0
    with api_of(dispatcher) as api:
        post(api, check(1, "error"))
    dispatcher.kill()

    with RunningDispatcher(database) as second, api_of(second) as api:
        assert post(api, check(1, "error"), check(2, "error")) == {"accepted": 1, "duplicates": 1}
        assert {each.path for each in receiver.wait_for(3)} == LEVEL_1
        assert second.stop() == 0

    with RunningDispatcher(database) as third, api_of(third) as api:
        post(api, check(3, "ok"))
        received = receiver.wait_for(6)
        assert_exactly(received, api, account)


def test_a_pending_delivery_survives_a_kill_and_is_sent_with_the_same_bytes(
    tocsin: Tocsin, database: Path, dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    assert tocsin("sync", "--target", "demo", "--yes").returncode == 0
    receiver.answer("/pagerduty", status=503)
    with api_of(dispatcher) as api:
        post(api, check(1, "error"), check(2, "error"))
        receiver.wait_for(3)
    dispatcher.kill()

    with RunningDispatcher(database):
        first, second = pages_of(receiver, 2)
    assert second.body == first.body
    assert second.header("Tocsin-Delivery-Id") == first.header("Tocsin-Delivery-Id") != ""


def pages_of(receiver: Receiver, count: int) -> list[Received]:
    """Wait for the requests to PagerDuty. At least once: the kill may make others come twice."""
    seen = 0
    while True:
        received = receiver.wait_for(seen + 1, timeout=20)
        pages = [each for each in received if each.path == "/pagerduty"]
        if len(pages) >= count:
            return pages[:count]
        seen = len(received)


def test_a_broken_push_leaves_the_running_definitions(
    tocsin: Tocsin, api: httpx.Client, receiver: Receiver, account: Path
) -> None:
    assert tocsin("sync", "--target", "demo", "--yes").returncode == 0
    before = api.get("/definitions").json()

    slack = account / "integrations" / "slack.yaml"
    good = slack.read_text("utf-8")
    slack.write_text(good.replace("{{@monitor.name}}", "{{@monitor.nmae}}"), "utf-8")
    refused = tocsin("sync", "--target", "demo", "--yes")
    assert refused.returncode == 1
    assert "TOC402" in refused.stderr

    documents = [entry["document"] for entry in before["entries"] if entry["document"]["kind"] != "project"]
    project = next(entry["document"] for entry in before["entries"] if entry["document"]["kind"] == "project")
    broken = json.loads(json.dumps(documents).replace("{{@monitor.name}}", "{{@monitor.nmae}}"))
    answer = api.put("/definitions", json={"project": project, "documents": broken}, headers={"If-Match": '"1"'})
    assert answer.status_code == 422
    finding = answer.json()["findings"][0]
    assert finding["code"] == "TOC402"
    assert finding["pointer"].startswith("/documents/")

    assert api.get("/definitions").json() == before
    post(api, check(1, "error"), check(2, "error"))
    assert {each.path for each in receiver.wait_for(3)} == LEVEL_1


def test_secrets_reach_the_receivers_and_nothing_else(
    tocsin: Tocsin, api: httpx.Client, receiver: Receiver, dispatcher: RunningDispatcher, database: Path
) -> None:
    synced = tocsin("sync", "--target", "demo", "--yes")
    post(api, check(1, "error"), check(2, "error"))
    received = receiver.wait_for(3)
    secret = VAULT["TOCSIN_VAULT_PAGERDUTY_PASSWORD"].encode()
    assert any(secret in each.body for each in received)

    told = "".join(api.get(path).text for path in ("/definitions", "/alerts", "/deliveries", "/revisions"))
    dispatcher.stop()
    stored = b"".join(file.read_bytes() for file in database.parent.glob(f"{database.name}*"))
    said = "".join(dispatcher.log) + synced.stdout + synced.stderr + told
    for value in VAULT.values():
        if value != VAULT["TOCSIN_VAULT_SERVICENOW_USERNAME"]:
            assert value.encode() not in stored
            assert value not in said
