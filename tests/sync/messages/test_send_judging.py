"""`tocsin send` judges an answer within the limits that a dispatcher has, and says the same of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from demo.receiver import Answer, Receiver
from tests.sync.conftest import Tocsin
from tests.sync.messages.test_send_outcomes import chat, outcome_lines
from tests.sync.running import RunningDispatcher

COSTLY = "$..*[?count(@..*..*..*) < 0]"
LATE = "judging took longer than 250 ms of processor time"
GIVEN_UP = (
    "done, not understood: a dispatcher gives the message up and sends it no more by itself:"
    " the receiver did as it was asked"
)


def deep() -> bytes:
    document: Any = 1
    for _ in range(80):
        document = {"a": document, "b": 1}
    return json.dumps({"pin": "s3cret-value", "deep": document}).encode()


@pytest.mark.parametrize("target", [(), ("--target", "local")])
def test_judging_ends_at_its_deadline_here_and_in_a_dispatcher(
    tocsin: Tocsin, account: Path, receiver: Receiver, running: RunningDispatcher, target: tuple[str, ...]
) -> None:
    asserted = [{"json": {"path": "$..pin", "not_equal": ""}}, {"json": {"path": COSTLY, "equal": "x"}}]
    chat(account, receiver.url, **{"assert": asserted})
    receiver.respond("/hook", lambda _: Answer(body=deep()))
    if target:
        assert tocsin("sync", *target, "--yes", project=account).code == 0
    outcome = tocsin("send", "chat", *target, project=account)
    assert outcome.code == 1
    assert f"json {COSTLY}: {LATE}" in outcome.out
    assert outcome_lines(outcome.out) == [GIVEN_UP]


def test_a_body_that_may_hold_a_secret_nobody_found_is_not_shown(
    tocsin: Tocsin, account: Path, receiver: Receiver
) -> None:
    chat(account, receiver.url, capture={"Pin": {"json": COSTLY, "secret": True}})
    receiver.respond("/hook", lambda _: Answer(body=deep()))
    outcome = tocsin("send", "chat", project=account)
    assert LATE in outcome.out
    assert "(not shown: it may hold a secret" in outcome.out
    assert "s3cret-value" not in outcome.out


def test_paths_that_cost_more_than_plain_ones_find_what_they_did(
    tocsin: Tocsin, account: Path, receiver: Receiver
) -> None:
    asserted = [{"json": {"path": "$..id", "equal": 7}}, {"json": {"path": "$.id", "equal": 7}}]
    chat(account, receiver.url, **{"assert": asserted})
    receiver.respond("/hook", lambda _: Answer(body=b'{"id": 7}'))
    assert outcome_lines(tocsin("send", "chat", project=account).out) == ["delivered"]


def test_without_a_process_to_judge_in_it_is_said(
    tocsin: Tocsin, account: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.messages.judging.command", lambda: ["/nonexistent/python"])
    chat(account, receiver.url, **{"assert": [{"json": {"path": "$..id", "equal": 7}}]})
    receiver.respond("/hook", lambda _: Answer(body=b'{"id": 7}'))
    outcome = tocsin("send", "chat", project=account)
    assert "it could not be judged: no process could be started for it (No such file or directory)" in outcome.out


def test_by_the_clock_it_ends_too(
    tocsin: Tocsin, account: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.messages.judging.PATIENCE", 0.01)
    chat(account, receiver.url, **{"assert": [{"json": {"path": "$..id", "equal": 7}}]})
    receiver.respond("/hook", lambda _: Answer(body=b'{"id": 7}'))
    assert "json $..id: judging took longer than 0.01 s" in tocsin("send", "chat", project=account).out
