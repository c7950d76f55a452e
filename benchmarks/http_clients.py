"""Processor time that HTTP clients take for a request: POSTs of small JSON over connections that stay open.

    python -m benchmarks.http_clients [--requests 20000] [--at-once 16] [--runs 3]

Each client runs in a process of its own, against a receiver in another, on uvloop where it is asyncio's. Clients that are
not installed are left out: `pip install aiohttp aiosonic curl_cffi httpx httpx2 niquests pycurl pyreqwest requests urllib3`, best
in an environment of its own, with `pip install -e '.[dispatcher]'` beside them. Ours is measured as it is (`wire`), and with all
that a message has done for it (`sender`): egress guard, deadline, limits, masking, both sides made ready to be kept.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from operator import itemgetter

import uvloop
from yarl import URL

from benchmarks import load

BODY = json.dumps({"key": "shop-00001", "state": "error", "summary": "shop-00001: it's down"}).encode()
HEADERS = {"Content-Type": "application/json", "User-Agent": "benchmark", "Accept": "*/*"}
TIMEOUT = 30
WARM_UP = 500
"""Requests before the clock runs."""
SKIPPED = 77
"""Exit code of a client that is not installed."""

Send = Callable[[], Awaitable[int]]
"""Sends one request and returns the status of its answer, which has been read whole."""


@asynccontextmanager
async def ours_wire(url: str) -> AsyncIterator[Send]:
    """Open connections as the sender does, and nothing else."""
    from tocsin_dispatcher.sending.wire import Arrival, Connection  # noqa: PLC0415

    parts, idle = URL(url), list[Connection]()
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.authority}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    request = f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY
    loop = asyncio.get_running_loop()

    async def send() -> int:
        connection = idle.pop() if idle else None
        if connection is None or not connection.reusable:
            _, connection = await loop.create_connection(Connection, parts.host or "", parts.port or 0)
        arrival = Arrival(65536)
        async with asyncio.timeout(TIMEOUT):
            await connection.ask("POST", request, arrival)
        idle.append(connection)
        return arrival.status

    yield send
    for each in idle:
        each.close()


@asynccontextmanager
async def ours_sender(url: str) -> AsyncIterator[Send]:
    """Send as a delivery does."""
    from tocsin_dispatcher.sending.egress import EgressPolicy  # noqa: PLC0415
    from tocsin_dispatcher.sending.sender import Sender  # noqa: PLC0415
    from tocsin_schema.messages.request import RenderedRequest  # noqa: PLC0415
    from tocsin_schema.template.masked_text import MaskedText  # noqa: PLC0415

    headers = tuple((name, MaskedText.of(value)) for name, value in HEADERS.items())
    request = RenderedRequest("POST", MaskedText.of(url), headers, MaskedText.of(BODY.decode()))
    async with Sender(EgressPolicy(["127.0.0.0/8"])) as sender:

        async def send() -> int:
            exchange = await sender.send(request, {})
            return exchange.response.status if exchange.response is not None else 0

        yield send


@asynccontextmanager
async def aiohttp_client(url: str) -> AsyncIterator[Send]:
    """Aiohttp."""
    import aiohttp  # noqa: PLC0415

    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=TIMEOUT)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def send() -> int:
            async with session.post(url, data=BODY, headers=HEADERS) as answer:
                await answer.read()
                return int(answer.status)

        yield send


@asynccontextmanager
async def httpx_client(url: str) -> AsyncIterator[Send]:
    """Httpx."""
    import httpx  # noqa: PLC0415

    async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False) as client:

        async def send() -> int:
            return (await client.post(url, content=BODY, headers=HEADERS)).status_code

        yield send


@asynccontextmanager
async def httpx2_client(url: str) -> AsyncIterator[Send]:
    """Use httpx2."""
    import httpx2  # noqa: PLC0415

    async with httpx2.AsyncClient(timeout=TIMEOUT, trust_env=False) as client:

        async def send() -> int:
            return int((await client.post(url, content=BODY, headers=HEADERS)).status_code)

        yield send


@asynccontextmanager
async def niquests_client(url: str) -> AsyncIterator[Send]:
    """Niquests."""
    import niquests  # noqa: PLC0415

    async with niquests.AsyncSession() as session:
        session.trust_env = False

        async def send() -> int:
            answer = await session.post(url, data=BODY, headers=HEADERS, timeout=TIMEOUT)
            return int(answer.status_code)

        yield send


@asynccontextmanager
async def aiosonic_client(url: str) -> AsyncIterator[Send]:
    """Aiosonic."""
    import aiosonic  # noqa: PLC0415

    async with aiosonic.HTTPClient() as client:

        async def send() -> int:
            answer = await client.post(url, data=BODY, headers=HEADERS)
            await answer.content()
            return int(answer.status_code)

        yield send


@asynccontextmanager
async def pyreqwest_client(url: str) -> AsyncIterator[Send]:
    """Use pyreqwest: hyper, with threads of Rust."""
    from pyreqwest.client import ClientBuilder  # noqa: PLC0415

    async with ClientBuilder().http1_only().build() as client:

        async def send() -> int:
            answer = await client.post(url).headers(HEADERS).body_bytes(BODY).build().send()
            await answer.bytes()
            return int(answer.status)

        yield send


@asynccontextmanager
async def curl_cffi_client(url: str) -> AsyncIterator[Send]:
    """Use curl_cffi: libcurl under asyncio."""
    from curl_cffi.requests import AsyncSession  # noqa: PLC0415

    async with AsyncSession(trust_env=False, max_clients=64) as session:

        async def send() -> int:
            answer = await session.post(url, data=BODY, headers=HEADERS, timeout=TIMEOUT)
            return int(answer.status_code)

        yield send


@asynccontextmanager
async def pycurl_client(url: str) -> AsyncIterator[Send]:
    """Use pycurl: libcurl's multi interface, told by asyncio which sockets are ready."""
    import pycurl  # noqa: PLC0415

    loop, multi = asyncio.get_running_loop(), pycurl.CurlMulti()
    idle, waiting = list[pycurl.Curl](), dict[pycurl.Curl, asyncio.Future[int]]()
    timers = list[asyncio.TimerHandle]()

    def act(socket: int, ready: int) -> None:
        multi.socket_action(socket, ready)
        _, done, failed = multi.info_read()
        for handle in done:
            waiting.pop(handle).set_result(int(handle.getinfo(pycurl.RESPONSE_CODE)))
        for handle, *reason in failed:
            waiting.pop(handle).set_exception(OSError(*reason))

    def watch(what: int, socket: int, _multi: object, _data: object) -> None:
        loop.remove_reader(socket)
        loop.remove_writer(socket)
        if what in (pycurl.POLL_IN, pycurl.POLL_INOUT):
            loop.add_reader(socket, act, socket, pycurl.CSELECT_IN)
        if what in (pycurl.POLL_OUT, pycurl.POLL_INOUT):
            loop.add_writer(socket, act, socket, pycurl.CSELECT_OUT)

    def wake(milliseconds: int) -> None:
        while timers:
            timers.pop().cancel()
        if milliseconds >= 0:
            timers.append(loop.call_later(milliseconds / 1000, act, pycurl.SOCKET_TIMEOUT, 0))

    multi.setopt(pycurl.M_SOCKETFUNCTION, watch)
    multi.setopt(pycurl.M_TIMERFUNCTION, wake)

    async def send() -> int:
        handle = idle.pop() if idle else pycurl.Curl()
        body = bytearray()
        handle.setopt(pycurl.URL, url)
        handle.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in HEADERS.items()])
        handle.setopt(pycurl.POSTFIELDS, BODY)
        handle.setopt(pycurl.TIMEOUT, TIMEOUT)
        handle.setopt(pycurl.WRITEFUNCTION, body.extend)
        waiting[handle] = loop.create_future()
        multi.add_handle(handle)
        status = await waiting[handle]
        multi.remove_handle(handle)
        idle.append(handle)
        return status

    yield send
    wake(-1)
    multi.close()


