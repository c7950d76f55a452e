"""A rendered message: its requests in order, what must hold of the responses, what is kept of them."""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from tocsin.http.exchange import ShownRequest
from tocsin.messages.expectations import outcome
from tocsin.messages.query import SelectedMessage
from tocsin.messages.request_text import MARGIN, request_lines
from tocsin.terminal.json_text import json_result
from tocsin.terminal.style import Style, one_line
from tocsin_schema.messages.request import RenderedAuth
from tocsin_schema.models.duration import format_duration


def messages_text(messages: Sequence[SelectedMessage], style: Style) -> str:
    """Return the messages as people read them; raises TocsinError where one can't be rendered."""
    return "\n".join("\n".join(_message(each, style)) + "\n" for each in messages)


def messages_json(messages: Sequence[SelectedMessage]) -> str:
    """Return the messages as one JSON object; raises TocsinError where one can't be rendered."""
    value: JsonValue = {"version": 1, "messages": [_as_json(each) for each in messages]}
    return json_result(value)


def _message(asked: SelectedMessage, style: Style) -> Iterator[str]:
    yield style.heading(f"── {one_line(asked.title)}")
    if asked.silent:
        yield style(f"not sent now: {asked.silent}", "yellow")
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
        yield from request_lines(shown.method, shown.url, shown.headers, shown.body, style, MARGIN)
        yield from (style.aside(line) for line in outcome(asked, index))


def _as_json(asked: SelectedMessage) -> JsonValue:
    return {
        "integration": asked.message.integration.name,
        "type": asked.message.message_type,
        "alert": asked.alert,
        "level": asked.level,
        "attachment": asked.attachment,
        "monitor": asked.monitor,
        "monitors": list(asked.monitors),
        "sample": asked.sample,
        "silent": asked.silent,
        "steps": [_step_json(asked, index) for index in range(len(asked.message.steps))],
    }


def _auth_json(auth: RenderedAuth) -> JsonValue:
    shown: dict[str, JsonValue] = {"scheme": auth.scheme, "username": auth.username.masked}
    endpoint = auth.token_endpoint
    if endpoint is not None:
        shown["token_url"] = endpoint.url.masked
        shown["scope"], shown["audience"] = endpoint.scope.masked or None, endpoint.audience.masked or None
        shown["style"] = endpoint.style
    return shown


def _step_json(asked: SelectedMessage, index: int) -> JsonValue:
    step = asked.message.steps[index]
    delay = step.delay
    if delay is not None:
        return {"delay": format_duration(delay)}
    request = asked.request(index)
    auth = request.auth
    return {
        "method": request.method,
        "url": request.url.masked,
        "headers": [[name, text.masked] for name, text in request.headers],
        "auth": None if auth is None else _auth_json(auth),
        "body": request.body.masked if request.body is not None else None,
        "outcome": list(outcome(asked, index)),
        "assert": [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in step.assert_],
        "capture": {
            name: each.model_dump(mode="json", by_alias=True, exclude_none=True) for name, each in step.capture.items()
        },
        "retry": step.retry.model_dump(mode="json") if step.retry is not None else None,
        "expect": step.expect.model_dump(mode="json", exclude_none=True) if step.expect is not None else None,
        "on_failure": step.on_failure,
        "timeout": format_duration(step.timeout) if step.timeout is not None else None,
        "redirects": step.redirects,
    }
