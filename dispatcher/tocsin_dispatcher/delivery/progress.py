"""What a turn means for a delivery: the next step, another attempt later, delivered, or given up. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from tocsin_dispatcher.delivery.retry_schedule import next_attempt, retry_after
from tocsin_dispatcher.sending.step import StepResult
from tocsin_dispatcher.store.deliveries import AttemptMade, Claimed, Progress
from tocsin_schema.models import Retry, Step


@dataclass(frozen=True, slots=True)
class Turn:
    """One step that was run, from when to when."""

    result: StepResult
    began: datetime
    ended: datetime


def after_delay(claimed: Claimed, steps: Sequence[Step], now: datetime) -> Progress:
    """Return where a delivery stands whose current step is a delay, or that has no step left."""
    return _onward(claimed, steps, claimed.step, claimed.captured, now)


def after_request(claimed: Claimed, steps: Sequence[Step], turn: Turn, random: Random) -> Progress:
    """Return where a delivery stands after the request of its current step."""
    attempt = _attempt(claimed, turn)
    if turn.result.succeeded:
        captured = {**claimed.captured, **turn.result.captured}
        onward = _onward(claimed, steps, claimed.step + 1, captured, turn.ended)
        return onward._replace(attempt=attempt, kept=_kept(claimed, turn.result))
    retry = steps[claimed.step].retry if claimed.step < len(steps) else None
    return _again(claimed, retry, turn, random)._replace(attempt=attempt)


def _onward(claimed: Claimed, steps: Sequence[Step], step: int, captured: Mapping[str, str], now: datetime) -> Progress:
    due = now
    while step < len(steps) and (delay := steps[step].delay) is not None:
        due += delay
        step += 1
    done = step >= len(steps)
    return Progress(
        id=claimed.id,
        state="delivered" if done else "pending",
        step=step,
        step_attempts=0,
        attempts=claimed.attempts,
        captured=captured,
        due_at=now if done else due,
        finished_at=now if done else None,
        last_failure=None,
    )


def _again(claimed: Claimed, retry: Retry | None, turn: Turn, random: Random) -> Progress:
    """Return the retry of the step, else of the whole delivery from this step on, else the end."""
    now = turn.ended
    response = turn.result.exchange.response if turn.result.exchange is not None else None
    asked = retry_after(response.headers, now) if response is not None else None
    due: datetime | None
    if retry is not None and claimed.step_attempts + 1 < retry.attempts:
        step_attempts, attempts = claimed.step_attempts + 1, claimed.attempts
        due = now + max(retry.wait, asked or retry.wait)
    else:
        step_attempts, attempts = 0, claimed.attempts + 1
        due = next_attempt(attempts, now, asked, random)
    return Progress(
        id=claimed.id,
        state="failed" if due is None else "pending",
        step=claimed.step,
        step_attempts=step_attempts,
        attempts=attempts,
        captured=claimed.captured,
        due_at=now if due is None else due,
        finished_at=now if due is None else None,
        last_failure=list(turn.result.failures),
    )


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
