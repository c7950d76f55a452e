"""URLs as they go out: percent-encoded, and judged before anything is sent."""

import re
from urllib.parse import quote, urlsplit

from tocsin_schema.template.masked_text import MaskedText, Piece

SAFE = "!#$%&'()*+,/:;=?@[]-._~"
"""Reserved and unreserved characters of RFC 3986 and `%`: everything else is percent-encoded."""

STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
"""A `%` that encodes nothing, as in `100%`: it stands for itself."""

HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f.]*:[0-9a-f:.]*")


def percent_encoded(rendered: MaskedText) -> MaskedText:
    """Return the URL with every character encoded that no URL can hold; white space around it is left out."""
    text = rendered.value
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    stray = [match.start() for match in STRAY_PERCENT.finditer(text)]
    pieces, position = [], 0
    for piece in rendered.pieces:
        begin, stop = max(position, start), min(position + len(piece.text), end)
        position += len(piece.text)
        parts = []
        for cut in (*(at for at in stray if begin <= at < stop), stop):
            parts.append(quote(text[begin:cut].encode("utf-8", "replace"), safe=SAFE))
            begin = cut + 1
        pieces.append(Piece("%25".join(parts), piece.secret))
    return MaskedText(tuple(pieces))


def url_problem(url: MaskedText) -> str | None:
    """Return why an encoded URL can't be dialled, None where it can. Secrets in it are masked."""
    if not url.value:
        return "the URL is empty"
    try:
        parts = urlsplit(url.value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return f"`{url.masked}` is no http:// or https:// URL"
        if HOST.fullmatch(parts.hostname) is None:
            return (
                f"`{url.masked}` names no host: a host is letters, digits, `-` and `.`, "
                "and an international name needs its ASCII form, `xn--...`"
            )
        if parts.port == 0:
            return f"`{url.masked}` has the port 0: a port is a number from 1 to 65535"
    except ValueError as error:
        reason = "" if url.secret else f" ({error})"
        return f"`{url.masked}` is no http:// or https:// URL{reason}"
    return None
