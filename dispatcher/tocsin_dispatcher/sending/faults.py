"""Why a request got no whole answer, in words for the people who read the attempt."""

import re
import socket
import ssl
from dataclasses import dataclass, replace
from typing import Literal

from tocsin_dispatcher.sending.connections.pool import UnreachableError
from tocsin_dispatcher.sending.connections.tunnel import ProxyAuthError, ProxyError
from tocsin_dispatcher.sending.egress import EgressRefusedError
from tocsin_dispatcher.sending.framing import NotHttpError
from tocsin_dispatcher.sending.route import Proxy
from tocsin_dispatcher.sending.routing import UnknownProxyError, UnknownTlsError
from tocsin_dispatcher.sending.stopwatch import Phase
from tocsin_dispatcher.sending.wire import BrokenAnswerError, ConnectionClosedError
from tocsin_schema.messages.outcomes import FaultKind

REFUSALS = {
    "CERTIFICATE_REQUIRED": "it got none",
    "BAD_CERTIFICATE": "it got a bad one, or none",
    "UNSUPPORTED_CERTIFICATE": "it got one of a kind that it doesn't support",
    "CERTIFICATE_REVOKED": "it got one that is revoked",
    "CERTIFICATE_EXPIRED": "it got one that has expired, or is not valid yet",
    "CERTIFICATE_UNKNOWN": "it got one that it doesn't accept",
    "UNKNOWN_CA": "it got one of an authority that it doesn't trust",
    "ACCESS_DENIED": "it got one that may not do this",
}
"""TLS alerts by which a server speaks of its client's certificate (RFC 8446, section 6.2), as OpenSSL names them.

With TLS 1.3 they come after the handshake, in place of an answer.
"""
ALERT = re.compile(rf"ALERT_({'|'.join(REFUSALS)})\b")


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with a request."""

    kind: FaultKind
    text: str


def deadline_fault(
    where: str, seconds: float, phase: Phase | Literal["body"] | None = None, proxy: Proxy | None = None
) -> Fault:
    """Return the fault of an exchange that took too long in a phase, None: before the first; a `proxy` stands between."""
    within = f"within {seconds:g} s"
    match phase:
        case "lookup" if proxy is not None:
            return Fault("proxy", f"can't find the host of {proxy} {within}: no name server has answered")
        case "lookup":
            return Fault("connect", f"can't find the host of {where} {within}: no name server has answered")
        case "connect":
            return Fault("connect", f"can't connect to {where} {within}")
        case "tls":
            return Fault("tls", f"can't speak TLS with {where} {within}: the handshake doesn't end")
        case "body":
            return Fault("timeout", f"{where} gave no whole answer {within}")
    return Fault("timeout", f"{where} gave no answer {within}")


def fault_of(error: Exception, where: str) -> Fault:
    """Return the fault that an error of the HTTP client means; `where` is the host and port that was asked."""
    match error:
        case EgressRefusedError():
            return Fault("egress", str(error))
        case ProxyError() | UnknownProxyError():
            return Fault("proxy", str(error))
        case ProxyAuthError():
            return Fault("proxy_auth", str(error))
        case UnknownTlsError():
            return Fault("tls", str(error))
        case ssl.SSLCertVerificationError():
            reason = error.verify_message or _first_line(str(error))
            return Fault("tls", f"the TLS certificate of {where} isn't trusted: {reason}")
        case ssl.SSLError() if (alert := _refusal(error)) is not None:
            return Fault("certificate", f"{where} wants a client certificate: {alert}")
        case ssl.SSLError():
            return Fault("tls", f"can't speak TLS with {where}: {_os_reason(error)}")
        case socket.gaierror():
            return Fault("connect", f"can't find the host of {where}: {_os_reason(error)}")
        case UnreachableError():
            return Fault("connect", f"can't connect to {where}: {_os_reason(error.__cause__ or error)}")
        case ConnectionClosedError():
            return Fault("protocol", f"{where} closed the connection without an answer")
        case BrokenAnswerError():
            return Fault("protocol", f"{where} broke off its answer")
        case NotHttpError():
            return Fault("protocol", f"{where} answered something that is not HTTP: {_first_line(str(error))}")
        case ValueError():
            return Fault("request", f"the request can't be sent: {_first_line(str(error))}")
        case OSError():
            return Fault("protocol", f"the connection to {where} broke: {_os_reason(error)}")
    return Fault("protocol", f"the exchange with {where} failed: {_first_line(str(error)) or type(error).__name__}")


def remarked(fault: Fault, remark: str | None) -> Fault:
    """Return the fault of a connection that didn't come about, with what may be the reason."""
    if remark is None or fault.kind not in ("connect", "timeout"):
        return fault
    return replace(fault, text=f"{fault.text}; {remark}")


def _refusal(error: ssl.SSLError) -> str | None:
    """Return what a server said of our certificate, None where it said nothing of it."""
    found = ALERT.search(str(error).upper().replace(" ", "_"))
    return REFUSALS[found[1]] if found is not None else None


def _os_reason(error: BaseException) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return _first_line(reason or str(error)) or type(error).__name__


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")[:300]
