"""A step is rendered, sent and judged; what it captures is there for the steps after it."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from demo.receiver import Answer, Receiver

from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.sender import Sender
from tocsin_dispatcher.sending.step import run_step
from tocsin_dispatcher.vault import EnvironmentVault, Vault
from tocsin_schema.messages.message import Message
from tocsin_schema.messages.values import AlertValues
from tocsin_schema.models import Integration

SECRETS = {"TOCSIN_VAULT_SNOW_PASSWORD": "s3cret-token"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    async with Sender(EgressPolicy(["127.0.0.1"]), deadline=10) as sender:
        yield sender


def now() -> datetime:
    return datetime(2026, 11, 30, 12, tzinfo=UTC)


def message(receiver: Receiver, *steps: dict[str, Any], secrets: dict[str, str] | None = None) -> Message:
    integration = Integration.model_validate(
        {
            "kind": "integration",
            "name": "snow",
            "variables": {"ApiUrl": receiver.url, "Key": "{{@VaultItem.snow.Password}}", "Expected": "done"},
            "messages": [{"types": ["error"], "steps": list(steps)}],
        }
    )
    return Message(
        integration=integration,
        message_type="error",
        values=AlertValues({"@incident.key": "k-1"}, {}),
        level_variables={},
        vault=Vault([EnvironmentVault(SECRETS if secrets is None else secrets)]),
        now=datetime(2026, 3, 1, tzinfo=UTC),
        seed="1",
        culture="en-US",
    )


def step(path: str = "/", **more: Any) -> dict[str, Any]:
    return {"request": {"url": "{{ApiUrl}}" + path, "headers": {"X-Key": "{{Key}}"}}, **more}


async def test_what_one_step_captures_the_next_one_sends(sender: Sender, receiver: Receiver) -> None:
    receiver.respond("/create", lambda _: Answer.of({"result": {"sys_id": "42", "n": [1, {"a": None}]}}, 201))
    ask = message(
        receiver,
        step(
            "/create",
            capture={"SysId": {"json": "$.result.sys_id", "keep": "incident"}, "All": {"json": "$.result.n"}},
        ),
        step("/incident/{{SysId}}"),
    )
    first = await run_step(sender, ask, 0, {}, {"X-Tocsin-Delivery": "d-1"}, now=now)
    assert first.succeeded
    assert first.captured == {"SysId": "42", "All": '[1,{"a":null}]'}
    assert first.keep == {"SysId"}
    second = await run_step(sender, ask, 1, first.captured, now=now)
    assert second.succeeded
    assert [each.path for each in receiver.received] == ["/create", "/incident/42"]
    assert receiver.received[0].header("X-Tocsin-Delivery") == "d-1"


async def test_an_error_status_fails_the_step_in_words(sender: Sender, receiver: Receiver) -> None:
    receiver.answer("/", 500)
    result = await run_step(sender, message(receiver, step()), 0, {}, now=now)
    assert result.failures == ("answered 500 Internal Server Error",)
    assert not result.succeeded


async def test_assertions_compare_with_rendered_text(sender: Sender, receiver: Receiver) -> None:
    receiver.answer("/", 500, body='{"state": "done", "key": "k-1"}')
    asserted = [
        {"status": {"equal": 500}},
        {"json": {"path": "$.state", "equal": "{{Expected}}"}},
        {"json": {"path": "$.key", "equal": "{{@incident.key}}"}},
    ]
    result = await run_step(sender, message(receiver, step() | {"assert": asserted}), 0, {}, now=now)
    assert result.failures == ()


async def test_a_capture_that_finds_nothing_fails_the_step(sender: Sender, receiver: Receiver) -> None:
    ask = message(receiver, step(capture={"SysId": {"json": "$.result.sys_id"}, "Status": {"status": True}}))
    result = await run_step(sender, ask, 0, {}, now=now)
    assert result.failures == ("can't capture SysId: json $.result.sys_id is missing",)
    assert result.captured == {}


async def test_without_an_answer_the_failure_is_the_error(sender: Sender, receiver: Receiver) -> None:
    ask = message(receiver, step())
    with Receiver() as gone:
        unreachable = message(gone, step())
    result = await run_step(sender, unreachable, 0, {}, now=now)
    assert result.exchange is not None
    assert result.exchange.error_kind == "connect"
    assert result.failures == (result.exchange.error,)
    assert (await run_step(sender, ask, 0, {}, now=now)).succeeded


async def test_a_missing_secret_fails_the_step_before_anything_is_sent(sender: Sender, receiver: Receiver) -> None:
    result = await run_step(sender, message(receiver, step(), secrets={}), 0, {}, now=now)
    assert result.exchange is None
    assert result.failures == (
        "the vault has no Password for item snow: set TOCSIN_VAULT_SNOW_PASSWORD where the dispatcher runs",
    )
    assert receiver.received == []


async def test_a_missing_secret_in_an_assertion_fails_the_step(sender: Sender, receiver: Receiver) -> None:
    asserting = {
        "request": {"url": "{{ApiUrl}}"},
        "assert": [{"body": {"equal": "{{@VaultItem.other.Password}}"}}],
    }
    result = await run_step(sender, message(receiver, asserting), 0, {}, now=now)
    assert "TOCSIN_VAULT_OTHER_PASSWORD" in result.failures[0]


async def test_a_request_that_cant_be_rendered_fails_the_step(sender: Sender, receiver: Receiver) -> None:
    result = await run_step(sender, message(receiver, {"request": {"url": "nowhere"}}), 0, {}, now=now)
    assert result.exchange is None
    assert result.failures == ("`nowhere` is no http:// or https:// URL",)


async def test_a_secret_that_the_receiver_echoes_is_in_no_failure(sender: Sender, receiver: Receiver) -> None:
    receiver.respond("/", lambda got: Answer.of({"error": f"bad key {got.header('X-Key')}"}))
    asserted = [
        {"json": {"path": "$.error", "equal": "none"}},
        {"json": {"path": "$.error", "equal": "{{Key}}"}},
    ]
    result = await run_step(sender, message(receiver, step() | {"assert": asserted}), 0, {}, now=now)
    assert result.failures == (
        'json $.error is "bad key *****", expected "none"',
        'json $.error is "bad key {{Key}}", expected "{{Key}}"',
    )
    assert result.exchange is not None
    assert result.exchange.response_masked is not None
    assert result.exchange.response_masked.body == '{"error": "bad key *****"}'
    assert "s3cret" not in result.exchange.request_masked.model_dump_json()
