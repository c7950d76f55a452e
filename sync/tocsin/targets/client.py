"""A dispatcher as the command sees it: its HTTP API, with errors in plain words."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import JsonValue

from tocsin import __version__
from tocsin.errors import RefusedError, TocsinError
from tocsin.http.connection_errors import reason_of
from tocsin.http.exchange import Exchange, ShownRequest, ShownResponse
from tocsin.http.retries import PASSING, Patience, answer_to, retry_after
from tocsin_schema.plan.plan import Live, LiveEntry
from tocsin_schema.text.credentials import without_credentials

Read = TypeVar("Read")

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


class DispatcherUnreachableError(TocsinError):
    """No answer of the dispatcher's own came: what was asked for may have been done, or not."""


class DispatcherClient:
    """A client of one dispatcher. Use it as a context manager."""

    def __init__(self, name: str, url: str, token: str, patience: Patience | None = None) -> None:
        """Speak to the dispatcher at `url` as the target called `name`; requests that may come twice are repeated."""
        self._name = name
        self._url = without_credentials(url)
        self._patience = (patience or Patience()).naming(f"`{name}`")
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/api/v1",
            headers={"Authorization": f"Bearer {token}", "User-Agent": f"tocsin/{__version__}"},
        )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._client.close()

    def live(self) -> Live:
        """Return everything the dispatcher runs; raises TocsinError where it can't be had."""
        return self._live(self._answer("GET", "/definitions"))

    def live_unless(self, owner: str, digest: str) -> Live | int:
        """Return everything the dispatcher runs; only the revision where the digest of what `owner` owns is `digest`.

        One request either way. Raises TocsinError where there is no answer.
        """
        response = self._response(
            "GET",
            "/definitions",
            params={"project": owner, "others": "true"},
            headers={"If-None-Match": f'"{digest}"'},
        )
        if response.status_code != httpx.codes.NOT_MODIFIED:
            return self._live(self._json(response))
        try:
            return int(response.headers["Tocsin-Revision"])
        except (KeyError, ValueError) as error:
            raise self._not_a_dispatcher(response.status_code) from error

    def _live(self, answer: Mapping[str, Any]) -> Live:
        try:
            entries = tuple(
                LiveEntry(each["owner"], each["document"], each.get("former_owner"), each.get("since"))
                for each in answer["entries"]
            )
            return Live(int(answer["revision"]), entries)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self._not_a_dispatcher() from error

    def push(
        self,
        project: JsonValue,
        documents: list[JsonValue],
        *,
        revision: int,
        source: Mapping[str, JsonValue],
        adopt: Sequence[str] = (),
    ) -> Applied:
        """Replace what the project owns, provided that `revision` is still live.

        A push whose answer is lost is sent again under the same key, and done once. Raises RefusedError where another
        revision is live or a definition belongs to another project or is protected, InvalidPushError where the
        dispatcher finds errors in the definitions.
        """
        body = {"project": project, "documents": documents, "adopt": list(adopt), "source": dict(source)}
        headers = {"If-Match": f'"{revision}"', "Idempotency-Key": secrets.token_hex(16)}
        answer = self._answer("PUT", "/definitions", json=body, headers=headers)
        try:
            return Applied(answer["revision"], answer["created"], answer["updated"], answer["deleted"])
        except (KeyError, TypeError) as error:
            raise self._not_a_dispatcher() from error

    def read(self, path: str, reader: Callable[[dict[str, Any]], Read], **query: str | int) -> Read:
        """Return what `reader` makes of an answer; raises NotThereError where there is none at this path."""
        answer = self._answer("GET", path, params=query)
        try:
            return reader(answer)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._not_a_dispatcher() from error

    def test(self, integration: str, question: Mapping[str, JsonValue]) -> tuple[Exchange, ...]:
        """Have the dispatcher send a test message, and return every attempt; the last one tells how it ended."""
        path = f"/integrations/{integration}/test"
        answer = self._answer("POST", path, json=dict(question), timeout=TEST_TIMEOUT)
        try:
            return tuple(_exchange(each) for each in answer["steps"])
        except (KeyError, TypeError, ValueError) as error:
            raise self._not_a_dispatcher() from error

    def _answer(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        return self._json(self._response(method, path, **options))

    def _response(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            if method == "POST":  # a message that is sent twice is seen twice
                return self._client.request(method, path, **options)
            return answer_to(
                lambda timeout: self._client.send(
                    self._client.build_request(method, path, timeout=timeout, **options), stream=True
                ),
                self._patience,
            )
        except httpx.TimeoutException as error:
            raise DispatcherUnreachableError(
                f"`{self._name}` did not answer in time ({self._url})",
                hint="is the dispatcher overloaded? Try again",
            ) from error
        except httpx.HTTPError as error:
            raise DispatcherUnreachableError(
                f"can't reach `{self._name}` at {self._url}: {reason_of(error)}",
                hint="is the dispatcher running, and is the target's `url` in tocsin.yaml right?",
            ) from error

    def _json(self, response: httpx.Response) -> dict[str, Any]:
        if response.has_redirect_location:
            raise self._elsewhere(response)
        try:
            answer = response.json()
        except ValueError as error:
            if response.status_code in PASSING:
                raise self._not_now(response) from error
            raise self._not_a_dispatcher(response.status_code) from error
        if not isinstance(answer, dict):
            raise self._not_a_dispatcher(response.status_code)
        if response.is_success:
            return answer
        if response.status_code in PASSING and "message" not in answer:
            raise self._not_now(response)
        raise self._error(response.status_code, answer)

    def _error(self, status: int, answer: dict[str, Any]) -> TocsinError:
        message = str(answer.get("message", f"it answered {status}"))
        if status == httpx.codes.UNAUTHORIZED:
            return TocsinError(
                f"`{self._name}` does not accept the token",
                hint="check what the target's `token` in tocsin.yaml leads to; "
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

    def _not_now(self, response: httpx.Response) -> TocsinError:
        wait = retry_after(response)
        asked = f", and asks to be left alone for {wait:.0f} s" if wait else ""
        return DispatcherUnreachableError(
            f"`{self._name}` can't answer at the moment (status {response.status_code} from {self._url}{asked})",
            hint="what stands in front of the dispatcher may not reach it: is it running? `--timeout` waits longer",
        )

    def _elsewhere(self, response: httpx.Response) -> TocsinError:
        to = without_credentials(response.headers["Location"])
        return TocsinError(
            f"`{self._name}` at {self._url} leads on to {to} (status {response.status_code}); the token was not sent there",
            hint=f"write the address that answers itself as `url` of the target `{self._name}` in tocsin.yaml",
        )

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
        else ShownRequest(
            method=request["method"],
            url=request["url"],
            headers=_headers(request),
            body=request["body"],
            truncated=request.get("truncated", False),  # older dispatchers cut bodies alone, and said nothing
        ),
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
