"""What the snapshot of a message shows: the requests in order, bodies decoded, secrets as asterisks."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import JsonValue

from tocsin.messages import Asked
from tocsin_schema.models.duration import format_duration
from tocsin_schema.render.request import RenderedRequest


def steps_shown(asked: Asked) -> Sequence[JsonValue]:
    """Give every step of a message. Raises TocsinError where one can't be rendered."""
    return [_step(asked, index) for index in range(len(asked.message.steps))]


def _step(asked: Asked, index: int) -> JsonValue:
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
    return {**shown, "body": _body(request)}


def _body(request: RenderedRequest) -> JsonValue:
    """Give the body decoded where it is JSON and loses nothing by it, else as text."""
    if request.body is None:
        return None
    text = request.body.masked
    if "json" not in request.content_type and not text.lstrip().startswith(("{", "[")):
        return text
    try:
        value: JsonValue = json.loads(
            text, object_pairs_hook=_each_key_once, parse_float=_as_written, parse_constant=_refused
        )
    except (ValueError, RecursionError):
        return text
    return value


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key is given twice")
    return dict(pairs)


def _as_written(number: str) -> float:
    if repr(float(number)) != number:
        raise ValueError(f"{number} is written otherwise")
    return float(number)


def _refused(constant: str) -> None:
    raise ValueError(f"JSON has no {constant}")
