"""The project file: account, vault items, targets."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from tocsin_schema.models.bounds import TARGET_VALUES, TARGETS
from tocsin_schema.models.document import Document, Name, Strict
from tocsin_schema.models.items import Items
from tocsin_schema.models.vault import environment_variable

VaultItem = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]
Percent = Annotated[str, Field(pattern=r"^(100|[0-9]{1,2})%$", examples=["20%"])]
Severity = Literal["off", "info", "warning", "error"]
URL_PATTERN = r"^https?://[^\s/?#]+(/[^\s?#]*)?$"


def _whole(value: Any) -> Any:
    """Refuse `true` and `1.0`, which Python takes for 1."""
    if type(value) is not int:
        raise ValueError("expected the number 1")
    return value


class Account(Strict):
    """The account that messages speak of."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$", examples=["299840"])]
    """The account's id, in quotes: `{{@account.accountId}}`."""
    time_zone: Annotated[str, Field(examples=["America/Chicago"])] = "UTC"
    """An IANA time zone name: times without `Utc` in their name are in it."""
    culture: Annotated[str, Field(pattern=r"^[a-zA-Z]{2,3}([_-][A-Za-z0-9]{2,8})*$", examples=["en-US"])] = "en-US"
    """How the `...Formatted` times are written."""


class SecretSource(Strict):
    """Where a secret comes from: one of an environment variable, a file and a command. It never stands here."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", examples=["TOCSIN_TOKEN"])] | None = None
    """Name of the environment variable that holds it: begins with `TOCSIN_`, unless TOCSIN_ALLOW_ENV names it."""
    file: Annotated[str, Field(min_length=1, examples=["/run/secrets/tocsin-token"])] | None = None
    """File that holds it, and nothing else; relative to the project's folder."""
    cmd: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...],
        Items(least=1),
        Field(examples=[["op", "read", "op://ci/tocsin/token"]]),
    ] = ()
    """Command that prints it: program and arguments, run without a shell, in the project's folder.

    In CI for a pull request it runs in `/`, and is no program of the repository.
    """

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if sum(each is not None for each in (self.env, self.file, self.cmd or None)) != 1:
            raise ValueError("expected one of `env`, `file` and `cmd`")
        return self


class Limits(Strict):
    """How much of what the project owns on the target one sync may delete and update."""

    delete: Percent | None = None
    """Share that one sync may delete. Default: 30%; a single deletion is always fine."""
    update: Percent | None = None
    """Share that one sync may update, once there are more than 10. Default: 50%."""


class DispatcherTarget(Strict):
    """A running `tocsin-dispatcher`."""

    type: Literal["dispatcher"]
    """`dispatcher`: a running `tocsin-dispatcher`."""
    url: Annotated[str, Field(pattern=URL_PATTERN, examples=["http://127.0.0.1:8737"])]
    """Where it answers, without `/api/v1`."""
    token: SecretSource
    """A token with the scopes `read` and `sync`: `{env: TOCSIN_TOKEN}`, `{file: PATH}` or `{cmd: [PROGRAM, ...]}`."""
    variables: Annotated[
        dict[str, str],
        Field(max_length=TARGET_VALUES, examples=[{"pagerduty.ApiUrl": "https://events.eu.pagerduty.com"}]),
    ] = {}
    """Values for this target, by `integration.Variable`."""
    limits: Limits | None = None
    """How much one sync may delete and update here."""


class UptrendsTarget(Strict):
    """An Uptrends account, through its API v4."""

    type: Literal["uptrends"]
    """`uptrends`: an Uptrends account."""
    url: Annotated[str, Field(pattern=URL_PATTERN, examples=["https://api.uptrends.com/v4"])]
    """Where the API answers."""
    username: SecretSource
    """The API user: `{env: TOCSIN_UPTRENDS_USER}`."""
    password: SecretSource
    """The API user's password: `{env: TOCSIN_UPTRENDS_PASSWORD}`."""


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
    """`project`: this file describes the repository; there is one."""
    format: Annotated[Literal[1], BeforeValidator(_whole)]
    """Version of this format."""
    account: Account
    """Whose alerts these are: `{id, time_zone, culture}`."""
    vault: Annotated[tuple[VaultItem, ...], Items(most=TARGET_VALUES)] = ()
    """The vault items that exist; their values live on the dispatcher."""
    operators_integration: Name | None = None
    """The integration that is told of every message that the dispatcher can't deliver, beside the `fallback` of its own."""
    targets: Annotated[dict[Name, Target], Field(max_length=TARGETS)] = {}
    """Where to sync to, by name."""
    rules: dict[str, Severity] = {}
    """Severity of a rule in this project, by code: `TOC503: off`."""

    @field_validator("vault")
    @classmethod
    def _vault_items_apart(cls, vault: tuple[str, ...]) -> tuple[str, ...]:
        items: dict[str, str] = {}
        for item in vault:
            variable = environment_variable(item, "Password")
            other = items.setdefault(variable, item)
            if other != item:
                raise ValueError(
                    f"the vault items {other} and {item} would both be {variable} on the dispatcher: rename one"
                )
        return vault
