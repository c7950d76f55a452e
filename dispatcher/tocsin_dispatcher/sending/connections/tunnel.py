"""HTTP CONNECT: a proxy opens a connection to a receiver, through which we then speak with the receiver itself.

RFC 9110, section 9.3.6: any 2xx opens it, and that answer has no body, whatever its head says.
"""

import asyncio
import contextlib
import re
from collections.abc import Iterable
from typing import cast

import httptools

from tocsin_dispatcher.errors import DispatcherError
from tocsin_dispatcher.sending.route import Credentials, Place, Proxy
from tocsin_schema.messages.evaluate import MissingSecretError
from tocsin_schema.messages.masking import basic_token
from tocsin_schema.text.suggest import cut, listed

HEAD_LIMIT = 64 * 1024
"""Bytes of the head of a proxy's answer: more than any proxy sends."""
HEAD_END = re.compile(rb"\r?\n\r?\n")
FRAMING = re.compile(rb"^(?:content-length|transfer-encoding)[ \t]*:[^\n]*\n", re.IGNORECASE | re.MULTILINE)
"""What an answer to CONNECT says of its body: to be ignored, where it opens a tunnel, and unread else."""
CHALLENGE = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9_-]*)(?=\s+[^\s=,]|\s*(?:,|$))")
"""The scheme at the head of a challenge; what follows a comma and has a `=` is a parameter of the one before."""
PROXY_AUTHENTICATION_REQUIRED = 407
UNAUTHORIZED = 401
"""What tinyproxy 1.11 says in place of 407 to credentials that are wrong; no receiver answers a CONNECT."""


class ProxyError(DispatcherError):
    """A proxy can't be reached, doesn't open a tunnel, or answers nonsense. The text names it."""


class ProxyAuthError(DispatcherError):
    """A proxy wants other credentials than it got, or those that it shall get aren't there. The text says which."""


class Tunnel(asyncio.Protocol):
    """A connection to a proxy, until it leads to a receiver."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._came = bytearray()
        self._head: asyncio.Future[bytes] | None = None
        self.transport: asyncio.Transport

    async def open(self, place: Place, credentials: Credentials | None) -> None:
        """Have the proxy connect to a place; raises ProxyError and ProxyAuthError."""
        self._head = asyncio.get_running_loop().create_future()
        lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
        if credentials is not None:
            lines.append(f"Proxy-Authorization: {authorization(credentials)}")
        if self.transport.is_closing():
            raise ProxyError(f"{self._proxy} hung up before it was asked for {place}")
        self.transport.write("\r\n".join([*lines, "", ""]).encode("ascii"))
        try:
            answer = _Answer.read(await self._head)
        except httptools.HttpParserError as error:
            raise ProxyError(f"{self._proxy} answered something that is not HTTP: {cut(str(error), 200)}") from None
        except EOFError:
            raise ProxyError(f"{self._proxy} hung up when it was asked for a tunnel to {place}") from None
        except OSError as error:
            why = error.strerror or str(error) or type(error).__name__
            raise ProxyError(f"the connection to {self._proxy} broke as it opened a tunnel to {place}: {why}") from None
        if answer.status in (PROXY_AUTHENTICATION_REQUIRED, UNAUTHORIZED):
            raise refused_credentials(self._proxy, answer.status, answer.challenges, given=credentials is not None)
        if not 200 <= answer.status < 300:
            raise ProxyError(f"{self._proxy} opens no tunnel to {place}: it answered {answer.shown}")
        if self._came:  # before we have said anything: it isn't the receiver's, or not for us
            raise ProxyError(f"{self._proxy} said more than that the tunnel to {place} is open")

    def close(self) -> None:
        """Close at once."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio calls this)."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """Take what came in, up to the end of the answer's head (asyncio calls this)."""
        self._came += data
        if self._head is None or self._head.done():
            return
        while (end := HEAD_END.search(self._came)) is not None:
            head = bytes(self._came[: end.end()])
            del self._came[: end.end()]
            if not _is_interim(head):
                self._head.set_result(head)
                return
        if len(self._came) > HEAD_LIMIT or not b"HTTP/".startswith(self._came[:5]):
            self._head.set_result(bytes(self._came))  # which its reader refuses

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that nothing more comes (asyncio calls this)."""
        if self._head is not None and not self._head.done():
            self._head.set_exception(exc or EOFError())


class _Answer:
    """The head of a proxy's answer."""

    def __init__(self) -> None:
        self.status = 0
        self.challenges: list[str] = []
        self._reason = b""

    @classmethod
    def read(cls, head: bytes) -> "_Answer":
        """Read a head; raises httptools.HttpParserError where it is none."""
        answer = cls()
        parser = httptools.HttpResponseParser(answer)
        with contextlib.suppress(httptools.HttpParserUpgrade):  # a 101 is no tunnel, and says so by its status
            parser.feed_data(FRAMING.sub(b"", head))
        answer.status = parser.get_status_code()
        if not answer.status or not HEAD_END.search(head):
            raise httptools.HttpParserError("its head doesn't end")
        return answer

    @property
    def shown(self) -> str:
        """Status and reason, as an error shows them."""
        return f"{self.status} {cut(self._reason.decode('utf-8', 'replace'))}".rstrip()

    def on_status(self, text: bytes) -> None:
        """Take a part of the status line's words (the parser calls this)."""
        self._reason += text

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header (the parser calls this)."""
        if name.lower() == b"proxy-authenticate":
            self.challenges.append(value.decode("utf-8", "replace"))


async def credentials_for(proxy: Proxy) -> Credentials | None:
    """Return who asks a proxy; raises ProxyAuthError where that can't be had."""
    try:
        return await proxy.credentials()
    except MissingSecretError as error:
        raise ProxyAuthError(f"{proxy} needs a password: {error}") from None


def authorization(credentials: Credentials) -> str:
    """Return the value of `Proxy-Authorization`: Basic, in UTF-8 (RFC 7617)."""
    return f"Basic {basic_token(*credentials)}"


def refused_credentials(proxy: Proxy, status: int, challenges: Iterable[str], *, given: bool) -> ProxyAuthError:
    """Return the error of a 407, with what its `Proxy-Authenticate` headers offer."""
    schemes = sorted({match[1] for each in challenges for match in CHALLENGE.finditer(each)}, key=str.lower)
    offer = f"; it offers {listed(schemes)}" if schemes else ""
    if schemes and "basic" not in {each.lower() for each in schemes}:
        offer += ", and Tocsin speaks `Basic` to proxies, nothing else"
    if given:
        return ProxyAuthError(f"{proxy} refuses the user name or the password ({status}){offer}")
    return ProxyAuthError(f"{proxy} wants a user name and a password ({status}): {proxy.remedy}{offer}")


def _is_interim(head: bytes) -> bool:
    return re.match(rb"HTTP/1\.[01] 1(?!01)\d\d[ \r\n]", head) is not None
