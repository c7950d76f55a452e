"""A check: the result that a monitoring agent reports, as `POST /api/v1/checks` takes it."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

RESPONSE_BODY_LIMIT = 1_048_576
"""Characters of a response body that are kept: 1 MB (`docs/domain.md#system-variables`, `@alert.responseBody`)."""

RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:")
"""How a time begins."""


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _utc(value: datetime) -> datetime:
    if value.tzinfo is UTC:
        return value
    try:
        return value.astimezone(UTC)
    except OverflowError as error:  # which pydantic would let through
        raise ValueError("expected a time between the years 1 and 9999 in UTC") from error


def _written(value: Any) -> Any:
    """Let through what is written as a time: pydantic would take a number for seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and RFC_3339.match(value)):
        return value
    raise ValueError("expected a time in RFC 3339 with an offset, as in 2026-03-02T12:00:00Z")


def _cut(value: str) -> str:
    return value[:RESPONSE_BODY_LIMIT]


CheckId = Annotated[str, BeforeValidator(_text), Field(pattern=r"^[A-Za-z0-9._:-]{1,128}$", examples=["30833627687"])]
Time = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_utc)]
Token = Annotated[str, BeforeValidator(_text), Field(pattern=r"^[A-Za-z0-9.:%_-]{0,128}$")]
"""Text that can't hold a quote, a backslash, a line break or `<&>`."""


class _Reported(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Checkpoint(_Reported):
    """Where the check was made from."""

    name: str = ""
    server_ipv4: Token = ""
    server_ipv6: Token = ""


class ReportedResponse(_Reported):
    """What the checked address answered."""

    headers: str | dict[str, str] = ""
    body: Annotated[str, AfterValidator(_cut)] = ""
    """Cut at 1 MB."""


class Check(_Reported):
    """One check of one monitor."""

    id: CheckId
    """Identifies the check: a second one of the same id changes nothing."""
    monitor: Annotated[str, Field(min_length=1, max_length=100)]
    """Name or guid of the monitor."""
    time: Time
    """When the check was made, RFC 3339 with an offset."""
    status: Literal["ok", "error"]
    confirmed: bool = True
    """Whether an error was confirmed from a second checkpoint. Unconfirmed errors raise no alert."""
    description: str = ""
    """The error in words."""
    error_type_id: Token = ""
    failure_message: str = ""
    """Custom failure message of the failing step of a Transaction monitor."""
    checkpoint: Checkpoint = Field(default_factory=Checkpoint)
    resolved_ip: Token = ""
    response: ReportedResponse = Field(default_factory=ReportedResponse)
    ssl_valid_until: Time | None = None
    """Certificate expiry, from Certificate monitors."""
