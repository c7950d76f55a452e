"""One attempt at a step from this machine: its request, and the one for the token that it needs."""

from collections.abc import Generator
from datetime import UTC, datetime

import httpx

from tocsin.http.exchange import Exchange, ShownRequest, ShownResponse
from tocsin.http.receiver import Answer, ReceiverUnreachableError, answer_of
from tocsin_schema.errors import StepError
from tocsin_schema.messages.captured_secrets import captured_secrets, masked_response
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.message import Message
from tocsin_schema.messages.oauth2 import NoTokenError, Token, shown_answer, token_of, token_request, with_token
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.signature import Stamp
from tocsin_schema.messages.steps import Outcome, Send, after_redirects, judge, render

Tokens = dict[RenderedRequest, Token]
"""Tokens by the requests that got them, for the length of a message."""

Exchanges = Generator[Exchange, None, Outcome]
UNAUTHORIZED = 401


def attempt(client: httpx.Client, tokens: Tokens, message: Message, send: Send, stamp: Stamp) -> Exchanges:
    """Yield the requests of one attempt at a step as they may be shown, and return what came of it.

    A token that the receiver doesn't take is got anew, once.
    """
    try:
        request = render(message, send, stamp)
    except StepError as error:
        outcome = Outcome.of_fault("request", f"step {send.step + 1} can't be rendered: {error}")
        yield Exchange(None, None, outcome.failures)
        return outcome
    asking = token_request(request)
    if asking is None:
        return (yield from _asked(client, message, send, request))[0]
    outcome, status = yield from _with_token(client, tokens, message, send, request, asking)
    if status == UNAUTHORIZED and tokens.pop(asking, None) is not None:
        outcome, _ = yield from _with_token(client, tokens, message, send, request, asking)
    return outcome


def _with_token(
    client: httpx.Client,
    tokens: Tokens,
    message: Message,
    send: Send,
    request: RenderedRequest,
    asking: RenderedRequest,
) -> Generator[Exchange, None, tuple[Outcome, int]]:
    if asking not in tokens:
        found = yield from _token(client, asking)
        if isinstance(found, Outcome):
            return found, 0
        tokens[asking] = found
    return (yield from _asked(client, message, send, with_token(request, tokens[asking])))


def _asked(
    client: httpx.Client, message: Message, send: Send, request: RenderedRequest
) -> Generator[Exchange, None, tuple[Outcome, int]]:
    """Return what came of a request, and the status of its answer, 0 where it was done or there was none."""
    shown, masking = ShownRequest.of(request), Masking.of(request)
    try:
        answer = answer_of(client, request)
    except ReceiverUnreachableError as error:
        outcome = Outcome.of_fault(error.fault, masking.mask(str(error)))
        outcome = after_redirects(outcome, request.method, error.method or request.method)
        yield Exchange(shown, None, outcome.failures, timings=error.timings)
        return outcome, 0
    outcome = judge(message, send, request, answer.response, datetime.now(UTC), answer.not_followed)
    outcome = after_redirects(outcome, request.method, answer.method or request.method)
    step = message.steps[send.step]
    masking = Masking(Masking.secrets_of(request) | captured_secrets(step, answer.response))
    yield Exchange(shown, _shown(answer, masking), outcome.failures, timings=answer.timings)
    return outcome, answer.response.status if outcome.kind != "unclear" else 0


def _token(client: httpx.Client, asking: RenderedRequest) -> Generator[Exchange, None, Token | Outcome]:
    """Return a new token, or why there is none."""
    shown, masking = ShownRequest.of(asking), Masking.of(asking)
    try:
        answer = answer_of(client, asking)
    except ReceiverUnreachableError as error:
        outcome = Outcome.of_fault("token", f"no token: {masking.mask(str(error))}")
        yield Exchange(shown, None, outcome.failures, timings=error.timings)
        return outcome
    try:
        token = token_of(answer.response)
    except NoTokenError as error:
        outcome = Outcome.of_fault("token_refused" if error.refused else "token", masking.mask(str(error)))
        yield Exchange(shown, _shown_token(answer, masking), outcome.failures, timings=answer.timings)
        return outcome
    yield Exchange(shown, _shown_token(answer, masking), timings=answer.timings)
    return token


def _shown_token(answer: Answer, masking: Masking) -> ShownResponse:
    shown = _shown(answer, masking)
    return ShownResponse(
        shown.status, shown.reason, shown.headers, shown_answer(shown.body), shown.truncated, shown.duration_ms
    )


def _shown(answer: Answer, masking: Masking) -> ShownResponse:
    response = answer.response
    reason, headers, body = masked_response(response, masking, cut=answer.truncated)
    return ShownResponse(response.status, reason, headers, body, answer.truncated, response.duration_ms)
