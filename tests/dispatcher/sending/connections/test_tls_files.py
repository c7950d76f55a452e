"""TLS from files: mutual TLS with a real server, files that change, and files that can't be used."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme
import uvloop
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from structlog.testing import capture_logs
from tests.dispatcher.sending.proxy import running_proxy
from tests.dispatcher.sending.raw_server import read_head
from tests.dispatcher.sending.requests import request_to

from tocsin_dispatcher.sending.connections import tls_files
from tocsin_dispatcher.sending.connections.tls_files import (
    LOOK_SECONDS,
    TlsContext,
    TlsContexts,
    TlsFiles,
    TlsFilesError,
)
from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.routing import Routing
from tocsin_dispatcher.sending.sender import Exchange, Sender

LOCAL = EgressPolicy(["127.0.0.0/8"])
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@dataclass
class Ticks:
    """Seconds that a test moves."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Pki:
    """Authorities of the receiver and of its clients, and files as an operator keeps them."""

    folder: Path
    receivers: trustme.CA = field(default_factory=trustme.CA)
    clients: trustme.CA = field(default_factory=trustme.CA)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a request has come."""

    def __post_init__(self) -> None:
        self.authorities.write_bytes(self.receivers.cert_pem.bytes())

    @property
    def authorities(self) -> Path:
        return self.folder / "ca.pem"

    def files(self, name: str = "client", authority: trustme.CA | None = None) -> tuple[Path, Path]:
        """Write a client certificate of that name, and its key."""
        leaf = (authority or self.clients).issue_cert(f"{name}@example.com")
        certificate, key = self.folder / "client.pem", self.folder / "client.key"
        certificate.write_bytes(b"".join(each.bytes() for each in leaf.cert_chain_pems))
        key.write_bytes(leaf.private_key_pem.bytes())
        return certificate, key

    def demanding(self) -> ssl.SSLContext:
        """Return what a receiver speaks that demands a certificate of its clients' authority."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.receivers.issue_cert("127.0.0.1", "chat.internal").configure_cert(context)
        self.clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    @contextmanager
    def refusing(self, version: ssl.TLSVersion) -> Iterator[int]:
        """Run a receiver that refuses who comes, by OpenSSL on a socket: asyncio's servers hang up without saying why."""
        context = self.demanding()
        context.maximum_version = version
        listener = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            accepted, _ = listener.accept()
            with accepted, context.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False) as spoken:
                with contextlib.suppress(ssl.SSLError):
                    spoken.do_handshake()
                with contextlib.suppress(OSError):
                    while socket.socket.recv(spoken, 65536):
                        pass  # what is unread as it is closed would reset the connection

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with listener:
            yield listener.getsockname()[1]
            thread.join(10)

    @asynccontextmanager
    async def receiver(self) -> AsyncIterator[tuple[int, list[str]]]:
        """Run a receiver that demands a certificate; yields its port, and who came."""
        came: list[str] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await read_head(reader)
                names = writer.get_extra_info("peercert")["subjectAltName"]
                came.append(names[0][1])
                self.arrived.set()
                writer.write(OK)
            except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=self.demanding())
        try:
            yield server.sockets[0].getsockname()[1], came
        finally:
            server.close()


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    return Pki(tmp_path)


def sender_with(files: TlsFiles, ticks: Ticks | None = None, routing: Routing | None = None) -> Sender:
    contexts = TlsContexts(TlsContext(TlsFiles()), {"mutual": TlsContext(files, monotonic=ticks or Ticks())})
    return Sender(LOCAL, routing=routing or Routing(tls=contexts.names), tls=contexts)


async def ask(sender: Sender, port: int, *, proxy: str | None = None, host: str = "127.0.0.1") -> Exchange:
    return await sender.send(request_to(f"https://{host}:{port}/", "{}", proxy=proxy, tls="mutual"), {})


async def test_a_receiver_that_demands_a_certificate_is_shown_it(pki: Pki) -> None:
    certificate, key = pki.files()
    files = TlsFiles("[tls.mutual]", pki.authorities, None, certificate, key)
    async with pki.receiver() as (port, came), sender_with(files) as sender:
        done = await ask(sender, port)
    assert done.error is None
    assert came == ["client@example.com"]


async def test_one_file_may_hold_certificate_and_key(pki: Pki) -> None:
    certificate, key = pki.files()
    both = pki.folder / "both.pem"
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    async with pki.receiver() as (port, came), sender_with(TlsFiles("x", pki.authorities, None, both)) as sender:
        await ask(sender, port)
    assert came == ["client@example.com"]


async def test_it_is_shown_through_a_tunnel_too_and_never_to_the_proxy(pki: Pki) -> None:
    certificate, key = pki.files()
    contexts = TlsContexts(
        TlsContext(TlsFiles()), {"mutual": TlsContext(TlsFiles("x", pki.authorities, None, certificate, key))}
    )
    async with pki.receiver() as (port, came), running_proxy(hosts={"chat.internal": port}) as proxy:
        routing = Routing({"corp": proxy.proxy()}, contexts.names)
        async with Sender(LOCAL, routing=routing, tls=contexts) as sender:
            done = await ask(sender, port, proxy="corp", host="chat.internal")
    assert done.error is None
    assert came == ["client@example.com"]


