"""A rendered message: its requests in order, what must hold of the responses, what is kept of them."""

import json
from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from tocsin.messages import Asked
from tocsin.showing.request import request_lines
from tocsin.showing.style import Style, harmless
from tocsin_schema.models import Assertion, Capture, Step
from tocsin_schema.models.duration import format_duration


def messages_text(messages: Sequence[Asked], style: Style) -> str:
    """Give the messages as people read them."""
    return "\n".join("\n".join(_message(each, style)) + "\n" for each in messages)


def messages_json(messages: Sequence[Asked]) -> str:
    """Give the messages as a JSON list; delays are steps with `delay`."""
    return json.dumps([_as_json(each) for each in messages], indent=2, ensure_ascii=False) + "\n"


def _message(asked: Asked, style: Style) -> Iterator[str]:
    yield style.heading(f"── {asked.title}")
    several = len(asked.message.steps) > 1
    for index, step in enumerate(asked.message.steps):
        if several:
            yield style.aside(f"step {index + 1} of {len(asked.message.steps)}")
        if step.delay is not None:
            yield style.aside(f"wait {format_duration(step.delay)}")
            continue
        request = asked.request(index)
        headers = [(name, text.masked) for name, text in request.headers]
        if request.auth is not None:
            headers.insert(0, ("Authorization", f"{request.auth.scheme.title()} *****"))
        body = request.body.masked if request.body is not None else None
        yield from request_lines(request.method, request.url.masked, headers, body, style)
        yield from (style.aside(line) for line in _expectations(step))


def _expectations(step: Step) -> Iterator[str]:
    for assertion in step.assert_:
        yield "expects " + _assertion(assertion)
    for name, capture in step.capture.items():
        yield f"captures {name} from {_capture(capture)}"
    if step.retry is not None:
        yield f"tries {step.retry.attempts} times, {format_duration(step.retry.wait)} apart"


def _assertion(assertion: Assertion) -> str:
    selector = f" {harmless(assertion.selector)}" if assertion.selector else ""
    expectation = assertion.expectation
    comparison = expectation.comparison.replace("_", " ")
    if expectation.comparison == "not_empty":
        return f"{assertion.source}{selector} not empty"
    expected = harmless(json.dumps(expectation.expected, ensure_ascii=False))
    return f"{assertion.source}{selector} {comparison} {expected}"


def _capture(capture: Capture) -> str:
    selector = f" {harmless(capture.selector)}" if capture.selector else ""
    kept = ", kept for the incident" if capture.keep else ""
    return f"{capture.source}{selector}{kept}"


def _as_json(asked: Asked) -> JsonValue:
    return {
        "integration": asked.message.integration.name,
        "type": asked.message.message_type,
        "alert": asked.alert,
        "level": asked.level,
        "monitor": asked.monitor,
        "sample": asked.sample,
        "steps": [_step_json(asked, index) for index in range(len(asked.message.steps))],
    }


def _step_json(asked: Asked, index: int) -> JsonValue:
    delay = asked.message.steps[index].delay
    if delay is not None:
        return {"delay": format_duration(delay)}
    request = asked.request(index)
    return {
        "method": request.method,
        "url": request.url.masked,
        "headers": [[name, text.masked] for name, text in request.headers],
        "auth": None
        if request.auth is None
        else {"scheme": request.auth.scheme, "username": request.auth.username.masked},
        "body": request.body.masked if request.body is not None else None,
    }
