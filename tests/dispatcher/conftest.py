"""A dispatcher in this process: a real database, a real receiver, a clock that tests move.

Whatever uses `dispatchers`, or `running_dispatcher`, runs on both databases: one behaviour. A module whose tests are about neither
says `DATABASES = ("sqlite",)`.
"""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import structlog
from demo.receiver import Receiver
from sqlalchemy import Executable, text
from tests.dispatcher.account import VAULT, Document, project
from tests.dispatcher.fake_clock import FakeClock

from tocsin_dispatcher.delivery.tracing import Traces
from tocsin_dispatcher.sending.connections.tls_files import TlsContexts
from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.routing import Routing
from tocsin_dispatcher.server.app import create_app
from tocsin_dispatcher.service.heartbeat import Beating
from tocsin_dispatcher.service.lifecycle import Dispatcher
from tocsin_dispatcher.service.rate_limits import RateLimits
from tocsin_dispatcher.service.wiring import create_dispatcher
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.vault import EnvironmentVault, Vault

if TYPE_CHECKING:
    from tests.postgres import Server

BOOTSTRAP = "bootstrap-of-the-tests"


@dataclass
class RunningDispatcher:
    """A running dispatcher and a client that speaks to it."""

    dispatcher: Dispatcher
    client: httpx.AsyncClient
    clock: FakeClock
    numbers: Iterator[int]

    async def push(self, *documents: Document, revision: int = 0, **more: Any) -> httpx.Response:
        """Push definitions against a revision."""
        body = {"project": more.pop("project", None) or project(), "documents": list(documents), **more}
        answer = await self.client.put("/api/v1/definitions", json=body, headers={"If-Match": f'"{revision}"'})
        await self.dispatcher.wait_idle()
        return answer

    async def check(self, status: str = "error", monitor: str = "shop-home", **more: Any) -> httpx.Response:
        """Report a check of this moment and wait until all that follows at once has happened."""
        check = {
            "id": f"{monitor}-{next(self.numbers)}",
            "monitor": monitor,
            "time": self.clock.now().isoformat(),
            "status": status,
            "description": "it's down" if status == "error" else "",
            **more,
        }
        answer = await self.client.post("/api/v1/checks", json=check)
        await self.dispatcher.wait_idle()
        return answer

    async def pass_time(self, **duration: float) -> None:
        """Let time pass, and all that falls due happen."""
        self.clock.advance(**duration)
        await self.dispatcher.wait_idle()

    async def get(self, path: str, **query: Any) -> Any:
        """Return what the API answers."""
        answer = await self.client.get(f"/api/v1{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def states(self) -> list[tuple[str, str, str]]:
        """Return integration, type and state of every delivery, oldest first."""
        found = (await self.get("/deliveries", limit=1000))["deliveries"]
        return [(each["integration"], each["type"], each["state"]) for each in reversed(found)]


class DispatcherFactory:
    """Opens dispatchers on one database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock = FakeClock()
        self.vault = dict(VAULT)
        self.numbers = count(1)

    async def run(self, statement: str | Executable) -> None:
        """Run a statement behind the dispatcher's back."""
        database = Database(self.url)
        async with database.write() as connection:
            await connection.execute(text(statement) if isinstance(statement, str) else statement)
        await database.close()

    @asynccontextmanager
    async def open(
        self,
        *,
        work: bool = True,
        heartbeat: Beating | None = None,
        traces: Traces | None = None,
        routing: Routing | None = None,
        tls: TlsContexts | None = None,
        rate_limits: RateLimits | None = None,
    ) -> AsyncIterator[RunningDispatcher]:
        """Start a dispatcher; it stops at the end."""
        database = Database(self.url)
        dispatcher = create_dispatcher(
            database,
            vault=Vault([EnvironmentVault(self.vault)]),
            policy=EgressPolicy(["127.0.0.0/8"]),
            routing=routing,
            tls=tls,
            work=work,
            bootstrap_token=BOOTSTRAP,
            clock=self.clock,
            heartbeat=heartbeat,
            traces=traces,
            rate_limits=rate_limits,
        )
        transport = httpx.ASGITransport(create_app(dispatcher))
        headers = {"Authorization": f"Bearer {BOOTSTRAP}"}
        try:
            async with (
                dispatcher,
                httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as client,
            ):
                await dispatcher.wait_idle()
                yield RunningDispatcher(dispatcher, client, self.clock, self.numbers)
        finally:
            await database.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run on each database, unless the test itself says on which."""
    stated = any("database_url" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "database_url" in metafunc.fixturenames and not stated:
        databases = getattr(metafunc.module, "DATABASES", ("sqlite", "postgresql"))
        metafunc.parametrize("database_url", databases, indirect=True)


@pytest.fixture(scope="session", autouse=True)
def plain_tracebacks() -> None:
    """Log errors in plain text: structlog's default draws them with rich, a second each."""
    *before, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*before, plain])


@pytest.fixture
def sqlite_url(empty_file: Path, tmp_path: Path, no_fsync: None) -> str:
    """Return the URL of a file with empty tables."""
    return f"sqlite:///{shutil.copy(empty_file, tmp_path)}"


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the URL of a database with empty tables: a file, or one on a real PostgreSQL server."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server: Server = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture
def dispatchers(database_url: str) -> DispatcherFactory:
    """Return a place to open dispatchers in."""
    return DispatcherFactory(database_url)


@pytest.fixture
async def running_dispatcher(dispatchers: DispatcherFactory) -> AsyncIterator[RunningDispatcher]:
    """Yield a running dispatcher."""
    async with dispatchers.open() as opened:
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Yield a real receiver."""
    with Receiver() as started:
        yield started
