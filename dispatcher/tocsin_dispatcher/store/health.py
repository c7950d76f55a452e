"""How each integration fares, as the database keeps it."""

from dataclasses import dataclass
from datetime import datetime

from tocsin_schema.api.integrations import IntegrationState

IN_A_ROW = 3
"""Failures in a row after which an integration is called failing."""


@dataclass(frozen=True, slots=True)
class Health:
    """How an integration fares."""

    failures: int = 0
    """Requests in a row that failed."""
    failing_since: datetime | None = None
    """When the first of them failed."""
    last_failure: tuple[str, ...] = ()
    paused_at: datetime | None = None

    @property
    def state(self) -> IntegrationState:
        """The one word for it."""
        if self.paused_at is not None:
            return "paused"
        return "failing" if self.failures >= IN_A_ROW else "ok"
