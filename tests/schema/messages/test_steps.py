"""The steps of a message say what to do next; whoever drives them sends and waits."""

from datetime import timedelta
from typing import Any

import pytest
from tests.schema.example_messages import SECRETS, URL, message

from tocsin_schema.messages.message import Message
from tocsin_schema.messages.responses import Response
from tocsin_schema.messages.steps import Outcome, Position, Send, StepDriver, Wait, judge, render
from tocsin_schema.models import Step

ASK = {"request": {"url": URL}}
FAILED = Outcome(("answered 500",))


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
    outcome = judge(ask, send, request, answer(201, '{"id": 7, "state": "open"}'))
    assert (outcome.succeeded, outcome.captured, outcome.keep) == (
        True,
        {"Id": "7", "State": "open"},
        frozenset({"Id"}),
    )
    assert judge(ask, send, request, answer(200)).failures == ("status is 200, expected 201",)
    assert judge(ask, send, request, answer(201)).failures == ("can't capture Id: json $.id is missing",)


def test_what_broke_an_answer_off_is_the_first_thing_to_read() -> None:
    ask = asking()
    send = Send(0, {})
    broken = judge(ask, send, render(ask, send), answer(completed=False), "the connection was reset")
    assert broken.failures == ("the connection was reset", "the response broke off before its end")


def test_secrets_of_the_request_are_masked_in_what_went_wrong() -> None:
    headers = {"X-Key": "{{@VaultItem.pagerduty.Password}}"}
    ask = asking({"headers": headers}, **{"assert": [{"body": {"equal": "fine"}}]})
    send = Send(0, {})
    request = render(ask, send)
    secret = SECRETS["pagerduty", "Password"]
    (failure,) = judge(ask, send, request, answer(body=f"bad key {secret}")).failures
    assert "bad key *****" in failure
