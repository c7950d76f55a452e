"""How the dispatcher is set up: options over `TOCSIN_...` environment variables over a file over what is usual."""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tocsin_dispatcher.errors import SettingsError
from tocsin_dispatcher.settings_tables import ProxyTable, Table, TlsTable, named, named_proxies, tables_in
from tocsin_schema.models.duration import Duration
from tocsin_schema.text.suggest import cut, did_you_mean, listed

DEFAULT_DATABASE = "sqlite:///tocsin.db"
DEFAULT_PORT = 8737
PREFIX = "TOCSIN_"
FILE_VARIABLE = "TOCSIN_CONFIG"
"""Names the settings file where `--config` doesn't."""
OTHER_VARIABLES = re.compile(r"TOCSIN_(CONFIG|URL|TOKEN|VAULT_.*_(USERNAME|PASSWORD))")
"""What the environment may hold that is no setting."""
SERVICE_LINK = "tcp://"
"""How TOCSIN_PORT begins in Kubernetes where a service is called `tocsin`: it is none of ours."""

WITH_OPTION = (
    *("database", "create", "host", "port", "health_port"),
    *("max_connections", "max_connections_per_address", "token_rate"),
    *("work", "allow_egress", "keep", "log_format"),
)
"""The settings that are options of `serve` or `worker` too."""

LogFormat = Literal["json", "console"]
TABLES: Mapping[str, type[Table]] = {"proxies": ProxyTable, "tls": TlsTable}
"""The settings that are tables, and what each of them holds."""


