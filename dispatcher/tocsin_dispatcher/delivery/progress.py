"""What a turn means for a delivery: the next step, another attempt later, delivered, or given up. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from tocsin_dispatcher.delivery.retry_schedule import next_attempt, retry_after
from tocsin_dispatcher.sending.step import StepResult
from tocsin_dispatcher.store.deliveries import AttemptMade, Claimed, Progress
from tocsin_schema.messages.steps import Position, StepDriver, Wait
from tocsin_schema.models import Step


@dataclass(frozen=True, slots=True)
class Turn:
    """One step that was run, from when to when."""

    result: StepResult
    began: datetime
    ended: datetime


def after_delay(claimed: Claimed, steps: Sequence[Step], now: datetime) -> Progress:
    """Return where a delivery stands whose current step is a delay, or that has no step left."""
    return _onward(claimed, StepDriver(steps, _position(claimed)), now)


def after_request(claimed: Claimed, steps: Sequence[Step], turn: Turn, random: Random) -> Progress:
    """Return where a delivery stands after the request of its current step."""
    driver = StepDriver(steps, _position(claimed))
    driver.sent(turn.result)
    attempt = _attempt(claimed, turn)
    if turn.result.succeeded:
        return _onward(claimed, driver, turn.ended)._replace(attempt=attempt, kept=_kept(claimed, turn.result))
    asked = _asked_to_wait(turn)
    progress = _later(claimed, asked, turn, random) if driver.failed else _onward(claimed, driver, turn.ended, asked)
    return progress._replace(attempt=attempt, last_failure=list(turn.result.failures))


def _position(claimed: Claimed) -> Position:
    return Position(claimed.step, claimed.step_attempts, claimed.captured)


def _onward(claimed: Claimed, driver: StepDriver, now: datetime, asked: timedelta = timedelta(0)) -> Progress:
    """Return where a delivery stands whose steps go on; `asked` is what the receiver asks to wait at least."""
    wait = timedelta(0)
    while isinstance(action := driver.next(), Wait):
        wait += action.duration
    done = action is None
    return Progress(
        id=claimed.id,
        state="delivered" if done else "pending",
        step=driver.position.step,
        step_attempts=driver.position.attempts,
        attempts=claimed.attempts,
        captured=driver.position.captured,
        due_at=now if done else now + max(wait, asked),
        finished_at=now if done else None,
        last_failure=None,
    )


def _later(claimed: Claimed, asked: timedelta, turn: Turn, random: Random) -> Progress:
    """Return the next attempt at the whole delivery from this step on, or its end."""
    attempts = claimed.attempts + 1
    due = next_attempt(attempts, turn.ended, asked, random)
    return Progress(
        id=claimed.id,
        state="failed" if due is None else "pending",
        step=claimed.step,
        step_attempts=0,
        attempts=attempts,
        captured=claimed.captured,
        due_at=turn.ended if due is None else due,
        finished_at=turn.ended if due is None else None,
        last_failure=None,
    )


def _asked_to_wait(turn: Turn) -> timedelta:
    response = turn.result.exchange.response if turn.result.exchange is not None else None
    return (retry_after(response.headers, turn.ended) if response is not None else None) or timedelta(0)


def _attempt(claimed: Claimed, turn: Turn) -> AttemptMade:
    exchange = turn.result.exchange
    response = exchange.response_masked if exchange is not None else None
    return AttemptMade(
        step=claimed.step,
        at=turn.began,
        succeeded=turn.result.succeeded,
        request=None if exchange is None else exchange.request_masked.model_dump(mode="json"),
        response=None if response is None else response.model_dump(mode="json"),
        failures=turn.result.failures,
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
