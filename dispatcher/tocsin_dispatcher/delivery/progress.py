"""What a turn means for a delivery: the next step, another attempt later, delivered, or given up. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin_dispatcher.sending.sender import Exchange
from tocsin_dispatcher.sending.step import StepResult
from tocsin_dispatcher.store.deliveries import AttemptMade, Claimed, Progress
from tocsin_schema.messages.delivery_policy import again_after, gives_up
from tocsin_schema.messages.outcomes import OutcomeKind, of_fault
from tocsin_schema.messages.steps import Position, StepDriver, Wait
from tocsin_schema.models import Step
from tocsin_schema.models.duration import format_duration


@dataclass(frozen=True, slots=True)
class Turn:
    """One step that was run, from when to when."""

    result: StepResult
    began: datetime
    ended: datetime


def after_delay(claimed: Claimed, steps: Sequence[Step], now: datetime) -> Progress:
    """Return where a delivery stands whose current step is a delay, or that has no step left."""
    return _onward(claimed, StepDriver(steps, _position(claimed)), now)


def after_request(claimed: Claimed, steps: Sequence[Step], turn: Turn) -> Progress:
    """Return where a delivery stands after the request of its current step."""
    driver = StepDriver(steps, _position(claimed))
    driver.sent(turn.result)
    result = turn.result
    progress = _stopped(claimed, driver, turn) if driver.failed else _onward(claimed, driver, turn.ended)
    progress = progress._replace(
        outcome=result.kind,
        attempt=_attempt(claimed, turn),
        before=_before(claimed, turn),
        counts=steps[claimed.step].on_failure is None if claimed.step < len(steps) else True,
        hold=result.hold,
    )
    if result.succeeded:
        return progress._replace(kept=_kept(claimed, result))
    return progress._replace(last_failure=list(result.failures))


def too_old(progress: Progress, give_up_after: timedelta, now: datetime, trusted: datetime) -> Progress:
    """Return where a delivery stands once its age counts: one that failed again and is too old is given up.

    `trusted`: as much of the clock as may be trusted; what began before a leap of it grows old by that.
    """
    waits = progress.state == "pending" and progress.outcome in ("busy", "down", "locked_out")
    age = (trusted if progress.begun_at <= trusted else now) - progress.begun_at
    if not waits or age < give_up_after:
        return progress
    failures = progress.attempt.failures if progress.attempt is not None else ()
    return progress._replace(state="failed", finished_at=now, last_failure=[*failures, given_up(give_up_after)])


def given_up(after: timedelta) -> str:
    """Say that a message was given up for its age."""
    return f"given up: it is older than {format_duration(after)}"


def _position(claimed: Claimed) -> Position:
    return Position(
        claimed.step, claimed.step_attempts, claimed.captured, tuple(claimed.remarks or ()), renewed=claimed.renewed
    )


def _onward(claimed: Claimed, driver: StepDriver, now: datetime) -> Progress:
    """Return where a delivery stands whose steps go on."""
    wait = timedelta(0)
    while isinstance(action := driver.next(), Wait):
        wait += action.duration
    done = action is None
    return _progress(claimed, driver.position, "delivered" if done else "pending", now if done else now + wait, now)


def _stopped(claimed: Claimed, driver: StepDriver, turn: Turn) -> Progress:
    """Return where a delivery stands whose step has failed: tried again as its outcome says, or given up."""
    now, kind = turn.ended, turn.result.kind
    refusals = claimed.refusals + (kind == "refused")
    state = "failed" if gives_up(kind, refusals) else "pending"
    position = Position(claimed.step, 0, claimed.captured, driver.position.remarks, driver.position.renewed)
    progress = _progress(claimed, position, state, now + again_after(kind), now)
    return progress._replace(attempts=claimed.attempts + (kind != "busy"), refusals=refusals)


def _progress(claimed: Claimed, position: Position, state: str, due: datetime, now: datetime) -> Progress:
    ended = state != "pending"
    return Progress(
        id=claimed.id,
        state=state,  # type: ignore[arg-type]  # one of the three that a turn ends in
        step=position.step,
        step_attempts=position.attempts,
        attempts=claimed.attempts,
        captured=position.captured,
        due_at=now if ended else due,
        finished_at=now if ended else None,
        last_failure=None,
        outcome=claimed.outcome,
        refusals=claimed.refusals,
        remarks=position.remarks,
        renewed=position.renewed,
        begun_at=claimed.begun_at,
    )


def _attempt(claimed: Claimed, turn: Turn) -> AttemptMade:
    return _made(claimed, turn.began, turn.result.kind, turn.result.failures, turn.result.exchange)


def _before(claimed: Claimed, turn: Turn) -> tuple[AttemptMade, ...]:
    """Return what was sent on the way, as to a token endpoint."""
    exchange = turn.result.exchange
    before = exchange.before if exchange is not None else ()
    return tuple(_made(claimed, turn.began, *_fate(each), each) for each in before)


def _fate(exchange: Exchange) -> tuple[OutcomeKind, tuple[str, ...]]:
    """Return what came of a request that was made on the way."""
    if exchange.error is None:
        return "delivered", ()
    return of_fault(exchange.error_kind) if exchange.error_kind is not None else "unclear", (exchange.error,)


def _made(
    claimed: Claimed, at: datetime, outcome: OutcomeKind, failures: tuple[str, ...], exchange: Exchange | None
) -> AttemptMade:
    response = exchange.response_masked if exchange is not None else None
    timings = exchange.timings if exchange is not None else None
    return AttemptMade(
        step=claimed.step,
        at=at,
        outcome=outcome,
        purpose=exchange.purpose if exchange is not None else None,
        request=None if exchange is None else exchange.request_masked.model_dump(mode="json"),
        response=None if response is None else response.model_dump(mode="json"),
        failures=failures,
        timings=None if timings is None else vars(timings).copy(),  # numbers alone, and this is cheap
    )


def _kept(claimed: Claimed, result: StepResult) -> tuple[Mapping[str, object], ...]:
    return tuple(
        {
            "incident_key": claimed.incident_key,
            "integration": claimed.integration,
            "alert": claimed.alert,
            "level": claimed.level,
            "name": name,
            "value": result.captured[name],
        }
        for name in sorted(result.keep)
    )
