"""The steps of a message: an HTTP request or a delay."""

from datetime import timedelta
from math import isfinite
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, JsonValue, StrictInt, field_validator, model_validator
from pydantic_core import PydanticCustomError

from tocsin_schema.models.bounds import ASSERTIONS, HEADERS
from tocsin_schema.models.document import Identifier, Strict
from tocsin_schema.models.duration import Duration
from tocsin_schema.models.items import Items
from tocsin_schema.models.response import Assertion, Capture

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
"""A field name as RFC 9110, section 5.1, allows it."""


class Credentials(Strict):
    """User name and password; both may hold references, as from the vault."""

    username: Annotated[str, Field(examples=["{{@VaultItem.servicenow.Username}}"])]
    """The user name, a template."""
    password: Annotated[str, Field(examples=["{{@VaultItem.servicenow.Password}}"])]
    """The password, a template; keep it in the vault."""


class OAuth2(Strict):
    """A client of an OAuth 2.0 authorization server, which gets a token by client credentials (RFC 6749, section 4.4)."""

    token_url: Annotated[str, Field(min_length=1, examples=["https://id.example.com/oauth2/token"])]
    """The token endpoint, a template that must come to an http:// or https:// URL."""
    client_id: Annotated[str, Field(examples=["{{@VaultItem.chat.Username}}"])]
    """The client's id, a template."""
    client_secret: Annotated[str, Field(examples=["{{@VaultItem.chat.Password}}"])]
    """The client's secret, a template; keep it in the vault."""
    scope: str | None = None
    """The scopes to ask for, parted by spaces, a template. Without it, those that the server gives."""
    audience: str | None = None
    """What the token is for, a template; some servers, as Auth0, ask for it."""
    style: Literal["body", "basic"] = "basic"
    """How the client says who it is: by Basic authentication, which every server takes, or in the body."""


class Auth(Strict):
    """How the request authenticates: Basic, Digest, or with a token of OAuth 2.0."""

    basic: Credentials | None = None
    """HTTP Basic authentication (RFC 7617)."""
    digest: Credentials | None = None
    """HTTP Digest authentication (RFC 7616)."""
    oauth2: OAuth2 | None = None
    """A Bearer token (RFC 6750) that is got from a token endpoint, kept while it is good, and renewed."""

    @model_validator(mode="before")
    @classmethod
    def _no_ntlm(cls, value: Any) -> Any:
        for scheme in value if isinstance(value, dict) else (value,):
            if isinstance(scheme, str) and scheme.lower() == "ntlm":
                raise PydanticCustomError(
                    "not_supported",
                    "NTLM is not supported: the dispatcher authenticates with basic, digest or oauth2 only",
                    {"key": scheme} if isinstance(value, dict) else None,
                )
        return value

    @model_validator(mode="after")
    def _one_scheme(self) -> Self:
        if sum(each is not None for each in (self.basic, self.digest, self.oauth2)) != 1:
            raise ValueError("expected exactly one of basic, digest and oauth2")
        return self

    @property
    def scheme(self) -> Literal["basic", "digest", "oauth2"]:
        """The scheme that is given."""
        if self.oauth2 is not None:
            return "oauth2"
        return "basic" if self.basic is not None else "digest"

    @property
    def credentials(self) -> Credentials:
        """The credentials of the scheme that is given: for OAuth 2.0 the client's id and secret."""
        if self.oauth2 is not None:
            return Credentials(username=self.oauth2.client_id, password=self.oauth2.client_secret)
        credentials = self.basic or self.digest
        assert credentials is not None  # noqa: S101  # held by _one_scheme
        return credentials


SCHEMA_FILE_PATTERN = r"^([A-Za-z0-9_][A-Za-z0-9_.-]*/)*[A-Za-z0-9_][A-Za-z0-9_.-]*\.schema\.(json|ya?ml)$"
SchemaFile = Annotated[str, Field(pattern=SCHEMA_FILE_PATTERN, examples=["receivers/pagerduty.schema.json"])]
"""A file in the project's folder or one below: no part of the path begins with a dot."""


def _finite(value: JsonValue) -> JsonValue:
    """Refuse the numbers that YAML has and JSON has not."""
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("JSON has no infinity and no NaN")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _finite(item)
    return value


class Request(Strict):
    """An HTTP request. URL, headers, body and credentials are templates."""

    method: Method = "POST"
    """The HTTP method."""
    url: Annotated[str, Field(min_length=1, examples=["{{ApiUrl}}"])]
    """The address, a template that must come to an http:// or https:// URL."""
    headers: Annotated[
        dict[HeaderName, str], Field(max_length=HEADERS, examples=[{"Content-Type": "application/json"}])
    ] = {}
    """Header values by name; the values are templates."""
    auth: Auth | None = None
    """How the request authenticates: `{basic: {username, password}}`, `digest` or `oauth2`."""
    body: str | None = None
    """The raw body, a template."""
    json_: Annotated[JsonValue, AfterValidator(_finite), Field(alias="json")] = None
    """A structured body: every text in it is rendered, then encoded, so it can't break. Keys stay as they are."""

    @field_validator("headers")
    @classmethod
    def _each_header_once(cls, headers: dict[str, str]) -> dict[str, str]:
        first: dict[str, str] = {}
        for name in headers:
            other = first.setdefault(name.lower(), name)
            if other != name:
                raise ValueError(f"{other} and {name} are one header: upper and lower case mean the same there")
        return headers

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if self.body is not None and self.json_ is not None:
            raise ValueError("expected body or json, not both")
        return self

    @property
    def has_json(self) -> bool:
        """Whether the body is given as `json:` (null is none)."""
        return self.json_ is not None


