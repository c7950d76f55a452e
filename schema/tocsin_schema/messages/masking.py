"""Masking secrets in text from outside: a receiver may echo what it was sent, in its own spelling."""

import base64
import binascii
import contextlib
import html
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.template.masked_text import MaskedText, Piece

SHORTEST_FRAGMENT = 8
"""Characters of a secret's Base64 that are looked for inside longer Base64; fewer are found by chance."""
LONG = 256
"""Characters of a secret from which on it is not looked for at each character of itself: a receiver chooses what it
hands out, and what repeats itself would take its square."""
BEGINNINGS = 100
"""Places near the end of a cut text that are looked at for a secret's beginning; what follows the last one is masked too."""


class Masking:
    """Replaces secrets by asterisks: as they are, and as JSON, URLs, HTML and Base64 spell them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        meanings = {meaning for secret in secrets if secret for meaning in _meanings(secret)}
        self._spellings = sorted({each for meaning in meanings for each in _spellings(meaning)})

    @classmethod
    def of(cls, request: RenderedRequest, also: Iterable[str] = ()) -> "Masking":
        """Return the masking for what comes back from a request; `also` are secrets of its way, as a proxy's password."""
        return cls({*cls.secrets_of(request), *also})

    @staticmethod
    def secrets_of(request: RenderedRequest) -> frozenset[str]:
        """Return the secrets of a request, those that its credentials come to included."""
        if request.auth is None:
            return request.secrets
        username, password = request.auth.username.value, request.auth.password.value
        return request.secrets | {password, basic_token(username, password)}

    def mask(self, text: str, *, cut: bool = False) -> str:
        """Return the text with every secret masked; of a `cut` text, one that begins at its end as well."""
        return text if not self._spellings else self.marked(text, cut=cut).masked

    def marked(self, text: str, *, cut: bool = False) -> MaskedText:
        """Return the text that knows where in it the secrets are."""
        spans = sorted(span for spelling in self._spellings for span in _spans(text, spelling, cut=cut))
        pieces: list[Piece] = []
        position = 0
        for start, end in _merged(spans):
            pieces += [Piece(text[position:start]), Piece(text[start:end], secret=True)]
            position = end
        return MaskedText(tuple(piece for piece in (*pieces, Piece(text[position:])) if piece.text))


def basic_token(username: str, password: str) -> str:
    """Return what HTTP Basic authentication sends for these credentials (RFC 7617, UTF-8)."""
    return base64.b64encode(f"{username}:{password}".encode("utf-8", "replace")).decode("ascii")


def _meanings(secret: str) -> set[str]:
    """Return the secret, and what it stood for before it was encoded into the request."""
    found = {secret, unquote(secret), unquote_plus(secret), html.unescape(secret)}
    with contextlib.suppress(ValueError):
        found.add(json.loads(f'"{secret}"'))
    try:
        decoded = base64.b64decode(secret, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        decoded = ""
    if decoded.isprintable():
        found |= {decoded, decoded.partition(":")[2]}
    # A secret as short as it was given is masked; one character left over from decoding is not.
    return {each for each in found if each == secret or len(each) > 3}


def _spellings(secret: str) -> set[str]:
    as_json = [json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)]
    as_url = [quote(secret.encode("utf-8", "replace"), safe=safe) for safe in ("", "/")]
    as_url.append(quote_plus(secret.encode("utf-8", "replace")))
    found = {secret, *as_json, *(text.replace("/", "\\/") for text in as_json), *as_url}
    found |= {_lower_escapes(text, "%") for text in as_url} | {
        html.escape(secret),
        html.escape(secret, quote=False),
    }
    return found | _base64_spellings(secret.encode("utf-8", "replace"))


def _lower_escapes(text: str, mark: str) -> str:
    head, *escapes = text.split(mark)
    return mark.join([head, *(each[:2].lower() + each[2:] for each in escapes)])


def _base64_spellings(secret: bytes) -> set[str]:
    """Return the Base64 of the secret alone, and what stays of it at any of three offsets in a longer text."""
    whole = base64.b64encode(secret).decode("ascii")
    found = {whole, whole.rstrip("=")} if len(secret) > 3 else {whole}
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + secret).decode("ascii")
        first = (8 * before + 5) // 6
        last = (before + len(secret)) * 8 // 6
        if last - first >= SHORTEST_FRAGMENT:
            found.add(coded[first:last])
    return found | {text.replace("+", "-").replace("/", "_") for text in found}


def _spans(text: str, spelling: str, *, cut: bool) -> Iterable[tuple[int, int]]:
    start = text.find(spelling)
    step = 1 if len(spelling) <= LONG else len(spelling)
    while start >= 0:
        yield start, start + len(spelling)
        start = text.find(spelling, start + step)
    if cut:
        begun = _begun(text, spelling)
        if begun:
            yield len(text) - begun, len(text)


def _begun(text: str, spelling: str) -> int:
    """Return with how many characters at its end a text begins to spell a secret, or one that may."""
    head = spelling[:SHORTEST_FRAGMENT]
    place = max(0, len(text) - len(spelling) + 1)
    for _ in range(BEGINNINGS):
        place = text.find(head, place)
        if place < 0:
            break
        if spelling.startswith(text[place:]):
            return len(text) - place
        place += 1
    else:
        return max(0, len(text) - place)
    sizes = range(min(len(head) - 1, len(spelling) - 1, len(text)), 0, -1)
    return next((size for size in sizes if text.endswith(head[:size])), 0)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
