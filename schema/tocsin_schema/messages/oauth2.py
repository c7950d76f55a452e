"""Tokens of OAuth 2.0 by client credentials (RFC 6749, section 4.4): the request for one, and what its answer means.

Pure: the dispatcher keeps tokens and asks for them, `tocsin send` asks for one, `tocsin render` shows how it would.
"""

import json
import re
from dataclasses import dataclass, replace
from math import isfinite

from pydantic import JsonValue

from tocsin_schema.errors import ContractError
from tocsin_schema.functions.encoding import url_encode
from tocsin_schema.messages.request import RenderedAuth, RenderedRequest
from tocsin_schema.messages.responses import Response
from tocsin_schema.template.masked_text import MASK, MaskedText

FORM = "application/x-www-form-urlencoded"
LONGEST_LIFE = 86_400.0
"""Seconds that a token is kept at most, whatever its server says."""
STATED = frozenset({"error", "error_description", "error_uri", "expires_in", "scope", "token_type"})
"""Members of an answer (RFC 6749, sections 5.1 and 5.2) that are no secret; everything else in it may be one."""
PASSING = frozenset({"server_error", "slow_down", "temporarily_unavailable"})
"""Errors that end by themselves (RFC 6749, 4.1.2.1; RFC 8628, 3.5); others wait for a person."""
SHOWN = 200
"""Characters of an error's description that a text shows."""

TOKEN = re.compile(r"[\x21-\x7e]+")
"""What a header can carry. RFC 6750, section 2.1, is narrower still; servers are not."""
NUMBER = re.compile(r"\s*[-+]?[0-9]{1,15}(\.[0-9]{1,15})?\s*")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token."""

    value: str
    lifetime: float | None
    """Seconds, from 0; None where its server doesn't say."""

    def __repr__(self) -> str:
        """Return what may be shown of it."""
        return f"Token({MASK}, lifetime={self.lifetime})"


class NoTokenError(ContractError):
    """A token endpoint gave no token that can be used. The text says why, in its own words where it has some.

    `refused`: a person has to act, as where it doesn't know the client; else it may give one later.
    """

    def __init__(self, message: str, *, refused: bool) -> None:
        super().__init__(message)
        self.refused = refused


def token_request(request: RenderedRequest) -> RenderedRequest | None:
    """Return the request for the token that `request` needs, None where it needs none.

    Equal requests are for equal tokens. It goes the way that `request` goes, but follows no redirects: credentials are
    for the URL that is written.
    """
    auth = request.auth
    if auth is None or auth.token_endpoint is None:
        return None
    endpoint = auth.token_endpoint
    by_header = endpoint.style == "basic"
    # It is a secret wherever it comes from.
    secret = MaskedText(tuple(piece._replace(secret=True) for piece in auth.password.pieces))
    fields = {"grant_type": MaskedText.of("client_credentials")}
    if not by_header:
        fields |= {"client_id": auth.username, "client_secret": secret}
    fields |= {"scope": endpoint.scope, "audience": endpoint.audience}
    encoded = [
        MaskedText.join([MaskedText.of(f"{name}="), text.each(url_encode)])
        for name, text in fields.items()
        if text.value or name not in ("scope", "audience")
    ]
    parted = [part for each in encoded for part in (MaskedText.of("&"), each)][1:]
    # Section 2.3.1: id and secret are encoded as in a form before Basic puts them together.
    basic = RenderedAuth("basic", auth.username.each(url_encode), secret.each(url_encode))
    return replace(
        request,
        method="POST",
        url=endpoint.url,
        headers=(("Content-Type", MaskedText.of(FORM)), ("Accept", MaskedText.of("application/json"))),
        body=MaskedText.join(parted),
        auth=basic if by_header else None,
        signing_key=None,
        follow_redirects=False,
        timeout=None,
        attempt_at=None,
    )


def with_token(request: RenderedRequest, token: Token) -> RenderedRequest:
    """Return a request that bears its token (RFC 6750, section 2.1), in place of the credentials to get one with."""
    bearer = MaskedText.join([MaskedText.of("Bearer "), MaskedText.of(token.value, secret=True)])
    others = tuple(each for each in request.headers if each[0].lower() != "authorization")
    return replace(request, headers=(*others, ("Authorization", bearer)), auth=None)


def token_of(response: Response) -> Token:
    """Return the token that a token endpoint's answer holds; raises NoTokenError, whose text holds no token."""
    if 300 <= response.status < 400:
        raise NoTokenError(
            f"the token endpoint answered {response.status}: its redirects are not followed, write the URL where they"
            " lead as `token_url`",
            refused=True,
        )
    document = _document(response)
    fields = document if isinstance(document, dict) else {}
    if not 200 <= response.status < 300 or "error" in fields:
        raise _refusal(response, fields)
    if document is None:
        stated = response.header("content-type") or "no type"
        what = "nothing" if not response.body.strip() else f"a body that is no JSON ({_shown(stated)})"
        raise NoTokenError(f"the token endpoint answered {response.status} with {what}", refused=False)
    value, kind = fields.get("access_token"), fields.get("token_type")
    if not isinstance(value, str) or not value:
        what = "an `access_token` that is no text" if value is not None and value != "" else "no `access_token`"
        raise NoTokenError(f"the token endpoint answered {response.status} with {what}", refused=True)
    if kind is not None and (not isinstance(kind, str) or kind.lower() != "bearer"):
        raise NoTokenError(
            f"the token endpoint gave a token of the type {_shown(kind)}: only Bearer tokens can be sent", refused=True
        )
    if TOKEN.fullmatch(value) is None:
        raise NoTokenError("the token endpoint gave a token with characters that no header can carry", refused=True)
    return Token(value, lifetime(fields.get("expires_in")))


def lifetime(expires_in: JsonValue) -> float | None:
    """Return the seconds that `expires_in` says, also as a text, none below 0; None where it says nothing that is clear.

    RFC 6749, section 5.1, has it a number that may be absent. `3599.5` and `"3599"` are clear, `"1 hour"` is not.
    """
    if isinstance(expires_in, str) and NUMBER.fullmatch(expires_in):
        expires_in = float(expires_in)
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float):
        return None
    if isinstance(expires_in, float) and not isfinite(expires_in):
        return None
    return float(min(max(expires_in, 0), LONGEST_LIFE))


def shown_answer(text: str) -> str:
    """Return a token endpoint's answer as it may be shown: of JSON, every value that could be a secret as asterisks."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(document, dict):
        return text if document is None else MASK
    return json.dumps({name: value if name in STATED else MASK for name, value in document.items()}, ensure_ascii=False)


def _document(response: Response) -> JsonValue:
    """Return what the body is as JSON; None where it is none."""
    try:
        document: JsonValue = json.loads(response.text)
    except (ValueError, RecursionError):
        return None
    return document


def _refusal(response: Response, fields: dict[str, JsonValue]) -> NoTokenError:
    status, error, described = response.status, fields.get("error"), fields.get("error_description")
    words = f"`{_shown(error)}`" if error is not None else ""
    if isinstance(described, str) and described:
        words = f"{words}: {_shown(described)}" if words else _shown(described)
    passing = status in (408, 429) or status >= 500 or (isinstance(error, str) and error in PASSING)
    said = f"the token endpoint answered {status} {_shown(response.reason)}".rstrip()
    return NoTokenError(f"{said}, {words}" if words else said, refused=not passing)


def _shown(value: JsonValue) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    whole = "".join(each if each.isprintable() else " " for each in text)
    return whole if len(whole) <= SHOWN else whole[:SHOWN] + "…"
