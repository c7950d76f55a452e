"""The watch over a SQLite database's file: whether it is still the one that is open, and can be written.

Nobody may be promised anything that goes into a file without a name, and whoever asks whether the dispatcher is ready must be told
before the next check is refused.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from tocsin_dispatcher.clock import Clock
from tocsin_dispatcher.store.database.database import Database, MovedError, reason

LOOK_EVERY = timedelta(seconds=2)
TRY_EVERY = timedelta(seconds=30)
"""How often something is written where nothing else is; what failed is tried again each time that one looks."""
STAMP_EVERY = timedelta(minutes=10)
"""How often a file that is written gets a new stamp: a copy that is older is known to be one."""

log = structlog.get_logger(__name__)


@dataclass
class FileWatch:
    """Looks after the file of one database."""

    database: Database
    clock: Clock
    _told: bool = False
    _failure: str | None = None
    """What was said last of a write that failed."""
    _tried_at: datetime | None = None
    _stamped_at: datetime | None = None
    _written: int = -1
    """How many writes were done when the last was tried."""
    _unstamped: str | None = None
    """What was said last of a stamp that could not be given."""
    _stamped: int = -1
    """How many when the file got its stamp."""

    async def look(self) -> datetime | None:
        """Look at the file, try to write where that is due, and return when to look again; None: there is no file any more."""
        now = self.clock.now()
        try:
            self.database.require_file()
            if self._is_due(now):
                self._tried_at = now
                await self.database.try_writing()
                self._written = self.database.writes.done
            await self._stamp(now)
        except MovedError as error:
            if not self._told:
                self._told = True
                log.error("the database is lost, the dispatcher ends", reason=reason(error))
            return None
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            if reason(error) != self._failure:
                self._failure = reason(error)
                log.error("the database can't be written", reason=self._failure)
        else:
            if self._failure is not None and self.database.writes.last_failure is None:
                self._failure = None
                log.info("the database can be written again")
        return now + LOOK_EVERY

    def _is_due(self, now: datetime) -> bool:
        if self.database.writes.last_failure is not None or self._tried_at is None:
            return True
        if self.database.writes.done != self._written:
            self._written, self._tried_at = self.database.writes.done, now
        return now - self._tried_at >= TRY_EVERY or now < self._tried_at

    async def _stamp(self, now: datetime) -> None:
        """Give the file a new stamp where that is due. One that can't be given says nothing of what is written."""
        if self._stamped_at is not None and STAMP_EVERY > now - self._stamped_at >= timedelta(0):
            return
        if self._stamped == self.database.writes.done:
            return
        try:
            await self.database.stamp()
        except MovedError:
            raise
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            if reason(error) != self._unstamped:
                self._unstamped = reason(error)
                log.warning("a copy of the database can't be told from it", reason=self._unstamped)
            return
        self._stamped_at, self._stamped, self._unstamped = now, self.database.writes.done, None
