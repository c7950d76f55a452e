"""What must hold of a response and what is kept of it, in words."""

import json
from collections.abc import Iterator

from tocsin.messages.query import SelectedMessage
from tocsin.terminal.style import one_line
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.models import Assertion, Capture, Comparison, Source
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
    """Return where a value comes from, and whether it is kept."""
    kept = ", kept for the incident" if capture.keep else ""
    return one_line(_named(capture.source, capture.selector)) + kept


def _named(source: Source, selector: str | None) -> str:
    name = source.replace("_", " ")
    return f"{name} {selector}" if selector else name


def outcome(asked: SelectedMessage, index: int) -> Iterator[str]:
    """Yield a sentence for each; raises TocsinError where one can't be rendered."""
    steps = asked.message.steps
    step = steps[index]
    if all(each.source != "status" for each in step.assert_):
        yield "expects status to be 2xx"
    for assertion in step.assert_:
        yield "expects " + _assertion(assertion, asked, index)
    for name, capture in step.capture.items():
        yield f"captures {name} from {capture_text(capture)}"
    if step.retry is not None and step.retry.attempts > 1:
        yield f"tries up to {step.retry.attempts} times, {format_duration(step.retry.wait)} apart"
    if index + 1 < len(steps):
        yield "goes on to the next step only if all of this succeeds"


def stand_ins(asked: SelectedMessage, request: RenderedRequest) -> Iterator[str]:
    """Say of each placeholder in a request what belongs there: whoever sends it by hand has to know."""
    auth = [request.auth.username, request.auth.password] if request.auth is not None else []
    texts = [request.url, *(text for _, text in request.headers), *auth, *([request.body] if request.body else [])]
    for name, placeholder in asked.placeholders.items():
        if name not in asked.given and any(placeholder in text.value for text in texts):
            yield f"{placeholder} stands for what is captured as {name}: render with --set {name}=VALUE"


def _assertion(assertion: Assertion, asked: SelectedMessage, index: int) -> str:
    expected = assertion.expectation.expected
    return assertion_text(assertion, asked.expected(expected, index) if isinstance(expected, str) else None)
