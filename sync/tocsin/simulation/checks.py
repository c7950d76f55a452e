"""Checks to play: as a file gives them, or as a monitor makes them during an outage."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tocsin.errors import UsageError
from tocsin_schema.messages.made_up import FIRST_ERROR
from tocsin_schema.models import Check, Checkpoint, ReportedResponse
from tocsin_schema.models.check import CheckId, Time, Token
from tocsin_schema.models.duration import Duration, format_duration
from tocsin_schema.models.items import Items

START = FIRST_ERROR
"""The moment of `at: 0s`."""

MOST = 100_000
"""Checks of one monitor that are played at the most."""

DESCRIPTION = "The check fails (made up)"


class GivenCheck(BaseModel):
    """One check of a file: as `POST /api/v1/checks` takes it, or with `at` for `time`, and no `id` or `monitor`."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    at: Duration | None = None
    time: Time | None = None
    status: Literal["ok", "error"]
    confirmed: bool = True
    monitor: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    id: CheckId | None = None
    description: str = DESCRIPTION
    error_type_id: Token = ""
    failure_message: str = ""
    checkpoint: Annotated[Checkpoint, Field(default_factory=Checkpoint)]
    resolved_ip: Token = ""
    response: Annotated[ReportedResponse, Field(default_factory=ReportedResponse)]
    ssl_valid_until: Time | None = None

    @model_validator(mode="after")
    def _one_moment(self) -> Self:
        if (self.at is None) == (self.time is None):
            raise ValueError("expected exactly one of at and time")
        return self

    def check(self, monitor: str, number: int) -> Check:
        """Return the check of a monitor; without an `id` of its own it is named after its number."""
        given = self.model_dump(exclude={"at", "time", "monitor", "id", "description"})
        return Check(
            **given,
            id=self.id or f"check-{number}",
            monitor=monitor,
            time=self.time if self.time is not None else START + (self.at or timedelta(0)),
            description=self.description if self.status == "error" else "",
        )


class GivenChecks(BaseModel):
    """All checks of a file."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    checks: Annotated[tuple[GivenCheck, ...], Items(least=1)]


def outage(monitor: str, lasts: timedelta, interval: timedelta) -> list[Check]:
    """Return the checks of a monitor that fails for so long, and then is fine (`docs/domain.md#checks-and-errors`).

    The first error is unconfirmed and checked again at once; those after it are confirmed. The first check at or
    after the end of the outage is OK. Raises UsageError where that makes too many checks.
    """
    count = -(-lasts // interval)
    if count > MOST:
        raise UsageError(
            f"{format_duration(lasts)} with a check every {format_duration(interval)} are {count:,} checks,"
            f" and at most {MOST:,} are played",
            hint="take a shorter time, or a longer interval with --check-interval",
        )
    first = _check(monitor, 0, START, status="error", confirmed=False)
    errors = (_check(monitor, number + 1, START + number * interval, status="error") for number in range(count))
    return [first, *errors, _check(monitor, count + 1, START + count * interval, status="ok")]


def _check(
    monitor: str, number: int, time: datetime, *, status: Literal["ok", "error"], confirmed: bool = True
) -> Check:
    return Check(
        id=f"check-{number}",
        monitor=monitor,
        time=time,
        status=status,
        confirmed=confirmed,
        description=DESCRIPTION if status == "error" else "",
        checkpoint=Checkpoint(),
        response=ReportedResponse(),
    )
