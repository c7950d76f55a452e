"""A thousand clients that send the head of a request and never end it, at a process that may open 1,024 files."""

import os
import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from demo.dispatcher import RunningDispatcher

CLIENTS = 1000
MIB = 1024 * 1024
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


@contextmanager
def files_for(connections: int) -> Iterator[None]:
    """Let this process open so many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, connections), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def memory(process: int) -> int:
    """Return the bytes that a process holds in memory."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_health_is_answered_and_memory_stays_where_it_is(tmp_path: Path) -> None:
    script = tmp_path / "limited.py"
    script.write_text(
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))\n"
        "from tocsin_dispatcher.main import main\n"
        "main()\n"
    )
    options = ["--max-connections-per-address", "1000"]  # all of this machine
    with pytest.MonkeyPatch.context() as patch, files_for(2 * CLIENTS), ExitStack() as opened:
        patch.setenv("PYTHONPATH", str(tmp_path))
        running = RunningDispatcher(tmp_path / "tocsin.db", options=options, module="limited")
        dispatcher = opened.enter_context(running)
        client = opened.enter_context(httpx.Client(trust_env=False, timeout=10))
        client.get(f"{dispatcher.url}/healthz").raise_for_status()
        before = memory(dispatcher.pid)
        address = ("127.0.0.1", int(dispatcher.url.rpartition(":")[2]))
        clients = [opened.enter_context(socket.create_connection(address)) for _ in range(CLIENTS)]
        for each in clients:
            each.sendall(b"GET /api/v1/incidents HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 16_000)
        client.close()
        answers = [httpx.get(f"{dispatcher.url}/healthz", trust_env=False).status_code for _ in range(3)]
        refused = httpx.get(f"{dispatcher.url}/readyz", trust_env=False)
        assert (answers, refused.status_code, refused.headers["Retry-After"]) == ([200] * 3, 503, "1")
        ended = 0
        for each in clients:
            each.settimeout(15)
            while part := each.recv(65536):
                ended += part.startswith((b"HTTP/1.1 503", b"HTTP/1.1 408"))
            each.close()
        assert memory(dispatcher.pid) - before < 50 * MIB
        assert ended == CLIENTS
        after = (httpx.get(f"{dispatcher.url}/readyz", trust_env=False).status_code for _ in range(100))
        assert 200 in after
