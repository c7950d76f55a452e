"""What a step says about the response it gets: assertions and captures.

Sources and comparisons are those of `docs/domain.md#assertions`, as far as Tocsin has them.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)

from tocsin_schema.models.bounds import ASSERTIONS, EXPRESSION
from tocsin_schema.models.document import Strict
from tocsin_schema.models.items import Items

Source = Literal["status", "status_text", "completed", "body", "json", "xml", "header", "cookie", "length", "duration"]
Comparison = Literal[
    "equal",
    "not_equal",
    "contains",
    "not_contains",
    "less_than",
    "less_or_equal",
    "greater_than",
    "greater_or_equal",
    "not_empty",
    "one_of",
]
COMPARISONS: tuple[Comparison, ...] = (
    "equal",
    "not_equal",
    "contains",
    "not_contains",
    "less_than",
    "less_or_equal",
    "greater_than",
    "greater_or_equal",
    "not_empty",
    "one_of",
)
Finite = Annotated[StrictFloat, Field(allow_inf_nan=False)]
Scalar = StrictStr | StrictBool | StrictInt | Finite
Number = StrictInt | Finite


def _without_references(value: Any) -> Any:
    if isinstance(value, str) and "{{" in value:
        raise ValueError("expected a value without references: `one_of` compares with texts as they stand")
    return value


Plain = Annotated[Scalar, AfterValidator(_without_references)]


def _true(value: Any) -> Any:
    """Refuse 1, which Python takes for `true`."""
    if not isinstance(value, bool):
        raise ValueError("expected true")
    return value


Yes = Annotated[Literal[True], BeforeValidator(_true)]


class Expectation(Strict):
    """How a response value must compare. Exactly one comparison; text values may hold references."""

    equal: Scalar | None = None
    """It is this. A text that spells a number equals the number."""
    not_equal: Scalar | None = None
    """It is anything but this."""
    contains: StrictStr | None = None
    """This text is a part of it."""
    not_contains: StrictStr | None = None
    """This text is no part of it."""
    less_than: Number | None = None
    """It is a number below this."""
    less_or_equal: Number | None = None
    """It is a number, this at the most."""
    greater_than: Number | None = None
    """It is a number above this."""
    greater_or_equal: Number | None = None
    """It is a number, this at the least."""
    not_empty: Yes | None = None
    """`true`: there is something."""
    one_of: Annotated[tuple[Plain, ...], Items(least=1, most=ASSERTIONS), Field(examples=[[200, 204, 409]])] | None = (
        None
    )
    """It is one of these, as `equal` compares them; texts hold no references here."""

    @model_validator(mode="after")
    def _one_comparison(self) -> Self:
        if sum(getattr(self, name) is not None for name in COMPARISONS) != 1:
            raise ValueError(f"expected exactly one comparison: {', '.join(COMPARISONS)}")
        return self

    @property
    def comparison(self) -> Comparison:
        """The comparison that is given."""
        return next(name for name in COMPARISONS if getattr(self, name) is not None)

    @property
    def expected(self) -> Scalar | tuple[Scalar, ...]:
        """What the response value is compared with: of `one_of` several, else one, of which a text may hold references."""
        value: Scalar | tuple[Scalar, ...] = getattr(self, self.comparison)
        return value


class PathExpectation(Expectation):
    """A comparison with what a path finds."""

    path: Annotated[str, Field(min_length=1, max_length=EXPRESSION, examples=["$.status"])]
    """JSONPath (RFC 9535) for `json`, XPath 1.0 for `xml`."""


class NamedExpectation(Expectation):
    """A comparison with the header or cookie of a name."""

    name: Annotated[str, Field(min_length=1, examples=["Location"])]
    """Name of the header, in any case, or of the cookie."""


class Assertion(Strict):
    """What must hold for the step to succeed: exactly one source with its comparison."""

    status: Expectation | None = None
    """The status code, a number."""
    status_text: Expectation | None = None
    """The status description, such as `Accepted`."""
    completed: Expectation | None = None
    """Whether a whole response arrived: `true` or `false`."""
    body: Expectation | None = None
    """The body as text."""
    json_: Annotated[PathExpectation | None, Field(alias="json")] = None
    """The body as JSON, at a JSONPath."""
    xml: PathExpectation | None = None
    """The body as XML, at an XPath."""
    header: NamedExpectation | None = None
    """A response header, by name."""
    cookie: NamedExpectation | None = None
    """A response cookie, by name."""
    length: Expectation | None = None
    """Content length in bytes."""
    duration: Expectation | None = None
    """Time to the whole response, in milliseconds."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if len(self._given) != 1:
            raise ValueError(
                "expected exactly one source: " + ", ".join(_source(name) for name in type(self).model_fields)
            )
        return self

    @property
    def _given(self) -> list[str]:
        return [name for name in type(self).model_fields if getattr(self, name) is not None]

    @property
    def source(self) -> Source:
        """The source that is given."""
        return _source(self._given[0])

    @property
    def expectation(self) -> Expectation:
        """The comparison that is given."""
        expectation: Expectation = getattr(self, self._given[0])
        return expectation

    @property
    def selector(self) -> str | None:
        """The path or the name, where the source takes one."""
        expectation = self.expectation
        if isinstance(expectation, PathExpectation):
            return expectation.path
        return expectation.name if isinstance(expectation, NamedExpectation) else None


BESIDE_THE_SOURCE = frozenset({"keep", "secret"})
"""What a capture says besides where its value comes from."""


class Capture(Strict):
    """Where in the response a variable's value comes from: exactly one source. Nothing found fails the step."""

    status: Yes | None = None
    """The status code."""
    status_text: Yes | None = None
    """The status description."""
    completed: Yes | None = None
    """Whether a whole response arrived: `true` or `false`."""
    body: Yes | None = None
    """The whole body as text."""
    json_: Annotated[
        str | None, Field(alias="json", min_length=1, max_length=EXPRESSION, examples=["$.result.sys_id"])
    ] = None
    """A JSONPath (RFC 9535)."""
    xml: Annotated[str | None, Field(min_length=1, max_length=EXPRESSION)] = None
    """An XPath 1.0."""
    header: Annotated[str | None, Field(min_length=1)] = None
    """A response header, by name."""
    cookie: Annotated[str | None, Field(min_length=1)] = None
    """A response cookie, by name."""
    length: Yes | None = None
    """Content length in bytes."""
    duration: Yes | None = None
    """Milliseconds to the whole response."""
    keep: Literal["incident"] | None = None
    """`incident`: usable in the later messages of the same incident, through the same level."""
    secret: StrictBool | None = None
    """Whether it is masked wherever it appears. Without it, cookies are, and what bears the name of a secret."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if len(self._given) != 1:
            sources = (_source(name) for name in type(self).model_fields if name not in BESIDE_THE_SOURCE)
            raise ValueError("expected exactly one source: " + ", ".join(sources))
        return self

    @property
    def _given(self) -> list[str]:
        fields = (name for name in type(self).model_fields if name not in BESIDE_THE_SOURCE)
        return [name for name in fields if getattr(self, name) is not None]

    @property
    def source(self) -> Source:
        """The source that is given."""
        return _source(self._given[0])

    @property
    def selector(self) -> str | None:
        """The path or the name, where the source takes one."""
        value = getattr(self, self._given[0])
        return value if isinstance(value, str) else None


def _source(field: str) -> Source:
    return field.rstrip("_")  # type: ignore[return-value]  # the fields are the sources
