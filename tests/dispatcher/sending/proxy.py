"""A real proxy on this machine: tunnels, requests in absolute form, credentials, and whatever else a test wants."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.dispatcher.sending.raw_server import Behaviour, read_head

from tocsin_dispatcher.sending.route import Credentials, Place, Proxy
from tocsin_schema.messages.masking import basic_token

UNAUTHORIZED = (
    b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="a, b"\r\n'
    b"Content-Length: 4\r\n\r\nwho?"
)


@dataclass
class RunningProxy:
    """What a proxy was asked, and how it answers."""

    tls: bool
    port: int = 0
    credentials: str | None = None
    """`user:password`, where it wants them."""
    hosts: Mapping[str, int] = field(default_factory=dict)
    """The ports on 127.0.0.1 that names stand for: nobody but the proxy knows these names."""
    behave: Behaviour | None = None
    """What it does in place of what proxies do."""
    heads: list[str] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def asked(self) -> list[str]:
        """Return the request lines, without the version."""
        return [head.partition(" HTTP/1.1")[0] for head in self.heads]

    def proxy(self, name: str = "corp", credentials: Credentials | None = None) -> Proxy:
        """Return it as a sender knows it."""

        async def given() -> Credentials | None:
            return credentials

        return Proxy(f"the proxy `{name}`", Place(self.tls, "127.0.0.1", self.port), given)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        self.connections += 1
        try:
            if self.behave is not None:
                await self.behave(reader, writer)
            else:
                while await self._answer(reader, writer):
                    pass
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the client hung up
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await read_head(reader)).decode()
        self.heads.append(head)
        method, target, _ = head.split(" ", 2)
        body = await reader.readexactly(int(_header(head, "content-length") or 0))
        if self.credentials is not None and _header(head, "proxy-authorization") != _basic(self.credentials):
            writer.write(UNAUTHORIZED)
            return True
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            there = await self._open(host.strip("[]"), int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await both_ways((reader, writer), there)
            return False
        url = urlsplit(target)
        above, onward = await self._open(str(url.hostname), url.port or 80)
        onward.write(_in_origin_form(head, method, url.path + (f"?{url.query}" if url.query else "")) + body)
        answer = await above.read()
        onward.close()
        writer.write(answer.replace(b"Connection: close\r\n", b""))
        return True

    async def _open(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.hosts.get(host, port))


@asynccontextmanager
async def running_proxy(
    *,
    credentials: str | None = None,
    hosts: Mapping[str, int] | None = None,
    behave: Behaviour | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[RunningProxy]:
    """Run a proxy on a free port."""
    proxy = RunningProxy(tls is not None, credentials=credentials, hosts=hosts or {}, behave=behave)
    async with _server(proxy.serve, tls) as port:
        proxy.port = port
        yield proxy


@asynccontextmanager
async def _server(serve: Behaviour, tls: ssl.SSLContext | None) -> AsyncIterator[int]:
    tasks: set[asyncio.Task[None]] = set()

    async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        with contextlib.suppress(asyncio.CancelledError):  # asyncio's streams take it for a mishap
            await serve(reader, writer)

    server = await asyncio.start_server(tracked, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def both_ways(*ends: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Pass on what comes from either end to the other, until both are silent."""
    (reader, writer), (above, onward) = ends

    async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            sink.close()

    await asyncio.gather(copy(reader, onward), copy(above, writer))


def _in_origin_form(head: str, method: str, path: str) -> bytes:
    _, *headers = head.split("\r\n")
    kept = [each for each in headers if each and not each.lower().startswith(("proxy-", "connection:"))]
    return "\r\n".join([f"{method} {path or '/'} HTTP/1.1", *kept, "Connection: close", "", ""]).encode()


def _header(head: str, name: str) -> str | None:
    lines = [line.partition(":") for line in head.split("\r\n")[1:]]
    return next((value.strip() for each, _, value in lines if each.lower() == name), None)


def _basic(credentials: str) -> str:
    username, _, password = credentials.partition(":")
    return f"Basic {basic_token(username, password)}"
