"""How each integration fares, as the database keeps it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tocsin_schema.api.integrations import IntegrationState


@dataclass(frozen=True, slots=True)
class Health:
    """How an integration fares."""

    failures: int = 0
    """Requests in a row that found its receiver down, or were locked out."""
    failing_since: datetime | None = None
    """When the first of them was made."""
    last_failure: tuple[str, ...] = ()
    trouble: Literal["down", "locked_out"] | None = None
    """Which of the two the last of them was."""
    opened_at: datetime | None = None
    """When its circuit breaker opened; None: it is closed."""
    probes: int = 0
    """How many messages were tried since."""
    probe_at: datetime | None = None
    """When the next one is tried; None: when there is one."""
    busy_since: datetime | None = None
    """Since when it is held, as its receiver is busy, with no message delivered; None: it isn't."""

    @property
    def state(self) -> IntegrationState:
        """The one word for it."""
        if self.opened_at is not None:
            return self.trouble or "down"
        return "busy" if self.busy_since is not None else "ok"