class Retry(Strict):
    """Try the step again until it succeeds."""

    attempts: Annotated[int, Field(ge=1, le=10)]
    """How often the step is tried in all."""
    wait: Duration
    """How long to wait between two attempts."""


StatusCode = Annotated[StrictInt, Field(ge=200, le=599)]
StatusClass = Literal["2xx", "3xx", "4xx", "5xx"]
Statuses = Annotated[tuple[StatusCode | StatusClass, ...], Items(least=1), Field(examples=[[200, 204, 409], ["5xx"]])]
"""Status codes, and classes of them; a code goes before its class."""


class Expect(Strict):
    """What status codes mean here, where they mean something else than usual."""

    delivered: Statuses | None = None
    """The receiver has it, if the assertions hold. Replaces 2xx."""
    busy: Statuses | None = None
    """The receiver can take no more now: as 429 means anyway."""
    refused: Statuses | None = None
    """The receiver will never take this message: as other 4xx mean anyway."""

    @model_validator(mode="after")
    def _each_code_once(self) -> Self:
        means: dict[int | str, str] = {}
        for name in type(self).model_fields:
            for code in getattr(self, name) or ():
                other = means.setdefault(code, name)
                if other != name:
                    raise ValueError(f"{code} can't mean both {other} and {name}")
        if not means:
            raise ValueError("expected one of delivered, busy, refused")
        return self

    def meaning(self, status: int) -> Literal["delivered", "busy", "refused"] | None:
        """Return what a status code means here; None: what it means anyway."""
        for code in (status, f"{status // 100}xx"):
            for name in ("delivered", "busy", "refused"):
                if code in (getattr(self, name) or ()):
                    return name
        return None


SHORTEST_TIMEOUT, LONGEST_TIMEOUT = timedelta(seconds=1), timedelta(minutes=2)


def _timeout(duration: timedelta) -> timedelta:
    if not SHORTEST_TIMEOUT <= duration <= LONGEST_TIMEOUT:
        raise ValueError("expected a duration from 1s to 2m")
    return duration


class Step(Strict):
    """One step of a message: a `request` with what must hold of its response, or a `delay`."""

    request: Request | None = None
    """The HTTP request to make."""
    delay: Duration | None = None
    """Wait this long before the next step."""
    accepts: SchemaFile | None = None
    """A JSON Schema of what the receiver takes, a file seen from `tocsin.yaml`; every rendered body is judged by it."""
    assert_: Annotated[tuple[Assertion, ...], Items(most=ASSERTIONS), Field(alias="assert")] = ()
    """What must hold of the response. Without an assertion on `status`, anything but 2xx fails."""
    capture: Annotated[dict[Identifier, Capture], Field(max_length=ASSERTIONS)] = {}
    """Variables for the steps after this one, by name."""
    expect: Expect | None = None
    """What status codes mean here: `{delivered: [200, 409], busy: [420], refused: [5xx]}`."""
    retry: Retry | None = None
    """Try the step again until it succeeds: `{attempts: 3, wait: 2s}`."""
    on_failure: Literal["continue"] | None = None
    """`continue`: where this step fails the next one follows, and the message counts as delivered, with a remark."""
    timeout: Annotated[Duration, AfterValidator(_timeout)] | None = None
    """How long the receiver has to answer, from 1s to 2m. Without it: 30s."""
    redirects: Literal["follow"] | None = None
    """`follow`: a redirect is followed, up to five in a row; without it, one is no answer."""

    @model_validator(mode="after")
    def _request_or_delay(self) -> Self:
        if (self.request is None) == (self.delay is None):
            raise ValueError("expected a request or a delay")
        stated = [name for name in type(self).model_fields if getattr(self, name) not in (None, (), {})]
        if self.delay is not None and len(stated) > 1:
            other = next(name for name in stated if name not in ("request", "delay")).rstrip("_")
            raise PydanticCustomError(
                "not_together",
                "a `delay` stands alone: whatever else a step can say belongs to a `request`",
                {"key": other, "help": "make it a step of its own"},
            )
        delivered = self.expect is not None and self.expect.delivered is not None
        if delivered and any(each.source == "status" for each in self.assert_):
            raise PydanticCustomError(
                "not_together",
                "an assertion on `status` and delivered in `expect` say the same thing twice",
                {"key": "expect", "help": "leave one of them out: each says which statuses deliver"},
            )
        return self
