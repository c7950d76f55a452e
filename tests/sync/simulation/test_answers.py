"""`tocsin simulate --answer`: what becomes of the messages of a receiver that is down, busy or refuses."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sync.conftest import Tocsin

from tocsin.errors import UsageError
from tocsin.simulation.answers import Answers, SimulatedAnswer, read_answers
from tocsin.simulation.receiver import MOST_ATTEMPTS, Delivery, Receiver
from tocsin_schema.models import Integration, MessageType

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def one(*given: str) -> Answers:
    return read_answers([f"pager={each}" for each in given], ["pager"])["pager"]


def integration(*steps: dict[str, Any], **more: Any) -> Integration:
    request = {"request": {"url": "https://pager.example.com/"}}
    sends = [{**({} if "delay" in each else request), **each} for each in steps or ({},)]
    sets = [{"types": ["error", "reminder", "ok"], "steps": sends}]
    return Integration.model_validate({"kind": "integration", "name": "pager", "messages": sets, **more})


def played(
    answers: Answers,
    *made: tuple[MessageType, timedelta],
    over: timedelta | None = None,
    to: Integration | None = None,
    tells: tuple[str, ...] = (),
) -> Receiver:
    """Play messages of one incident."""
    to = to or integration()
    steps = to.messages[0].steps
    deliveries = [Delivery(at, kind, "key", 1, steps) for kind, at in made]
    receiver = Receiver(to, answers, deliveries, START, {"key": over} if over is not None else {}, tells)
    receiver.play()
    return receiver


def attempts(receiver: Receiver, number: int = 0) -> list[float]:
    return [each.at.total_seconds() for each in receiver.deliveries[number].told.attempts]


@pytest.mark.parametrize(
    ("text", "answer", "lasts"),
    [
        ("503", SimulatedAnswer(503), None),
        ("503 for 10m", SimulatedAnswer(503), 10 * MINUTE),
        ("  429   Retry-After=30   for  5m ", SimulatedAnswer(429, (("Retry-After", "30"),)), 5 * MINUTE),
        (
            "403 X-RateLimit-Remaining=0 X-RateLimit-Reset=60",
            SimulatedAnswer(403, (("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "60"))),
            None,
        ),
        ("429 RateLimit=default;r=0;t=30", SimulatedAnswer(429, (("RateLimit", "default;r=0;t=30"),)), None),
        ("timeout", SimulatedAnswer(fault="timeout"), None),
        ("proxy-auth for 1h", SimulatedAnswer(fault="proxy_auth"), HOUR),
        ("proxy_auth", SimulatedAnswer(fault="proxy_auth"), None),
        ("token_refused", SimulatedAnswer(fault="token_refused"), None),
    ],
)
def test_an_answer_is_a_status_with_headers_or_a_fault_for_a_while_or_for_ever(
    text: str, answer: SimulatedAnswer, lasts: timedelta | None
) -> None:
    assert one(text).stretches == ((answer, lasts),)


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        (["503"], "--answer 503: expected INTEGRATION=ANSWER", "such as --answer"),
        (["pager="], "--answer pager=: expected INTEGRATION=ANSWER", "such as --answer"),
        (["=503"], "--answer =503: expected INTEGRATION=ANSWER", "such as --answer"),
        (["pagr=503"], "--answer pagr=503: no level attaches an integration `pagr`", "did you mean `pager`?"),
        (["pager=timeot"], "`timeot` is neither a status from 200 to 599 nor", "did you mean `timeout`?"),
        (["pager=199"], "`199` is neither a status", "that is one of `connect`,"),
        (["pager=600"], "`600` is neither a status", "that is one of `connect`,"),
        (["pager=503 for ten"], "for ten: expected a duration such as", "such as --answer"),
        (["pager=503 for 0s"], "an answer lasts for longer than nothing", "such as --answer"),
        (["pager=503 10m"], "expected NAME=VALUE for a header, and `for DURATION` at the end", "such as --answer"),
        (["pager=429 Retry-After: 3"], "expected NAME=VALUE for a header", "such as --answer"),
        (["pager=timeout Retry-After=3"], "where no answer comes there are no headers", "such as --answer"),
        (
            ["pager=503", "pager=429"],
            "--answer pager=429: 503 Service Unavailable lasts for ever, so nothing follows",
            "say for how long it lasts",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(given: list[str], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_answers(given, ["pager", "chat"])
    assert message in str(refused.value)
    assert hint in (refused.value.hint or "")


def test_several_answers_of_one_integration_follow_one_another() -> None:
    answers = one("503 for 10m", "401 for 5m")
    found = [answers.at(timedelta(minutes=minutes)) for minutes in (0, 9, 10, 14, 15, 999)]
    assert [each.status if each is not None else None for each in found] == [503, 503, 401, 401, None, None]
    assert str(answers) == "503 Service Unavailable for 10m, then 401 Unauthorized for 5m, then takes every message"
    assert str(one("429 Retry-After=30")) == "429 Too Many Requests, Retry-After: 30"


def test_a_receiver_that_is_down_is_tried_until_its_circuit_breaker_opens_and_then_now_and_then() -> None:
    receiver = played(one("503 for 2m"), ("error", timedelta(0)))
    assert attempts(receiver) == [0, 5, 10, 15, 25, 45, 75, 105, 135]
    assert [(each.at.total_seconds(), each.what) for each in receiver.changes] == [
        (10, "is down. Its circuit breaker opens, one message is tried now and then"),
        (135, "is back. Its circuit breaker closes"),
    ]
    told = receiver.deliveries[0].told
    assert (told.state, told.at, told.why) == ("delivered", timedelta(seconds=135), "")


def test_what_waited_is_sent_at_once_when_the_receiver_is_back() -> None:
    receiver = played(
        one("connect for 2m"), ("error", timedelta(0)), ("reminder", MINUTE), ("ok", 90 * timedelta(seconds=1))
    )
    assert [each.told.at for each in receiver.deliveries] == [timedelta(seconds=135)] * 3
    assert receiver.changes[-1].what == "is back. Its circuit breaker closes, the 2 that wait are sent at once"


def test_a_message_that_is_tried_goes_on_with_its_next_step_at_once() -> None:
    receiver = played(one("503 for 20s"), ("error", timedelta(0)), to=integration({}, {"delay": "2s"}, {}))
    assert attempts(receiver) == [0, 5, 10, 15, 25, 27]
    assert receiver.deliveries[0].told.state == "delivered"


def test_messages_take_turns_at_being_tried() -> None:
    steps = integration().messages[0].steps
    deliveries = [Delivery(timedelta(seconds=at), "error", f"key-{at}", 1, steps) for at in (0, 12)]
    receiver = Receiver(integration(), one("503 for 30s"), deliveries, START, {})
    receiver.play()
    assert (attempts(receiver, 0), attempts(receiver, 1)) == ([0, 5, 10, 45], [15, 25, 45])


def test_a_reminder_of_an_incident_that_is_over_is_skipped_and_its_ok_is_sent() -> None:
    receiver = played(
        one("503 for 10m"), ("error", timedelta(0)), ("reminder", MINUTE), ("ok", 2 * MINUTE), over=2 * MINUTE
    )
    assert [each.told.state for each in receiver.deliveries] == ["delivered", "skipped", "delivered"]
    assert receiver.deliveries[1].told.why == "the incident was over before it was delivered"


def test_an_error_that_has_not_left_is_skipped_with_its_ok_where_the_integration_says_so() -> None:
    made = (("error", timedelta(0)), ("ok", 2 * MINUTE))
    receiver = played(one("503 for 10m"), *made, over=2 * MINUTE, to=integration(if_over="skip"))  # type: ignore[arg-type]
    assert [each.told.state for each in receiver.deliveries] == ["skipped", "skipped"]


def test_somebody_is_told_of_a_receiver_that_has_taken_nothing_for_a_while_and_of_its_return() -> None:
    receiver = played(one("503 for 15m"), ("error", timedelta(0)), tells=("mail", "pager"))
    told = [(each.at, each.what) for each in receiver.changes if "told" in each.what]
    back = receiver.deliveries[0].told.at
    assert told == [
        (timedelta(minutes=10), "has taken nothing for 10m: `mail` is told"),
        (back, "takes messages again: `mail` is told"),
    ]
    busy = played(one("429 for 2m"), ("error", timedelta(0)), to=integration(tell_after="1m"))
    assert [(each.at, each.what) for each in busy.changes][1] == (
        MINUTE,
        "has taken nothing for 1m: nobody is told, as there is no fallback and no operators' integration",
    )


def test_nobody_is_told_of_a_receiver_for_which_nothing_waits() -> None:
    receiver = played(one("400"), ("error", timedelta(0)), ("ok", HOUR), over=HOUR, tells=("mail",))
    assert receiver.changes == []
    assert [each.told.told for each in receiver.deliveries] == [("mail",), ()]


def test_a_busy_receiver_holds_its_messages_for_as_long_as_it_asks() -> None:
    receiver = played(one("429 Retry-After=30 for 1m"), ("error", timedelta(0)))
    assert attempts(receiver) == [0, 30, 60]
    assert [each.what for each in receiver.changes] == ["is busy: held until 30s", "takes messages again"]


def test_a_receiver_that_is_busy_for_ever_has_its_messages_given_up_by_age() -> None:
    receiver = played(one("429"), ("error", timedelta(0)), to=integration(give_up_after="5m"))
    told = receiver.deliveries[0].told
    assert (told.state, told.why) == ("given_up", "older than 5m")
    assert attempts(receiver)[:6] == [0, 1, 3, 7, 15, 31]


def test_a_message_that_is_never_given_up_waits() -> None:
    receiver = played(one("503"), ("error", timedelta(0)), to=integration(pause_after="1h"))
    told = receiver.deliveries[0].told
    assert (told.state, told.at) == ("waiting", None)
    assert len(told.attempts) == MOST_ATTEMPTS
    assert {
        later - earlier for earlier, later in zip(attempts(receiver)[-5:], attempts(receiver)[-4:], strict=False)
    } == {900.0}


def test_what_is_refused_is_tried_once_more_and_what_is_not_understood_is_not() -> None:
    assert attempts(played(one("400"), ("error", timedelta(0)))) == [0, 60]
    receiver = played(one("302"), ("error", timedelta(0)), ("ok", HOUR))
    assert attempts(receiver) == [0]
    assert [each.told.state for each in receiver.deliveries] == ["given_up", "given_up"]  # the receiver got the first


def test_an_ok_of_which_nothing_reached_the_receiver_is_skipped() -> None:
    receiver = played(one("400 for 10m"), ("error", timedelta(0)), ("ok", HOUR), over=HOUR)
    assert [each.told.state for each in receiver.deliveries] == ["given_up", "skipped"]


def test_an_answer_that_does_not_come_takes_as_long_as_the_step_waits() -> None:
    receiver = played(one("timeout for 1s"), ("error", timedelta(0)), to=integration({"timeout": "10s"}))
    assert attempts(receiver) == [0, 15]


def test_steps_their_retries_and_delays_are_taken_as_the_integration_says() -> None:
    steps: tuple[dict[str, Any], ...] = (
        {"retry": {"attempts": 2, "wait": "1s"}},
        {"delay": "30s"},
        {"on_failure": "continue"},
    )
    receiver = played(one("500 for 1s"), ("error", timedelta(0)), to=integration(*steps))
    assert attempts(receiver) == [0, 1, 31]
    receiver = played(one("500 for 1s", "200 for 29s", "500"), ("error", timedelta(0)), to=integration(*steps))
    told = receiver.deliveries[0].told
    assert (attempts(receiver), told.state, told.why) == ([0, 1, 31], "delivered", "a step failed, and may")


_STRETCHES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "200",
                "301",
                "400",
                "401",
                "408",
                "429",
                "429 Retry-After=9",
                "500",
                "503 Retry-After=70",
                "timeout",
                "tls",
            ]
        ),
        st.integers(1, 4000),
    ),
    min_size=1,
    max_size=5,
)


@settings(deadline=None, max_examples=60)
@given(_STRETCHES, st.lists(st.integers(0, 7200), min_size=1, max_size=4), st.booleans())
def test_every_message_has_one_fate_its_attempts_go_forward_and_an_incident_keeps_its_order(
    stretches: list[tuple[str, int]], times: list[int], skip: bool
) -> None:
    kinds: list[MessageType] = ["error", *(["reminder"] * (len(times) - 1)), "ok"]  # type: ignore[list-item]
    moments = [timedelta(seconds=each) for each in sorted(times)]
    made = list(zip(kinds, [*moments, moments[-1] + MINUTE], strict=True))
    answers = one(*(f"{what} for {seconds}s" for what, seconds in stretches))
    more = {"if_over": "skip"} if skip else {}
    receiver = played(answers, *made, over=moments[-1] + MINUTE, to=integration(**more))
    ended = timedelta(0)
    for each in receiver.deliveries:
        told = each.told
        assert told.state in ("delivered", "given_up", "skipped")
        assert told.at is not None
        tried = [one.at for one in told.attempts]
        assert tried == sorted(tried)
        assert all(at >= max(ended, each.made) for at in tried)
        assert told.state != "delivered" or told.attempts[-1].outcome == "delivered"
        ended = max(ended, told.at) if tried else ended


@pytest.fixture
def outage(account: Path) -> Path:
    """The account, its monitor checked each minute."""
    home = account / "home.yaml"
    home.write_text(home.read_text("utf-8") + "check_interval: 1m\n", "utf-8")
    return account


def test_the_table_says_what_becomes_of_each_message(tocsin: Tocsin, outage: Path) -> None:
    outcome = tocsin("simulate", "home-down", "--fail-for", "5m", "--answer", "chat=503 for 2m", project=outage)
    assert (outcome.code, outcome.err) == (0, "")
    lines = [line.strip() for line in outcome.out.splitlines()]
    assert lines[2] == "chat answers 503 Service Unavailable for 2m, then takes every message"
    assert any(line.endswith("chat  error     down, delivered at 2m15s after 7 attempts") for line in lines), lines
    assert "1m10s           chat is down. Its circuit breaker opens, one message is tried now and then" in lines
    assert "2m15s           chat is back. Its circuit breaker closes" in lines
    assert any(line.endswith("chat  ok        delivered") for line in lines)


def test_json_has_every_attempt(tocsin: Tocsin, outage: Path) -> None:
    options = ("--fail-for", "5m", "--format", "json")
    (play,) = json.loads(tocsin("simulate", "home-down", *options, "--answer", "chat=400", project=outage).out)["plays"]
    assert play["answers"] == {"chat": "400 Bad Request"}
    assert play["receivers"] == []
    fates = [message["fate"] for each in play["alerts"] for message in each["messages"]]
    assert [each["state"] for each in fates] == ["given_up", "skipped"]
    assert fates[0]["attempts"] == [
        {"at_seconds": at, "outcome": "refused", "answer": "400 Bad Request"} for at in (60, 120)
    ]
    (without,) = json.loads(tocsin("simulate", "home-down", *options, project=outage).out)["plays"]
    assert (without["answers"], without["receivers"]) == ({}, [])
    assert {message["fate"] for each in without["alerts"] for message in each["messages"]} == {None}


def test_an_integration_that_the_alert_definition_does_not_attach_is_refused(tocsin: Tocsin, outage: Path) -> None:
    outcome = tocsin("simulate", "home-down", "--fail-for", "5m", "--answer", "chta=503", project=outage)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "error: --answer chta=503: no level attaches an integration `chta`\nhint: did you mean `chat`?\n"
    )
