"""Timelines: what a monitor's checks and the clock make of its escalation levels."""

from datetime import UTC, datetime, timedelta

import pytest

from tocsin_schema.escalation import (
    AlertEvent,
    EscalationLevel,
    MonitorState,
    Outcome,
    advance,
    next_due,
    observe,
)
from tocsin_schema.models import Check

GUID = "849b2046-213d-43ad-9efc-5af1faaeb222"
MINUTE = timedelta(minutes=1)

AT_TWO = EscalationLevel("down", 1, errors=2, error_for=None)
AT_ONE_REMINDING = EscalationLevel("down", 1, errors=1, error_for=None, reminders=3, every=10 * MINUTE)
AFTER_30 = EscalationLevel("down", 2, errors=None, error_for=30 * MINUTE)
AFTER_30_REMINDING = EscalationLevel("down", 2, errors=None, error_for=30 * MINUTE, reminders=2, every=5 * MINUTE)
AT_ONCE = EscalationLevel("down", 1, errors=None, error_for=timedelta(0))


def moment(clock: str) -> datetime:
    hours, _, minutes = clock.partition(":")
    return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=int(hours), minutes=int(minutes))


def a_check(time: datetime | str, status: str, check_id: str | None = None) -> Check:
    """`status` is ok, error or unconfirmed."""
    time = moment(time) if isinstance(time, str) else time
    return Check(
        id=check_id or f"{time:%H%M}",
        monitor="shop-home",
        time=time,
        status="ok" if status == "ok" else "error",
        confirmed=status != "unconfirmed",
    )


def step(state: MonitorState, line: str, levels: tuple[EscalationLevel, ...]) -> Outcome:
    """Take one line of a timeline: `10:00 error`, `10:00 error id=7`, `10:30 clock`."""
    clock, what, *options = line.split()
    if what == "clock":
        return advance(state, moment(clock), levels, GUID)
    check_id = options[0].removeprefix("id=") if options else None
    return observe(state, a_check(clock, what, check_id), levels, GUID)


def told(alert: AlertEvent) -> str:
    number = f" {alert.reminder}" if alert.reminder else ""
    return f"{alert.time:%H:%M} {alert.type}{number} {alert.alert}/{alert.level}"


def play(timeline: str, *levels: EscalationLevel, state: MonitorState | None = None) -> tuple[MonitorState, list[str]]:
    state, alerts = state or MonitorState(), []
    for line in timeline.split(", "):
        outcome = step(state, line, levels)
        state = outcome.state
        alerts += [told(alert) for alert in outcome.alerts]
    return state, alerts


