"""The steps of a message: an HTTP request or a delay."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from tocsin_schema.models.document import Identifier, Strict
from tocsin_schema.models.duration import Duration
from tocsin_schema.models.response import Assertion, Capture

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
"""A field name as RFC 9110, section 5.1, allows it."""


class Credentials(Strict):
    """User name and password; both may hold references, as from the vault."""

    username: str
    password: str


class Auth(Strict):
    """How the request authenticates: Basic or Digest."""

    basic: Credentials | None = None
    digest: Credentials | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_ntlm(cls, value: Any) -> Any:
        if isinstance(value, dict) and "ntlm" in value:
            raise ValueError("NTLM is not supported: the dispatcher authenticates with basic or digest only")
        return value

    @model_validator(mode="after")
    def _one_scheme(self) -> Self:
        if (self.basic is None) == (self.digest is None):
            raise ValueError("expected exactly one of basic and digest")
        return self

    @property
    def scheme(self) -> Literal["basic", "digest"]:
        """The scheme that is given."""
        return "basic" if self.basic is not None else "digest"

    @property
    def credentials(self) -> Credentials:
        """The credentials of the scheme that is given."""
        credentials = self.basic or self.digest
        assert credentials is not None  # noqa: S101  # held by _one_scheme
        return credentials


class Request(Strict):
    """An HTTP request. URL, headers, body and credentials are templates."""

    method: Method = "POST"
    url: Annotated[str, Field(min_length=1, examples=["{{ApiUrl}}"])]
    headers: dict[HeaderName, str] = {}
    auth: Auth | None = None
    body: str | None = None
    """The raw body, a template."""
    json_: Annotated[JsonValue, Field(alias="json")] = None
    """A structured body: every text in it is rendered, then encoded, so it can't break."""

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


class Step(Strict):
    """One step of a message: a `request` with what must hold of its response, or a `delay`."""

    request: Request | None = None
    delay: Duration | None = None
    """Wait this long before the next step."""
    assert_: Annotated[tuple[Assertion, ...], Field(alias="assert")] = ()
    """What must hold of the response. Without an assertion on `status`, 400 and above fail."""
    capture: dict[Identifier, Capture] = {}
    """Variables for the steps after this one, by name."""
    retry: Retry | None = None

    @field_validator("assert_", mode="before")
    @classmethod
    def _list_to_tuple(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _request_or_delay(self) -> Self:
        if (self.request is None) == (self.delay is None):
            raise ValueError("expected a request or a delay")
        if self.delay is not None and self.model_fields_set != {"delay"}:
            raise ValueError("a delay stands alone: assert, capture and retry belong to a request")
        return self
