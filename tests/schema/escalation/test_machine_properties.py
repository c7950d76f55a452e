"""What holds of every monitor, in whatever order checks, clock and changed definitions arrive."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.escalation import (
    AlertEvent,
    EscalationLevel,
    MonitorState,
    Outcome,
    advance,
    level_key,
    next_due,
    observe,
)
from tocsin_schema.models import Check

GUID = "849b2046-213d-43ad-9efc-5af1faaeb222"
START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = 60
MOST_REMINDERS = 3

Levels = tuple[EscalationLevel, ...]
Option = TypeVar("Option")


@dataclass(frozen=True)
class Step:
    """A check, or the clock where it is None, at a time, with the levels that are defined then."""

    check: Check | None
    now: datetime
    levels: Levels

    def take(self, state: MonitorState) -> Outcome:
        if self.check is None:
            return advance(state, self.now, self.levels, GUID)
        return observe(state, self.check, self.levels, GUID)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


class Choices:
    """Several choices that one number holds: to draw a number takes far longer than to divide it."""

    def __init__(self, number: int) -> None:
        self._left = number

    def below(self, count: int) -> int:
        """Return a number from 0 to below `count`."""
        self._left, chosen = divmod(self._left, count)
        return chosen

    def of(self, options: Sequence[Option]) -> Option:
        """Return one of some options."""
        return options[self.below(len(options))]


minutes = st.integers(0, HOUR)
KINDS = ("ok", "error", "error", "error", "unconfirmed")
STEPS = ("check", "check", "check", "again", "clock", "levels")
ALERTS = ("down", "slow")
NUMBERS = (1, 2, 3, 4)
DURATIONS = HOUR // 2 + 1
MOST_EVERY = 15
EVERY_LEVEL = 2 * len(ALERTS) * len(NUMBERS) * len(NUMBERS) * DURATIONS * (MOST_REMINDERS + 1) * MOST_EVERY
AHEAD = 5
EVERY_STEP = len(STEPS) * len(KINDS) * 2 * (HOUR + 1) * AHEAD


def escalation_level(number: int) -> EscalationLevel:
    choices = Choices(number)
    by_count = choices.below(2) == 1
    return EscalationLevel(
        alert=choices.of(ALERTS),
        number=choices.of(NUMBERS),
        errors=choices.of(NUMBERS) if by_count else None,
        error_for=None if by_count else timedelta(minutes=choices.below(DURATIONS)),
        reminders=choices.below(MOST_REMINDERS + 1),
        every=timedelta(minutes=1 + choices.below(MOST_EVERY)),
    )


levels_of_a_monitor = st.lists(
    st.integers(0, EVERY_LEVEL - 1).map(escalation_level), max_size=4, unique_by=lambda level: level.key
).map(lambda levels: tuple(sorted(levels, key=lambda level: (level.alert, level.number))))


def a_check(minute: int, kind: str, check_id: int) -> Check:
    return Check(
        id=str(check_id),
        monitor="shop-home",
        time=at(minute),
        status="ok" if kind == "ok" else "error",
        confirmed=kind != "unconfirmed",
    )


@st.composite
def any_interleaving(draw: st.DrawFn) -> list[Step]:
    """Checks in any order, some of them again, the clock now and then, and levels that change."""
    levels = draw(levels_of_a_monitor)
    steps: list[Step] = []
    for number, drawn in enumerate(draw(some_steps)):
        choices = Choices(drawn)
        what = choices.of(STEPS)
        if what == "levels":
            levels = draw(levels_of_a_monitor)
        elif what == "clock":
            steps.append(Step(None, at(choices.below(HOUR + 1)), levels))
        elif what == "again" and steps:
            earlier = choices.of(steps)
            steps.append(Step(earlier.check, earlier.now, levels))
        else:
            kind = choices.of(KINDS)
            # steps mostly move forward, or nearly every check would be late
            minute = 2 * number + choices.below(AHEAD) if choices.below(2) else choices.below(HOUR + 1)
            steps.append(Step(a_check(minute, kind, number), at(minute), levels))
    return steps


some_steps = st.integers(1, 25).flatmap(
    lambda count: st.lists(st.integers(0, EVERY_STEP - 1), min_size=count, max_size=count)
)


def play(steps: Sequence[Step]) -> Iterator[tuple[MonitorState, Step, Outcome]]:
    """Yield the state before each step, the step, and what came out; the state is kept as JSON in between."""
    state = MonitorState()
    for step in steps:
        outcome = step.take(state)
        yield state, step, outcome
        state = MonitorState.model_validate_json(outcome.state.model_dump_json())


def alerts_of(steps: Sequence[Step]) -> list[AlertEvent]:
    return [alert for _, _, outcome in play(steps) for alert in outcome.alerts]


def told(alert: AlertEvent) -> tuple[str, str, int]:
    return alert.incident_key, alert.alert, alert.level


@given(any_interleaving())
def test_the_state_survives_json_at_every_step(steps: list[Step]) -> None:
    for _, _, outcome in play(steps):
        assert MonitorState.model_validate_json(outcome.state.model_dump_json()) == outcome.state


@given(any_interleaving())
def test_no_ok_and_no_reminder_comes_without_an_error_of_that_level_before_it(steps: list[Step]) -> None:
    alerted: set[tuple[str, str, int]] = set()
    for alert in alerts_of(steps):
        if alert.type == "error":
            alerted.add(told(alert))
        assert told(alert) in alerted


@given(any_interleaving())
def test_a_level_sends_one_error_and_at_most_one_ok_in_an_incident(steps: list[Step]) -> None:
    counts = Counter((*told(alert), alert.type) for alert in alerts_of(steps) if alert.type != "reminder")
    assert set(counts.values()) <= {1}


@given(any_interleaving())
def test_reminders_never_outnumber_what_the_level_allows_and_never_repeat(steps: list[Step]) -> None:
    last: dict[tuple[str, str, int], int] = {}
    for _, step, outcome in play(steps):
        allowed = {level.key: level.reminders for level in step.levels}
        for alert in outcome.alerts:
            if alert.type == "reminder":
                assert last.get(told(alert), 0) < alert.reminder <= allowed[level_key(alert.alert, alert.level)]
                last[told(alert)] = alert.reminder


@given(any_interleaving())
def test_nothing_follows_an_ok_in_its_incident(steps: list[Step]) -> None:
    over: set[str] = set()
    for _, _, outcome in play(steps):
        assert over.isdisjoint(alert.incident_key for alert in outcome.alerts)
        over |= {alert.incident_key for alert in outcome.alerts if alert.type == "ok"}


@given(any_interleaving())
def test_only_levels_that_are_defined_now_speak_and_every_alert_has_a_guid_of_its_own(
    steps: list[Step],
) -> None:
    guids: list[str] = []
    for _, step, outcome in play(steps):
        defined = {level.key for level in step.levels}
        assert {level_key(alert.alert, alert.level) for alert in outcome.alerts} <= defined
        guids += [alert.guid for alert in outcome.alerts]
    assert len(guids) == len(set(guids))


@given(any_interleaving())
def test_alerts_of_one_step_are_in_order_of_time(steps: list[Step]) -> None:
    for _, _, outcome in play(steps):
        times = [alert.time for alert in outcome.alerts]
        if outcome.alerts and outcome.alerts[-1].type == "ok":
            # an OK may be older than the clock, but is told last
            times = [alert.time for alert in outcome.alerts if alert.type != "ok"]
        assert times == sorted(times)


@given(any_interleaving())
def test_late_and_duplicate_checks_leave_the_state_as_it_is(steps: list[Step]) -> None:
    for before, _, outcome in play(steps):
        if outcome.verdict in ("late", "duplicate"):
            assert (outcome.state, outcome.alerts) == (before, ())


@given(any_interleaving())
def test_any_check_sent_again_at_once_is_a_duplicate_or_still_late(steps: list[Step]) -> None:
    for _, step, outcome in play(steps):
        if step.check is not None:
            again = step.take(outcome.state)
            assert again.verdict == ("late" if outcome.verdict == "late" else "duplicate")
            assert (again.state, again.alerts) == (outcome.state, ())


@given(any_interleaving())
def test_an_incident_keeps_its_key_and_its_first_error_and_counts_confirmed_errors(steps: list[Step]) -> None:
    for before, step, outcome in play(steps):
        was, now = before.incident, outcome.state.incident
        if was is None or now is None:
            continue
        assert (now.key, now.first) == (was.key, was.first)
        counts = outcome.verdict == "processed" and step.check is not None
        assert now.errors == was.errors + (1 if counts else 0)


@given(any_interleaving())
def test_what_comes_out_of_a_step_belongs_to_one_incident(steps: list[Step]) -> None:
    for before, _, outcome in play(steps):
        incident = before.incident or outcome.state.incident
        assert {alert.incident_key for alert in outcome.alerts} <= ({incident.key} if incident else set())


@given(any_interleaving())
def test_only_a_confirmed_error_starts_an_incident_and_only_an_ok_ends_it(steps: list[Step]) -> None:
    for before, step, outcome in play(steps):
        if before.incident is None and outcome.state.incident is not None:
            assert step.check is not None
            assert (step.check.status, step.check.confirmed) == ("error", True)
        if before.incident is not None and outcome.state.incident is None:
            assert step.check is not None
            assert step.check.status == "ok"


@given(any_interleaving(), minutes)
def test_after_an_advance_nothing_is_due_any_more(steps: list[Step], minute: int) -> None:
    for _, step, outcome in play(steps):
        advanced = advance(outcome.state, at(minute), step.levels, GUID)
        due = next_due(advanced.state, step.levels)
        assert due is None or due > at(minute)
        assert advance(advanced.state, at(minute), step.levels, GUID).alerts == ()


@given(any_interleaving())
def test_advancing_to_the_next_due_time_fires_something_and_before_it_nothing(steps: list[Step]) -> None:
    for _, step, outcome in play(steps):
        due = next_due(outcome.state, step.levels)
        if due is not None:
            just_before = due - timedelta(microseconds=1)
            assert advance(outcome.state, just_before, step.levels, GUID).alerts == ()
            assert due in [alert.time for alert in advance(outcome.state, due, step.levels, GUID).alerts]


@st.composite
def in_order(draw: st.DrawFn) -> tuple[list[Step], list[Step]]:
    """The same checks in order twice: by themselves, and with the clock running in between."""
    levels = draw(levels_of_a_monitor)
    times = sorted(draw(st.lists(minutes, min_size=1, max_size=12)))
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=len(times), max_size=len(times)))
    checks = [
        Step(a_check(minute, kind, n), at(minute), levels)
        for n, (minute, kind) in enumerate(zip(times, kinds, strict=True))
    ]
    clock = [Step(None, at(minute), levels) for minute in draw(st.lists(minutes, max_size=20))]
    end = Step(None, at(2 * HOUR), levels)
    # sorting is stable: the clock strikes before the checks of the same minute
    ticking = sorted([*clock, *checks], key=lambda step: step.now)
    return [*checks, end], [*ticking, end]


@given(in_order())
def test_advancing_in_one_jump_or_in_many_gives_the_same_error_and_ok_alerts(
    runs: tuple[list[Step], list[Step]],
) -> None:
    jumping, ticking = (
        {(alert.guid, alert.time) for alert in alerts_of(run) if alert.type != "reminder"} for run in runs
    )
    assert jumping == ticking


@given(in_order())
def test_jumping_sends_no_reminder_that_ticking_would_not(runs: tuple[list[Step], list[Step]]) -> None:
    checks, _ = runs
    ticks = [Step(None, at(minute), checks[0].levels) for minute in range(2 * HOUR)]
    ticking = sorted([*ticks, *checks], key=lambda step: step.now)
    jumped = {(alert.guid, alert.time) for alert in alerts_of(checks)}
    assert jumped <= {(alert.guid, alert.time) for alert in alerts_of(ticking)}