TIMELINES = {
    "a level waits for its number of errors in a row": (
        [AT_TWO],
        "10:00 error, 10:01 error, 10:02 error",
        ["10:01 error down/1"],
    ),
    "an OK in between starts the count anew": (
        [AT_TWO],
        "10:00 error, 10:01 ok, 10:02 error, 10:03 ok",
        [],
    ),
    "the first OK ends the incident and tells the level that fired": (
        [AT_TWO],
        "10:00 error, 10:01 error, 10:02 ok, 10:03 ok",
        ["10:01 error down/1", "10:02 ok down/1"],
    ),
    "a level that never fired sends no Ok": (
        [AT_TWO, AFTER_30],
        "10:00 error, 10:01 error, 10:29 ok",
        ["10:01 error down/1", "10:29 ok down/1"],
    ),
    "every level that fired sends an Ok": (
        [AT_TWO, AFTER_30],
        "10:00 error, 10:01 error, 10:30 clock, 10:31 ok",
        ["10:01 error down/1", "10:30 error down/2", "10:31 ok down/1", "10:31 ok down/2"],
    ),
    "an OK without an incident says nothing": ([AT_TWO], "10:00 ok, 10:01 ok", []),
    "each incident alerts anew": (
        [AT_TWO],
        "10:00 error, 10:01 error, 10:02 ok, 10:03 error, 10:04 error",
        ["10:01 error down/1", "10:02 ok down/1", "10:04 error down/1"],
    ),
    "unconfirmed errors start nothing": ([AT_TWO], "10:00 unconfirmed, 10:01 unconfirmed, 10:02 error", []),
    "unconfirmed errors neither count nor reset the count": (
        [AT_TWO],
        "10:00 error, 10:01 unconfirmed, 10:02 unconfirmed, 10:03 error",
        ["10:03 error down/1"],
    ),
    "an unconfirmed error lets time pass": (
        [AFTER_30],
        "10:00 error, 10:31 unconfirmed",
        ["10:30 error down/2"],
    ),
    "a duration counts from the first confirmed error, not from the unconfirmed one": (
        [AFTER_30],
        "10:00 unconfirmed, 10:01 error, 10:30 clock, 10:31 clock",
        ["10:31 error down/2"],
    ),
    "a duration level fires by the clock, once": (
        [AFTER_30],
        "10:00 error, 10:29 clock, 10:30 clock, 10:31 clock, 10:32 error",
        ["10:30 error down/2"],
    ),
    "a duration level fires by the next check where no clock ran": (
        [AFTER_30],
        "10:00 error, 10:45 error",
        ["10:30 error down/2"],
    ),
    "what fell due before an OK is told before it": (
        [AFTER_30],
        "10:00 error, 10:45 ok",
        ["10:30 error down/2", "10:45 ok down/2"],
    ),
    "an OK at the very threshold comes after the Error": (
        [AFTER_30],
        "10:00 error, 10:30 ok",
        ["10:30 error down/2", "10:30 ok down/2"],
    ),
    "a duration of nothing fires with the first error": ([AT_ONCE], "10:00 error", ["10:00 error down/1"]),
    "reminders come on time and stop at their maximum": (
        [AT_ONE_REMINDING],
        "10:00 error, 10:10 clock, 10:15 error, 10:20 clock, 10:30 clock, 10:40 clock, 10:50 error",
        [
            "10:00 error down/1",
            "10:10 reminder 1 down/1",
            "10:20 reminder 2 down/1",
            "10:30 reminder 3 down/1",
        ],
    ),
    "an OK stops the reminders": (
        [AT_ONE_REMINDING],
        "10:00 error, 10:10 clock, 10:15 ok, 10:20 clock, 10:30 clock",
        ["10:00 error down/1", "10:10 reminder 1 down/1", "10:15 ok down/1"],
    ),
    "reminders missed in an outage are one, the latest, and are used up": (
        [AT_ONE_REMINDING],
        "10:00 error, 10:25 clock, 10:30 clock, 11:00 clock",
        ["10:00 error down/1", "10:20 reminder 2 down/1", "10:30 reminder 3 down/1"],
    ),
    "reminders of a duration level count from when it was due": (
        [AFTER_30_REMINDING],
        "10:00 error, 10:33 clock, 10:35 clock, 10:40 clock, 10:45 clock",
        ["10:30 error down/2", "10:35 reminder 1 down/2", "10:40 reminder 2 down/2"],
    ),
    "what falls due in one jump is told in order of time": (
        [AT_ONE_REMINDING, AFTER_30_REMINDING],
        "10:00 error, 10:36 clock",
        [
            "10:00 error down/1",
            "10:30 reminder 3 down/1",
            "10:30 error down/2",
            "10:35 reminder 1 down/2",
        ],
    ),
    "the same check twice counts once": (
        [AT_TWO],
        "10:00 error, 10:00 error, 10:01 error",
        ["10:01 error down/1"],
    ),
    "two checks of one moment are two checks": (
        [AT_TWO],
        "10:00 error id=a, 10:00 error id=b",
        ["10:00 error down/1"],
    ),
    "a repeated check is known among several of one moment": (
        [AT_TWO],
        "10:00 error id=a, 10:00 ok id=b, 10:00 error id=a, 10:01 error",
        [],
    ),
    "a late error does not count": ([AT_TWO], "10:05 error, 10:01 error", []),
    "a late OK ends nothing": (
        [AT_TWO],
        "10:05 error, 10:01 ok, 10:06 error",
        ["10:06 error down/1"],
    ),
    "a check older than the clock, but in order, still counts": (
        [AFTER_30],
        "10:00 error, 10:40 clock, 10:35 ok",
        ["10:30 error down/2", "10:35 ok down/2"],
    ),
}


@pytest.mark.parametrize(("levels", "timeline", "alerts"), TIMELINES.values(), ids=TIMELINES)
def test_timeline(levels: list[EscalationLevel], timeline: str, alerts: list[str]) -> None:
    assert play(timeline, *levels)[1] == alerts


VERDICTS = [
    ("10:02 error", "processed"),
    ("10:02 ok", "processed"),
    ("10:02 unconfirmed", "unconfirmed"),
    ("10:01 error id=1001", "duplicate"),
    ("10:01 error id=other", "processed"),
    ("10:00 ok id=other", "late"),
    ("10:02 clock", "advanced"),
]


@pytest.mark.parametrize(("line", "verdict"), VERDICTS)
def test_a_step_says_what_became_of_it(line: str, verdict: str) -> None:
    state, _ = play("10:00 error, 10:01 error", AT_TWO)
    assert step(state, line, (AT_TWO,)).verdict == verdict


@pytest.mark.parametrize("line", ["10:01 ok id=1001", "10:00 ok id=other"])
def test_duplicate_and_late_checks_change_nothing(line: str) -> None:
    state, _ = play("10:00 error, 10:01 error", AT_TWO)
    outcome = step(state, line, (AT_TWO,))
    assert (outcome.state, outcome.alerts) == (state, ())


def test_an_unconfirmed_check_sent_again_is_a_duplicate() -> None:
    state, _ = play("10:00 unconfirmed", AT_TWO)
    assert step(state, "10:00 unconfirmed", (AT_TWO,)).verdict == "duplicate"


def test_an_alert_carries_the_check_it_speaks_of_and_the_first_error() -> None:
    state, _ = play("10:00 error, 10:01 error", AT_ONE_REMINDING)
    (reminder,) = step(state, "10:10 clock", (AT_ONE_REMINDING,)).alerts
    (ok,) = step(state, "10:05 ok", (AT_ONE_REMINDING,)).alerts
    assert (reminder.check.id, reminder.first.id, reminder.errors) == ("1001", "1000", 2)
    assert (ok.check.id, ok.first.id, ok.errors, ok.reminder) == ("1005", "1000", 2, 0)


