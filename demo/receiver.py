"""A receiver of messages on this machine: a real HTTP server that remembers what it gets."""

import json
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came over the wire. `path` includes the query, `at` is aware, UTC."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes
    at: datetime

    def header(self, name: str) -> str | None:
        """Return the first header of a name, in any case."""
        return next((value for each, value in self.headers if each.lower() == name.lower()), None)

    def json(self) -> Any:
        """Return the body as JSON; raises ValueError where it is none."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver answers. Content-Length is added."""

    status: int = 200
    headers: Iterable[tuple[str, str]] = (("Content-Type", "application/json"),)
    body: bytes = b"{}"

    @classmethod
    def of(cls, value: Any, status: int = 200) -> Self:
        """Return an answer with a JSON body."""
        return cls(status=status, body=json.dumps(value).encode())


Responder = Callable[[Received], Answer]


@dataclass
class _Script:
    """What to answer, and what came in; shared by the server's threads."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    received: list[Received] = field(default_factory=list)
    queued: list[tuple[str, Answer]] = field(default_factory=list)
    responders: list[tuple[str, Responder]] = field(default_factory=list)

    def answer_to(self, request: Received) -> Answer:
        with self.changed:
            self.received.append(request)
            self.changed.notify_all()
            for place, (prefix, answer) in enumerate(self.queued):
                if request.path.startswith(prefix):
                    del self.queued[place]
                    return answer
            responders = [each for prefix, each in self.responders if request.path.startswith(prefix)]
        # Outside the lock: a responder may take its time, or look at what was received.
        return responders[-1](request) if responders else Answer()


class Receiver:
    """The receiver; a context manager that listens on a port of 127.0.0.1 (0: a free one)."""

    def __init__(self, port: int = 0) -> None:
        self._script = _Script()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.script = self._script
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_address[1]

    @property
    def received(self) -> list[Received]:
        """What came in so far, in order of arrival."""
        with self._script.changed:
            return list(self._script.received)

    @property
    def connections(self) -> int:
        """How many connections it accepted so far."""
        return self._server.accepted

    def answer(
        self,
        path_prefix: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: bytes | str = b"{}",
    ) -> None:
        """Queue one answer for the next request whose path starts so. Without any it is 200 `{}`."""
        stated = tuple((headers if headers is not None else {"Content-Type": "application/json"}).items())
        content = body.encode() if isinstance(body, str) else body
        with self._script.changed:
            self._script.queued.append((path_prefix, Answer(status, stated, content)))

    def respond(self, path_prefix: str, responder: Responder) -> None:
        """Let `responder` answer every request whose path starts so, unless an answer is queued for it.

        Of several that fit, the latest answers.
        """
        with self._script.changed:
            self._script.responders.append((path_prefix, responder))

    def wait_for(self, count: int, timeout: float = 10.0) -> list[Received]:
        """Wait until `count` requests came in all, return them; raises TimeoutError after `timeout` seconds."""
        with self._script.changed:
            if not self._script.changed.wait_for(lambda: len(self._script.received) >= count, timeout):
                came = ", ".join(f"{each.method} {each.path}" for each in self._script.received) or "none"
                raise TimeoutError(f"expected {count} requests within {timeout:g} s, got {came}")
            return list(self._script.received)

    def clear(self) -> None:
        """Forget what came in and every answer that was set."""
        with self._script.changed:
            self._script.received.clear()
            self._script.queued.clear()
            self._script.responders.clear()

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and close every connection."""
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close() waits for them
    request_queue_size = 1024

    script: _Script

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        self.accepted = 0
        self._guard = threading.Lock()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
            self.accepted += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up is no news here."""

    def hang_up(self) -> None:
        """Wake the threads that wait for a next request on a connection kept alive."""
        with self._guard:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:  # the client was faster
                    continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _take(self) -> None:
        request = Received(self.command, self.path, list(self.headers.items()), self._body(), datetime.now(UTC))
        answer = cast(_Server, self.server).script.answer_to(request)
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status >= 200 and answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD" and answer.status not in (204, 304):
            self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _take

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            continue
        return b"".join(chunks)

    def version_string(self) -> str:
        return "receiver"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what came in is in `Receiver.received`."""
