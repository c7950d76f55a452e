"""The processes of a soak, and what is done to them: killed and started again, database and receivers held up."""

import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Condition, Lock
from types import TracebackType
from typing import Self

import psycopg
from demo.dispatcher import RunningDispatcher
from tests.soak.book import Book

WORKERS = 2
TABLES = "monitor_state, delivery, timer"


class Stand:
    """A dispatcher on a file, or a server and workers on a PostgreSQL database; a context manager."""

    def __init__(self, database: Path | str) -> None:
        self.database = database
        self.shared = isinstance(database, str)
        self._running: list[RunningDispatcher] = []
        self._ended: list[RunningDispatcher] = []
        self._guard = Lock()
        self.url = ""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._stop)
            self._running.append(self._server(0))
            self.url = self._running[0].url
            if self.shared:
                self._running += [self._worker() for _ in range(WORKERS)]
            stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def log(self) -> list[str]:
        """All that the processes said, those included that were killed."""
        return [line for each in (*self._ended, *self._running) for line in each.log]

    def kill(self, chance: Random) -> None:
        """Kill one of the processes with SIGKILL, and start another in its place."""
        number = chance.randrange(len(self._running))
        old = self._running[number]
        old.kill()
        self._ended.append(old)
        self._running[number] = self._server(int(self.url.rpartition(":")[2])) if number == 0 else self._worker()

    def stall(self, seconds: float) -> None:
        """Keep everybody else from writing for so long."""
        if isinstance(self.database, Path):
            connection = sqlite3.connect(self.database, timeout=60, isolation_level=None)
            connection.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            connection.close()
            return
        with psycopg.connect(self.database) as holder:
            holder.execute(f"LOCK TABLE {TABLES} IN ACCESS EXCLUSIVE MODE")
            time.sleep(seconds)

    def cut_off(self) -> None:
        """Break every connection to a PostgreSQL database; a file has none."""
        if isinstance(self.database, str):
            with psycopg.connect(self.database, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    def _server(self, port: int) -> RunningDispatcher:
        options = ["--no-work"] if self.shared else []
        return RunningDispatcher(self.database, port=port, options=options).__enter__()

    def _worker(self) -> RunningDispatcher:
        return RunningDispatcher(self.database, worker=True).__enter__()

    def _stop(self) -> None:
        with self._guard:
            for each in self._running:
                each.stop()


@dataclass
class Progress:
    """How many checks were accepted so far."""

    accepted: int = 0
    over: bool = False
    _changed: Condition = field(default_factory=Condition)

    def add(self, count: int) -> None:
        """Count more."""
        with self._changed:
            self.accepted += count
            self._changed.notify_all()

    def end(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self.over = True
            self._changed.notify_all()

    def wait_for(self, count: int) -> bool:
        """Wait until so many are accepted; returns whether they are, or all is over."""
        with self._changed:
            self._changed.wait_for(lambda: self.over or self.accepted >= count)
            return self.accepted >= count


@dataclass(frozen=True)
class Trouble:
    """What the receiver at a path is, for so many seconds."""

    path: str
    what: str
    seconds: float


@dataclass(frozen=True)
class Deeds:
    """What is done while checks come in."""

    kills: int
    stalls: Sequence[float]
    """Seconds for which the database is held up, each."""
    troubles: Sequence[Trouble]


def disturb(stand: Stand, book: Book, progress: Progress, checks: int, deeds: Deeds, seed: int) -> Counter[str]:
    """Spread deeds over the run; returns what was done."""
    chance = Random(seed)
    every: list[float | Trouble | None] = [*[None] * deeds.kills, *deeds.stalls, *deeds.troubles]
    chance.shuffle(every)
    done = Counter[str]()
    for number, deed in enumerate(every, start=1):
        if not progress.wait_for(checks * number // (len(every) + 1)):
            break
        if deed is None:
            stand.kill(chance)
            done["kills"] += 1
        elif isinstance(deed, Trouble):
            book.trouble(deed.path, deed.what, deed.seconds)
            done["troubles"] += 1
        else:
            stand.stall(deed)
            stand.cut_off()
            done["stalls"] += 1
    return done
