"""Why a connection failed, in words for people."""

import re

import httpx

NUMBER = re.compile(r"^\[[^\]]*\] ")
"""What Python puts in front: `[Errno 111] `, `[SSL: CERTIFICATE_VERIFY_FAILED] `."""

SOURCE = re.compile(r" \(_ssl\.c:\d+\)$")


def reason_of(error: Exception) -> str:
    """Return the reason in one line, without error numbers and places in Python's own source."""
    if isinstance(error, httpx.RemoteProtocolError):
        return "it closed the connection, or does not speak HTTP"
    if "WRONG_VERSION_NUMBER" in str(error):
        return "it does not speak TLS there: is it http:// rather than https://?"
    text = next(iter(str(error).splitlines()), "")
    return SOURCE.sub("", NUMBER.sub("", text)) or type(error).__name__
