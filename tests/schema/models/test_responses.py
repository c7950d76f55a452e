"""What a step may say of the response that it gets: every source, every comparison, every capture."""

from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from tocsin_schema.messages.responses import Response, captures
from tocsin_schema.models import Assertion, Capture, Step

PLAIN = ("status", "status_text", "completed", "body", "length", "duration")
BY_PATH = ("json", "xml")
BY_NAME = ("header", "cookie")
COMPARISONS: dict[str, Any] = {
    "equal": "x",
    "not_equal": 5,
    "contains": "x",
    "not_contains": "{{@alert.type}}",
    "less_than": 1.5,
    "less_or_equal": 1,
    "greater_than": -1,
    "greater_or_equal": 0,
    "not_empty": True,
}


@pytest.mark.parametrize(("source", "comparison"), list(product((*PLAIN, *BY_PATH, *BY_NAME), COMPARISONS)))
def test_every_source_takes_every_comparison(source: str, comparison: str) -> None:
    selector = {"path": "$.id"} if source in BY_PATH else {"name": "Location"} if source in BY_NAME else {}
    expected = COMPARISONS[comparison]
    assertion = Assertion.model_validate({source: {comparison: expected, **selector}})

    assert (assertion.source, assertion.expectation.comparison) == (source, comparison)
    assert assertion.expectation.expected == expected
    assert assertion.selector == next(iter(selector.values()), None)


@pytest.mark.parametrize("expected", [0, False, "", 0.0])
def test_an_empty_value_is_a_value_to_compare_with(expected: Any) -> None:
    expectation = Assertion.model_validate({"body": {"equal": expected}}).expectation

    assert (type(expectation.expected), expectation.expected) == (type(expected), expected)


@pytest.mark.parametrize("assertion", [{}, {"status": {"equal": 1}, "body": {"equal": "x"}}, {"status": None}])
def test_an_assertion_has_exactly_one_source(assertion: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly one source: status, status_text, completed, body, json, xml"):
        Assertion.model_validate(assertion)


@pytest.mark.parametrize("expectation", [{}, {"equal": 1, "not_equal": 2}, {"equal": None}])
def test_an_assertion_has_exactly_one_comparison(expectation: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly one comparison: equal, not_equal"):
        Assertion.model_validate({"status": expectation})


@pytest.mark.parametrize(("source", "key"), [("json", "path"), ("xml", "path"), ("header", "name"), ("cookie", "name")])
def test_a_path_or_a_name_is_needed_where_there_are_many_values(source: str, key: str) -> None:
    for selector in ({}, {key: ""}):
        with pytest.raises(ValidationError, match=key):
            Assertion.model_validate({source: {"equal": "x", **selector}})


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_nothing_is_compared_with_infinity(number: float) -> None:
    for comparison in ("equal", "less_than"):
        with pytest.raises(ValidationError, match="finite"):
            Assertion.model_validate({"duration": {comparison: number}})


@pytest.mark.parametrize("source", PLAIN)
def test_a_capture_takes_a_whole_source(source: str) -> None:
    capture = Capture.model_validate({source: True})

    assert (capture.source, capture.selector, capture.keep) == (source, None, None)


@pytest.mark.parametrize("source", [*BY_PATH, *BY_NAME])
def test_a_capture_takes_a_part_of_a_source(source: str) -> None:
    capture = Capture.model_validate({source: "$.id", "keep": "incident"})

    assert (capture.source, capture.selector, capture.keep) == (source, "$.id", "incident")
    with pytest.raises(ValidationError, match="at least 1 character"):
        Capture.model_validate({source: ""})


@pytest.mark.parametrize("capture", [{}, {"keep": "incident"}, {"status": True, "json": "$.id"}, {"status": None}])
def test_a_capture_has_exactly_one_source(capture: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly one source: status, status_text, completed"):
        Capture.model_validate(capture)


def test_every_source_of_the_domain_can_be_captured() -> None:
    step = Step.model_validate(
        {
            "request": {"url": "https://x.example"},
            "capture": {
                "Code": {"status": True},
                "Reason": {"status_text": True},
                "Whole": {"completed": True},
                "Text": {"body": True},
                "Id": {"json": "$.id"},
                "Type": {"header": "Content-Type"},
                "Session": {"cookie": "sid"},
                "Bytes": {"length": True},
                "Time": {"duration": True},
            },
        }
    )
    headers = (("Content-Type", "application/json"), ("Set-Cookie", "sid=a1; Path=/"))
    response = Response(201, "Created", headers, b'{"id": 7}', 12, completed=True)

    assert captures(step, response) == {
        "Code": "201",
        "Reason": "Created",
        "Whole": "true",
        "Text": '{"id": 7}',
        "Id": "7",
        "Type": "application/json",
        "Session": "a1",
        "Bytes": "9",
        "Time": "12",
    }