@pytest.mark.parametrize(
    ("authority", "version", "kind", "said"),
    [
        ("none", ssl.TLSVersion.TLSv1_3, "certificate", "it got none"),
        ("other", ssl.TLSVersion.TLSv1_3, "certificate", "it got one of an authority that it doesn't trust"),
        ("other", ssl.TLSVersion.TLSv1_2, "certificate", "it got one of an authority that it doesn't trust"),
    ],
)
async def test_a_receiver_that_refuses_our_certificate_is_told_as_what_it_is(
    pki: Pki, authority: str, version: ssl.TLSVersion, kind: str, said: str
) -> None:
    certificate, key = pki.files(authority=trustme.CA())
    shown = TlsFiles("x", pki.authorities, None, certificate, key)
    files = shown if authority == "other" else TlsFiles("x", pki.authorities)
    with pki.refusing(version) as port:
        async with sender_with(files) as sender:
            done = await ask(sender, port)
    assert done.error_kind == kind, done.error
    assert done.error == f"127.0.0.1:{port} wants a client certificate: {said}"


async def test_files_that_change_count_for_the_next_connection(pki: Pki) -> None:
    certificate, key = pki.files("first")
    ticks = Ticks()
    async with (
        pki.receiver() as (port, came),
        sender_with(TlsFiles("x", pki.authorities, None, certificate, key), ticks) as sender,
    ):
        await ask(sender, port)
        pki.files("second")
        await ask(sender, port)  # within the second that nobody looks
        ticks.now += LOOK_SECONDS
        await ask(sender, port)
    assert came == ["first@example.com", "first@example.com", "second@example.com"]


async def test_authorities_that_change_count_too(pki: Pki) -> None:
    certificate, key = pki.files()
    pki.authorities.write_bytes(trustme.CA().cert_pem.bytes())
    ticks = Ticks()
    async with (
        pki.receiver() as (port, came),
        sender_with(TlsFiles("x", pki.authorities, None, certificate, key), ticks) as sender,
    ):
        assert (await ask(sender, port)).error_kind == "tls"
        pki.authorities.write_bytes(pki.receivers.cert_pem.bytes())
        ticks.now += LOOK_SECONDS
        assert (await ask(sender, port)).error is None
    assert len(came) == 1


async def test_a_half_written_pair_leaves_the_old_one_and_is_logged_once(pki: Pki) -> None:
    certificate, key = pki.files("first")
    old_key, ticks = key.read_bytes(), Ticks()
    async with (
        pki.receiver() as (port, came),
        sender_with(TlsFiles("[tls.mutual]", pki.authorities, None, certificate, key), ticks) as sender,
    ):
        pki.files("second")
        new_key = key.read_bytes()
        key.write_bytes(old_key)  # the certificate is the new one already
        with capture_logs() as logs:
            for _ in range(3):
                ticks.now += LOOK_SECONDS
                await ask(sender, port)
        key.write_bytes(new_key)
        ticks.now += LOOK_SECONDS
        await ask(sender, port)
    assert came == ["first@example.com"] * 3 + ["second@example.com"]
    (said,) = logs
    assert said["event"] == "TLS files have changed and can't be used: those of before still count"
    assert "is not that of the certificate" in said["reason"]


