"""A dispatcher as the command sees it: its HTTP API, with errors in plain words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import JsonValue

from tocsin import __version__
from tocsin.connection import reason_of
from tocsin.errors import RefusedError, TocsinError
from tocsin.exchange import Exchange, ShownRequest, ShownResponse
from tocsin_schema.plan import Live, LiveEntry

Read = TypeVar("Read")

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
TEST_TIMEOUT = httpx.Timeout(600.0, connect=5.0)
"""Seconds: a test message takes as long as its receiver, its delays and its retries."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a push did: the revision that is now live, and how many definitions it touched."""

    revision: int
    created: int
    updated: int
    deleted: int


@dataclass(frozen=True, slots=True)
class RemoteFinding:
    """A finding of the dispatcher's own check."""

    code: str
    message: str
    pointer: str


class InvalidPushError(TocsinError):
    """The dispatcher's check found errors; its running definitions stay as they were."""

    def __init__(self, target: str, findings: list[RemoteFinding]) -> None:
        """Say which target refused, and why."""
        lines = "".join(f"\n  {each.pointer}: {each.code} {each.message}" for each in findings)
        super().__init__(
            f"`{target}` refused the definitions; what it runs has not changed{lines}",
            hint="the dispatcher may be of another version than this command: compare `tocsin --version` with it",
        )
        self.findings = findings


class NotThereError(TocsinError):
    """The dispatcher has no such thing, or can't make sense of the request."""


class Dispatcher:
    """A client of one dispatcher. Use it as a context manager."""

    def __init__(self, name: str, url: str, token: str) -> None:
        """Speak to the dispatcher at `url` as the target called `name`."""
        self._name = name
        self._url = url
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/api/v1",
            headers={"Authorization": f"Bearer {token}", "User-Agent": f"tocsin/{__version__}"},
            timeout=TIMEOUT,
        )

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._client.close()

    def live(self) -> Live:
        """Give everything the dispatcher runs; raises TocsinError where it can't be had."""
        answer = self._answer("GET", "/definitions")
        try:
            entries = tuple(LiveEntry(entry["owner"], entry["document"]) for entry in answer["entries"])
            return Live(int(answer["revision"]), entries)
        except (KeyError, TypeError, ValueError) as error:
            raise self._not_a_dispatcher() from error

    def push(
        self,
        project: JsonValue,
        documents: list[JsonValue],
        *,
        revision: int,
        source: Mapping[str, JsonValue],
    ) -> Applied:
        """Replace what the project owns, provided that `revision` is still live.

        Raises RefusedError where another revision is live or a definition belongs to another project,
        InvalidPushError where the dispatcher finds errors in the definitions.
        """
        body = {"project": project, "documents": documents, "source": dict(source)}
        answer = self._answer("PUT", "/definitions", json=body, headers={"If-Match": f'"{revision}"'})
        try:
            return Applied(answer["revision"], answer["created"], answer["updated"], answer["deleted"])
        except (KeyError, TypeError) as error:
            raise self._not_a_dispatcher() from error

    def read(self, path: str, reader: Callable[[dict[str, Any]], Read], **query: str | int) -> Read:
        """Give what `reader` makes of an answer; raises NotThereError where there is none at this path."""
        answer = self._answer("GET", path, params=query)
        try:
            return reader(answer)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._not_a_dispatcher() from error

    def test(self, integration: str, question: Mapping[str, JsonValue]) -> tuple[Exchange, ...]:
        """Have the dispatcher send a test message, and give every attempt; the last one tells how it ended."""
        path = f"/integrations/{integration}/test"
        answer = self._answer("POST", path, json=dict(question), timeout=TEST_TIMEOUT)
        try:
            return tuple(_exchange(each) for each in answer["steps"])
        except (KeyError, TypeError, ValueError) as error:
            raise self._not_a_dispatcher() from error

    def _answer(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, **options)
        except httpx.TimeoutException as error:
            raise TocsinError(
                f"`{self._name}` did not answer in time ({self._url})",
                hint="is the dispatcher overloaded? Try again",
            ) from error
        except httpx.HTTPError as error:
            raise TocsinError(
                f"can't reach `{self._name}` at {self._url}: {reason_of(error)}",
                hint="is the dispatcher running, and is the target's `url` in tocsin.yaml right?",
            ) from error
        try:
            answer = response.json()
        except ValueError as error:
            raise self._not_a_dispatcher(response.status_code) from error
        if not isinstance(answer, dict):
            raise self._not_a_dispatcher(response.status_code)
        if response.is_success:
            return answer
        raise self._error(response.status_code, answer)

    def _error(self, status: int, answer: dict[str, Any]) -> TocsinError:
        message = str(answer.get("message", f"it answered {status}"))
        if status == httpx.codes.UNAUTHORIZED:
            return TocsinError(
                f"`{self._name}` does not accept the token",
                hint="check the environment variable that the target's `token` names; "
                "`tocsin-dispatcher token create` makes a new one",
            )
        if status == httpx.codes.FORBIDDEN:
            return TocsinError(f"`{self._name}`: {message}", hint="use a token that has this scope")
        if status == httpx.codes.CONFLICT:
            hint = "plan again, and sync that" if answer.get("error") == "conflict" else None
            return RefusedError(f"`{self._name}` refused: {message}", hint=hint)
        if status == httpx.codes.UNPROCESSABLE_ENTITY and isinstance(answer.get("findings"), list):
            findings = [
                RemoteFinding(str(each.get("code")), str(each.get("message")), str(each.get("pointer")))
                for each in answer["findings"]
                if isinstance(each, dict)
            ]
            return InvalidPushError(self._name, findings)
        if status in (httpx.codes.NOT_FOUND, httpx.codes.UNPROCESSABLE_ENTITY):
            return NotThereError(
                f"`{self._name}`: {message}",
                hint=f"it knows what was last synced: `tocsin plan --target {self._name}` shows what differs",
            )
        return TocsinError(f"`{self._name}`: {message} (status {status})")

    def _not_a_dispatcher(self, status: int | None = None) -> TocsinError:
        answered = f" (status {status})" if status is not None else ""
        return TocsinError(
            f"what answers at {self._url} is no Tocsin dispatcher{answered}",
            hint=f"check the `url` of the target `{self._name}` in tocsin.yaml",
        )


def _exchange(told: Mapping[str, Any]) -> Exchange:
    request, response = told["request"], told["response"]
    return Exchange(
        request=None
        if request is None
        else ShownRequest(request["method"], request["url"], _headers(request), request["body"]),
        response=None
        if response is None
        else ShownResponse(
            status=int(response["status"]),
            reason=response["reason"],
            headers=_headers(response),
            body=response["body"],
            truncated=response["truncated"],
            duration_ms=response["duration_ms"],
        ),
        failures=tuple(str(each) for each in told["failures"]),
    )


def _headers(told: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in told["headers"])
