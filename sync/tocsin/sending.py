"""Sending a test message, from this machine or through a dispatcher."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import JsonValue

from tocsin import __version__
from tocsin.dispatcher import Dispatcher
from tocsin.errors import TocsinError
from tocsin.messages import Asked, Question
from tocsin_schema.models import Sample, Step
from tocsin_schema.render.request import RenderedAuth, RenderedRequest
from tocsin_schema.responses import CaptureError, Response, captures, failures
from tocsin_schema.template.evaluate import MissingSecret
from tocsin_schema.template.text import MASK
from tocsin_schema.vault import environment_variable

DEADLINE = 30.0
"""Seconds that a receiver has for its whole answer."""

SHOWN_BYTES = 65_536
"""How much of a response is read."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back, secrets as asterisks. `failures` says why the step did not succeed."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str | None
    response: Response | None
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """The exchanges of a test message, and whether all of its steps succeeded."""

    exchanges: tuple[Exchange, ...]
    delivered: bool


def send(asked: Asked, environment: Mapping[str, str]) -> Sent:
    """Send a message from here, step by step, with waits and retries as the definition says.

    Raises TocsinError where a secret is missing or a step can't be rendered. What the receiver does wrong
    is told in the exchanges.
    """
    real = asked.with_vault(_vault(environment), datetime.now(UTC), secrets.token_hex(16))
    exchanges: list[Exchange] = []
    captured: dict[str, str] = {}
    with httpx.Client(follow_redirects=False, trust_env=False, timeout=DEADLINE) as client:
        for index, step in enumerate(real.message.steps):
            if step.delay is not None:
                time.sleep(step.delay.total_seconds())
                continue
            attempts = step.retry.attempts if step.retry else 1
            for attempt in range(1, attempts + 1):
                exchange, found = _attempt(client, real, index, captured)
                exchanges.append(exchange)
                if not exchange.failures:
                    break
                if attempt < attempts and step.retry is not None:
                    time.sleep(step.retry.wait.total_seconds())
            if exchanges[-1].failures:
                return Sent(tuple(exchanges), delivered=False)
            captured.update(found)
    return Sent(tuple(exchanges), delivered=True)


def ask_dispatcher(dispatcher: Dispatcher, question: Question, sample: Sample | None) -> Sent:
    """Have a dispatcher send the message that it runs, and give both sides of every request."""
    asked: dict[str, JsonValue] = {"type": question.message_type}
    for key, value in (("alert", question.alert), ("level", question.level), ("monitor", question.monitor)):
        if value is not None:
            asked[key] = value
    if sample is not None:
        asked["set"] = dict(sample.set)
    answer = dispatcher.test(question.integration, asked)
    try:
        exchanges = tuple(_told(each) for each in answer["steps"])
        return Sent(exchanges, bool(answer["delivered"]))
    except (KeyError, TypeError, ValueError) as error:
        raise TocsinError("the dispatcher's answer to the test message can't be read") from error


def _attempt(
    client: httpx.Client, asked: Asked, index: int, captured: Mapping[str, str]
) -> tuple[Exchange, dict[str, str]]:
    step: Step = asked.message.steps[index]
    try:
        request = asked.request(index, captured)
    except MissingSecret as error:
        variable = environment_variable(error.item, error.field)
        raise TocsinError(
            f"the vault item `{error.item}` has no {error.field} here", hint=f"export {variable}=..."
        ) from error
    found: dict[str, str] = {}
    response, reasons = _exchange(client, request)
    if response is not None:
        reasons = failures(step, response, lambda text: asked.message.expected(text, index, captured))
        if not reasons:
            try:
                found = captures(step, response)
            except CaptureError as error:
                reasons = [str(error)]
        response = _masked(response, request.secrets)
    headers = [(name, text.masked) for name, text in request.headers]
    if request.auth is not None:
        headers.insert(0, ("Authorization", f"{request.auth.scheme.title()} {MASK}"))
    body = request.body.masked if request.body is not None else None
    shown = tuple(_without(reason, request.secrets) for reason in reasons)
    return Exchange(request.method, request.url.masked, tuple(headers), body, response, shown), found


def _exchange(client: httpx.Client, request: RenderedRequest) -> tuple[Response | None, list[str]]:
    headers = {"User-Agent": f"Tocsin/{__version__}"}
    headers.update({name: text.value for name, text in request.headers})
    started = time.monotonic()
    try:
        with client.stream(
            request.method,
            request.url.value,
            headers={name: value.encode() for name, value in headers.items()},
            content=request.content,
            auth=_auth(request.auth) if request.auth is not None else httpx.USE_CLIENT_DEFAULT,
        ) as answer:
            body, completed = _read(answer, started)
            took = int((time.monotonic() - started) * 1000)
            pairs = tuple((name, value) for name, value in answer.headers.multi_items())
            return Response(answer.status_code, answer.reason_phrase, pairs, body, took, completed), []
    except httpx.TimeoutException:
        return None, [f"no whole answer within {DEADLINE:.0f} s"]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return None, [f"can't reach the receiver: {_without(str(error), request.secrets)}"]


def _read(answer: httpx.Response, started: float) -> tuple[bytes, bool]:
    """Read at most SHOWN_BYTES; a receiver that drips or never ends does not hold us."""
    body = bytearray()
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > SHOWN_BYTES or time.monotonic() - started > DEADLINE:
            return bytes(body[:SHOWN_BYTES]), False
    return bytes(body), True


def _auth(auth: RenderedAuth) -> httpx.Auth:
    scheme = httpx.BasicAuth if auth.scheme == "basic" else httpx.DigestAuth
    return scheme(auth.username.value, auth.password.value)


def _vault(environment: Mapping[str, str]) -> Any:
    def secret(item: str, field: str) -> str:
        value = environment.get(environment_variable(item, field))
        if value is None:
            raise MissingSecret(item, field)
        return value

    return secret


def _masked(response: Response, hidden: frozenset[str]) -> Response:
    headers = tuple((name, _without(value, hidden)) for name, value in response.headers)
    body = _without(response.body.decode("utf-8", "replace"), hidden).encode()
    return Response(response.status, response.reason, headers, body, response.duration_ms, response.completed)


def _without(text: str, hidden: frozenset[str]) -> str:
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _told(step: Mapping[str, Any]) -> Exchange:
    """Give an exchange as the dispatcher tells it."""
    request, response = step.get("request") or {}, step.get("response")
    return Exchange(
        method=str(request.get("method", "")),
        url=str(request.get("url", "")),
        headers=tuple((str(name), str(value)) for name, value in request.get("headers", ())),
        body=request.get("body"),
        response=None
        if response is None
        else Response(
            int(response["status"]),
            str(response.get("reason", "")),
            tuple((str(name), str(value)) for name, value in response.get("headers", ())),
            str(response.get("body", "")).encode(),
            int(response.get("duration_ms", 0)),
            not response.get("truncated", False),
        ),
        failures=tuple(str(each) for each in step.get("failures", ())),
    )
