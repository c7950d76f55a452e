"""A TCP proxy between the command and a dispatcher that spoils requests and answers as it is told to."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Literal, Self

Fault = Literal[
    "none", "refuse", "drop request", "lose answer", "truncate answer", "duplicate request", "503", "429", "502 after"
]
FAULTS: tuple[Fault, ...] = (
    "refuse",
    "drop request",
    "lose answer",
    "truncate answer",
    "duplicate request",
    "503",
    "429",
    "502 after",
)
BUSY = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nRetry-After: 3\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


class FaultProxy:
    """Passes one request a connection on to `port`. `faults` are used up one a connection; then all goes well.

    `watch` is told of each stage of a request: "asked" (it is here), "passed" (it is there), "answered" (it came back).
    """

    def __init__(self, port: int, faults: Iterable[Fault] = (), watch: Callable[[str], None] | None = None) -> None:
        self._upstream = port
        self.faults = list(faults)
        self._watch = watch or (lambda stage: None)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self.port = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, limit=2**24)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        async with server:
            await self._stop.wait()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._request(self.faults.pop(0) if self.faults else "none", reader, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):  # whoever is at an end was killed or has given up
            pass
        finally:
            writer.close()

    async def _request(self, fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if fault == "refuse":
            return
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        request = head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + await reader.readexactly(
            int(length[1]) if length else 0
        )
        request = re.sub(rb"(?i)\r\nconnection: keep-alive", b"", request, count=1)
        self._watch("asked")
        if fault == "drop request":
            return
        if fault in ("503", "429"):
            writer.write(BUSY % (b"503 Service Unavailable" if fault == "503" else b"429 Too Many Requests"))
            return
        answer = await self._passed(request)
        if fault == "duplicate request":
            answer = await self._passed(request)
        self._watch("answered")
        if fault == "502 after":
            answer = BUSY % b"502 Bad Gateway"
        if fault != "lose answer":
            writer.write(answer[: len(answer) - 5] if fault == "truncate answer" else answer)

    async def _passed(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        try:
            writer.write(request)
            await writer.drain()
            self._watch("passed")
            return await reader.read()
        finally:
            writer.close()
