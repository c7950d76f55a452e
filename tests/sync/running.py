"""The real dispatcher in a thread of this process: a real database file, a real port, a clock that stands still."""

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn
from tests.dispatcher.fake_clock import FakeClock

from tocsin_dispatcher.scopes import Scope
from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.server.app import create_app
from tocsin_dispatcher.service.wiring import create_dispatcher
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.tokens import create_token
from tocsin_dispatcher.vault import EnvironmentVault, Vault

TOKEN = "token-of-a-running-dispatcher"
SECONDS = 20


class RunningDispatcher:
    """A dispatcher that serves until the end of the `with`; `url` is where, `api` a client with every scope."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self.clock = FakeClock()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(SECONDS)
        self.api = httpx.Client(
            base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.api.close()
        self._server.should_exit = True
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()

    def point(self, account: Path) -> None:
        """Make the account's target `local` lead here."""
        file = account / "tocsin.yaml"
        file.write_text(file.read_text("utf-8").replace("http://127.0.0.1:9", self.url), "utf-8")

    def token(self, *scopes: Scope) -> str:
        """Make a token with some scopes."""

        async def made() -> str:
            async with self._dispatcher.database.write() as connection:
                return await create_token(connection, "-".join(scopes), scopes, self.clock.now(), None)

        return asyncio.run_coroutine_threadsafe(made(), self._loop).result(SECONDS)

    def entries(self, project: str = "small") -> dict[str, dict[str, Any]]:
        """Return what a project runs, by kind and name."""
        told = self.api.get("/definitions", params={"project": project}).json()["entries"]
        return {f"{each['document']['kind']}/{each['document']['name']}": each["document"] for each in told}

    def change(self, project: str = "small", commit: str | None = None, **documents: Mapping[str, Any] | None) -> int:
        """Push what somebody else would: some documents of a project otherwise than they are; return the revision.

        Documents are named `monitor_home`; None takes one away.
        """
        entries = self.entries(project)
        for name, document in documents.items():
            identity = name.replace("_", "/", 1).replace("_", "-")
            if document is None:
                del entries[identity]
            else:
                kind, _, own = identity.partition("/")
                entries[identity] = {"kind": kind, "name": own, **document}
        return self.push(entries.pop(f"project/{project}"), *entries.values(), commit=commit)

    def push(self, project: Mapping[str, Any], *documents: Mapping[str, Any], commit: str | None = None) -> int:
        """Push a whole project; return the revision."""
        revision = self.api.get("/definitions").json()["revision"]
        source = {"user": "jan", "tool_version": "0.1.0", "commit": commit}
        body = {"project": project, "documents": list(documents), "source": source}
        answer = self.api.put("/definitions", json=body, headers={"If-Match": f'"{revision}"'})
        assert answer.status_code == 200, answer.text
        made: int = answer.json()["revision"]
        return made

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        database = Database(f"sqlite:///{self._file}")
        self._dispatcher = create_dispatcher(
            database,
            vault=Vault([EnvironmentVault({})]),
            policy=EgressPolicy(["127.0.0.0/8"]),
            bootstrap_token=TOKEN,
            clock=self.clock,
        )
        try:
            async with self._dispatcher:
                config = uvicorn.Config(
                    create_app(self._dispatcher), port=0, log_config=None, access_log=False, lifespan="off"
                )
                self._server = _Server(config, self)
                await self._server.serve()
        finally:
            await database.close()

    def listening(self, port: int) -> None:
        """Note where it listens."""
        self.url = f"http://127.0.0.1:{port}"
        self._ready.set()


class _Server(uvicorn.Server):
    """Tells when it listens; leaves signals to the tests."""

    def __init__(self, config: uvicorn.Config, running: RunningDispatcher) -> None:
        super().__init__(config)
        self._running = running

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self._running.listening(self.servers[0].sockets[0].getsockname()[1])
