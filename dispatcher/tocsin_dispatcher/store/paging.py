"""Parts of a list that is given newest first: of some time, and page by page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Select


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of a list is wanted; None for any."""

    since: datetime | None = None
    until: datetime | None = None
    """Up to this moment, without it."""
    before: int | None = None
    """Numbers below this one: where the page before ended."""

    def of(self, query: Select[Any], number: Column[Any], moment: Column[Any]) -> Select[Any]:
        """Narrow a query down, newest first."""
        if self.since is not None:
            query = query.where(moment >= self.since)
        if self.until is not None:
            query = query.where(moment < self.until)
        if self.before is not None:
            query = query.where(number < self.before)
        return query.order_by(number.desc())


ALL = Span()
