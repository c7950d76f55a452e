"""A dispatcher as the command sees it: its HTTP API, with errors in plain words."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import JsonValue, ValidationError

from tocsin import __version__
from tocsin.errors import RefusedError, TocsinError, UsageError
from tocsin.http.connection_errors import reason_of
from tocsin.http.exchange import Exchange, ShownRequest, ShownResponse
from tocsin.http.proxy import proxy_for, proxy_variables
from tocsin.http.retries import PASSING, Patience, answer_once, answer_to, retry_after
from tocsin_schema.api import PREFIX
from tocsin_schema.api.answer import Answer
from tocsin_schema.api.definitions import REVISION_HEADER, DefinitionsPushed, LiveDefinitions, PushAnswer
from tocsin_schema.api.errors import UNKNOWN_ROUTE, AnyError, FindingTold
from tocsin_schema.api.exchanges import StoredRequest, StoredResponse
from tocsin_schema.api.request import Request
from tocsin_schema.api.source import PushSource
from tocsin_schema.api.test_message import StepShown, TestAnswer, TestRequested
from tocsin_schema.plan.changes import Live
from tocsin_schema.text.credentials import without_credentials
from tocsin_schema.text.suggest import listed

Answered = TypeVar("Answered", bound=Answer)
"""What a request is answered with."""

TEST_TIMEOUT = httpx.Timeout(600.0, connect=5.0)
"""Seconds: a test message takes as long as its receiver, its delays and its retries."""


_VERSIONS = "the dispatcher may be of another version than this command: compare `tocsin --version` with it"
_HINTS = {UNKNOWN_ROUTE: "name one that it has, or have the dispatcher's operator set it up: see docs/operations.md"}
"""What to do about a refusal, by the short name of its error; else versions may differ."""


class InvalidPushError(TocsinError):
    """The dispatcher's own validation found errors; its running definitions stay as they were."""

    def __init__(self, target: str, findings: Sequence[FindingTold], error: str = "") -> None:
        """Say which target refused, and why; `error` is the short name that it gave."""
        lines = "".join(f"\n  {each.pointer}: {each.code} {each.message}" for each in findings)
        super().__init__(
            f"`{target}` refused the definitions; what it runs has not changed{lines}",
            hint=_HINTS.get(error, _VERSIONS),
        )
        self.findings = tuple(findings)


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
        try:
            self._client = httpx.Client(
                base_url=url.rstrip("/") + PREFIX,
                headers={"Authorization": f"Bearer {token}", "User-Agent": f"tocsin/{__version__}"},
            )
        except (ValueError, ImportError, httpx.InvalidURL) as error:  # what httpx raises for a proxy, by its own words
            if not (named := proxy_variables()):
                raise
            # What is wrong with an address that is none may be its password.
            why = "its address is no URL" if isinstance(error, httpx.InvalidURL) else reason_of(error)
            raise UsageError(
                f"a proxy that the environment names can't be used: {why}",
                hint=f"proxies are `http://HOST:PORT` or `https://HOST:PORT`; look at {listed(named)}",
            ) from error
        self._proxy = proxy_for(url)

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
        return self.read("/definitions", LiveDefinitions).live()

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
            return self._read(response, LiveDefinitions).live()
        try:
            return int(response.headers[REVISION_HEADER])
        except (KeyError, ValueError) as error:
            raise self._not_a_dispatcher(response.status_code) from error

    def push(
        self,
        project: dict[str, JsonValue],
        documents: list[JsonValue],
        *,
        revision: int,
        source: PushSource,
        adopt: Sequence[str] = (),
    ) -> PushAnswer:
        """Replace what the project owns, provided that `revision` is still live.

        A push whose answer is lost is sent again under the same key, and done once. Raises RefusedError where another
        revision is live or a definition belongs to another project or is protected, InvalidPushError where the
        dispatcher finds errors in the definitions.
        """
        pushed = DefinitionsPushed.model_construct(
            project=project, documents=documents, adopt=list(adopt), source=source
        )
        headers = {"If-Match": f'"{revision}"', "Idempotency-Key": secrets.token_hex(16)}
        return self._answer("PUT", "/definitions", PushAnswer, body=pushed, headers=headers)

    def read(self, path: str, answer: type[Answered], **query: str | int) -> Answered:
        """Return what is at a path; raises NotThereError where nothing is."""
        return self._answer("GET", path, answer, params=query)

    def test(self, integration: str, requested: TestRequested) -> tuple[Exchange, ...]:
        """Have the dispatcher send a test message, and return every attempt; the last one tells how it ended."""
        path = f"/integrations/{integration}/test"
        answer = self._answer("POST", path, TestAnswer, body=requested, timeout=TEST_TIMEOUT)
        return tuple(_exchange(each) for each in answer.steps)

    def _answer(
        self, method: str, path: str, answer: type[Answered], *, body: Request | None = None, **options: Any
    ) -> Answered:
        if body is not None:
            options["content"] = body.to_json()
            options["headers"] = {"Content-Type": "application/json", **options.get("headers", {})}
        return self._read(self._response(method, path, **options), answer)

    def _response(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            if method == "POST":  # a message that is sent twice is seen twice
                return answer_once(lambda: self._client.request(method, path, **options), self._patience)
            return answer_to(
                lambda timeout: self._client.send(
                    self._client.build_request(method, path, timeout=timeout, **options), stream=True
                ),
                self._patience,
            )
        except httpx.TimeoutException as error:
            raise DispatcherUnreachableError(
                f"`{self._name}` did not answer in time ({self._place})",
                hint=self._direct("is the dispatcher overloaded? Try again"),
            ) from error
        except httpx.HTTPError as error:
            raise DispatcherUnreachableError(
                f"can't reach `{self._name}` at {self._place}: {reason_of(error)}",
                hint=self._direct("is the dispatcher running, and is the target's `url` in tocsin.yaml right?"),
            ) from error

    def _read(self, response: httpx.Response, answer: type[Answered]) -> Answered:
        if response.has_redirect_location:
            raise self._elsewhere(response)
        if not response.is_success:
            raise self._refusal(response)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            is_object = error.errors()[0]["loc"] != ()
            raise self._not_a_dispatcher(None if is_object else response.status_code) from error

    def _refusal(self, response: httpx.Response) -> TocsinError:
        status = response.status_code
        try:
            body = AnyError.model_validate_json(response.content)
        except ValidationError:
            return self._not_now(response) if status in PASSING else self._not_a_dispatcher(status)
        if status in PASSING and not body.message:
            return self._not_now(response)
        message = body.message or f"it answered {status}"
        if status == httpx.codes.UNAUTHORIZED:
            return TocsinError(
                f"`{self._name}` does not accept the token",
                hint="check what the target's `token` in tocsin.yaml leads to; "
                "`tocsin-dispatcher token create` makes a new one",
            )
        if status == httpx.codes.FORBIDDEN:
            return TocsinError(f"`{self._name}`: {message}", hint="use a token that has this scope")
        if status == httpx.codes.CONFLICT:
            hint = "plan again, and sync that" if body.error == "conflict" else None
            return RefusedError(f"`{self._name}` refused: {message}", hint=hint)
        if status == httpx.codes.UNPROCESSABLE_ENTITY and body.findings is not None:
            return InvalidPushError(self._name, body.findings, body.error)
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
            f"`{self._name}` can't answer at the moment (status {response.status_code} from {self._place}{asked})",
            hint=self._direct(
                "what stands in front of the dispatcher may not reach it: is it running? `--timeout` waits longer"
            ),
        )

    def _elsewhere(self, response: httpx.Response) -> TocsinError:
        to = without_credentials(response.headers["Location"])
        return TocsinError(
            f"`{self._name}` at {self._place} leads on to {to} (status {response.status_code}); the token was not sent there",
            hint=f"write the address that answers itself as `url` of the target `{self._name}` in tocsin.yaml",
        )

    def _not_a_dispatcher(self, status: int | None = None) -> TocsinError:
        answered = f" (status {status})" if status is not None else ""
        return TocsinError(
            f"what answers at {self._place} is no Tocsin dispatcher{answered}",
            hint=self._direct(f"check the `url` of the target `{self._name}` in tocsin.yaml"),
        )

    @property
    def _place(self) -> str:
        """Where requests go, for messages."""
        return self._url if self._proxy is None else f"{self._url} {self._proxy}"

    def _direct(self, hint: str) -> str:
        """Return a hint, with how to leave the proxy out where there is one."""
        proxy = self._proxy
        return hint if proxy is None else f"is the proxy the right way? NO_PROXY={proxy.host} leaves it out; {hint}"


def _exchange(step: StepShown) -> Exchange:
    return Exchange(
        request=None if step.request is None else _request(step.request),
        response=None if step.response is None else _response(step.response),
        failures=tuple(step.failures),
        outcome=step.outcome,
        hold=None if step.hold_seconds is None else timedelta(seconds=step.hold_seconds),
        then=step.then,
        timings=step.timings,
    )


def _request(sent: StoredRequest) -> ShownRequest:
    return ShownRequest(sent.method, sent.url, sent.headers, sent.body, sent.truncated)


def _response(came: StoredResponse) -> ShownResponse:
    return ShownResponse(came.status, came.reason, came.headers, came.body, came.truncated, came.duration_ms)
