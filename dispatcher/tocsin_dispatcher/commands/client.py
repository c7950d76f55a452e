"""A running dispatcher as the operator's commands see it: its HTTP API, with errors in plain words."""

import os
from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import JsonValue

from tocsin_dispatcher.errors import DispatcherError, SettingsError

URL_VARIABLE = "TOCSIN_URL"
TOKEN_VARIABLE = "TOCSIN_TOKEN"  # noqa: S105  # the name of it
DEFAULT_URL = "http://127.0.0.1:8737"
TIMEOUT = httpx.Timeout(30.0, connect=5.0)


class RemoteError(DispatcherError):
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

    def get(self, path: str, query: Mapping[str, str | int | None], *, wanted: str) -> Any:
        """Return what the API answers, an object that has the key `wanted`; raises DispatcherError."""
        stated = {name: value for name, value in query.items() if value is not None}
        return self._answer("GET", path, wanted, params=stated)

    def post(self, path: str, body: Mapping[str, JsonValue], *, wanted: str) -> Any:
        """Have something done and return the answer, an object that has the key `wanted`; raises DispatcherError."""
        stated = {name: value for name, value in body.items() if value is not None}
        return self._answer("POST", path, wanted, json=stated)

    def _answer(self, method: str, path: str, wanted: str, **options: Any) -> Any:
        try:
            with httpx.Client(transport=self._transport, timeout=TIMEOUT, headers=self._headers) as client:
                response = client.request(method, f"{self._url}/api/v1{path}", **options)
        except httpx.TimeoutException:
            raise RemoteError(f"the dispatcher at {self._url} did not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = str(error).rstrip(".")
            raise RemoteError(
                f"the dispatcher at {self._url} can't be reached: {why}; is the URL right (--url, {URL_VARIABLE})?"
            ) from None
        try:
            body = response.json()
        except ValueError:
            body = None
        if response.is_success and isinstance(body, dict) and wanted in body:
            return body
        message = body.get("message") if isinstance(body, dict) else None
        if message is None or response.is_success:
            raise RemoteError(f"{self._url} answered {response.status_code}, which is no answer of a dispatcher")
        raise _ERRORS.get(response.status_code, RemoteError)(str(message))


_ERRORS: dict[int, type[RemoteError]] = {409: ConflictError, 422: NotUnderstoodError}
