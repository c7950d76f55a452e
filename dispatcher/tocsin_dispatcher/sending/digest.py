"""HTTP Digest authentication (RFC 7616): what answers a server's challenge.

The first challenge that can be answered is taken (RFC 7616, 3.7): MD5, SHA-256 and SHA-512-256, each as a session too, with
the quality of protection `auth` or, as RFC 2069 had it, none; usernames hashed where the server wants that.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import normalize

from tocsin_dispatcher.errors import DispatcherError
from tocsin_dispatcher.sending.challenges import Challenge, challenges

ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
"""The algorithms of the registry for HTTP Digest, and what hashlib calls them."""
SESSION = "-SESS"
SHOWN = 5
"""Challenges that a text names."""


class NoDigestError(DispatcherError):
    """The server wants no Digest that can be answered. The text says what it offers."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: `target` is the path and query, as the request line has it."""

    method: str
    target: str


def authorization(lines: Iterable[str], credentials: Credentials, asked: Asked, cnonce: str) -> str:
    """Return the value of `Authorization` that answers what the lines of `WWW-Authenticate` ask for.

    `cnonce` is a value that nobody could foresee. Raises NoDigestError.
    """
    offered = challenges(lines)
    challenge = next((each for each in offered if _answerable(each)), None)
    if challenge is None:
        raise NoDigestError(f"the definition says Digest, and the server offers {_spoken(offered)}")
    return _answer(challenge, credentials, asked, cnonce)


def stale(lines: Iterable[str]) -> bool:
    """Whether a server refused nothing but the age of its nonce: with the one that it sends now it would have been right."""
    return any(each.parameters.get("stale", "").lower() == "true" and _answerable(each) for each in challenges(lines))


def _answerable(challenge: Challenge) -> bool:
    known = challenge.parameters
    algorithm = known.get("algorithm", "MD5").upper().removesuffix(SESSION)
    available = algorithm in ALGORITHMS and ALGORITHMS[algorithm] in hashlib.algorithms_available
    return (
        challenge.scheme.lower() == "digest"
        and {"realm", "nonce"} <= known.keys()
        and available
        and ("qop" not in known or "auth" in _options(known["qop"]))
    )


def _answer(challenge: Challenge, credentials: Credentials, asked: Asked, cnonce: str) -> str:
    known = challenge.parameters
    realm, nonce, count = known["realm"], known["nonce"], "00000001"
    stated = known.get("algorithm", "MD5").upper()
    name = ALGORITHMS[stated.removesuffix(SESSION)]

    def hashed(*parts: str) -> str:
        content = ":".join(parts).encode("utf-8", "replace")
        return hashlib.new(name, content, usedforsecurity=False).hexdigest()

    username, password = credentials.username, credentials.password
    if known.get("charset", "").upper() == "UTF-8":
        username, password = normalize("NFC", username), normalize("NFC", password)
    secret = hashed(username, realm, password)
    if stated.endswith(SESSION):
        secret = hashed(secret, nonce, cnonce)
    protected = (count, cnonce, "auth") if "qop" in known else ()
    response = hashed(secret, nonce, *protected, hashed(asked.method, asked.target))
    hides = known.get("userhash", "").lower() == "true"
    fields = {
        "username": _quoted(hashed(username, realm) if hides else username),
        "realm": _quoted(realm),
        "uri": _quoted(asked.target),
        **({"algorithm": known["algorithm"]} if "algorithm" in known else {}),
        "nonce": _quoted(nonce),
        **({"nc": count, "qop": "auth"} if protected else {}),
        **({"cnonce": _quoted(cnonce)} if protected or stated.endswith(SESSION) else {}),
        "response": _quoted(response),
        **({"opaque": _quoted(known["opaque"])} if "opaque" in known else {}),
        **({"userhash": "true"} if hides else {}),
    }
    return "Digest " + ", ".join(f"{field}={value}" for field, value in fields.items())


def _options(qop: str) -> set[str]:
    return {each.strip().lower() for each in qop.split(",")}


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _spoken(offered: list[Challenge]) -> str:
    if not offered:
        return "nothing that says how to sign in"
    said = ", ".join(each.spoken for each in offered[:SHOWN])
    return said + (f", and {len(offered) - SHOWN} more" if len(offered) > SHOWN else "")
