"""What a dispatcher does after an attempt: when it tries again, when it gives up, how long it holds an integration.

Pure: the laws and figures that the dispatcher goes by, that `tocsin simulate` plays, and that `tocsin send` tells.
What an answer means is told by `tocsin_schema.messages.outcomes`.
"""

from datetime import timedelta

from tocsin_schema.messages.outcomes import OutcomeKind
from tocsin_schema.messages.steps import Then
from tocsin_schema.models.duration import format_duration

AGAIN_AFTER = timedelta(seconds=5)
"""How long after an attempt that found the receiver down the next one is made, as long as the circuit breaker is closed."""
REFUSED_AGAIN_AFTER = timedelta(minutes=1)
"""How long after it was refused a message is tried once more."""
REFUSALS = 2
"""So many refusals end a message."""
IN_A_ROW = 3
"""Attempts in a row that find the receiver down, or are locked out, and open the circuit breaker."""
FIRST_PROBE = timedelta(seconds=5)
"""How soon a message is tried once it has opened; each further one waits twice as long, up to `probe_every`."""
PAUSED_PROBE = timedelta(minutes=15)
"""How often one is tried at the most once it was open for as long as `pause_after` says."""
HOLD, LONGEST_HOLD = timedelta(seconds=1), timedelta(minutes=1)
"""How long an answer *busy* holds an integration where the receiver doesn't say: at first, and after many in a row."""
OBEYED = 2
"""Answers *busy* in a row after which the receiver's own wait counts only where it is the longer one."""


def again_after(kind: OutcomeKind) -> timedelta:
    """Return how long a message waits for its next attempt; none where its integration is held, or nothing follows."""
    match kind:
        case "down" | "locked_out":
            return AGAIN_AFTER
        case "refused":
            return REFUSED_AGAIN_AFTER
        case _:
            return timedelta(0)


def gives_up(kind: OutcomeKind, refusals: int) -> bool:
    """Tell whether an attempt ends its message, which was refused so often with it; its age may end it besides."""
    return kind == "unclear" or refusals >= REFUSALS


def probe_after(probes: int, probe_every: timedelta) -> timedelta:
    """Return how long an open circuit breaker waits for its next message, having tried so many."""
    return min(FIRST_PROBE * (1 << min(probes, 10)), probe_every)


def hold_after(asked: timedelta | None, in_a_row: int) -> timedelta:
    """Return how long an answer *busy* holds its integration: the `in_a_row`th, from 1, that asks for so long, if at all."""
    own = min(HOLD * (1 << min(in_a_row - 1, 6)), LONGEST_HOLD)
    if asked is None or asked <= timedelta(0):
        return own
    return asked if in_a_row <= OBEYED else max(own, asked)


def what_follows(kind: OutcomeKind, hold: timedelta | None, then: Then) -> str:
    """Say what a dispatcher does after an attempt, in one clause; nothing where the message just goes on.

    `hold` is how long the receiver asks for. `then` is what the steps of the message say.
    """
    if kind == "busy":
        longer = "" if hold else ", and longer where it is busy again"
        return (
            f"a dispatcher holds the integration for {format_duration(hold_after(hold, 1))}{longer}; no attempt is lost"
        )
    parts = [_then(kind, then)]
    if hold:
        parts.append(f"the integration is held for {format_duration(hold)}, until when nothing is left")
    return "; ".join(filter(None, parts))


def _then(kind: OutcomeKind, then: Then) -> str:
    match then:
        case "next":
            return ""
        case "retry":
            return "the step's `retry` tries it again"
        case "renew":
            return "the message begins again at the step that captured what is no longer taken"
        case "continue":
            return "the step may fail: the message goes on, with a remark"
        case "stop":
            return _when_stopped(kind)


def _when_stopped(kind: OutcomeKind) -> str:
    soon, later = format_duration(AGAIN_AFTER), format_duration(REFUSED_AGAIN_AFTER)
    match kind:
        case "down":
            return f"a dispatcher tries again after {soon}; {IN_A_ROW} such attempts in a row open its circuit breaker"
        case "locked_out":
            return f"a person has to act; a dispatcher tries again after {soon}, as where a receiver is down"
        case "refused":
            return f"a dispatcher tries once more after {later}, then gives the message up"
        case "unclear":
            return "a dispatcher gives the message up and sends it no more by itself: the receiver did as it was asked"
        case _:
            return ""
