"""A running dispatcher as the operator's commands see it: its HTTP API, with errors in plain words."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError
from tenacity import RetryCallState, Retrying, retry_if_result

from tocsin_dispatcher.errors import OperatorError, SettingsError
from tocsin_schema.api import PREFIX
from tocsin_schema.api.answer import Answer
from tocsin_schema.api.errors import AnyError
from tocsin_schema.api.request import Request

Answered = TypeVar("Answered", bound=Answer)
"""What a request is answered with."""

URL_VARIABLE = "TOCSIN_URL"
TOKEN_VARIABLE = "TOCSIN_TOKEN"  # noqa: S105  # the name of it
DEFAULT_URL = "http://127.0.0.1:8737"
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
PATIENCE = 60.0
"""Seconds that a request is held back at the most where the dispatcher asks to."""

pause = time.sleep


class RemoteError(OperatorError):
    """The dispatcher didn't do it: it can't be reached, or it said no."""

    exit_code = 1


class ConflictError(RemoteError):
    """It doesn't go with what is there now."""

    exit_code = 4


class NotUnderstoodError(RemoteError):
    """What was asked makes no sense to the dispatcher."""

    exit_code = 2


class RemoteDispatcher:
    """Speaks to one dispatcher."""

    def __init__(self, url: str | None, token: str | None, transport: httpx.BaseTransport | None = None) -> None:
        """Take where it is, and the token: else those of the environment. Raises SettingsError without a token."""
        self._url = (url or os.environ.get(URL_VARIABLE) or DEFAULT_URL).rstrip("/")
        text = (token or os.environ.get(TOKEN_VARIABLE) or "").strip()
        if not text:
            raise SettingsError(f"a token is missing: give --token, or set {TOKEN_VARIABLE}")
        if not text.isascii() or not text.isprintable():
            raise SettingsError("the token can't be one: it has characters that no token has")
        self._headers = {"Authorization": f"Bearer {text}"}
        self._transport = transport

    def get(self, path: str, query: Mapping[str, str | int | None], answer: type[Answered]) -> Answered:
        """Return what the API answers; raises OperatorError."""
        stated = {name: value for name, value in query.items() if value is not None}
        return self._answer("GET", path, answer, params=stated)

    def post(self, path: str, request: Request | None, answer: type[Answered]) -> Answered:
        """Have something done and return the answer; raises OperatorError."""
        body = "{}" if request is None else request.to_json()
        return self._answer("POST", path, answer, content=body, headers={"Content-Type": "application/json"})

    def _answer(self, method: str, path: str, answer: type[Answered], **options: Any) -> Answered:
        try:
            with httpx.Client(transport=self._transport, timeout=TIMEOUT, headers=self._headers) as client:
                response = _unhurried(client.request)(method, f"{self._url}{PREFIX}{path}", **options)
        except httpx.TimeoutException:
            raise RemoteError(f"the dispatcher at {self._url} did not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = str(error).rstrip(".")
            raise RemoteError(
                f"the dispatcher at {self._url} can't be reached: {why}; is the URL right (--url, {URL_VARIABLE})?"
            ) from None
        try:
            if response.is_success:
                return answer.model_validate_json(response.content)
            refusal = AnyError.model_validate_json(response.content)
        except ValidationError:
            refusal = AnyError()
        if not refusal.message:
            raise RemoteError(f"{self._url} answered {response.status_code}, which is no answer of a dispatcher")
        raise _ERRORS.get(response.status_code, RemoteError)(refusal.message)


_ERRORS: dict[int, type[RemoteError]] = {409: ConflictError, 422: NotUnderstoodError}


def _unhurried(request: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
    """Return what makes a request again after the time that a 429 asks for: nothing was done then."""
    retrying = Retrying(
        retry=retry_if_result(lambda answer: answer.status_code == httpx.codes.TOO_MANY_REQUESTS),
        wait=lambda state: _retry_after(_answer_of(state)),
        stop=lambda state: (state.seconds_since_start or 0.0) + state.upcoming_sleep > PATIENCE,
        sleep=pause,
        retry_error_callback=_answer_of,
    )
    return retrying.wraps(request)


def _answer_of(state: RetryCallState) -> httpx.Response:
    assert state.outcome is not None  # noqa: S101  # there was an attempt
    answer: httpx.Response = state.outcome.result()
    return answer


def _retry_after(answer: httpx.Response) -> float:
    """Return the seconds that a dispatcher asks for, a second where what answers says nothing of the kind."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1.0
