"""How long a receiver asks to be left alone, as the headers of its answer say.

Read are, and nothing else:

- `Retry-After`: seconds or an HTTP date (RFC 9110, section 10.2.3). It goes before all others, as
  draft-ietf-httpapi-ratelimit-headers says.
- `RateLimit-Remaining` with `RateLimit-Reset`, in seconds (that draft up to its version 07; PagerDuty and Zendesk).
- `RateLimit`, whose parameter `r` is what is left and `t` the seconds until there is more (that draft from version 08 on).
- `X-RateLimit-Remaining` with `X-RateLimit-Reset-After`, in seconds (Discord), or with `X-RateLimit-Reset`, a moment
  in seconds since 1970 (GitHub, Discord) or seconds from now where the number is too small for that.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from tocsin_schema.messages.responses import Response

LONGEST_HOLD = timedelta(hours=24)
"""A receiver that asks for more gets this: it may be wrong, or hostile."""
OLDEST_MOMENT = 1_000_000_000
"""Seconds from which on a number is a moment since 1970, and below which it counts from now."""

_NAMES = ("retry-after", "ratelimit", "x-ratelimit")
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
_POLICY = re.compile(r"(?:^|,)[^;,]*((?:;[^;,]*)*)")
_PARAMETER = re.compile(r";\s*([rt])\s*=\s*([0-9]{1,12})\s*(?=;|$)")


def retry_after(response: Response, now: datetime) -> timedelta | None:
    """Return how long `Retry-After` asks to wait, 24 h at most; None without one that can be read.

    A date gone by means no wait; one without a zone is taken for UTC, the only zone that HTTP dates have. Of several
    numbers, as where a proxy has added its own, the longest counts.
    """
    value = (response.header("retry-after") or "").strip()
    if re.fullmatch(r"[0-9]{1,12}(\s*,\s*[0-9]{1,12})*", value):
        return min(timedelta(seconds=max(map(int, value.split(",")))), LONGEST_HOLD)
    try:
        moment = parsedate_to_datetime(value)
        wait = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_HOLD)


def spent_until(response: Response, now: datetime) -> timedelta | None:
    """Return how long it is until the receiver takes more, where its headers say that nothing is left; else None.

    24 h at the most. Of several that say so the longest counts; one that doesn't say until when says nothing.
    """
    waits = [wait for wait in _spent(response, now) if wait is not None]
    return min(max(waits), LONGEST_HOLD) if waits else None


def _spent(response: Response, now: datetime) -> Iterator[timedelta | None]:
    """Yield the wait of each header that says that nothing is left."""
    if _is_zero(response.header("ratelimit-remaining")):
        yield _seconds(response.header("ratelimit-reset"))
    for policy in _POLICY.finditer(response.header("ratelimit") or ""):
        parameters = dict(_PARAMETER.findall(policy[1]))
        if _is_zero(parameters.get("r")):
            yield _seconds(parameters.get("t"))
    if _is_zero(response.header("x-ratelimit-remaining")):
        after = _seconds(response.header("x-ratelimit-reset-after"))
        yield after if after is not None else _until(response.header("x-ratelimit-reset"), now)


def says_anything(response: Response) -> bool:
    """Tell whether an answer has any of these headers: most have none, and are asked no further."""
    return any(name[:1] in "rRxX" and name.lower().startswith(_NAMES) for name, _ in response.headers)


def _is_zero(value: str | None) -> bool:
    return value is not None and re.fullmatch(r"0{1,12}", value.strip()) is not None


def _seconds(value: str | None) -> timedelta | None:
    text = (value or "").strip()
    return timedelta(seconds=float(text)) if _SECONDS.fullmatch(text) else None


def _until(value: str | None, now: datetime) -> timedelta | None:
    wait = _seconds(value)
    if wait is None or wait < timedelta(seconds=OLDEST_MOMENT):
        return wait
    return max(wait - (now - datetime(1970, 1, 1, tzinfo=UTC)), timedelta(0))