def test_the_incident_key_names_the_monitor_and_the_first_confirmed_error() -> None:
    state, _ = play("09:59 unconfirmed, 10:00 error, 10:01 error", AT_TWO)
    assert state.incident is not None
    assert state.incident.key == f"{GUID}-0-1000"


def test_an_open_incident_keeps_its_key_when_the_monitor_gets_another_guid() -> None:
    state, _ = play("10:00 error", AT_TWO)
    (alert,) = observe(state, a_check("10:01", "error"), (AT_TWO,), "00000000-0000-0000-0000-000000000000").alerts
    assert alert.incident_key == f"{GUID}-0-1000"


def test_the_same_step_computed_twice_gives_the_same_alerts_and_other_alerts_other_guids() -> None:
    levels = (AT_ONE_REMINDING, AFTER_30_REMINDING)
    state, _ = play("10:00 error", *levels)
    alerts = step(state, "10:36 clock", levels).alerts
    assert alerts == step(state, "10:36 clock", levels).alerts
    assert len({alert.guid for alert in alerts}) == len(alerts) == 3


class TestLevelsThatChangeDuringAnIncident:
    def test_a_new_duration_level_that_is_overdue_fires_on_the_next_step(self) -> None:
        state, _ = play("10:00 error, 11:00 error", AT_TWO)
        assert next_due(state, [AT_TWO, AFTER_30]) == moment("10:30")
        assert play("11:01 clock", AT_TWO, AFTER_30, state=state)[1] == ["10:30 error down/2"]

    def test_a_new_error_level_whose_count_is_reached_fires_on_the_next_step(self) -> None:
        state, _ = play("10:00 error, 10:01 error, 10:02 error", AFTER_30)
        assert next_due(state, [AT_TWO]) == moment("10:02")
        assert play("10:03 clock, 10:04 error", AT_TWO, state=state)[1] == ["10:02 error down/1"]

    def test_a_level_that_is_removed_falls_silent_and_sends_no_ok(self) -> None:
        state, alerts = play("10:00 error", AT_ONE_REMINDING)
        assert alerts == ["10:00 error down/1"]
        assert next_due(state, []) is None
        assert play("10:10 clock, 10:20 ok", state=state)[1] == []

    def test_a_level_that_comes_back_does_not_fire_again_but_sends_its_ok(self) -> None:
        state, _ = play("10:00 error", AT_ONE_REMINDING)
        state, _ = play("10:01 error", state=state)
        assert play("10:02 error, 10:03 ok", AT_TWO, state=state)[1] == ["10:03 ok down/1"]

    def test_a_longer_interval_counts_from_the_error_and_goes_on_from_the_last_reminder(self) -> None:
        state, _ = play("10:00 error, 10:10 clock, 10:20 clock", AT_ONE_REMINDING)
        hourly = EscalationLevel("down", 1, errors=1, error_for=None, reminders=3, every=60 * MINUTE)
        assert next_due(state, [hourly]) == moment("13:00")

    def test_a_lower_maximum_ends_the_reminders(self) -> None:
        state, _ = play("10:00 error, 10:10 clock, 10:20 clock", AT_ONE_REMINDING)
        fewer = EscalationLevel("down", 1, errors=1, error_for=None, reminders=1, every=10 * MINUTE)
        assert next_due(state, [fewer]) is None
        assert play("10:30 clock", fewer, state=state)[1] == []


class TestNextDue:
    def test_nothing_is_due_without_an_incident(self) -> None:
        state, _ = play("10:00 error, 10:01 ok", AT_ONE_REMINDING, AFTER_30)
        assert next_due(state, [AT_ONE_REMINDING, AFTER_30]) is None

    def test_a_count_that_is_not_reached_waits_for_checks_not_for_the_clock(self) -> None:
        state, _ = play("10:00 error", AT_TWO)
        assert next_due(state, [AT_TWO]) is None

    def test_it_is_the_earliest_of_all_levels(self) -> None:
        levels = (AT_ONE_REMINDING, AFTER_30)
        state, _ = play("10:00 error", *levels)
        assert next_due(state, levels) == moment("10:10")
        state, _ = play("10:20 clock", *levels, state=state)
        assert next_due(state, levels) == moment("10:30")
        state, _ = play("10:30 clock", *levels, state=state)
        assert next_due(state, levels) is None

    def test_what_lies_beyond_the_calendar_never_comes(self) -> None:
        last = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
        levels = (AT_ONE_REMINDING, AFTER_30)
        state = observe(MonitorState(), a_check(last, "error"), levels, GUID).state
        assert next_due(state, levels) is None
        assert advance(state, last, levels, GUID).alerts == ()


def test_a_check_at_a_time_that_utc_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="between the years 1 and 9999"):
        Check.model_validate({"id": "1", "monitor": "shop-home", "time": "0001-01-01T00:00:00+14:00", "status": "ok"})
