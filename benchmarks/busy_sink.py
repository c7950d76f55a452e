"""A receiver that takes so many requests a second and answers 429 else. Run as a process: it prints its port.

    python -m benchmarks.busy_sink [--rate 10 --by windows|bucket] [--retry-after 1] [--port 0]

Without a rate it takes all. `GET /count` answers with how many requests it took, `GET /story` with JSON: how many it
took and refused, and when it took the first and the last, in seconds of the clock.
"""

import asyncio
import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from time import time

import uvloop
from tests.dispatcher.delivery.receiver_limits import Bucket, FixedWindows, Limit, Unlimited

from benchmarks.sink import ANSWER, Counts, Sink


class Story(Counts):
    """What has come, and when."""

    def __init__(self, limit: Limit, retry_after: str | None) -> None:
        """Take what limits the receiver, and the wait that it asks for."""
        self.limit = limit
        self.refused = 0
        self.times: list[float] = []
        header = f"Retry-After: {retry_after}\r\n" if retry_after is not None else ""
        self.refusal = f"HTTP/1.1 429 Too Many Requests\r\n{header}Content-Length: 0\r\n\r\n".encode()

    def answer(self) -> bytes:
        """Take a request, or refuse it; returns the answer."""
        at = time()
        if not self.limit.takes(at):
            self.refused += 1
            return self.refusal
        self.received += 1
        self.times.append(at)
        return ANSWER

    def told(self) -> bytes:
        """Return it as JSON."""
        first, last = (self.times[0], self.times[-1]) if self.times else (None, None)
        return json.dumps({"taken": self.received, "refused": self.refused, "first": first, "last": last}).encode()


class BusySink(Sink):
    """One connection."""

    def __init__(self, story: Story) -> None:
        """Begin a connection."""
        super().__init__(story)
        self._story = story

    def on_message_complete(self) -> None:
        """Answer."""
        if self._url == b"/story":
            told = self._story.told()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(told), told))
        elif self._url == b"/count":
            super().on_message_complete()
        else:
            self._transport.write(self._story.answer())


async def _serve(arguments: Sequence[str]) -> None:
    parser = ArgumentParser(prog="python -m benchmarks.busy_sink", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rate", type=float, help="requests a second (all)")
    parser.add_argument("--by", choices=("windows", "bucket"), default="windows", help="how they are counted (windows)")
    parser.add_argument("--retry-after", help="what a refusal says (nothing)")
    parser.add_argument("--port", type=int, default=0, help="where to listen (a free one)")
    options = parser.parse_args(arguments)
    limit: Limit = Unlimited()
    if options.rate is not None:
        limit = FixedWindows(options.rate) if options.by == "windows" else Bucket(options.rate)
    story = Story(limit, options.retry_after)
    server = await asyncio.get_running_loop().create_server(lambda: BusySink(story), "127.0.0.1", options.port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        uvloop.run(_serve(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(0)
