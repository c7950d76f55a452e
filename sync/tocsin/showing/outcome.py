"""What a step does with the response, in words: what must hold of it, what is kept, how often it is tried."""

import json
from collections.abc import Iterator

from tocsin.messages import Asked
from tocsin.showing.style import one_line
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
}
UNITS: dict[Source, str] = {"length": " bytes", "duration": " ms"}


def outcome(asked: Asked, index: int) -> Iterator[str]:
    """Give a sentence for each; raises TocsinError where one can't be rendered."""
    steps = asked.message.steps
    step = steps[index]
    if all(each.source != "status" for each in step.assert_):
        yield "expects status to be 2xx"
    for assertion in step.assert_:
        yield "expects " + _assertion(assertion, asked, index)
    for name, capture in step.capture.items():
        yield f"captures {name} from {_capture(capture)}"
    if step.retry is not None and step.retry.attempts > 1:
        yield f"tries up to {step.retry.attempts} times, {format_duration(step.retry.wait)} apart"
    if index + 1 < len(steps):
        yield "goes on to the next step only if all of this succeeds"


def _assertion(assertion: Assertion, asked: Asked, index: int) -> str:
    comparison, expected = assertion.expectation.comparison, assertion.expectation.expected
    if isinstance(expected, str):
        expected = asked.expected(expected, index)
    value = json.dumps(expected, ensure_ascii=False) + UNITS.get(assertion.source, "")
    return one_line(f"{_named(assertion.source, assertion.selector)} {EXPECTED[comparison].format(value)}")


def _capture(capture: Capture) -> str:
    kept = ", kept for the incident" if capture.keep else ""
    return one_line(_named(capture.source, capture.selector)) + kept


def _named(source: Source, selector: str | None) -> str:
    name = source.replace("_", " ")
    return f"{name} {selector}" if selector else name
