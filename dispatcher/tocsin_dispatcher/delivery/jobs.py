"""Jobs of procrastinate: the wakes of the distributed engine, and the worker that they reach.

A job is `drain(integration)`. It does no more than wake a drain of the process that takes it, so a slow receiver
holds up no other job; what there is to send stands in our own tables. A queueing lock keeps it to one job an
integration that nobody has taken yet.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, ProcrastinateException
from procrastinate.jobs import Status
from psycopg import Error as PsycopgError
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.database import Database, reason
from tocsin_dispatcher.store.database.postgres import connect_arguments, conninfo, driver_connection

QUEUE = "tocsin"
TASK = "drain"
JOBS_AT_ONCE = 10
POLL_SECONDS = 1.0
"""How often jobs are looked for where a notification was lost."""
POOL_WAIT_SECONDS = 5.0
AGAIN_SECONDS = 1.0
STOP_SECONDS = 3.0

log = structlog.get_logger(__name__)

_WAITING = text("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = ANY(:locks)")
_UNDER_WAY = text("SELECT 1 FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND task_name = :task LIMIT 1")


@dataclass(frozen=True, slots=True)
class JobWakes:
    """Wakes a drain of whichever worker takes the job."""

    database: Database

    async def announce(self, connection: AsyncConnection, integrations: Collection[str]) -> frozenset[str]:
        """Write the jobs in this transaction; returns the integrations for which one was there already.

        Whoever takes that one may look before this transaction commits, so they need another wake.
        """
        if not integrations:
            return frozenset()
        locks = {f"{TASK} {integration}": integration for integration in sorted(integrations)}
        there = set(await connection.scalars(_WAITING, {"locks": list(locks)}))
        driver = await driver_connection(connection)
        for lock, integration in locks.items():
            if lock in there:
                continue
            job = _deferring.configure_task(TASK, queue=QUEUE, queueing_lock=lock, connection=driver)
            try:
                async with connection.begin_nested():
                    await job.defer_async(integration=integration)
            except AlreadyEnqueued:
                there.add(lock)
            except ConnectorException as error:
                cause = error.__cause__ if isinstance(error.__cause__, PsycopgError) else error
                raise OperationalError("defer", {}, cause) from error
        return frozenset(locks[lock] for lock in there)

    async def wake(self, integrations: Collection[str]) -> None:
        """Write jobs for those that have none now."""
        if not integrations:
            return
        try:
            async with self.database.write() as connection:
                await self.announce(connection, integrations)
        except SQLAlchemyError as error:
            log.warning("a wake was lost, the sweeper will find it", reason=reason(error))

    async def quiet(self) -> bool:
        """Tell whether no job is on its way."""
        async with self.database.read() as connection:
            return await connection.scalar(_UNDER_WAY, {"task": TASK}) is None


_deferring = App(connector=PsycopgConnector())
"""Writes jobs on connections of ours; it is never opened."""


class JobWorker:
    """Takes jobs for as long as it runs, and begins anew when the database has been away."""

    def __init__(self, database: Database, drain: Callable[[Collection[str]], None]) -> None:
        """Take what a job wakes."""
        self._database = database
        self._drain = drain
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._keep_working(), name="jobs")

    async def stop(self) -> None:
        """Take no more jobs."""
        if self._task is None:
            return
        self._stopping = True
        self._task.cancel()
        await asyncio.wait([self._task], timeout=STOP_SECONDS)

    async def _keep_working(self) -> None:
        while not self._stopping:
            try:
                async with self._database.read() as connection:  # opening a pool would wait ever longer between tries
                    await connection.execute(select(1))
                await self._work()
                log.warning("the queue's worker ended, will begin anew")
            except (SQLAlchemyError, ProcrastinateException, PsycopgError) as error:
                log.error("the queue failed, will be tried again", reason=reason(error))
            except Exception:
                log.exception("the queue's worker failed, will begin anew")
            await asyncio.sleep(AGAIN_SECONDS)

    async def _work(self) -> None:
        app = queue_app(self._database, self._drain)
        try:
            await app.open_async()
            await app.run_worker_async(
                queues=[QUEUE],
                concurrency=JOBS_AT_ONCE,
                fetch_job_polling_interval=POLL_SECONDS,
                install_signal_handlers=False,
                delete_jobs="always",
                shutdown_graceful_timeout=1,
            )
        finally:
            # Also where it was not open yet: a pool that is connecting outlives being cancelled, and so would the process.
            await app.close_async()


def queue_app(database: Database, drain: Callable[[Collection[str]], None]) -> App:
    """Return the application of a worker: its jobs wake `drain`."""
    connector = PsycopgConnector(
        conninfo=conninfo(database.url),
        kwargs=connect_arguments(database.url),
        min_size=1,
        max_size=3,
        timeout=POOL_WAIT_SECONDS,
    )
    app = App(connector=connector)

    async def drain_one(integration: str) -> None:
        drain({integration})

    async def tidy(timestamp: int) -> None:
        await drop_stalled(app)

    app.task(name=TASK, queue=QUEUE)(drain_one)
    app.periodic(cron="* * * * *")(app.task(name="drop_stalled", queue=QUEUE, queueing_lock="drop_stalled")(tidy))
    return app


async def drop_stalled(app: App) -> None:
    """Drop the jobs of workers that are gone: what they were to wake is found by the sweeper."""
    for job in await app.job_manager.get_stalled_jobs(queue=QUEUE):
        with contextlib.suppress(ProcrastinateException):
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
