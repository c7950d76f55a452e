"""Why a connection failed: its kind, and words for people."""

import re
import ssl
from collections.abc import Iterator

import httpx

from tocsin_schema.messages.outcomes import FaultKind

NUMBER = re.compile(r"^\[[^\]]*\] ")
"""What Python puts in front: `[Errno 111] `, `[SSL: CERTIFICATE_VERIFY_FAILED] `."""

SOURCE = re.compile(r" \(_ssl\.c:\d+\)$")

WANTS_CERTIFICATE = re.compile(
    r"alert[ _](certificate[ _](required|revoked|expired|unknown)|(bad|unsupported)[ _]certificate|unknown[ _]ca|access[ _]denied)",
    re.IGNORECASE,
)
"""TLS alerts by which a server speaks of its client's certificate (RFC 8446, section 6.2), as OpenSSL names them."""


def fault_of(error: Exception) -> FaultKind:
    """Return why a request got no answer, in one word, as a dispatcher would tell it."""
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return "request"
    if any(isinstance(each, ssl.SSLError) for each in _causes(error)):
        return "certificate" if WANTS_CERTIFICATE.search(str(error)) else "tls"
    if isinstance(error, httpx.ConnectError):
        return "connect"
    return "protocol" if isinstance(error, httpx.HTTPError) else "request"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and what led to it."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def reason_of(error: Exception) -> str:
    """Return the reason in one line, without error numbers and places in Python's own source."""
    if isinstance(error, httpx.RemoteProtocolError):
        return "it closed the connection, or does not speak HTTP"
    if "WRONG_VERSION_NUMBER" in str(error):
        return "it does not speak TLS there: is it http:// rather than https://?"
    text = next(iter(str(error).splitlines()), "")
    return SOURCE.sub("", NUMBER.sub("", text)) or type(error).__name__
