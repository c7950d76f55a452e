"""What must hold of a response and what is kept of it, in words."""

import json
from collections.abc import Iterator

from tocsin.messages.query import SelectedMessage
from tocsin.terminal.style import one_line
from tocsin_schema.messages.request import RenderedAuth, RenderedRequest
from tocsin_schema.models import Assertion, Capture, Comparison, Source, Step
from tocsin_schema.models.duration import format_duration

EXPECTED: dict[Comparison, str] = {
    "equal": "to be {}",
    "not_equal": "not to be {}",
    "contains": "to contain {}",
    "not_contains": "not to contain {}",
    "less_than": "to be less than {}",
    "less_or_equal": "to be at most {}",
    "greater_than": "to be more than {}",
    "greater_or_equal": "to be at least {}",
    "not_empty": "not to be empty",
    "one_of": "to be one of {}",
}
UNITS: dict[Source, str] = {"length": " bytes", "duration": " ms"}


def assertion_text(assertion: Assertion, rendered: str | None = None) -> str:
    """Return what is compared and with what, `status to be 202`; with what the template `rendered` to, where that is known."""
    comparison, expected = assertion.expectation.comparison, assertion.expectation.expected
    wanted = expected if rendered is None else rendered
    each = wanted if isinstance(wanted, tuple) else (wanted,)
    value = ", ".join(json.dumps(one, ensure_ascii=False) for one in each) + UNITS.get(assertion.source, "")
    return one_line(f"{_named(assertion.source, assertion.selector)} {EXPECTED[comparison].format(value)}")


def capture_text(capture: Capture) -> str:
    """Return where a value comes from, whether it is said to be secret, and whether it is kept."""
    kept = ", kept for the incident" if capture.keep else ""
    secret = {None: "", True: ", a secret", False: ", no secret"}[capture.secret]
    return one_line(_named(capture.source, capture.selector)) + secret + kept


def _named(source: Source, selector: str | None) -> str:
    name = source.replace("_", " ")
    return f"{name} {selector}" if selector else name


def outcome(asked: SelectedMessage, index: int) -> Iterator[str]:
    """Yield a sentence for each; raises TocsinError where one can't be rendered."""
    steps = asked.message.steps
    step = steps[index]
    if step.request is not None and step.request.auth is not None and step.request.auth.oauth2 is not None:
        yield _token_text(asked.request(index).auth)
    if (status := status_text(step)) is not None:
        yield f"expects {status}"
    for assertion in step.assert_:
        yield "expects " + _assertion(assertion, asked, index)
    for name, capture in step.capture.items():
        yield f"captures {name} from {capture_text(capture)}"
    for kind, codes in other_meanings(step).items():
        yield f"takes {codes} for {kind}"
    if step.redirects is not None:
        yield "follows redirects"
    if step.timeout is not None:
        yield f"waits up to {format_duration(step.timeout)} for the answer"
    if step.retry is not None and step.retry.attempts > 1:
        yield f"tries up to {step.retry.attempts} times, {format_duration(step.retry.wait)} apart"
    if step.on_failure is not None:
        yield "goes on also if this fails, with a remark"
    elif index + 1 < len(steps):
        yield "goes on to the next step only if all of this succeeds"


def status_text(step: Step) -> str | None:
    """Return which status delivers where no assertion says so, `status to be 2xx`; None where one does."""
    if any(each.source == "status" for each in step.assert_):
        return None
    delivered = step.expect.delivered if step.expect is not None else None
    if delivered is None:
        return "status to be 2xx"
    return f"status to be {'one of ' if len(delivered) > 1 else ''}{', '.join(map(str, delivered))}"


def other_meanings(step: Step) -> dict[str, str]:
    """Return the codes that the step takes for busy or for refused, by that word."""
    stated = {"busy": step.expect.busy, "refused": step.expect.refused} if step.expect is not None else {}
    return {kind: ", ".join(map(str, codes)) for kind, codes in stated.items() if codes}


def _token_text(auth: RenderedAuth | None) -> str:
    """Return how a token would be got (RFC 6749, section 4.4)."""
    assert auth is not None and auth.token_endpoint is not None  # noqa: S101, PT018  # its request says so
    endpoint = auth.token_endpoint
    parts = [f"gets a token from {endpoint.url.masked} by client credentials, as {auth.username.masked}"]
    parts += [f"for the scope {endpoint.scope.masked}"] if endpoint.scope.value else []
    parts += [f"for the audience {endpoint.audience.masked}"] if endpoint.audience.value else []
    parts.append("its secret in the body" if endpoint.style == "body" else "its secret in the header")
    return one_line(", ".join(parts))


def stand_ins(asked: SelectedMessage, request: RenderedRequest) -> Iterator[str]:
    """Say of each placeholder in a request what belongs there: whoever sends it by hand has to know."""
    auth = request.auth.texts if request.auth is not None else ()
    texts = [request.url, *(text for _, text in request.headers), *auth, *([request.body] if request.body else [])]
    for name, placeholder in asked.placeholders.items():
        if name not in asked.given and any(placeholder in text.value for text in texts):
            yield f"{placeholder} stands for what is captured as {name}: render with --set {name}=VALUE"


def _assertion(assertion: Assertion, asked: SelectedMessage, index: int) -> str:
    expected = assertion.expectation.expected
    return assertion_text(assertion, asked.expected(expected, index) if isinstance(expected, str) else None)
