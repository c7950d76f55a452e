"""What the snapshot of a message shows: the requests in order, bodies decoded, secrets as asterisks."""

from collections.abc import Sequence

from pydantic import JsonValue

from tocsin.messages.decoded_body import decoded_body
from tocsin.messages.query import SelectedMessage
from tocsin_schema.models.duration import format_duration


def steps_shown(asked: SelectedMessage) -> Sequence[JsonValue]:
    """Return every step of a message. Raises TocsinError where one can't be rendered."""
    return [_step(asked, index) for index in range(len(asked.message.steps))]


def _step(asked: SelectedMessage, index: int) -> JsonValue:
    delay = asked.message.steps[index].delay
    if delay is not None:
        return {"delay": format_duration(delay)}
    request = asked.request(index)
    shown: dict[str, JsonValue] = {
        "request": f"{request.method} {request.url.masked}",
        "headers": {name: text.masked for name, text in request.headers},
    }
    if request.auth is not None:
        shown["auth"] = {request.auth.scheme: f"{request.auth.username.masked}:{request.auth.password.masked}"}
        endpoint = request.auth.token_endpoint
        if endpoint is not None:
            shown["token"] = {
                "from": endpoint.url.masked,
                "scope": endpoint.scope.masked,
                "audience": endpoint.audience.masked,
                "style": endpoint.style,
            }
    return {**shown, "body": decoded_body(request.body.masked, _as_written) if request.body is not None else None}


def _as_written(number: str) -> float:
    if repr(float(number)) != number:
        raise ValueError(f"{number} is written otherwise")
    return float(number)
