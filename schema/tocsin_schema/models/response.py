"""What a step says about the response it gets: assertions and captures.

Sources and comparisons are those of `domain/README.md`, section 2.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from tocsin_schema.models.document import Strict

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
)
Scalar = StrictStr | StrictBool | StrictInt | StrictFloat
Number = StrictInt | StrictFloat


class Expectation(Strict):
    """How a response value must compare. Exactly one comparison; text values may hold references."""

    equal: Scalar | None = None
    not_equal: Scalar | None = None
    contains: StrictStr | None = None
    not_contains: StrictStr | None = None
    less_than: Number | None = None
    less_or_equal: Number | None = None
    greater_than: Number | None = None
    greater_or_equal: Number | None = None
    not_empty: Literal[True] | None = None

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
    def expected(self) -> str | bool | int | float:
        """What the response value is compared with."""
        value: str | bool | int | float = getattr(self, self.comparison)
        return value


class PathExpectation(Expectation):
    """A comparison with what a path finds."""

    path: Annotated[str, Field(min_length=1)]
    """JSONPath (RFC 9535) for `json`, XPath 1.0 for `xml`."""


class NamedExpectation(Expectation):
    """A comparison with the header or cookie of a name."""

    name: Annotated[str, Field(min_length=1)]


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
        if len(self.model_fields_set) != 1:
            raise ValueError("expected exactly one source: " + ", ".join(_source(name) for name in type(self).model_fields))
        return self

    @property
    def source(self) -> Source:
        """The source that is given."""
        return _source(next(iter(self.model_fields_set)))

    @property
    def expectation(self) -> Expectation:
        """The comparison that is given."""
        expectation: Expectation = getattr(self, next(iter(self.model_fields_set)))
        return expectation

    @property
    def selector(self) -> str | None:
        """The path or the name, where the source takes one."""
        expectation = self.expectation
        if isinstance(expectation, PathExpectation):
            return expectation.path
        return expectation.name if isinstance(expectation, NamedExpectation) else None


class Capture(Strict):
    """Where in the response a variable's value comes from: exactly one source. Nothing found fails the step."""

    status: Literal[True] | None = None
    """The status code."""
    status_text: Literal[True] | None = None
    """The status description."""
    body: Literal[True] | None = None
    """The whole body as text."""
    json_: Annotated[str | None, Field(alias="json", min_length=1, examples=["$.result.sys_id"])] = None
    """A JSONPath (RFC 9535)."""
    xml: Annotated[str | None, Field(min_length=1)] = None
    """An XPath 1.0."""
    header: Annotated[str | None, Field(min_length=1)] = None
    """A response header, by name."""
    cookie: Annotated[str | None, Field(min_length=1)] = None
    """A response cookie, by name."""
    length: Literal[True] | None = None
    """Content length in bytes."""
    duration: Literal[True] | None = None
    """Milliseconds to the whole response."""
    keep: Literal["incident"] | None = None
    """`incident`: usable in the later messages of the same incident, through the same level."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if len(self.model_fields_set - {"keep"}) != 1:
            sources = (_source(name) for name in type(self).model_fields if name != "keep")
            raise ValueError("expected exactly one source: " + ", ".join(sources))
        return self

    @property
    def source(self) -> Source:
        """The source that is given."""
        return _source(next(iter(self.model_fields_set - {"keep"})))

    @property
    def selector(self) -> str | None:
        """The path or the name, where the source takes one."""
        value = getattr(self, next(iter(self.model_fields_set - {"keep"})))
        return value if isinstance(value, str) else None


def _source(field: str) -> Source:
    return field.rstrip("_")  # type: ignore[return-value]  # the fields are the sources
