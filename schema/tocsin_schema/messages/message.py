"""One message: the requests that an integration makes for one alert, rendered step by step.

A later step may need what an earlier response gave, so steps are rendered when their turn comes. The same
inputs give the same bytes however often and in whatever process they are rendered: a retry repeats the request, but
for what says that it is made for each attempt.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache

from tocsin_schema.errors import StepError
from tocsin_schema.functions.encoding import url_encode
from tocsin_schema.messages.captured_secrets import secret_captures
from tocsin_schema.messages.captured_uses import capturing_step
from tocsin_schema.messages.evaluate import KEPT_LENGTH, EvaluationError, Scope, Spending, evaluate
from tocsin_schema.messages.json_body import json_body
from tocsin_schema.messages.request import RenderedAuth, RenderedRequest, TokenEndpoint, media_type
from tocsin_schema.messages.url import percent_encoded, url_problem
from tocsin_schema.messages.values import AlertValues
from tocsin_schema.models import Auth, Integration, MessageType, OAuth2, Request, Step
from tocsin_schema.template.masked_text import MaskedText
from tocsin_schema.template.parser import parse

FORM = "application/x-www-form-urlencoded"
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class RenderError(StepError):
    """A request that can't be made from these values. The text says what is wrong."""


@dataclass(frozen=True)
class Message:
    """What one integration sends for one alert.

    `level_variables` are the attachment's values, `vault` gives a secret by item and field, `now` is the moment
    that `@DateTime` tells (aware, UTC), `seed` fixes what `@RandomGuid` and its kin give.
    """

    integration: Integration
    message_type: MessageType
    values: AlertValues
    level_variables: Mapping[str, str]
    vault: Callable[[str, str], str]
    now: datetime
    seed: str
    culture: str

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the set that sends this message type; none where it is not sent."""
        message_set = self.integration.message_set(self.message_type)
        return message_set.steps if message_set is not None else ()

    def request(
        self,
        index: int,
        captured: Mapping[str, str],
        attempt_at: datetime | None = None,
        *,
        url: str | None = None,
        spending: Spending | None = None,
    ) -> RenderedRequest:
        """Return the request of step `index` (from 0), with what earlier steps captured.

        `attempt_at` is the moment of the attempt (aware, UTC) that what is `made: attempt` is made for.
        `spending` counts what the templates come to, and is not of use for two requests. `url` stands in for the request's own URL and credentials, where only the rest is wanted. Raises RenderError where the values make no request, MissingSecretError where the vault lacks one.
        """
        request = self.steps[index].request
        if request is None:
            raise RenderError(f"step {index + 1} is a delay")
        if url is not None:
            request = request.model_copy(update={"url": url, "auth": None})
        scope = self.scope(index, captured, attempt_at)
        try:
            step = self.steps[index]
            rendered = replace(
                _rendered(request, scope, spending or Spending()),
                timeout=step.timeout,
                follow_redirects=step.redirects == "follow",
                attempt_at=attempt_at,
                proxy=self.integration.proxy,
                tls=self.integration.tls,
            )
            if self.integration.sign is None:
                return rendered
            return replace(rendered, signing_key=evaluate(parse(self.integration.sign), scope))
        except EvaluationError as error:
            raise RenderError(str(error)) from error

    def expected(self, text: str, index: int, captured: Mapping[str, str], attempt_at: datetime | None = None) -> str:
        """Return the text that an assertion of step `index` compares with; raises as `request` does."""
        try:
            return evaluate(parse(text), self.scope(index, captured, attempt_at)).value
        except EvaluationError as error:
            raise RenderError(str(error)) from error

    def scope(self, index: int, captured: Mapping[str, str], attempt_at: datetime | None = None) -> Scope:
        """Return what the templates of step `index` can refer to."""
        return Scope(
            values=self.values.system,
            custom_fields=self.values.custom_fields,
            variables=self._variables,
            captured=captured,
            functions=self.integration.functions,
            vault=self.vault,
            now=self.now,
            seed=self.seed,
            step=index,
            culture=self.culture,
            secret_captures=self._secret_captures,
            per_attempt=self._per_attempt,
            attempt_at=attempt_at,
        )

    def capturing_step(self, index: int) -> int | None:
        """Return the step that captured what the receiver of step `index` no longer takes, having answered 401.

        None where it was shown nothing that a step of this message captured.
        """
        return capturing_step(self.integration, self.steps, index, self._variables)

    @cached_property
    def _variables(self) -> Mapping[str, str]:
        predefined = {name: each.value for name, each in self.integration.variables.items() if each.value is not None}
        return {**predefined, **self.level_variables}

    @cached_property
    def _secret_captures(self) -> frozenset[str]:
        return secret_captures(self.integration)

    @cached_property
    def _per_attempt(self) -> frozenset[str]:
        return frozenset(name for name, each in self.integration.variables.items() if each.made == "attempt")


def _rendered(request: Request, scope: Scope, spending: Spending) -> RenderedRequest:
    headers = [
        (name, evaluate(parse(value), scope, spending=spending).each(_header_safe))
        for name, value in request.headers.items()
    ]
    if request.has_json and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", MaskedText.of("application/json")))
    return RenderedRequest(
        method=request.method,
        url=_url(evaluate(parse(request.url), scope, spending=spending)),
        headers=tuple(headers),
        body=_body(request, headers, scope, spending),
        auth=_auth(request.auth, scope) if request.auth is not None else None,
    )


def _body(
    request: Request, headers: Sequence[tuple[str, MaskedText]], scope: Scope, spending: Spending
) -> MaskedText | None:
    if request.has_json:
        return json_body(request.json_, lambda text: evaluate(parse(text), scope, spending=spending))
    if request.body is None:
        return None
    if media_type(headers) == FORM:
        return evaluate(parse(request.body), scope, encode=url_encode, encoder="@UrlEncode", spending=spending)
    return evaluate(parse(request.body), scope, spending=spending)


def _auth(auth: Auth, scope: Scope) -> RenderedAuth:
    username = evaluate(parse(auth.credentials.username), scope)
    if auth.scheme == "basic" and ":" in username.value:
        raise RenderError("the user name of basic authentication holds a colon: everything after it would be password")
    password = evaluate(parse(auth.credentials.password), scope)
    return RenderedAuth(auth.scheme, username, password, _token_endpoint(auth.oauth2, scope))


def _token_endpoint(auth: OAuth2 | None, scope: Scope) -> TokenEndpoint | None:
    if auth is None:
        return None
    wanted, audience = (evaluate(parse(each or ""), scope) for each in (auth.scope, auth.audience))
    return TokenEndpoint(_url(evaluate(parse(auth.token_url), scope), "the token URL"), wanted, audience, auth.style)


def _url(rendered: MaskedText, what: str = "") -> MaskedText:
    return _kept_url(rendered, what) if len(rendered.value) <= KEPT_LENGTH else _judged_url(rendered, what)


def _judged_url(rendered: MaskedText, what: str) -> MaskedText:
    url = percent_encoded(rendered)
    problem = url_problem(url)
    if problem is not None:
        raise RenderError(f"{what}: {problem}" if what else problem)
    return url


_kept_url = lru_cache(maxsize=1024)(_judged_url)


def _header_safe(text: str) -> str:
    """Fold control characters, CR and LF among them, into a space: a value can't start a header of its own."""
    return CONTROL.sub(" ", text)
