"""The watch's own web address: `/metrics` and `/healthz`, served by a thread."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tocsin.errors import TocsinError, UsageError
from tocsin.watch.health import Health
from tocsin.watch.metrics import Metrics

ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\[\]:]+)):(?P<port>[0-9]{1,5})")
READ_SECONDS = 10
"""How long a client may take to ask."""


@contextmanager
def serving(listen: str, metrics: Metrics, health: Health) -> Iterator[str]:
    """Serve until the end of the `with`, and yield the address; raises UsageError where it is none or can't be had."""
    host, port = _address(listen)
    server = _Server(host, port, metrics, health)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        shown = f"[{host}]" if ":" in host else host
        yield f"{shown}:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, metrics: Metrics, health: Health) -> None:
        self.metrics, self.health = metrics, health
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "there is no such port"
            raise TocsinError(
                f"can't listen at {host}:{port}: {reason}",
                hint="another address: --listen 127.0.0.1:8739; without any: --listen off",
            ) from error

    def answer(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Return status, content type and body for a path."""
        if path == "/metrics":
            return HTTPStatus.OK, "text/plain; version=0.0.4; charset=utf-8", self.metrics.text()
        if path == "/healthz":
            status = HTTPStatus.OK if self.health.alive else HTTPStatus.SERVICE_UNAVAILABLE
            return status, "application/json", self.health.text()
        return HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"there are /metrics and /healthz\n"


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "tocsin"
    sys_version = ""
    timeout = READ_SECONDS

    def do_GET(self) -> None:
        status, kind, body = self.server.answer(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: the log is for runs."""


def _address(text: str) -> tuple[str, int]:
    match = ADDRESS.fullmatch(text)
    if match is None:
        raise UsageError(
            f"--listen `{text}`: expected ADDRESS:PORT", hint="such as 127.0.0.1:8738, or [::1]:8738, or off"
        )
    return match["v6"] or match["host"], int(match["port"])
