"""A proxy between the command and its target: used as the environment says, and named where something fails."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.sync.conftest import Tocsin

from tocsin.http.proxy import NamedProxy, proxy_for

PLAN = ("plan", "--target", "local")
NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names none."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def free_port() -> int:
    """A port of this machine where nothing listens."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
    return port


@pytest.fixture
def refusing() -> Iterator[str]:
    """A proxy that answers each request with 403, as one does that has no way there."""
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(403, "no way")

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("environment", "url", "expected"),
    [
        ({}, "http://tocsin.example.com", None),
        ({"HTTP_PROXY": "http://p:3128"}, "http://t.example.com/x", ("http://p:3128", "HTTP_PROXY")),
        ({"http_proxy": "http://p:3128"}, "http://t.example.com", ("http://p:3128", "http_proxy")),
        ({"HTTP_PROXY": "p:3128"}, "http://t.example.com", ("http://p:3128", "HTTP_PROXY")),
        ({"HTTP_PROXY": "http://p:3128"}, "https://t.example.com", None),
        ({"HTTPS_PROXY": "http://p:3128"}, "https://t.example.com", ("http://p:3128", "HTTPS_PROXY")),
        ({"ALL_PROXY": "http://p:3128"}, "https://t.example.com", ("http://p:3128", "ALL_PROXY")),
        ({"HTTP_PROXY": "http://p:3128", "NO_PROXY": "example.com"}, "http://t.example.com", None),
        ({"HTTP_PROXY": "http://p:3128", "NO_PROXY": "127.0.0.1"}, "http://127.0.0.1:8737", None),
        ({"HTTP_PROXY": "http://p:3128", "NO_PROXY": "*"}, "http://t.example.com", None),
        ({"HTTP_PROXY": "http://ada:geheim@p:3128"}, "http://t.example.com", ("http://p:3128", "HTTP_PROXY")),
    ],
)
def test_the_proxy_is_the_one_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, expected: tuple[str, str] | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = proxy_for(url)
    assert (None if found is None else (found.url, found.named_by)) == expected
    with httpx.Client() as client:  # which way httpx takes it
        used = client._transport_for_url(httpx.URL(url)) is not client._transport
    assert used is (expected is not None)


def test_it_reads_as_a_part_of_a_message() -> None:
    assert (
        str(NamedProxy("http://p:3128", "HTTP_PROXY", "t")) == "through the proxy `http://p:3128` that HTTP_PROXY names"
    )


def test_a_proxy_that_is_away_is_named_beside_the_target(
    tocsin: Tocsin, account: Path, free_port: int, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "x")
    monkeypatch.setenv("HTTP_PROXY", f"http://ada:geheim@127.0.0.1:{free_port}")
    outcome = tocsin(*PLAN, project=account)
    assert outcome.code == 1
    expected = (
        f"error: can't reach `local` at http://127.0.0.1:9 through the proxy `http://127.0.0.1:{free_port}` "
        "that HTTP_PROXY names: "
    )
    assert expected in outcome.err
    assert "NO_PROXY=127.0.0.1 leaves it out" in outcome.err
    assert "geheim" not in outcome.err


def test_a_proxy_that_answers_itself_is_named(
    tocsin: Tocsin, account: Path, refusing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "x")
    monkeypatch.setenv("HTTP_PROXY", refusing)
    outcome = tocsin(*PLAN, project=account)
    assert outcome.code == 1
    assert (
        f"what answers at http://127.0.0.1:9 through the proxy `{refusing}` that HTTP_PROXY names is no" in outcome.err
    )


def test_without_a_proxy_none_is_named(
    tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "x")
    outcome = tocsin(*PLAN, project=account)
    assert "can't reach `local` at http://127.0.0.1:9: " in outcome.err
    assert "proxy" not in outcome.err.casefold()


@pytest.mark.parametrize("address", ["gopher://p:1", "socks5://127.0.0.1:1", "http://ada:geheim@[::1"])
def test_a_proxy_that_can_t_be_used_is_told(
    tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "x")
    monkeypatch.setenv("HTTP_PROXY", address)
    outcome = tocsin(*PLAN, project=account)
    assert outcome.code == 2
    assert "a proxy that the environment names can't be used: " in outcome.err
    assert "look at `HTTP_PROXY`" in outcome.err
    assert "geheim" not in outcome.err
