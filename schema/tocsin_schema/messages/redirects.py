"""Redirects: the request that the next one in a chain is, and what of it another origin may not get.

Methods as RFC 9110, section 15.4, has them. An origin is scheme, host and port (RFC 9110, section 4.3.1): `https` on to
`http` leaves it, and a chain that has left it does not get back what it lost.
"""

from dataclasses import replace
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from tocsin_schema.errors import ContractError
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.request import RenderedAuth, RenderedRequest
from tocsin_schema.messages.responses import REDIRECTS, Response
from tocsin_schema.messages.signature import ID, SIGNATURE, TIMESTAMP
from tocsin_schema.messages.url import percent_encoded, url_problem
from tocsin_schema.template.masked_text import MaskedText

MOST = 5
"""Redirects that are followed for one request."""

CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Headers that are credentials whatever they hold."""
OF_THE_ORIGIN = CREDENTIALS | {"host"}
SHOWN = 300
"""Characters of a URL that a text shows."""
SIGNATURE_HEADERS = frozenset({ID, TIMESTAMP, SIGNATURE})
OF_THE_BODY = ("content-", "digest", "last-modified", "repr-digest")
"""How the names of headers begin that speak of the body (RFC 9110, section 15.4)."""


class NotFollowedError(ContractError):
    """A redirect is not followed. The text says why, without secrets."""


def following(request: RenderedRequest, response: Response, followed: int, masking: Masking) -> RenderedRequest | None:
    """Return the request that a redirect asks for after `request`, None where the response asks for none.

    `followed` says how many redirects have brought it here, `masking` knows the secrets of the first request. Raises
    NotFollowedError.
    """
    if not request.follow_redirects or response.status not in REDIRECTS:
        return None
    url = _location(request.url.value, response, masking)
    if followed >= MOST:
        raise NotFollowedError(
            f"more than {MOST} redirects, the last one to {_shown(url.masked)}: state the URL where they end"
        )
    if _origin(url.value) == _origin(request.url.value):
        return _at_home(_asking(request, response.status), url)
    return _abroad(_asking(request, response.status), url)


def _location(base: str, response: Response, masking: Masking) -> MaskedText:
    """Return the absolute URL that a redirect leads to, without credentials."""
    stated = {value.strip() for name, value in response.headers if name.lower() == "location"}
    if len(stated) != 1 or "" in stated:
        many = f"{len(stated)} different ones" if len(stated) > 1 else "none"
        raise NotFollowedError(f"a redirect without a place to go: its answer needs one `Location`, and has {many}")
    written = stated.pop()
    try:
        parts = urlsplit(urljoin(base, written))
        url = percent_encoded(MaskedText.of(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))))
        problem = url_problem(url)
    except ValueError as error:
        problem = str(error)
    if problem is not None:
        place = _shown(masking.mask(written))
        raise NotFollowedError(f"a redirect to `{place}`, which can't be followed: {_shown(masking.mask(problem))}")
    return masking.marked(url.value)


def _asking(request: RenderedRequest, status: int) -> RenderedRequest:
    """Return the request as the status has it asked anew: with its method and body, or as a GET."""
    if status != 303 and not (status in (301, 302) and request.method == "POST"):
        return request
    method = "HEAD" if request.method == "HEAD" else "GET"
    # A signature is over the body too.
    signature = SIGNATURE_HEADERS if request.signing_key is not None else frozenset()
    headers = tuple(
        (name, text)
        for name, text in request.headers
        if not name.lower().startswith(OF_THE_BODY) and name.lower() not in signature
    )
    return replace(request, method=method, body=None, headers=headers, signing_key=None)


def _at_home(request: RenderedRequest, url: MaskedText) -> RenderedRequest:
    """Return the request to another URL of its origin; credentials of the first URL come along."""
    known = urlsplit(request.url.value)
    if request.auth is not None or known.username is None:
        return replace(request, url=url)
    user, password = MaskedText.of(unquote(known.username)), MaskedText.of(unquote(known.password or ""), secret=True)
    states = any(name.lower() == "authorization" for name, _ in request.headers)
    return replace(request, url=url, auth=None if states else RenderedAuth("basic", user, password))


def _abroad(request: RenderedRequest, url: MaskedText) -> RenderedRequest:
    """Return the request to another origin, without what is nobody else's business."""
    holder = "this URL" if url.secret else "the body" if request.body is not None and request.body.secret else None
    if holder is not None:
        raise NotFollowedError(
            f"the redirect to {_shown(url.masked)} is not followed: {holder} holds a secret, and it leads to another "
            "scheme, host or port; if that is right, state that URL in the definition"
        )
    left_out = OF_THE_ORIGIN | (SIGNATURE_HEADERS if request.signing_key is not None else frozenset())
    headers = tuple((name, text) for name, text in request.headers if name.lower() not in left_out and not text.secret)
    return replace(request, url=url, headers=headers, auth=None, signing_key=None, tls=None)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of a URL that can be dialled: its host is plain ASCII, see `url_problem`."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
