"""What a body is written in: what its `Content-Type` says, and what it looks like."""

from typing import Literal

from tocsin_schema.messages.message import FORM
from tocsin_schema.models import Request

BodyFormat = Literal["json", "xml", "form", "other"]


def stated_type(request: Request) -> str | None:
    """Return the media type that a request states, lower-case; None where it states none, empty where it is rendered."""
    for name, value in request.headers.items():
        if name.lower() == "content-type":
            return "" if "{{" in value else media(value)
    return None


def media(value: str) -> str:
    """Return the media type in a header's value, without parameters."""
    return value.partition(";")[0].strip().lower()


def claimed(media_type: str) -> BodyFormat | None:
    """Return the format that a media type names (RFC 6838, section 4.2.8 for `+json` and `+xml`); None for none."""
    if not media_type:
        return None
    if media_type in ("application/json", "text/json") or media_type.endswith("+json"):
        return "json"
    if media_type in ("application/xml", "text/xml") or media_type.endswith("+xml"):
        return "xml"
    return "form" if media_type == FORM else "other"


def looks_like(body: str) -> Literal["json", "xml"] | None:
    """Return what a body seems to be that says nothing of itself."""
    text = body.strip()
    if text.startswith(("{", "[")) and not text.startswith("{{"):
        return "json"
    if text.startswith("<") and text[1:2].isalpha() | (text[1:2] in ("?", "!")) and text.endswith(">"):
        return "xml"
    return None


def body_format(media_type: str, body: str) -> BodyFormat | None:
    """Return what a body must be: what its media type says, else what it looks like."""
    return claimed(media_type) or looks_like(body)
