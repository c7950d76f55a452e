"""A receiver that wants a client certificate and gets none, or another, is told from one that speaks no TLS."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import trustme
from tests.dispatcher.sending.requests import request_to

from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.faults import fault_of
from tocsin_dispatcher.sending.sender import Exchange, Sender

LOCAL = EgressPolicy(["127.0.0.0/8"])
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
AUTHORITY, STRANGER = trustme.CA(), trustme.CA()


@contextmanager
def demanding(version: ssl.TLSVersion) -> Iterator[int]:
    """Listen for one connection, let nobody in without a certificate of the authority, and yield the port.

    asyncio's own server closes the connection before the alert is sent (CPython's `ssl` module in a thread doesn't).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    AUTHORITY.configure_trust(context)
    context.verify_mode, context.maximum_version = ssl.CERT_REQUIRED, version

    def serve() -> None:
        raw, _ = listening.accept()
        secured = context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
        try:
            secured.do_handshake()
            secured.recv(65536)
            secured.sendall(OK)
        except ssl.SSLError:
            pass
        with socket.socket(fileno=secured.detach()) as left:  # a reset would overtake the alert
            left.shutdown(socket.SHUT_WR)
            while left.recv(65536):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            thread.join()


async def sent(version: ssl.TLSVersion, certificate: trustme.LeafCert | None) -> tuple[Exchange, str]:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    if certificate is not None:
        certificate.configure_cert(context)
    with demanding(version) as port:
        async with Sender(LOCAL, deadline=10, tls=context) as sender:
            return await sender.send(request_to(f"https://127.0.0.1:{port}/", "{}"), {}), f"127.0.0.1:{port}"


VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_right_certificate_is_let_in(version: ssl.TLSVersion) -> None:
    exchange, _ = await sent(version, AUTHORITY.issue_cert("dispatcher.example.com"))
    assert (exchange.error, exchange.response.body if exchange.response else None) == (None, b"ok")


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_certificate_of_a_strangers_is_refused(version: ssl.TLSVersion) -> None:
    exchange, where = await sent(version, STRANGER.issue_cert("dispatcher.example.com"))
    assert exchange.error_kind == "certificate"
    assert exchange.error == f"{where} wants a client certificate: it got one of an authority that it doesn't trust"


async def test_no_certificate_is_one_too_few() -> None:
    """Only TLS 1.3 says so: before it, the alert is the one of any failed handshake."""
    exchange, where = await sent(ssl.TLSVersion.TLSv1_3, None)
    assert (exchange.error_kind, exchange.error) == (
        "certificate",
        f"{where} wants a client certificate: it got none",
    )


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "certificate"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "certificate"),
        ("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "certificate"),
        ("SSLV3_ALERT_CERTIFICATE_REVOKED", "certificate"),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", "certificate"),
        ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", "certificate"),
        ("TLSV1_ALERT_UNKNOWN_CA", "certificate"),
        ("TLSV1_ALERT_ACCESS_DENIED", "certificate"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "tls"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "tls"),
        ("TLSV1_UNRECOGNIZED_NAME", "tls"),
        ("WRONG_VERSION_NUMBER", "tls"),
        ("CERTIFICATE_VERIFY_FAILED", "tls"),
    ],
)
def test_an_alert_about_the_certificate_is_told_from_others(reason: str, kind: str) -> None:
    error = ssl.SSLError(1, f"[SSL: {reason}] {reason.lower().replace('_', ' ')} (_ssl.c:1006)")
    assert fault_of(error, "x:443").kind == kind
