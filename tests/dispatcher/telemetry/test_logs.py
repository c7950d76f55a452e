"""What the log says, and what it must not."""

import json
import logging
import re
import sys
from collections.abc import Iterator

import pytest
import structlog
from demo.receiver import Answer, Receiver
from tests.dispatcher.account import SECRET, alert, level, monitor, pager
from tests.dispatcher.conftest import BOOTSTRAP, RunningDispatcher

from tocsin_dispatcher.sending.sender import Sender
from tocsin_dispatcher.settings import LogFormat
from tocsin_dispatcher.telemetry.logs import set_up_logs


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Put the logging of the tests back."""
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    configured = structlog.get_config()
    yield
    root.setLevel(before[0])
    root.handlers = before[1]
    structlog.configure(**configured)
    for name, module in list(sys.modules.items()):
        if name.startswith("tocsin_dispatcher.") and hasattr(module, "log"):
            vars(module.log).pop("bind", None)  # what a logger keeps from its first use (cache_logger_on_first_use)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_no_variables(capsys: pytest.CaptureFixture[str], log_format: LogFormat) -> None:
    set_up_logs(log_format)

    def fail(password: str) -> None:
        raise ValueError("in the middle")

    try:
        fail(SECRET)
    except ValueError:
        structlog.get_logger("x").exception("failed")
        logging.getLogger("uvicorn.error").exception("failed there")
    printed = capsys.readouterr().err
    assert printed.count("in the middle") >= 2
    assert SECRET not in printed


def test_the_log_is_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("json")
    structlog.get_logger("x").warning("said\nso", incident="a-0-1")
    logging.getLogger("uvicorn.error").warning("something %s", "else")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["event"], first["incident"], first["level"]) == ("said\nso", "a-0-1", "warning")
    assert second["event"] == "something else"


async def test_no_secret_is_logged_or_counted_or_answered_whatever_happens(
    running_dispatcher: RunningDispatcher,
    receiver: Receiver,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_up_logs("json")
    logging.getLogger().setLevel(logging.DEBUG)
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    receiver.respond("/pager", lambda request: Answer(status=500, body=SECRET.encode()))
    await running_dispatcher.check("error")

    async def broken(*arguments: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Sender, "send", broken)
    await running_dispatcher.pass_time(seconds=5)
    (shown,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert shown["failures"] == ["a bug in Tocsin: the dispatcher's log says more"]
    details = await running_dispatcher.get(f"/deliveries/{shown['id']}")
    metrics = (await running_dispatcher.client.get("/metrics")).text
    refused = await running_dispatcher.client.get("/api/v1/incidents", headers={"Authorization": f"Bearer {SECRET}"})
    logged = capsys.readouterr().err
    logging.getLogger().handlers = []  # the dispatcher stops after the captured stream is closed
    assert "RuntimeError" in logged
    for text in (logged, metrics, refused.text, json.dumps(details)):
        assert SECRET not in text
        assert BOOTSTRAP not in text
    assert re.search(r'tocsin_notification_requests_failed_total\{integration="pager",reason="answer"\} 1.0', metrics)


def test_no_line_for_a_terminal_holds_what_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("console")
    odd = "a\x1b[2Jb\x9b31mc\u202ed\ne"
    structlog.get_logger("x").info("said", reason=odd, failures=[odd], name=odd)
    logging.getLogger("uvicorn.error").error("said %s", odd)
    try:
        raise ValueError(odd)
    except ValueError:
        structlog.get_logger("x").exception("failed")
    printed = capsys.readouterr().err
    assert not set(printed) & set("\x1b\x9b\u202e")
    assert printed.count(r"\x1b[2J") >= 5
    assert r"\ne" in printed.splitlines()[0]


def test_json_lines_are_ascii_whatever_they_quote(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("json")
    odd = "a\x1b[2Jb\x9b31mc\u202ed\ud800"
    structlog.get_logger("x").info("said", reason=odd, failures=[odd])
    printed = capsys.readouterr().err
    assert printed.isascii()
    assert printed.count("\n") == 1
    assert json.loads(printed)["reason"] == odd