def _listed(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _a_day(value: timedelta) -> timedelta:
    if value < timedelta(days=1):
        raise ValueError("expected a day at least, as 90d")
    return value


class Settings(BaseSettings):
    """The settings of one dispatcher."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    database: str = DEFAULT_DATABASE
    create: bool | None = None
    """Whether a SQLite file that isn't there is made, new and empty; None: if none was served there before."""
    work: bool = True
    """Whether a process that serves also fires timers and sends. Only on PostgreSQL may others do it."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = DEFAULT_PORT
    """0: a free one."""
    health_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    """Where a worker answers /healthz, /readyz and /metrics; nowhere without one."""
    max_connections: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    """How many connections the port takes at once; those beyond are answered 503, but for /healthz."""
    max_connections_per_address: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    """How many of them from one address; of IPv6 from one /64. Proxies in FORWARDED_ALLOW_IPS count among all alone."""
    token_rate: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    """Requests a second that one token may make at each process that serves."""
    allow_egress: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = ()
    """Private networks and hosts that messages may go to; separated by commas in the environment."""
    log_format: LogFormat = "json"
    keep: Annotated[Duration, AfterValidator(_a_day)] = timedelta(days=90)
    """How long incidents are kept once they are over, with their alerts, messages and attempts; a day at least."""
    heartbeat_integration: str | None = None
    """An integration that is sent an Ok again and again, so that its absence raises an alarm elsewhere."""
    heartbeat_every: Duration | None = None
    """How often."""
    bootstrap_token: SecretStr | None = None
    """A token with every scope."""
    vault_folder: Path | None = None
    """A folder of files with secrets, as Docker and Kubernetes mount them."""
    proxies: Annotated[dict[str, ProxyTable], NoDecode, BeforeValidator(tables_in), AfterValidator(named_proxies)] = {}
    """Proxies by the names that `proxy` and definitions call them; JSON in the environment."""
    proxy: str | None = None
    """The proxy that requests go through whose integration names none."""
    no_proxy: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = ()
    """Hosts, domains and networks that are asked directly all the same; separated by commas in the environment."""
    proxy_from_environment: bool = False
    """Whether HTTPS_PROXY, HTTP_PROXY and NO_PROXY count."""
    tls: Annotated[dict[str, TlsTable], NoDecode, BeforeValidator(tables_in), AfterValidator(named)] = {}
    """What TLS is spoken with, by the names that definitions call them; JSON in the environment."""
    ca_file: Path | None = None
    """A file of authorities, in PEM, that receivers and proxies may have beside the system's."""
    hashicorp_address: str | None = None
    """Where HashiCorp Vault is, as https://vault.example.com:8200."""
    hashicorp_ca: Path | None = None
    """A file of authorities, in PEM, that may sign its certificate; else those that are usual."""
    hashicorp_namespace: str | None = None
    hashicorp_mount: str = "secret"
    """Where its KV engine, version 2, is mounted."""
    hashicorp_path: str = "tocsin/{item}"
    """The secret of a vault item below the mount."""
    hashicorp_keep: Duration = timedelta(minutes=1)
    """How long a value that was read is good for."""
    hashicorp_token: SecretStr | None = None
    hashicorp_role_id: str | None = None
    """For AppRole, with the secret id."""
    hashicorp_secret_id: SecretStr | None = None
    hashicorp_kubernetes_role: str | None = None
    """For Kubernetes: the role of the pod's service account."""

    @field_validator("*", mode="before")
    @classmethod
    def _stripped(cls, value: Any) -> Any:
        """Drop the line break that files of secrets tend to end with."""
        return value.strip() if isinstance(value, str) else value

    @classmethod
    def with_options(cls, *, config: Path | None = None, **options: Any) -> "Settings":
        """Return the settings, with the options that are stated; raises SettingsError."""
        return cls.stated(config=config, **options).settings

    @classmethod
    def stated(cls, *, config: Path | None = None, **options: Any) -> "Stated":
        """Return the settings, each with where it comes from; raises SettingsError."""
        file = config or (Path(os.environ[FILE_VARIABLE]) if os.environ.get(FILE_VARIABLE) else None)
        in_file = _read(file) if file is not None else {}
        given = {name: value for name, value in options.items() if value not in (None, ())}
        origins = {
            **dict.fromkeys(cls.model_fields, "default"),
            **dict.fromkeys(in_file, str(file)),
            **{name: _variable(name) for name in cls.model_fields if _in_environment(name)},
            **{name: option_name(name) for name in given},
        }
        behind = {name: value for name, value in in_file.items() if origins[name] == str(file)}
        usual: dict[str, Any] = {"port": DEFAULT_PORT} if origins["port"] == "default" else {}
        try:
            settings = cls(**usual, **behind, **given)
        except ValidationError as error:
            raise SettingsError(_complaint(error, origins)) from None
        _refuse_half_a_heartbeat(settings)
        _refuse_odd_proxies(settings)
        return Stated(settings, origins, tuple(_misspelt(cls.model_fields)))


def _refuse_half_a_heartbeat(settings: Settings) -> None:
    if (settings.heartbeat_integration is None) != (settings.heartbeat_every is None):
        raise SettingsError("heartbeat_integration and heartbeat_every go together: set both, or neither")
    if settings.heartbeat_every is not None and settings.heartbeat_every < timedelta(seconds=10):
        raise SettingsError("heartbeat_every can't be less than 10s")


def _refuse_odd_proxies(settings: Settings) -> None:
    if settings.proxy is None:
        return
    if "://" in settings.proxy:  # may hold a password
        raise SettingsError("proxy is the name of a table [proxies.NAME], not a URL: state `url` in the table")
    if settings.proxy not in settings.proxies:
        there = f"there are {listed(sorted(settings.proxies))}" if settings.proxies else "there are no such tables"
        hint = did_you_mean(settings.proxy, settings.proxies, otherwise=there)
        raise SettingsError(
            f"proxy names `{cut(settings.proxy)}`, and there is no table [proxies.NAME] of that name: {hint}"
        )
    if settings.proxy_from_environment:
        raise SettingsError("proxy and proxy_from_environment both say which proxy is usual: set one of them")


@dataclass(frozen=True, slots=True)
class Stated:
    """Settings, and where each was stated: an option, a variable, a file, or `default`."""

    settings: Settings
    origins: Mapping[str, str]
    misspelt: tuple[str, ...] = ()
    """Sentences on variables of the environment that are nearly a setting's, and count for nothing."""


def option_name(setting: str) -> str:
    """Return the option of a setting."""
    return "--" + setting.replace("_", "-")


def _variable(setting: str) -> str:
    return PREFIX + setting.upper()


def _in_environment(setting: str) -> bool:
    value = os.environ.get(_variable(setting), "")
    return value != "" and not (setting == "port" and value.startswith(SERVICE_LINK))


def _misspelt(settings: Iterable[str]) -> Iterator[str]:
    known = [_variable(name) for name in settings]
    for variable in sorted(os.environ):
        if variable.startswith(PREFIX) and variable not in known and not OTHER_VARIABLES.fullmatch(variable):
            for meant in get_close_matches(variable, known, n=1, cutoff=0.85):
                yield f"{variable} in the environment is no setting: did you mean {meant}?"


def _read(file: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"the settings file {file} can't be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings file {file} is not TOML: {error}") from None
    for name in values:
        if name not in Settings.model_fields:
            hint = did_you_mean(name, Settings.model_fields, otherwise="`tocsin-dispatcher config` lists the settings")
            raise SettingsError(f"the settings file {file} has `{name}`, which is no setting: {hint}")
    return values


def _complaint(error: ValidationError, origins: Mapping[str, str]) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else "settings"
    said, where = first["msg"].removeprefix("Value error, "), _place(origins.get(name, name))
    if name in TABLES:
        return f"{_complaint_of_table(name, first)} ({where})"
    value = "*****" if _is_secret(name) else repr(first["input"])
    return f"{name} can't be {value}: {said} ({where})"


def _complaint_of_table(name: str, error: ErrorDetails) -> str:
    """Say what is wrong with a table, without its value: a password may stand where none belongs."""
    path, said = [str(part) for part in error["loc"]], error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        *table, key = path
        keys = TABLES[name].model_fields
        return f"[{'.'.join(table)}] has `{cut(key)}`, which is no key of it: {did_you_mean(key, keys, otherwise=f'it takes {listed(keys)}')}"
    if error["type"] == "missing":
        *table, key = path
        return f"[{'.'.join(table)}] lacks `{key}`"
    if error["type"] in ("dict_type", "model_type"):
        said = "expected a table"
    return f"{'.'.join(path)} can't be used: {said}"


def _place(origin: str) -> str:
    if origin.startswith("--"):
        return f"option {origin}"
    return f"{origin} in the environment" if origin.startswith(PREFIX) else f"in {origin}"


def _is_secret(name: str) -> bool:
    field = Settings.model_fields.get(name)
    return field is not None and field.annotation == (SecretStr | None)
