"""Requests that are made again: when the connection fails, or the target says that it can't answer now.

Only requests that may come twice: those that read, and pushes, which the dispatcher knows again by their key. Others are
made again after a 429 alone, which says that nothing was done.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

import httpx
from tenacity import RetryCallState, Retrying, retry_base, retry_if_exception, retry_if_result, wait_exponential

from tocsin.http.connection_errors import reason_of

PASSING = frozenset({429, 502, 503, 504})
"""Statuses that say: not now."""

TIMEOUT = 120.0
"""Seconds for a request with all its repetitions, unless `--timeout` says otherwise."""

ATTEMPTS = 5
CONNECT_SECONDS = 5.0

LASTING = ("CERTIFICATE", "WRONG_VERSION_NUMBER")
"""What OpenSSL says where another try won't help: no trust, no TLS."""

_backoff = wait_exponential(multiplier=0.5, max=10)

pause = time.sleep


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is tried, and who is told of each failure. Seconds."""

    seconds: float = TIMEOUT
    attempts: int = ATTEMPTS
    tell: Callable[[str], None] | None = None

    def naming(self, who: str) -> Self:
        """Return the same, with `who` in front of what is told."""
        tell = self.tell
        return self if tell is None else replace(self, tell=lambda text: tell(f"{who}: {text}"))


def answer_to(send: Callable[[httpx.Timeout], httpx.Response], patience: Patience) -> httpx.Response:
    """Return the whole answer to a request, made again while that helps; the last one where nothing does.

    `send` gives it as a stream: however slowly it comes, the reading ends in time. Raises what httpx raises where
    there is no answer at all.
    """
    started = time.monotonic()

    def attempt() -> httpx.Response:
        left = max(patience.seconds - (time.monotonic() - started), 0.1)
        until = time.monotonic() + left
        answer = min(left, patience.seconds / 2)  # so that a lost request leaves time for another
        response = send(httpx.Timeout(answer, connect=min(left, CONNECT_SECONDS)))
        response.stream = _InTime(response.stream, until=until)
        try:
            response.read()
        finally:
            response.close()
        return response

    passing = retry_if_exception(_passes) | retry_if_result(lambda answer: answer.status_code in PASSING)
    return _retrying(passing, patience)(attempt)


def answer_once(send: Callable[[], httpx.Response], patience: Patience) -> httpx.Response:
    """Return the answer to a request that may not be done twice: made again only where it was refused as too many."""
    return _retrying(retry_if_result(lambda answer: answer.status_code == httpx.codes.TOO_MANY_REQUESTS), patience)(
        send
    )


def _retrying(retry: retry_base, patience: Patience) -> Retrying:
    def stop(state: RetryCallState) -> bool:
        spent = max(state.seconds_since_start or 0.0, state.idle_for)
        return state.attempt_number >= patience.attempts or spent + state.upcoming_sleep > patience.seconds

    def tell(state: RetryCallState) -> None:
        if patience.tell is not None:
            patience.tell(f"{_trouble(state)}; trying again in {state.upcoming_sleep:.1f} s")

    return Retrying(retry=retry, wait=_wait, stop=stop, sleep=pause, before_sleep=tell, retry_error_callback=_last)


class _InTime(httpx.SyncByteStream):
    """A body that must be there by a moment: httpx's own limit is for each piece, however small."""

    def __init__(self, stream: object, *, until: float) -> None:
        assert isinstance(stream, httpx.SyncByteStream)  # noqa: S101  # the client is no asynchronous one
        self._stream = stream
        self._until = until

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            if time.monotonic() > self._until:
                raise httpx.ReadTimeout("the answer comes too slowly")
            yield piece

    def close(self) -> None:
        self._stream.close()


def _passes(error: BaseException) -> bool:
    """Whether the same request may succeed later: a certificate that is not trusted won't be."""
    return isinstance(error, httpx.TransportError) and not (
        isinstance(error, httpx.UnsupportedProtocol) or any(each in str(error) for each in LASTING)
    )


def _wait(state: RetryCallState) -> float:
    answer = _answer(state)
    return max(_backoff(state), retry_after(answer) if answer is not None else 0.0)


def retry_after(answer: httpx.Response) -> float:
    """Return the seconds that an answer asks for, as a number or a date; 0 where it doesn't."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max((moment.astimezone(UTC) - datetime.now(UTC)).total_seconds(), 0.0)


def _trouble(state: RetryCallState) -> str:
    answer = _answer(state)
    if answer is not None:
        return f"it answered {answer.status_code}"
    error = state.outcome.exception() if state.outcome is not None else None
    return reason_of(error) if isinstance(error, Exception) else "no answer"


def _answer(state: RetryCallState) -> httpx.Response | None:
    if state.outcome is None or state.outcome.failed:
        return None
    answer: httpx.Response = state.outcome.result()
    return answer


def _last(state: RetryCallState) -> httpx.Response:
    assert state.outcome is not None  # noqa: S101  # there was an attempt
    answer: httpx.Response = state.outcome.result()
    return answer
