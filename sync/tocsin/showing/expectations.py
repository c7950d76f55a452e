"""What must hold of a response and what is kept of it, in words."""

import json

from tocsin.showing.style import one_line
from tocsin_schema.models import Assertion, Capture, Comparison, Source

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


def assertion_text(assertion: Assertion, rendered: str | None = None) -> str:
    """Give what is compared and with what, `status to be 202`; with what the template `rendered` to, where that is known."""
    comparison, expected = assertion.expectation.comparison, assertion.expectation.expected
    value = json.dumps(expected if rendered is None else rendered, ensure_ascii=False) + UNITS.get(assertion.source, "")
    return one_line(f"{_named(assertion.source, assertion.selector)} {EXPECTED[comparison].format(value)}")


def capture_text(capture: Capture) -> str:
    """Give where a value comes from, and whether it is kept."""
    kept = ", kept for the incident" if capture.keep else ""
    return one_line(_named(capture.source, capture.selector)) + kept


def _named(source: Source, selector: str | None) -> str:
    name = source.replace("_", " ")
    return f"{name} {selector}" if selector else name
