"""The messages of one integration, sent to a receiver that answers as one says, by the policy that a dispatcher goes by.

Left out are its rate, the pace that would be learnt, and how long requests take but for those that nobody answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tocsin.simulation.answers import Answers, SimulatedAnswer
from tocsin.simulation.result import Fate, FateKind, ReceiverChange, SimulatedAttempt
from tocsin_schema.messages.delivery_policy import (
    FIRST_PROBE,
    IN_A_ROW,
    PAUSED_PROBE,
    REFUSALS,
    again_after,
    gives_up,
    hold_after,
    probe_after,
)
from tocsin_schema.messages.outcomes import Judgement, OutcomeKind, of_answer, of_fault
from tocsin_schema.messages.responses import status_delivers
from tocsin_schema.messages.steps import Outcome, Position, Send, StepDriver, Wait
from tocsin_schema.models import Integration, MessageType, Step
from tocsin_schema.models.duration import format_duration
from tocsin_schema.models.integration import GIVE_UP_AFTER, PROBE_EVERY, TELL_AFTER
from tocsin_schema.text.suggest import listed

MOST_ATTEMPTS = 10_000
"""So many are played of one integration: a message that is tried for ever ends the simulation."""
DEADLINE = timedelta(seconds=30)
"""How long a request waits for an answer that doesn't come, where its step doesn't say."""
NO_TIME = timedelta(0)


@dataclass(slots=True)
class Delivery:
    """A message on its way."""

    made: timedelta
    type: MessageType
    incident: str
    level: int
    steps: Sequence[Step]
    position: Position = field(default_factory=Position)
    due: timedelta = NO_TIME
    refusals: int = 0
    failed: int = 0
    """How often it has failed, but for answers *busy*."""
    goes_on: bool = False
    """Whether it is being tried while the circuit breaker is open, and its next step follows at once."""
    attempts: list[SimulatedAttempt] = field(default_factory=list)
    repeats: bool = False
    """Whether its last attempt failed."""
    reached: bool = False
    """Whether the receiver got a request of it."""
    fate: Fate | None = None
    """None: it is on its way."""

    @property
    def told(self) -> Fate:
        """What became of it."""
        return self.fate or Fate("waiting", None, tuple(self.attempts), "it is tried for ever")


@dataclass
class Receiver:
    """Plays the messages of an integration, in the order in which they were made."""

    integration: Integration
    answers: Answers
    deliveries: Sequence[Delivery]
    start: datetime
    """The time of the first check."""
    over: Mapping[str, timedelta]
    """When incidents are over."""
    tells: tuple[str, ...] = ()
    """The integrations that are told of what can't be delivered; of a receiver that takes nothing, the others of them."""
    changes: list[ReceiverChange] = field(default_factory=list)
    _now: timedelta = NO_TIME
    _failures: int = 0
    _failing_since: timedelta | None = None
    _busy_since: timedelta | None = None
    _told: bool = False
    _open: bool = False
    _probes: int = 0
    _next_probe: timedelta = NO_TIME
    _held_until: timedelta = NO_TIME
    _busy_in_a_row: int = 0

    def play(self) -> None:
        """Send until every message has its fate."""
        for _ in range(MOST_ATTEMPTS):
            if (found := self._next()) is None:
                return
            at, delivery = found
            self._tell(at)
            self._now = at
            if (fate := self._fate_without_trying(delivery, self._now)) is not None:
                self._end(delivery, fate)
            else:
                self._take_turn(delivery, self._now)

    def _next(self) -> tuple[timedelta, Delivery] | None:
        """Return the message that is tried next, and when: of each incident the first that is on its way may be."""
        heads: dict[str, Delivery] = {}
        for each in self.deliveries:
            if each.fate is None:
                heads.setdefault(each.incident, each)
        held = max(self._now, self._held_until)
        probe = max(held, self._next_probe) if self._open else held
        ready = [(max(each.made, each.due, held if each.goes_on else probe), each) for each in heads.values()]
        return min(ready, key=self._turn, default=None)

    def _turn(self, one: tuple[timedelta, Delivery]) -> tuple[timedelta, int]:
        """Return what comes first: of those at one moment the first that was made, or that has failed least often."""
        at, delivery = one
        return at, delivery.failed if self._open and not delivery.goes_on else -1

    def _end(self, delivery: Delivery, fate: Fate) -> None:
        """Let nothing more be tried of a message: the next one of its incident may go."""
        delivery.fate = fate
        for each in self.deliveries:
            if each.incident == delivery.incident and fate.at is not None:
                each.due = max(each.due, fate.at)

    def _fate_without_trying(self, delivery: Delivery, at: timedelta) -> Fate | None:
        """Return what becomes of a message that is not tried at this moment after all; None: it is."""
        over = self.over.get(delivery.incident)
        if over is not None and over <= at:
            when = max(over, delivery.made)
            if delivery.type == "reminder":
                return _fate("skipped", when, delivery, "the incident was over before it was delivered")
            if delivery.type == "error" and self.integration.if_over == "skip" and not delivery.reached:
                return _fate("skipped", when, delivery, "the incident was over before it left")
        if delivery.type == "ok" and not self._heard(delivery):
            return _fate("skipped", at, delivery, "nothing of its incident reached the receiver")
        oldest = delivery.made + self._give_up_after
        if at > oldest and not self._is_paused(oldest):
            return Fate("given_up", oldest, tuple(delivery.attempts), self._too_old, self.tells)
        return None

    def _heard(self, ok: Delivery) -> bool:
        """Whether the receiver got anything of what an Ok ends."""
        whose = (ok.incident, ok.level)
        before = [each for each in self.deliveries if each is not ok and (each.incident, each.level) == whose]
        return any(each.reached or (each.fate is not None and each.fate.state == "delivered") for each in before)

    def _take_turn(self, delivery: Delivery, at: timedelta) -> None:
        """Do the next thing for a message: send the request of its step, or wait for its delay."""
        driver = StepDriver(delivery.steps, delivery.position)
        action = driver.next()
        if not isinstance(action, Send):
            self._go_on(delivery, driver, at, action)
            return
        step = delivery.steps[action.step]
        answer = self.answers.at(at)
        judged, ended = self._judged(step, answer, at)
        if self._open:
            self._probes += 1
            every = self.integration.probe_every or PROBE_EVERY
            every = max(every, PAUSED_PROBE) if self._is_paused(at) else every
            self._next_probe = max(at + probe_after(self._probes, every), ended)
        delivery.attempts.append(
            SimulatedAttempt(at, judged.kind, str(answer) if answer is not None else "as it should")
        )
        delivery.repeats = judged.kind != "delivered"
        delivery.reached |= judged.kind in ("delivered", "unclear")
        driver.sent(Outcome((), kind=judged.kind, hold=judged.hold))
        if driver.failed:
            self._stop(delivery, driver, judged.kind, ended)
        else:
            self._go_on(delivery, driver, ended)
        may_fail = step.on_failure is not None
        delivery.goes_on = self._open and not driver.failed and (judged.kind == "delivered" or may_fail)
        arrived = delivery.fate is not None and delivery.fate.state == "delivered"
        if arrived or not may_fail:
            self._learn(judged, at, ended, arrived=arrived)
        self._take_hold(judged, ended)

    def _judged(self, step: Step, answer: SimulatedAnswer | None, at: timedelta) -> tuple[Judgement, timedelta]:
        """Return what an answer means, and when it has come."""
        if answer is None:
            return Judgement("delivered"), at
        if answer.fault is not None:
            took = (step.timeout or DEADLINE) if answer.fault == "timeout" else NO_TIME
            return Judgement(of_fault(answer.fault)), at + took
        response = answer.response
        delivers = status_delivers(step, response, lambda text: text)
        now = self.start + at
        return of_answer(step, response, now, as_expected=delivers, status_delivers=delivers), at

    def _go_on(self, delivery: Delivery, driver: StepDriver, now: timedelta, action: Send | Wait | None = None) -> None:
        wait, action = NO_TIME, action or driver.next()
        while isinstance(action, Wait):
            wait += action.duration
            action = driver.next()
        delivery.position, delivery.due = driver.position, now + wait
        if action is None:
            remark = "a step failed, and may" if driver.position.remarks else ""
            self._end(delivery, _fate("delivered", now, delivery, remark))

    def _stop(self, delivery: Delivery, driver: StepDriver, kind: OutcomeKind, now: timedelta) -> None:
        """Say what follows a step that has failed."""
        delivery.refusals += kind == "refused"
        delivery.failed += kind != "busy"
        position = driver.position
        delivery.position = Position(position.step, 0, position.captured, position.remarks, position.renewed)
        delivery.due = now + again_after(kind)
        if gives_up(kind, delivery.refusals):
            why = "the receiver did as it was asked" if kind == "unclear" else f"refused {_times(REFUSALS)}"
            self._give_up(delivery, now, why)
        elif kind == "refused":
            oks = [each.made for each in self.deliveries if each.type == "ok" and each.incident == delivery.incident]
            delivery.due = min([delivery.due, *(max(now, made) for made in oks)])
        elif now - delivery.made >= self._give_up_after and not self._is_paused(now):
            self._give_up(delivery, now, self._too_old)

    def _give_up(self, delivery: Delivery, now: timedelta, why: str) -> None:
        self._end(delivery, Fate("given_up", now, tuple(delivery.attempts), why, self.tells))

    def _take_hold(self, judged: Judgement, now: timedelta) -> None:
        """Take for how long an answer holds the integration."""
        if judged.kind == "busy":
            self._busy_in_a_row += 1
            self._hold(now + hold_after(judged.hold, self._busy_in_a_row), now)
        elif judged.hold:
            self._hold(now + judged.hold, now)
        elif judged.kind == "delivered" and self._busy_in_a_row:
            self._busy_in_a_row = 0
            self._change(now, "takes messages again")

    def _learn(self, judged: Judgement, at: timedelta, now: timedelta, *, arrived: bool) -> None:
        """Take what the answer to an attempt at a moment, which came now, says of how the receiver fares."""
        if judged.kind in ("down", "locked_out") and not arrived:
            self._fail(judged.kind, at, now)
        elif judged.kind != "delivered" or arrived:
            since = self._busy_since if not arrived else None
            self._busy_since = (since if since is not None else at) if judged.kind == "busy" or judged.hold else None
            self._recover(now)
            if self._told and arrived:
                self._told = False
                if any(each != self.integration.name for each in self.tells):
                    self._change(now, f"takes messages again: {self._others_told}")

    def _tell(self, until: timedelta) -> None:
        """Tell of a receiver that takes nothing for a while, with messages waiting, if that comes before a moment."""
        since = self._failing_since if self._failing_since is not None else self._busy_since
        after = self.integration.tell_after or TELL_AFTER
        if since is None or self._told or since + after > until:
            return
        if any(each.fate is None and each.made <= since + after for each in self.deliveries):
            self._told = True
            self._change(since + after, f"has taken nothing for {format_duration(after)}: {self._others_told}")

    def _hold(self, until: timedelta, now: timedelta) -> None:
        if self._busy_in_a_row <= 1:
            what = "is busy" if self._busy_in_a_row else "says that nothing is left"
            self._change(now, f"{what}: held until {format_duration(until)}")
        self._held_until = max(self._held_until, until)

    def _fail(self, kind: OutcomeKind, at: timedelta, now: timedelta) -> None:
        if self._failing_since is None:
            self._failing_since = at
        self._failures += 1
        if self._failures >= IN_A_ROW and not self._open:
            self._open, self._probes, self._next_probe = True, 0, now + FIRST_PROBE
            what = "is locked out: a person has to act" if kind == "locked_out" else "is down"
            self._change(now, f"{what}. Its circuit breaker opens, one message is tried now and then")

    def _recover(self, now: timedelta) -> None:
        self._failures, self._failing_since = 0, None
        if not self._open:
            return
        self._open = False
        for each in self.deliveries:
            if each.fate is None and each.repeats and each.due > now:
                each.due = now
        waiting = sum(each.fate is None and each.made <= now for each in self.deliveries)
        rest = f", {_counted(waiting)} at once" if waiting else ""
        self._change(now, f"is back. Its circuit breaker closes{rest}")

    def _change(self, at: timedelta, what: str) -> None:
        self.changes.append(ReceiverChange(at, self.integration.name, what))

    def _is_paused(self, now: timedelta) -> bool:
        after = self.integration.pause_after
        since = self._failing_since
        return after is not None and since is not None and self._open and now - since >= after

    @property
    def _others_told(self) -> str:
        names = [each for each in self.tells if each != self.integration.name]
        if not names:
            return "nobody is told, as there is no fallback and no operators' integration"
        return f"{listed(names)} {'is' if len(names) == 1 else 'are'} told"

    @property
    def _give_up_after(self) -> timedelta:
        return self.integration.give_up_after or GIVE_UP_AFTER

    @property
    def _too_old(self) -> str:
        return f"older than {format_duration(self._give_up_after)}"


def _fate(state: FateKind, at: timedelta, delivery: Delivery, why: str) -> Fate:
    return Fate(state, at, tuple(delivery.attempts), why)


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _counted(messages: int) -> str:
    return "the one that waits is sent" if messages == 1 else f"the {messages} that wait are sent"
