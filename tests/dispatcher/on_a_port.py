"""The dispatcher's application on a real port, served by a thread of this process."""

import asyncio
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import Receive, Scope, Send
from tests.dispatcher.conftest import BOOTSTRAP

from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.routing import Routing
from tocsin_dispatcher.server.app import create_app
from tocsin_dispatcher.service.wiring import create_dispatcher
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.vault import EnvironmentVault, Vault


class ServedDispatcher:
    """A dispatcher at `url` on a database file; a context manager. `requests` counts what came."""

    token = BOOTSTRAP

    def __init__(self, file: Path, routing: Routing | None = None) -> None:
        self.file = file
        self._routing = routing
        self.requests: list[tuple[str, str]] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._server: uvicorn.Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(20)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join(20)
        self._socket.close()

    async def _serve(self) -> None:
        database = Database(f"sqlite:///{self.file}")
        dispatcher = create_dispatcher(
            database,
            vault=Vault([EnvironmentVault({})]),
            policy=EgressPolicy([]),
            routing=self._routing,
            bootstrap_token=self.token,
        )
        async with dispatcher:
            await dispatcher.wait_idle()
            app = create_app(dispatcher)

            async def counted(scope: Scope, receive: Receive, send: Send) -> None:
                if scope["type"] == "http":
                    self.requests.append((scope["method"], scope["path"]))
                await app(scope, receive, send)

            config = uvicorn.Config(counted, log_config=None, access_log=False, lifespan="off")
            self._server = uvicorn.Server(config)
            self._started.set()
            await self._server.serve(sockets=[self._socket])
        await database.close()
