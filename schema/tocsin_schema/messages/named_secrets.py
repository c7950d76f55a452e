"""What holds a secret by its name: members of JSON, fields of forms, elements of XML, headers and cookies.

Secrets of the vault are masked by where they come from. What a receiver hands out has only its name to be known by; so
has what older rows of the attempt log hold.
"""

import re
from collections.abc import Iterator

from tocsin_schema.template.masked_text import MASK, MaskedText, Piece

SECRET_NAMES = (
    "access_key",
    "access_token",
    "api_key",
    "api_secret",
    "api_token",
    "app_secret",
    "assertion",
    "auth",
    "auth_key",
    "auth_token",
    "authorization",
    "bearer_token",
    "client_assertion",
    "client_secret",
    "connect.sid",
    "consumer_secret",
    "cookie",
    "credential",
    "credentials",
    "csrf",
    "csrf_token",
    "id_token",
    "integration_key",
    "jsessionid",
    "jwt",
    "passphrase",
    "passwd",
    "password",
    "phpsessid",
    "private_key",
    "private_token",
    "proxy_authorization",
    "pwd",
    "refresh_token",
    "routing_key",
    "secret",
    "secret_access_key",
    "secret_key",
    "security_token",
    "service_key",
    "session",
    "session_id",
    "session_key",
    "session_token",
    "set_cookie",
    "shared_secret",
    "signing_key",
    "signing_secret",
    "subscription_key",
    "token",
    "user_session",
    "webhook_secret",
    "x_access_token",
    "x_api_key",
    "x_auth_token",
    "x_csrf_token",
    "x_vault_token",
    "xsrf_token",
)
"""Names of secrets, in whatever case, with or without `-`, `_`, `.` and spaces: `accessToken` is `access_token`.

The whole name counts: `page_token` and `dedup_key` are none. From RFC 6749, 7521 and 7523, OpenID Connect Core 1.0, the
headers of RFC 9110 and 6265, the names that Sentry's client for Python leaves out by default, and keys of
receivers that Tocsin is used with.
"""

HINTS = (
    "token",
    "secret",
    "pass",
    "pwd",
    "key",
    "session",
    "sess",
    "cookie",
    "auth",
    "cred",
    "csrf",
    "xsrf",
    "jwt",
    "sid",
    "assertion",
)
"""One of these stands in each name, or the text holds none: looking for them is faster than reading it."""

_LEFT_OUT = str.maketrans("", "", "-_. ")
_KNOWN = frozenset(name.translate(_LEFT_OUT) for name in SECRET_NAMES)

_NAME = r"[A-Za-z0-9_.-]{2,40}"
_MEMBER = re.compile(rf"""(?<!\\)(?P<quote>\\*["'])(?P<name>{_NAME})(?P=quote)\s*:\s*""")
_STRING = re.compile(r'(?:[^"\\]|\\.)*', re.DOTALL)
_NUMBER = re.compile(r"-?[0-9][0-9.eE+-]*")
_FIELD = re.compile(rf"""(?<![A-Za-z0-9_.\-])(?P<name>{_NAME})(?:\[\]|%5[Bb]%5[Dd])?=(?:"(?P<quoted>[^"]*)|(?P<value>[^&\s;,"'<>]+))""")  # fmt: skip
_ELEMENT = re.compile(rf"<(?:[\w.-]{{1,40}}:)?(?P<name>{_NAME})(?:\s[^<>]*)?>(?P<value>[^<]+)")
_LINE = re.compile(rf"^(?P<name>{_NAME}):[ \t]*(?P<value>[^\r\n]+)", re.MULTILINE)
_PAIR = re.compile(r"(?<![^=;,\s])(?P<name>[^=;,\s]+)=(?P<value>[^;]*)")
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9_-]*)\s+\S")


def is_secret_name(name: str) -> bool:
    """Return whether a member, field, element, header or cookie of this name holds a secret."""
    return name.lower().translate(_LEFT_OUT) in _KNOWN


def marked_by_name(text: str) -> MaskedText:
    """Return a text that knows which of its parts are secret by their names."""
    lowered = text.lower()
    if not any(hint in lowered for hint in HINTS):
        return MaskedText.of(text)
    pieces: list[Piece] = []
    position = 0
    for begin, end in sorted(_spans(text)):
        start = max(begin, position)
        if start >= end or MASK in text[start:end]:
            continue
        pieces += [Piece(text[position:start]), Piece(text[start:end], secret=True)]
        position = end
    return MaskedText(tuple(piece for piece in (*pieces, Piece(text[position:])) if piece.text))


def masked_by_name(text: str) -> str:
    """Return a text without what is secret by its name: JSON, also inside JSON, forms, queries, XML, lines of headers."""
    return marked_by_name(text).masked


def masked_header(name: str, value: str) -> str:
    """Return the value of a header as it may be shown; of credentials the scheme, of cookies names and attributes."""
    match name.lower():
        case "authorization" | "proxy-authorization":
            scheme = _SCHEME.match(value)
            return value if not value or MASK in value else f"{scheme['scheme']} {MASK}" if scheme else MASK
        case "set-cookie":
            return _PAIR.sub(rf"\g<name>={MASK}", value, count=1) if "=" in value.partition(";")[0] else masked(value)
        case "cookie":
            return _PAIR.sub(rf"\g<name>={MASK}", value) if "=" in value else masked(value)
        case _:
            return masked(value) if is_secret_name(name) else masked_by_name(value)


def masked(value: str) -> str:
    """Return asterisks for a text, as long as there is one that isn't masked yet."""
    return MASK if value and MASK not in value else value


def header_secrets(name: str, value: str) -> Iterator[str]:
    """Yield the secrets in a header's value: what `masked_header` leaves out."""
    match name.lower():
        case "authorization" | "proxy-authorization":
            scheme = _SCHEME.match(value)
            yield value[len(scheme["scheme"]) :].strip() if scheme else value
        case "set-cookie" | "cookie":
            pairs = _PAIR.finditer(value.partition(";")[0] if name.lower() == "set-cookie" else value)
            yield from (pair["value"].strip().strip('"') for pair in pairs)
        case _:
            if is_secret_name(name):
                yield value
            else:
                yield from marked_by_name(value).secrets


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where values begin and end that are secret by their names."""
    for match in _MEMBER.finditer(text):
        if is_secret_name(match["name"]):
            yield from _member(text, match.end(), match["quote"])
    for pattern in (_FIELD, _ELEMENT, _LINE):
        for match in pattern.finditer(text):
            if is_secret_name(match["name"]):
                quoted = pattern is _FIELD and match["value"] is None
                yield match.span("quoted" if quoted else "value")


def _member(text: str, start: int, quote: str) -> Iterator[tuple[int, int]]:
    """Yield the value of a member that begins at `start`: a text, a number, or the texts of a list."""
    if text.startswith(quote, start):
        begin = start + len(quote)
        whole = _STRING.match(text, begin) if quote == '"' else None
        found = text.find(quote, begin)
        yield begin, whole.end() if whole is not None else found if found >= 0 else len(text)
    elif text.startswith("[", start):
        end = text.find("]", start)
        yield start + 1, end if end >= 0 else len(text)
    elif number := _NUMBER.match(text, start):
        yield number.span()