@asynccontextmanager
async def urllib3_client(url: str) -> AsyncIterator[Send]:
    """Use urllib3, which blocks: one request after the other."""
    import urllib3  # noqa: PLC0415

    pool = urllib3.PoolManager()

    async def send() -> int:
        return int(pool.request("POST", url, body=BODY, headers=HEADERS, timeout=TIMEOUT).status)

    yield send
    pool.clear()


@asynccontextmanager
async def requests_client(url: str) -> AsyncIterator[Send]:
    """Use requests, which blocks: one request after the other."""
    import requests  # noqa: PLC0415

    with requests.Session() as session:
        session.trust_env = False

        async def send() -> int:
            return session.post(url, data=BODY, headers=HEADERS, timeout=TIMEOUT).status_code

        yield send


CLIENTS: dict[str, tuple[str, Callable[[str], AbstractAsyncContextManager[Send]]]] = {
    "ours, wire": ("tocsin", ours_wire),
    "ours, sender": ("tocsin", ours_sender),
    "pycurl": ("pycurl", pycurl_client),
    "aiohttp": ("aiohttp", aiohttp_client),
    "pyreqwest": ("pyreqwest", pyreqwest_client),
    "curl_cffi": ("curl_cffi", curl_cffi_client),
    "aiosonic": ("aiosonic", aiosonic_client),
    "niquests": ("niquests", niquests_client),
    "httpx": ("httpx", httpx_client),
    "httpx2": ("httpx2", httpx2_client),
    "urllib3": ("urllib3", urllib3_client),
    "requests": ("requests", requests_client),
}
"""By name, the distribution that it comes from, and what sends."""


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m benchmarks.http_clients", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=20_000, help="requests in a run (20000)")
    parser.add_argument("--at-once", type=int, default=16, help="requests under way at a time (16)")
    parser.add_argument("--runs", type=int, default=3, help="so often each, in turns (3)")
    parser.add_argument("--client", choices=CLIENTS, help="measure this one in this process")
    parser.add_argument("--url", help="where a receiver listens, with --client")
    options = parser.parse_args(arguments)
    if options.client is not None:
        _measure_here(options.client, options.url, options.requests, options.at_once)
        return
    taken: dict[str, list[float]] = {}
    with load.sink() as sink:
        for _ in range(options.runs):
            for client in CLIENTS:
                seconds = _measured(client, sink, options.requests, options.at_once)
                if seconds is not None:
                    taken.setdefault(client, []).append(seconds)
    wire = statistics.median(taken["ours, wire"])
    print(
        f"{options.requests:,} POSTs, {options.at_once} at once, median of {options.runs} runs: processor time a request"
    )
    for client, median in sorted(
        ((client, statistics.median(each)) for client, each in taken.items()), key=itemgetter(1)
    ):
        print(f"  {client:14} {_version(client):10} {1000 * median:7.3f} ms  {median / wire:5.1f} x")
    missing = [client for client in CLIENTS if client not in taken]
    if missing:
        print(f"  not installed, or not able to: {', '.join(missing)}")