async def test_a_file_system_that_hangs_holds_up_one_connection_for_a_while(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = pki.files()
    ticks, freed, looks = Ticks(), threading.Event(), list[str]()
    context = TlsContext(TlsFiles("x", pki.authorities, None, certificate, key), monotonic=ticks)

    def hanging(_: TlsFiles) -> None:
        looks.append(threading.current_thread().name)
        freed.wait(30)

    monkeypatch.setattr(tls_files, "HANGS_SECONDS", 0.05)
    monkeypatch.setattr(tls_files, "_signature", hanging)
    before = context._context
    for _ in range(3):
        ticks.now += LOOK_SECONDS
        assert await context.current() is before
    assert looks == ["TLS files of x"]
    freed.set()


async def test_a_file_that_is_gone_leaves_what_was_read(pki: Pki) -> None:
    certificate, key = pki.files()
    ticks = Ticks()
    async with (
        pki.receiver() as (port, came),
        sender_with(TlsFiles("x", pki.authorities, None, certificate, key), ticks) as sender,
    ):
        key.unlink()
        ticks.now += LOOK_SECONDS
        assert (await ask(sender, port)).error is None
    assert len(came) == 1


async def test_files_of_a_folder_whose_link_is_switched_count_as_kubernetes_does_it(pki: Pki) -> None:
    for name in ("first", "second"):
        (pki.folder / name).mkdir()
        for path in pki.files(name):
            path.rename(pki.folder / name / path.name)
    link = pki.folder / "data"
    link.symlink_to("first")
    ticks = Ticks()
    files = TlsFiles("x", pki.authorities, None, link / "client.pem", link / "client.key")
    async with pki.receiver() as (port, came), sender_with(files, ticks) as sender:
        await ask(sender, port)
        switched = pki.folder / "switched"
        switched.symlink_to("second")
        switched.replace(link)
        ticks.now += LOOK_SECONDS
        await ask(sender, port)
    assert came == ["first@example.com", "second@example.com"]


# What is trusted


def subjects(context: ssl.SSLContext) -> set[str]:
    return {str(each["subject"]) for each in context.get_ca_certs()}


def test_more_authorities_add_to_the_systems(pki: Pki) -> None:
    usual = subjects(TlsFiles().context())
    assert subjects(TlsFiles(more_authorities=pki.authorities).context()) == usual | {ours(pki)}


def test_authorities_of_a_table_stand_in_place_of_the_systems_and_of_those_that_add(pki: Pki, tmp_path: Path) -> None:
    more = tmp_path / "more.pem"
    more.write_bytes(trustme.CA().cert_pem.bytes())
    assert subjects(TlsFiles("x", pki.authorities, more).context()) == {ours(pki)}


def ours(pki: Pki) -> str:
    (found,) = subjects(TlsFiles("x", pki.authorities).context())
    return found


@pytest.mark.parametrize("files", [{}, {"certificate": True}, {"authorities": True}])
def test_the_receiver_is_always_judged(pki: Pki, files: dict[str, bool]) -> None:
    certificate, key = pki.files()
    context = TlsFiles(
        "x",
        pki.authorities if "authorities" in files else None,
        None,
        certificate if "certificate" in files else None,
        key if "certificate" in files else None,
    ).context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


# Files that can't be used


def passphrase(key: Path) -> None:
    loaded = load_pem_private_key(key.read_bytes(), None)
    form = PrivateFormat.PKCS8
    key.write_bytes(loaded.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"secret")))


def test_files_that_cannot_be_used_are_named_with_what_is_wrong(pki: Pki) -> None:
    certificate, key = pki.files()
    other = pki.folder / "other.key"
    other.write_bytes(trustme.CA().issue_cert("x@example.com").private_key_pem.bytes())
    locked = pki.folder / "locked.key"
    locked.write_bytes(key.read_bytes())
    passphrase(locked)
    nonsense, folder = pki.folder / "nonsense.pem", pki.folder / "folder"
    nonsense.write_text("no PEM\n")
    folder.mkdir()
    gone = pki.folder / "gone.pem"
    cases = [
        (TlsFiles("[tls.x]", gone), f"[tls.x]: {gone} can't be read: No such file or directory"),
        (TlsFiles("ca_file", None, gone), f"ca_file: {gone} can't be read: No such file or directory"),
        (TlsFiles("[tls.x]", folder), f"[tls.x]: {folder} can't be read: Is a directory"),
        (TlsFiles("[tls.x]", nonsense), f"[tls.x]: {nonsense} holds no certificates in PEM"),
        (TlsFiles("[tls.x]", key), f"[tls.x]: {key} holds no certificates in PEM"),
        (TlsFiles("ca_file", None, nonsense), f"ca_file: {nonsense} holds no certificates in PEM"),
        (
            TlsFiles("[tls.x]", None, None, certificate, gone),
            f"[tls.x]: {gone} can't be read: No such file or directory",
        ),
        (
            TlsFiles("[tls.x]", None, None, certificate, other),
            f"[tls.x]: the key in {other} is not that of the certificate in {certificate}",
        ),
        (
            TlsFiles("[tls.x]", None, None, certificate, locked),
            f"[tls.x]: the key in {locked} has a passphrase: give one without",
        ),
        (
            TlsFiles("[tls.x]", None, None, certificate),
            f"[tls.x]: {certificate} must hold a certificate and its key in PEM, or `key_file` name the key",
        ),
        (
            TlsFiles("[tls.x]", None, None, nonsense, key),
            f"[tls.x]: {nonsense} must hold a certificate in PEM, and {key} its key",
        ),
        (
            TlsFiles("[tls.x]", None, None, certificate, nonsense),
            f"[tls.x]: {certificate} must hold a certificate in PEM, and {nonsense} its key",
        ),
    ]
    for files, said in cases:
        with pytest.raises(TlsFilesError) as raised:
            files.context()
        assert str(raised.value) == said


def test_client_certificates_are_shown_and_refused_alike_on_uvloop(pki: Pki) -> None:
    """A served dispatcher runs on uvloop where there is one."""

    async def run() -> None:
        await test_a_receiver_that_demands_a_certificate_is_shown_it(pki)
        refused = "it got none"
        await test_a_receiver_that_refuses_our_certificate_is_told_as_what_it_is(
            pki, "none", ssl.TLSVersion.TLSv1_3, "certificate", refused
        )

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
