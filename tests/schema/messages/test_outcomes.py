"""What an answer, or its absence, means."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schema.example_messages import URL, message

from tocsin_schema.messages.outcomes import MEANINGS, OUTCOME_KINDS, FaultKind, OutcomeKind, of_fault
from tocsin_schema.messages.responses import Response
from tocsin_schema.messages.steps import Outcome, Send, judge, render

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def judged(
    status: int, headers: dict[str, str] | None = None, body: str = "{}", asserting: Any = (), **step: Any
) -> Outcome:
    written = {"request": {"url": URL}, "assert": list(asserting), **step}
    ask = message(messages=[{"types": ["error"], "steps": [written]}])
    response = Response(status, "Reason", tuple((headers or {}).items()), body.encode(), 1, completed=True)
    return judge(ask, Send(0, {}), render(ask, Send(0, {})), response, NOW)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, "delivered") for status in (200, 201, 202, 204, 299)),
        *((status, "unclear") for status in (300, 301, 302, 303, 304, 307, 308)),
        *((status, "refused") for status in (400, 402, 404, 405, 409, 410, 413, 415, 422, 426, 451, 499)),
        *((status, "locked_out") for status in (401, 403, 407)),
        *((status, "down") for status in (408, 500, 501, 502, 503, 504, 507, 520, 529, 599)),
        (429, "busy"),
    ],
)
def test_a_status_means(status: int, kind: OutcomeKind) -> None:
    outcome = judged(status)
    assert outcome.kind == kind
    assert outcome.succeeded == (not outcome.failures) == (kind == "delivered")
    assert outcome.hold is None


@pytest.mark.parametrize("status", [403, 413, 503])
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 90)}, 90),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "5"}, 5),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "5", "Retry-After": "9"}, 9),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "50", "Retry-After": "9"}, 9),
    ],
)
def test_an_answer_that_says_when_there_is_room_again_is_busy(
    status: int, headers: dict[str, str], seconds: float
) -> None:
    outcome = judged(status, headers)
    assert (outcome.kind, outcome.hold) == ("busy", timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("status", "value", "kind"),
    [
        (503, "soon", "down"),
        (503, "-5", "down"),
        (503, "1.5", "down"),
        (503, "", "down"),
        (403, "soon", "locked_out"),
        (413, "soon", "refused"),
        (429, "soon", "busy"),
        (429, "-5", "busy"),
    ],
)
def test_a_time_that_can_t_be_read_is_none(status: int, value: str, kind: OutcomeKind) -> None:
    outcome = judged(status, {"Retry-After": value})
    assert (outcome.kind, outcome.hold) == (kind, None)


@pytest.mark.parametrize("status", [400, 404, 422, 500, 502])
def test_a_limit_that_is_used_up_is_no_excuse_for_what_says_otherwise(status: int) -> None:
    """One message that is refused for ever must not be the one that is tried whenever there is room for one."""
    plain, spent = judged(status), judged(status, {"RateLimit-Remaining": "0", "RateLimit-Reset": "5"})
    assert spent.kind == plain.kind
    assert spent.hold == timedelta(seconds=5)


def test_a_limit_that_is_used_up_by_a_delivered_message_holds_only_the_integration() -> None:
    outcome = judged(200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "0.25"})
    assert (outcome.kind, outcome.hold) == ("delivered", timedelta(milliseconds=250))


@pytest.mark.parametrize(
    ("expect", "status", "kind"),
    [
        ({"delivered": [200, 409]}, 409, "delivered"),
        ({"delivered": [200, 409]}, 200, "delivered"),
        ({"delivered": [200, 409]}, 201, "unclear"),
        ({"delivered": [200, 409]}, 410, "refused"),
        ({"delivered": ["4xx"]}, 404, "delivered"),
        ({"delivered": ["4xx"], "refused": [404]}, 404, "refused"),
        ({"busy": [420, 509]}, 509, "busy"),
        ({"busy": [420]}, 200, "delivered"),
        ({"busy": [202]}, 202, "busy"),
        ({"refused": ["5xx"]}, 500, "refused"),
        ({"refused": ["5xx"], "busy": [503]}, 503, "busy"),
        ({"refused": [429]}, 429, "refused"),
        ({"refused": [401]}, 401, "refused"),
        ({"delivered": [302]}, 302, "delivered"),
    ],
)
def test_a_step_says_what_a_status_means(expect: dict[str, Any], status: int, kind: OutcomeKind) -> None:
    outcome = judged(status, expect=expect)
    assert outcome.kind == kind
    assert bool(outcome.failures) == (kind != "delivered")


def test_what_expect_says_is_in_the_words_of_the_failure() -> None:
    assert judged(500, expect={"refused": ["5xx"]}).failures == ("answered 500 Reason, which `expect` calls refused",)
    assert judged(429).failures == ("answered 429 Reason",)
    only = "answered 200 Reason, where `expect` takes only 201, 4xx for delivered"
    assert judged(200, expect={"delivered": [201, "4xx"]}).failures == (only,)
    assert judged(500, expect={"delivered": [201]}).failures == ("answered 500 Reason",)


@pytest.mark.parametrize(
    ("comparison", "status", "kind"),
    [
        ({"one_of": [204, 409]}, 409, "delivered"),
        ({"one_of": [204, 409]}, 204, "delivered"),
        ({"one_of": [204, 409]}, 200, "unclear"),
        ({"one_of": [204, 409]}, 404, "refused"),
        ({"equal": 201}, 503, "down"),
        ({"less_than": 400}, 302, "delivered"),
        ({"not_equal": 500}, 429, "delivered"),
    ],
)
def test_an_assertion_on_the_status_says_what_delivers(
    comparison: dict[str, Any], status: int, kind: OutcomeKind
) -> None:
    assert judged(status, asserting=[{"status": comparison}]).kind == kind


@pytest.mark.parametrize("status", [200, 202])
def test_done_and_not_understood_is_unclear(status: int) -> None:
    capture = judged(status, body="<html>", capture={"Id": {"json": "$.id"}})
    assert capture.kind == "unclear"
    assert capture.failures[0].startswith("can't capture Id")
    assert judged(status, asserting=[{"body": {"equal": "ok"}}]).kind == "unclear"


def test_an_assertion_on_the_body_of_an_answer_that_was_refused_changes_nothing() -> None:
    assert judged(400, asserting=[{"body": {"equal": "ok"}}]).kind == "refused"
    assert judged(503, capture={"Id": {"json": "$.id"}}).kind == "down"


def test_every_fault_has_an_outcome_and_none_is_delivered() -> None:
    assert {of_fault(fault) for fault in get_args(FaultKind)} == {"down", "locked_out", "refused", "unclear"}


def test_the_table_has_every_outcome_once() -> None:
    assert tuple(each.kind for each in MEANINGS) == OUTCOME_KINDS


@given(
    st.integers(200, 599),
    st.dictionaries(
        st.sampled_from(["Retry-After", "RateLimit", "RateLimit-Remaining", "RateLimit-Reset", "X-RateLimit-Reset"]),
        st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=12) | st.just("0"),
    ),
)
def test_whatever_stands_in_the_headers_an_answer_is_judged(status: int, headers: dict[str, str]) -> None:
    outcome = judged(status, headers)
    assert outcome.kind in OUTCOME_KINDS
    assert outcome.hold is None or timedelta(0) <= outcome.hold <= timedelta(hours=24)
    assert (outcome.kind == "delivered") == (200 <= status < 300)
