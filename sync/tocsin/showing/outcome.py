"""What a step does with the response, in words: what must hold of it, what is kept, how often it is tried."""

from collections.abc import Iterator

from tocsin.messages import Asked
from tocsin.showing.expectations import assertion_text, capture_text
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.models import Assertion
from tocsin_schema.models.duration import format_duration


def outcome(asked: Asked, index: int) -> Iterator[str]:
    """Give a sentence for each; raises TocsinError where one can't be rendered."""
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


def stand_ins(asked: Asked, request: RenderedRequest) -> Iterator[str]:
    """Say of each placeholder in a request what belongs there: whoever sends it by hand has to know."""
    auth = [request.auth.username, request.auth.password] if request.auth is not None else []
    texts = [request.url, *(text for _, text in request.headers), *auth, *([request.body] if request.body else [])]
    for name, placeholder in asked.placeholders.items():
        if name not in asked.given and any(placeholder in text.value for text in texts):
            yield f"{placeholder} stands for what is captured as {name}: render with --set {name}=VALUE"


def _assertion(assertion: Assertion, asked: Asked, index: int) -> str:
    expected = assertion.expectation.expected
    return assertion_text(assertion, asked.expected(expected, index) if isinstance(expected, str) else None)
