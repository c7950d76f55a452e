"""Whatever a proxy answers to a CONNECT, in whatever pieces: a tunnel opens, or an error names the proxy."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_dispatcher.sending.connections.tunnel import ProxyAuthError, ProxyError, Tunnel, refused_credentials
from tocsin_dispatcher.sending.route import Credentials, Place, Proxy

PROXY = Proxy("the proxy `corp`", Place(False, "proxy.example.com", 3128))
THERE = Place(True, "chat.example.com", 443)


class Wire:
    """What stands in for a transport: it takes what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False


def asked(parts: Sequence[bytes], credentials: Credentials | None = None, place: Place = THERE) -> str:
    """Return what comes of a tunnel whose proxy sends these parts and hangs up."""

    async def open_one() -> str:
        tunnel = Tunnel(PROXY)
        tunnel.connection_made(cast(asyncio.BaseTransport, Wire()))
        opening = asyncio.ensure_future(tunnel.open(place, credentials))
        await asyncio.sleep(0)
        for part in parts:
            tunnel.data_received(part)
        if not opening.done():
            tunnel.connection_lost(None)
        try:
            await opening
        except (ProxyError, ProxyAuthError) as error:
            return f"{type(error).__name__}: {error}"
        return "open"

    return asyncio.run(open_one())


def written(place: Place, credentials: Credentials | None) -> bytes:
    wire = Wire()

    async def open_one() -> None:
        tunnel = Tunnel(PROXY)
        tunnel.connection_made(cast(asyncio.BaseTransport, wire))
        opening = asyncio.ensure_future(tunnel.open(place, credentials))
        await asyncio.sleep(0)
        tunnel.data_received(b"HTTP/1.1 200 OK\r\n\r\n")
        await opening

    asyncio.run(open_one())
    return wire.written


def test_the_request_names_host_and_port_with_brackets_around_ipv6() -> None:
    assert written(THERE, None) == b"CONNECT chat.example.com:443 HTTP/1.1\r\nHost: chat.example.com:443\r\n\r\n"
    assert written(Place(True, "2001:db8::1", 8443), Credentials("jan", "x")) == (
        b"CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\nProxy-Authorization: Basic amFuOng=\r\n\r\n"
    )


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 12\r\nContent-Length: 13",
        b"Content-Length: 12\r\nTransfer-Encoding: chunked",
        b"content-length : x",
        b"Transfer-Encoding: gzip, chunked, x",
    ],
)
def test_what_a_2xx_says_of_its_body_is_passed_over(headers: bytes) -> None:
    """RFC 9110, section 9.3.6: a client ignores Content-Length and Transfer-Encoding in it."""
    assert asked([b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n\r\n"]) == "open"


statuses = st.integers(100, 599)
lines = st.sampled_from(
    [
        b"Content-Length: 12",
        b"Transfer-Encoding: chunked",
        b"Proxy-Authenticate: Basic realm=x",
        b"Proxy-Agent: x/1.0",
        b"Connection: close",
    ]
)
heads = st.tuples(statuses, st.lists(lines, max_size=3)).map(
    lambda parts: b"\r\n".join([b"HTTP/1.1 %d Reason" % parts[0], *parts[1], b"", b""])
)
answers = heads | st.binary(max_size=80) | st.lists(heads, min_size=2, max_size=3).map(b"".join)


@given(answers, st.lists(st.integers(0, 300), max_size=6))
def test_in_whatever_pieces_an_answer_comes_it_means_the_same(answer: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(cut for cut in cuts if cut < len(answer)), len(answer)]
    pieces = [answer[start:end] for start, end in pairwise(places)]
    assert asked(pieces).partition(":")[0] == asked([answer]).partition(":")[0]


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_bytes_open_no_tunnel_unless_they_are_a_2xx(parts: list[bytes]) -> None:
    came = b"".join(parts)
    assert asked(parts).startswith(("ProxyError: ", "ProxyAuthError: ")) or came.startswith(
        (b"HTTP/1.1 2", b"HTTP/1.0 2")
    )


@given(statuses, st.lists(lines, max_size=3))
def test_a_2xx_and_nothing_else_opens_it_whatever_its_head_says_of_a_body(status: int, headers: list[bytes]) -> None:
    came = asked([b"\r\n".join([b"HTTP/1.1 %d Reason" % status, *headers, b"", b""])])
    if 200 <= status < 300:
        assert came == "open"
    elif status in (401, 407):
        assert came.startswith(f"ProxyAuthError: {PROXY} wants a user name and a password ({status})")
    elif status == 101:
        assert came.startswith(f"ProxyError: {PROXY} ")
    elif status >= 200:
        assert came == f"ProxyError: {PROXY} opens no tunnel to {THERE}: it answered {status} Reason"
    else:  # an interim answer, and then none
        assert came == f"ProxyError: {PROXY} hung up when it was asked for a tunnel to {THERE}"


@pytest.mark.parametrize(
    ("challenges", "said"),
    [
        (['Basic realm="a, b"'], "it offers `Basic`"),
        (['basic realm="x", charset="UTF-8"'], "it offers `basic`"),
        (["Negotiate", "NTLM"], "it offers `Negotiate` and `NTLM`, and Tocsin speaks `Basic` to proxies, nothing else"),
        (["Negotiate, NTLM, Basic realm=x"], "it offers `Basic`, `Negotiate` and `NTLM`"),
        (['Digest realm="a b", nonce=abc, qop="auth"'], "it offers `Digest`, and Tocsin speaks `Basic`"),
        (["Negotiate abc=="], "it offers `Negotiate`, and Tocsin speaks `Basic`"),
        ([], "refuses the user name or the password (407)"),
        (["", " , "], "refuses the user name or the password (407)"),
    ],
)
def test_a_407_names_the_schemes_that_are_offered(challenges: list[str], said: str) -> None:
    assert said in str(refused_credentials(PROXY, 407, challenges, given=True))
