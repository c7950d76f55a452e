"""The steps of a message say what to do next; whoever drives them sends and waits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.schema.example_messages import SECRETS, URL, message

from tocsin_schema.messages.message import Message
from tocsin_schema.messages.outcomes import OutcomeKind
from tocsin_schema.messages.responses import Response
from tocsin_schema.messages.steps import Outcome, Position, Send, StepDriver, Wait, judge, render
from tocsin_schema.models import Step

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ASK = {"request": {"url": URL}}
FAILED = Outcome(("answered 500",), kind="down")


def steps(*written: dict[str, Any]) -> tuple[Step, ...]:
    return tuple(Step.model_validate(each) for each in written)


def asking(request: dict[str, Any] | None = None, **step: Any) -> Message:
    """Return a message of one step."""
    written = {"request": {"url": URL, **(request or {})}, **step}
    return message(messages=[{"types": ["error"], "steps": [written]}])


def seconds(count: float) -> Wait:
    return Wait(timedelta(seconds=count))


def answer(status: int = 200, body: str = "{}", *, completed: bool = True) -> Response:
    return Response(status, "OK", (), body.encode(), 1, completed)


def test_requests_and_delays_come_in_order_each_request_with_what_was_captured_before() -> None:
    driver = StepDriver(steps({"delay": "1s"}, ASK, {"delay": "5s"}, {"delay": "2s"}, ASK, {"delay": "3s"}))
    assert driver.next() == seconds(1)
    assert driver.next() == Send(1, {})
    driver.sent(Outcome(captured={"Id": "7"}))
    assert [driver.next(), driver.next()] == [seconds(5), seconds(2)]
    assert driver.next() == Send(4, {"Id": "7"})
    driver.sent(Outcome(captured={"State": "open"}))
    assert [driver.next(), driver.next()] == [seconds(3), None]
    assert driver.position == Position(6, 0, {"Id": "7", "State": "open"})
    assert not driver.failed


def test_a_step_is_tried_again_as_often_as_its_retry_says() -> None:
    driver = StepDriver(steps(ASK | {"retry": {"attempts": 3, "wait": "2s"}}, ASK))
    for _ in range(2):
        assert driver.next() == Send(0, {})
        driver.sent(FAILED)
        assert driver.next() == seconds(2)
    assert driver.position.attempts == 2
    assert driver.next() == Send(0, {})
    driver.sent(Outcome())
    assert driver.next() == Send(1, {})
    assert driver.position.attempts == 0


@pytest.mark.parametrize("retry", [{}, {"retry": {"attempts": 2, "wait": "2s"}}])
def test_nothing_follows_a_step_that_has_failed_for_good(retry: dict[str, Any]) -> None:
    driver = StepDriver(steps(ASK | retry, ASK), Position(0, 1 if retry else 0))
    driver.sent(FAILED)
    assert driver.next() is None
    assert driver.failed
    assert driver.position.step == 0


def test_a_message_goes_on_where_it_stands() -> None:
    driver = StepDriver(steps(ASK, {"delay": "4s"}, ASK), Position(1, 0, {"Id": "7"}))
    assert [driver.next(), driver.next()] == [seconds(4), Send(2, {"Id": "7"})]
    assert StepDriver(steps(ASK), Position(1)).next() is None
    assert StepDriver(()).next() is None


def test_an_answer_is_judged_by_the_step_s_assertions_and_its_captures_are_taken() -> None:
    capture = {"Id": {"json": "$.id", "keep": "incident"}, "State": {"json": "$.state"}}
    ask = asking(None, **{"assert": [{"status": {"equal": 201}}]}, capture=capture)
    send = Send(0, {})
    request = render(ask, send)
    outcome = judge(ask, send, request, answer(201, '{"id": 7, "state": "open"}'), NOW)
    assert (outcome.succeeded, outcome.captured, outcome.keep) == (
        True,
        {"Id": "7", "State": "open"},
        frozenset({"Id"}),
    )
    assert judge(ask, send, request, answer(200), NOW).failures == ("status is 200, expected 201",)
    assert judge(ask, send, request, answer(201), NOW).failures == ("can't capture Id: json $.id is missing",)


def test_what_broke_an_answer_off_is_the_first_thing_to_read() -> None:
    ask = asking()
    send = Send(0, {})
    broken = judge(ask, send, render(ask, send), answer(completed=False), NOW, "the connection was reset")
    assert broken.failures == ("the connection was reset", "the response broke off before its end")


def test_secrets_of_the_request_are_masked_in_what_went_wrong() -> None:
    headers = {"X-Key": "{{@VaultItem.pagerduty.Password}}"}
    ask = asking({"headers": headers}, **{"assert": [{"body": {"equal": "fine"}}]})
    send = Send(0, {})
    request = render(ask, send)
    secret = SECRETS["pagerduty", "Password"]
    (failure,) = judge(ask, send, request, answer(body=f"bad key {secret}"), NOW).failures
    assert "bad key *****" in failure


@pytest.mark.parametrize("kind", ["down", "locked_out", "refused", "unclear"])
def test_a_step_that_may_fail_is_followed_by_the_next_with_a_remark(kind: OutcomeKind) -> None:
    driver = StepDriver(steps(ASK | {"on_failure": "continue"}, ASK))
    driver.sent(Outcome(("answered 500",), kind=kind))
    assert driver.next() == Send(1, {})
    driver.sent(Outcome())
    assert driver.next() is None
    assert not driver.failed
    assert driver.position.remarks == ("step 1 failed: answered 500",)


def test_a_step_that_may_fail_is_tried_as_often_as_its_retry_says_first() -> None:
    driver = StepDriver(steps(ASK | {"on_failure": "continue", "retry": {"attempts": 2, "wait": "2s"}}, ASK))
    driver.sent(FAILED)
    assert [driver.next(), driver.next()] == [seconds(2), Send(0, {})]
    driver.sent(FAILED)
    assert driver.next() == Send(1, {})


@pytest.mark.parametrize("more", [{}, {"on_failure": "continue"}, {"retry": {"attempts": 3, "wait": "2s"}}])
def test_what_is_busy_costs_no_attempt_and_is_left_where_it_is(more: dict[str, Any]) -> None:
    driver = StepDriver(steps(ASK | more, ASK))
    driver.sent(Outcome(("answered 429",), kind="busy"))
    assert driver.failed
    assert driver.position == Position(0)


def test_a_value_that_no_longer_holds_is_captured_anew_once() -> None:
    stale = Outcome(("answered 401",), kind="locked_out", again_from=0)
    driver = StepDriver(steps(ASK, {"delay": "1s"}, ASK), Position(2, 0, {"Token": "old"}))
    driver.sent(stale)
    assert driver.next() == Send(0, {"Token": "old"})
    driver.sent(Outcome(captured={"Token": "new"}))
    assert [driver.next(), driver.next()] == [seconds(1), Send(2, {"Token": "new"})]
    driver.sent(stale)
    assert driver.failed
    assert driver.position.step == 2
