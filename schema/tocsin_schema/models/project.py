"""The project file: account, vault items, targets."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from tocsin_schema.models.document import Document, Name, Strict
from tocsin_schema.models.integration import sequence

VaultItem = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]
Percent = Annotated[str, Field(pattern=r"^(100|[0-9]{1,2})%$", examples=["20%"])]
Severity = Literal["off", "info", "warning", "error"]


class Account(Strict):
    """The account that messages speak of."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$", examples=["299840"])]
    time_zone: Annotated[str, Field(examples=["America/Chicago"])] = "UTC"
    """An IANA time zone name: times without `Utc` in their name are in it."""
    culture: Annotated[str, Field(pattern=r"^[a-zA-Z]{2,3}([_-][A-Za-z0-9]{2,8})*$", examples=["en-US"])] = "en-US"
    """How the `...Formatted` times are written."""


class FromEnvironment(Strict):
    """A value that comes from an environment variable, and never stands in a file."""

    env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Limits(Strict):
    """How much of what the project owns on the target one sync may delete and update."""

    delete: Percent | None = None
    update: Percent | None = None


class DispatcherTarget(Strict):
    """A running `tocsin-dispatcher`."""

    type: Literal["dispatcher"]
    url: Annotated[str, Field(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$")]
    token: FromEnvironment
    variables: Annotated[dict[str, str], Field(examples=[{"pagerduty.ApiUrl": "https://events.eu.pagerduty.com"}])] = {}
    """Values for this target, by `integration.Variable`."""
    limits: Limits | None = None


class UptrendsTarget(Strict):
    """An Uptrends account, through its API v4."""

    type: Literal["uptrends"]
    url: Annotated[str, Field(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$")]
    username: FromEnvironment
    password: FromEnvironment


def _target_type(value: Any) -> str | None:
    given = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return f"<{given}>" if given in ("dispatcher", "uptrends") else None


Target = Annotated[
    Annotated[DispatcherTarget, Tag("<dispatcher>")] | Annotated[UptrendsTarget, Tag("<uptrends>")],
    Discriminator(
        _target_type,
        custom_error_type="target_type",
        custom_error_message="expected type: dispatcher or type: uptrends",
    ),
]


class Project(Document):
    """The project file, `tocsin.yaml`."""

    kind: Literal["project"]
    format: Literal[1]
    """Version of this format."""
    account: Account
    vault: Annotated[tuple[VaultItem, ...], BeforeValidator(sequence)] = ()
    """The vault items that exist; their values live on the dispatcher."""
    targets: dict[Name, Target] = {}
    rules: dict[str, Severity] = {}
    """Severity of a rule in this project, by code: `TOC503: off`."""
