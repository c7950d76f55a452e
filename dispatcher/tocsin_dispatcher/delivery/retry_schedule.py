"""When a delivery is tried again. Pure: the moment and the randomness are passed in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random

LONGEST_RETRY_AFTER = timedelta(hours=24)
"""A receiver that asks for more gets this: it may be wrong, or hostile."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The waits between attempts. One attempt more than there are waits is made."""

    waits: tuple[timedelta, ...]
    jitter: float
    """Each wait is made longer or shorter by up to this share of it, so that retries don't come in waves."""

    @property
    def attempts(self) -> int:
        """How many attempts there are in all."""
        return len(self.waits) + 1

    def next_attempt(
        self, attempt: int, now: datetime, retry_after: timedelta | None, random: Random
    ) -> datetime | None:
        """Return when to try again after attempt number `attempt` (from 1) failed at `now`; None: give up.

        What the receiver asked for (`retry_after`, at most 24 h) counts where it is longer than the wait.
        """
        if not 1 <= attempt <= len(self.waits):
            return None
        wait = self.waits[attempt - 1] * random.uniform(1 - self.jitter, 1 + self.jitter)
        asked = min(retry_after, LONGEST_RETRY_AFTER) if retry_after is not None else timedelta(0)
        return now + max(wait, asked)


DEFAULT_SCHEDULE = Schedule(
    waits=(
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
        timedelta(hours=10),
    ),
    jitter=0.2,
)
"""8 attempts over about 27 hours."""


def next_attempt(attempt: int, now: datetime, retry_after: timedelta | None, random: Random) -> datetime | None:
    """Return when to try again by the default schedule; see `Schedule.next_attempt`."""
    return DEFAULT_SCHEDULE.next_attempt(attempt, now, retry_after, random)


def retry_after(headers: Iterable[tuple[str, str]], now: datetime) -> timedelta | None:
    """Return how long a response's Retry-After asks to wait, 24 h at most; None without one that can be read.

    It holds seconds or an HTTP date (RFC 9110, section 10.2.3); a date gone by means no wait.
    """
    value = next((value.strip() for name, value in headers if name.lower() == "retry-after"), "")
    if re.fullmatch(r"[0-9]{1,12}", value):
        return min(timedelta(seconds=int(value)), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
        wait = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_RETRY_AFTER)