def _measured(client: str, sink: str, requests: int, at_once: int) -> float | None:
    command = [
        *(sys.executable, "-m", "benchmarks.http_clients", "--client", client, "--url", sink + "/tickets"),
        *("--requests", str(requests), "--at-once", str(at_once)),
    ]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode == SKIPPED:
        return None
    if run.returncode != 0:
        raise RuntimeError(f"{client} failed")
    return float(run.stdout)


def _measure_here(client: str, url: str, requests: int, at_once: int) -> None:
    _, opened = CLIENTS[client]

    async def measure() -> float:
        async with opened(url) as send:
            await _all(send, WARM_UP, at_once)
            before = time.process_time()
            await _all(send, requests, at_once)
            return (time.process_time() - before) / requests

    try:
        print(uvloop.run(measure()))
    except ImportError:
        sys.exit(SKIPPED)


async def _all(send: Send, requests: int, at_once: int) -> None:
    left = iter(range(requests))

    async def work() -> None:
        for _ in left:
            status = await send()
            if status != 200:
                raise RuntimeError(f"answered {status}")

    await asyncio.gather(*(work() for _ in range(at_once)))


def _version(client: str) -> str:
    try:
        return version(CLIENTS[client][0]) if not client.startswith("ours") else ""
    except PackageNotFoundError:
        return ""


if __name__ == "__main__":
    main(sys.argv[1:])
