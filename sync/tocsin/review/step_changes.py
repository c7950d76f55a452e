"""What one message sends, as a value to compare, and the differences between two of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.differences import ABSENT, FieldChange
from tocsin.messages.decoded_body import decoded_body
from tocsin.messages.expectations import assertion_text, capture_text, other_meanings, status_text
from tocsin.review.secrets import comparable, shown
from tocsin.review.structural_diff import aligned, spelt, structural
from tocsin_schema.errors import ContractError
from tocsin_schema.messages.evaluate import StandIn, evaluate
from tocsin_schema.messages.message import Message
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.models import Assertion, Step
from tocsin_schema.models.duration import format_duration
from tocsin_schema.shape.shape import MAX_DEPTH
from tocsin_schema.template.parser import parse

Parts = Mapping[str, Any]
"""A step as JSON: method, url, headers, auth, body, expects, captures, retry and what else it says; or delay; or problem."""

SENT = "none: the request is made"
SECRETS_DIFFER = "only a secret in it differs"
SPELLING_DIFFERS = "the same JSON, spelt otherwise: order of keys, spaces or escapes"


@dataclass(frozen=True, slots=True)
class SentStep:
    """One step: its parts with tokens for secrets, and the body as it goes out."""

    parts: Parts
    body: str | None = None

    @property
    def key(self) -> str:
        """Equal texts are equal steps."""
        return spelt([self.parts, self.body])

    @property
    def shown(self) -> Parts:
        """The parts with asterisks for secrets."""
        parts: Parts = shown(dict(self.parts))
        return parts


@dataclass(frozen=True, slots=True)
class SentChange:
    """A difference in the step of this number, from 1. `note` says what the values can't tell."""

    step: int
    field: FieldChange
    note: str = ""


def sent(message: Message) -> tuple[SentStep, ...]:
    """Return the steps of a message, secrets as tokens; what earlier steps would capture stands as its name.

    Never raises for what definitions hold: a request that can't be made has its reason in its place.
    """
    sets = message.integration.messages
    captured = {name: StandIn(f"captured-{name}") for each in sets for step in each.steps for name in step.capture}
    return tuple(_step(message, number, step, captured) for number, step in enumerate(message.steps))


def sent_changes(before: Sequence[SentStep], after: Sequence[SentStep]) -> Iterator[SentChange]:
    """Yield what differs between two messages, by step and path; equal messages give nothing."""
    for old, new in aligned([each.key for each in before], [each.key for each in after]):
        if new is None and old is not None:
            yield SentChange(old + 1, FieldChange((), before[old].shown, ABSENT))
        elif old is None and new is not None:
            yield SentChange(new + 1, FieldChange((), ABSENT, after[new].shown))
        elif old is not None and new is not None:
            yield from _changes(new + 1, before[old], after[new])


def _changes(number: int, before: SentStep, after: SentStep) -> Iterator[SentChange]:
    left, right = before.parts, after.parts
    if ("problem" in left) != ("problem" in right):  # what else there is of a request says no more than that
        left, right = ({"problem": each.get("problem", SENT)} for each in (left, right))
    fields = list(structural(left, right))
    for field in fields:
        old, new = shown(field.before), shown(field.after)
        yield SentChange(number, FieldChange(field.path, old, new), SECRETS_DIFFER if _same(old, new) else "")
    if "body" in left and before.body != after.body and not any(field.path[:1] == ("body",) for field in fields):
        yield SentChange(number, FieldChange(("body",), shown(before.body), shown(after.body)), SPELLING_DIFFERS)


def _same(before: Any, after: Any) -> bool:
    return before is not ABSENT and after is not ABSENT and spelt(before) == spelt(after)


def _step(message: Message, number: int, step: Step, captured: Mapping[str, str]) -> SentStep:
    if step.delay is not None:
        return SentStep({"delay": format_duration(step.delay)})
    try:
        request = message.request(number, captured)
        expects = [_expected(message, number, each, captured) for each in step.assert_]
    except (ContractError, ValueError) as error:
        return SentStep({"problem": f"can't be rendered: {error}"})
    if (status := status_text(step)) is not None:
        expects.insert(0, status)
    body = comparable(request.body) if request.body is not None else None
    parts: dict[str, Any] = {
        "method": request.method,
        "url": comparable(request.url),
        "headers": {name: comparable(text) for name, text in request.headers},
        "auth": _auth(request),
        "sign": comparable(request.signing_key) if request.signing_key is not None else None,
        "body": _decoded(body),
        "expects": expects,
        "captures": {name: capture_text(capture) for name, capture in step.capture.items()},
        "retry": _retry(step),
        **{f"{kind}_at": codes for kind, codes in other_meanings(step).items()},
        "timeout": format_duration(step.timeout) if step.timeout is not None else None,
        "redirects": step.redirects,
        "on_failure": step.on_failure,
    }
    given = {name: value for name, value in parts.items() if value or (name == "body" and value is not None)}
    return SentStep(given, body)


def _expected(message: Message, number: int, assertion: Assertion, captured: Mapping[str, str]) -> str:
    expected = assertion.expectation.expected
    if not isinstance(expected, str) or "{{" not in expected:
        return assertion_text(assertion)
    return assertion_text(assertion, evaluate(parse(expected), message.scope(number, captured)).masked)


def _auth(request: RenderedRequest) -> Parts | None:
    if request.auth is None:
        return None
    username, password = comparable(request.auth.username), comparable(request.auth.password)
    auth = {"scheme": request.auth.scheme, "username": username, "password": password}
    endpoint = request.auth.token_endpoint
    if endpoint is None:
        return auth
    scope, audience = comparable(endpoint.scope), comparable(endpoint.audience)
    return {
        **auth,
        "token_url": comparable(endpoint.url),
        "scope": scope,
        "audience": audience,
        "style": endpoint.style,
    }


def _retry(step: Step) -> str | None:
    if step.retry is None or step.retry.attempts == 1:
        return None
    return f"up to {step.retry.attempts} times, {format_duration(step.retry.wait)} apart"


def _decoded(body: str | None) -> Any:
    """Return a body's object or list; the text itself where it is no JSON, or says more than its value does."""
    value = decoded_body(body) if body is not None else None
    return value if _is_flat(value) else body


def _is_flat(value: Any) -> bool:
    """Whether nothing in it lies deeper than definitions can: what is compared is followed to its end."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return True
    return False
