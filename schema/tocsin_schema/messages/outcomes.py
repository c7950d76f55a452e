"""What came of an attempt: whether the receiver has the message, and if not, what to do about it.

Pure, and the one place that says so: `tocsin simulate`, `tocsin send`, the dispatcher and the table in
`docs/operations.md` have it from here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tocsin_schema.messages.holds import retry_after, says_anything, spent_until
from tocsin_schema.messages.responses import Response
from tocsin_schema.models.step import Step

OutcomeKind = Literal["delivered", "busy", "down", "locked_out", "refused", "unclear"]
"""`unclear`: the receiver did what it was asked to, and its answer isn't what it should be."""
OUTCOME_KINDS: tuple[OutcomeKind, ...] = ("delivered", "busy", "down", "locked_out", "refused", "unclear")
OUTCOME_WORDS: dict[OutcomeKind, str] = {
    **{kind: kind for kind in OUTCOME_KINDS},
    "locked_out": "locked out",
    "unclear": "done, not understood",
}
"""What people read."""

FaultKind = Literal[
    "connect",
    "timeout",
    "tls",
    "protocol",
    "proxy",
    "certificate",
    "proxy_auth",
    "egress",
    "token",
    "token_refused",
    "secret",
    "request",
    "judging",
]
"""Why a request got no whole answer, or could not be made.

`connect`: the receiver wasn't there. `protocol`: it didn't speak whole HTTP. `certificate`: it refused ours. `egress`:
the guard lets nothing out to there. `token`: the token endpoint is down; `token_refused`: it refuses us. `secret`: the
vault lacks one. `request`: can't be made, or not be sent, as it is. `judging`: the answer came, and judging it was cut off.
"""

BUSY = 429
BUSY_WITH_A_TIME = (403, 413, 503)
"""Statuses that mean *busy* where the answer says until when."""
LOCKED_OUT = (401, 403, 407)
REQUEST_TIMEOUT = 408

_OF_FAULTS: dict[FaultKind, OutcomeKind] = {
    "connect": "down",
    "timeout": "down",
    "tls": "down",
    "protocol": "down",
    "proxy": "down",
    "token": "down",
    "certificate": "locked_out",
    "proxy_auth": "locked_out",
    "egress": "locked_out",
    "token_refused": "locked_out",
    "secret": "locked_out",
    "request": "refused",
    "judging": "unclear",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an answer means."""

    kind: OutcomeKind
    hold: timedelta | None = None
    """How long the receiver asks to be left alone by its integration; None: it doesn't say."""


def of_fault(fault: FaultKind) -> OutcomeKind:
    """Return what came of an attempt to which no answer came."""
    return _OF_FAULTS[fault]


def of_answer(step: Step, response: Response, now: datetime, *, as_expected: bool, status_delivers: bool) -> Judgement:
    """Return what an answer to the request of a step means, having come at `now`.

    `as_expected`: its assertions hold, and its captures find something. `status_delivers`: what its status
    means is *delivered*, see `tocsin_schema.messages.responses.status_delivers`.
    """
    kind = _kind(step, response, now, as_expected=as_expected, status_delivers=status_delivers)
    if not says_anything(response):
        return Judgement(kind)
    asked, spent = retry_after(response, now), spent_until(response, now)
    if kind == "busy":
        return Judgement(kind, asked if asked is not None else spent)
    return Judgement(kind, spent or None)


def _kind(step: Step, response: Response, now: datetime, *, as_expected: bool, status_delivers: bool) -> OutcomeKind:
    if status_delivers:
        return "delivered" if as_expected else "unclear"
    stated = step.expect.meaning(response.status) if step.expect is not None else None
    if stated in ("busy", "refused"):
        return stated
    return _of_status(response, now)


def _of_status(response: Response, now: datetime) -> OutcomeKind:
    """Return what the status of an answer means that doesn't deliver."""
    status = response.status
    says_when = retry_after(response, now) is not None or spent_until(response, now) is not None
    if status == BUSY or (status in BUSY_WITH_A_TIME and says_when):
        return "busy"
    if status in LOCKED_OUT:
        return "locked_out"
    if status == REQUEST_TIMEOUT or status >= 500:
        return "down"
    return "refused" if status >= 400 else "unclear"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row of the table of outcomes in `docs/operations.md`."""

    kind: OutcomeKind
    answers: str
    follows: str


MEANINGS = (
    Meaning(
        "delivered",
        "The assertions hold; without one on the status, and without `expect`, the status is 2xx.",
        "The next step, or the end. Where a rate-limit header says that nothing is left, the integration is held until"
        " there is more.",
    ),
    Meaning(
        "busy",
        "429. 503, 413 or 403 with a `Retry-After`, or with a rate-limit header that says that nothing is left.",
        "The integration is held until the receiver wants more, and sends from then on at the pace that was learnt. No"
        " message loses an attempt.",
    ),
    Meaning(
        "down",
        "No connection, no such host, no TLS, no whole answer in time, no HTTP; a proxy or a token endpoint that is"
        " not there; any other 5xx; 408.",
        "The message is tried again after 5 s. Three in a row open the circuit breaker.",
    ),
    Meaning(
        "locked_out",
        "401, 403, 407; a client certificate, a proxy's or a token endpoint's credentials refused; a secret that the"
        " vault lacks; an address that the egress guard keeps closed.",
        "As *down*, after one renewal of a token; a person has to act.",
    ),
    Meaning(
        "refused",
        "Any other 4xx. A request that can't be made or sent as it is.",
        "The message is tried once more after a minute, then given up.",
    ),
    Meaning(
        "unclear",
        "2xx, or a status that was expected, and an assertion or a capture finds not what it should, or judging the"
        " answer took more than 250 ms of processor time, or too much memory; a 3xx that is not followed; a redirect"
        " that was followed by a GET, which then failed.",
        "The message is given up and not sent again by itself, since the receiver did what it was asked to.",
    ),
)
"""The table, in the order in which an answer is judged."""
