"""Serving: the dispatcher behind a socket, from its start to a graceful stop."""

import asyncio
import errno
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import click
import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError

from tocsin_dispatcher.errors import SettingsError
from tocsin_dispatcher.server.app import create_app, create_health_app
from tocsin_dispatcher.server.connections import ConnectionLimits, Connections, TrustedProxies
from tocsin_dispatcher.server.open_files import allow_open_files
from tocsin_dispatcher.server.protocol import limited
from tocsin_dispatcher.service.lifecycle import Dispatcher
from tocsin_dispatcher.service.wiring import dispatcher_of
from tocsin_dispatcher.settings import Settings
from tocsin_dispatcher.store.database.database import Database, MovedError
from tocsin_dispatcher.store.tokens import tokens

BACKLOG = 2048
FIRST_START = (
    "no token exists yet, so nothing but health is served: make one with `tocsin-dispatcher token create`, "
    "or set TOCSIN_BOOTSTRAP_TOKEN"
)
COLLECT_AFTER = (20_000, 20, 20)
"""Objects made until garbage is looked for, and rounds until among the older ones: a message makes hundreds that live
shortly, beside the definitions, which are many and stay."""
GRACE = 3
"""Seconds that a stop waits for requests of the API under way; with the drains' own, less than `docker stop` gives."""

TELL = 1.0
"""Seconds for which a dispatcher that has lost its database still answers, with 503."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; raises OperatorError where it can't start."""
    _run(settings, _serve)


def work(settings: Settings) -> None:
    """Work beside others until SIGTERM or SIGINT; raises OperatorError where it can't start."""
    _run(settings, _work)


def _run(settings: Settings, what: Callable[[Settings, Database, threading.Event], Awaitable[None]]) -> None:
    stopped = threading.Event()
    for stop in (signal.SIGTERM, signal.SIGINT):
        # For before uvicorn listens to signals, and after: it raises them again once it has stopped.
        signal.signal(stop, lambda number, frame: stopped.set())

    allow_open_files(settings.max_connections)
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)

    async def run() -> None:
        database = Database(settings.database, new=settings.create)
        try:
            await what(settings, database, stopped)
        except DBAPIError as error:
            raise database.unusable(error) from None
        except MovedError:
            pass  # told below, once it is known what could be saved
        finally:
            await database.close()
        if database.displaced is not None:
            raise database.lost()

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(run())


async def _serve(settings: Settings, database: Database, stopped: threading.Event) -> None:
    if not settings.work and not database.shared:
        raise SettingsError("--no-work needs PostgreSQL: on SQLite there is no other process that would work")
    dispatcher = dispatcher_of(settings, database, os.environ, work=settings.work)
    with database.alone(), _listening(settings.host, settings.port, "--port") as listener:
        async with dispatcher:
            if settings.bootstrap_token is None and not await _has_tokens(database):
                click.echo(FIRST_START, err=True)
            if not stopped.is_set():
                server = _Server(_config(create_app(dispatcher), settings, dispatcher), _url(listener))
                async with _ended_by(database.gone, server):
                    await server.serve(sockets=[listener])


@asynccontextmanager
async def _ended_by(event: asyncio.Event, server: uvicorn.Server) -> AsyncIterator[None]:
    """Have a server stop once something has happened."""

    async def end() -> None:
        await event.wait()
        await asyncio.sleep(TELL)
        server.should_exit = True

    ending = asyncio.create_task(end())
    try:
        yield
    finally:
        ending.cancel()


async def _work(settings: Settings, database: Database, stopped: threading.Event) -> None:
    if not database.shared:
        raise SettingsError("a worker needs PostgreSQL: on SQLite `tocsin-dispatcher serve` does all the work")
    if settings.health_port is not None:
        with _listening(settings.host, settings.health_port, "--health-port") as listener:
            async with _working(settings, database) as dispatcher:
                if not stopped.is_set():
                    config = _config(create_health_app(dispatcher), settings, dispatcher)
                    await _Server(config, _url(listener)).serve(sockets=[listener])
        return
    ended = asyncio.Event()
    for stop in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(stop, ended.set)
    async with _working(settings, database):
        if not stopped.is_set():
            await ended.wait()


@asynccontextmanager
async def _working(settings: Settings, database: Database) -> AsyncIterator[Dispatcher]:
    async with dispatcher_of(settings, database, os.environ, work=True) as dispatcher:
        click.echo(f"tocsin-dispatcher working as {dispatcher.process_id}", err=True)
        yield dispatcher


def _config(app: FastAPI, settings: Settings, dispatcher: Dispatcher) -> uvicorn.Config:
    limits = ConnectionLimits(
        settings.max_connections,
        settings.max_connections_per_address,
        TrustedProxies.of(os.environ.get("FORWARDED_ALLOW_IPS", "")),
    )
    counted = Connections(limits, dispatcher.metrics.refused.labels("connections").inc)
    return uvicorn.Config(
        app,
        http=cast(type[asyncio.Protocol], limited(counted)),
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )


async def _has_tokens(database: Database) -> bool:
    """Tell whether any token was made yet, in use or not."""
    async with database.read() as connection:
        return bool(await tokens(connection))


class _Server(uvicorn.Server):
    """Says where it listens, once it does."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        click.echo(f"tocsin-dispatcher listening on {self._url}", err=True)
        sys.stderr.flush()


def _listening(host: str, port: int, option: str) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except (OSError, UnicodeError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        hint = f"choose another one with {option}, or 0 for a free one" if taken else f"check --host and {option}"
        why = error.strerror if isinstance(error, OSError) else "that is no host name"
        raise SettingsError(f"can't listen on {host} port {port}: {why}; {hint}") from None
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _loop_factory() -> Any:
    try:
        import uvloop  # noqa: PLC0415  # not on every system
    except ImportError:  # there is none for Windows
        return None
    return uvloop.new_event_loop
