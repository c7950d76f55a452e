"""A rendered message: its requests in order, what must hold of the responses, what is kept of them."""

import json
from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from tocsin.exchange import ShownRequest
from tocsin.messages import Asked
from tocsin.showing.expectations import assertion_text, capture_text
from tocsin.showing.request import request_lines
from tocsin.showing.style import Style, one_line
from tocsin_schema.models import Step
from tocsin_schema.models.duration import format_duration


def messages_text(messages: Sequence[Asked], style: Style) -> str:
    """Give the messages as people read them; raises TocsinError where one can't be rendered."""
    return "\n".join("\n".join(_message(each, style)) + "\n" for each in messages)


def messages_json(messages: Sequence[Asked]) -> str:
    """Give the messages as one JSON object; raises TocsinError where one can't be rendered."""
    value = {"version": 1, "messages": [_as_json(each) for each in messages]}
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _message(asked: Asked, style: Style) -> Iterator[str]:
    yield style.heading(f"── {one_line(asked.title)}")
    steps = asked.message.steps
    for index, step in enumerate(steps):
        if index:
            yield ""
        number = f"step {index + 1} of {len(steps)}" if len(steps) > 1 else ""
        if step.delay is not None:
            yield style.aside(": ".join(filter(None, [number, f"wait {format_duration(step.delay)}"])))
            continue
        if number:
            yield style.aside(number)
        shown = ShownRequest.of(asked.request(index))
        yield from request_lines(shown.method, shown.url, shown.headers, shown.body, style)
        yield from (style.aside(line) for line in _outcome(step))


def _outcome(step: Step) -> Iterator[str]:
    """Say what makes the step a success, and what comes of it."""
    if all(each.source != "status" for each in step.assert_):
        yield "expects status to be 2xx"
    for assertion in step.assert_:
        yield "expects " + assertion_text(assertion)
    for name, capture in step.capture.items():
        yield f"captures {name} from {capture_text(capture)}"
    if step.retry is not None and step.retry.attempts > 1:
        yield f"tries up to {step.retry.attempts} times, {format_duration(step.retry.wait)} apart"


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
    auth = request.auth
    return {
        "method": request.method,
        "url": request.url.masked,
        "headers": [[name, text.masked] for name, text in request.headers],
        "auth": None if auth is None else {"scheme": auth.scheme, "username": auth.username.masked},
        "body": request.body.masked if request.body is not None else None,
    }
