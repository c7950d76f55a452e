"""A receiver for load: answers every request with 200 at once and counts. Run as a process: it prints its port."""

import asyncio
import sys
from typing import cast

import httptools
import uvloop

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"


class Counts:
    """What has come."""

    received = 0


class Sink(asyncio.Protocol):
    """One connection. `GET /count` answers with the number of POSTs so far; every other request is one of them."""

    def __init__(self, counts: Counts) -> None:
        """Begin a connection."""
        self._counts = counts
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """Note where a request goes."""
        self._url = url

    def on_message_complete(self) -> None:
        """Answer."""
        if self._url == b"/count":
            text = str(self._counts.received).encode()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
            return
        self._counts.received += 1
        self._transport.write(ANSWER)


async def _serve() -> None:
    counts = Counts()
    server = await asyncio.get_running_loop().create_server(lambda: Sink(counts), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        uvloop.run(_serve())
    except KeyboardInterrupt:
        sys.exit(0)
