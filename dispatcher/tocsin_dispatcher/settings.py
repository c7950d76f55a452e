"""How the dispatcher is set up: options of the command over `TOCSIN_...` environment variables."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tocsin_dispatcher.errors import SettingsError

DEFAULT_DATABASE = "sqlite:///tocsin.db"
LogFormat = Literal["json", "console"]


def _listed(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class Settings(BaseSettings):
    """The settings of one dispatcher."""

    model_config = SettingsConfigDict(env_prefix="TOCSIN_", extra="ignore", frozen=True)

    database: str = DEFAULT_DATABASE
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8737
    """0: a free one."""
    allow_egress: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = ()
    """Private networks and hosts that messages may go to; separated by commas in the environment."""
    log_format: LogFormat = "json"
    bootstrap_token: SecretStr | None = None
    """A token with every scope."""

    @classmethod
    def with_options(cls, **options: Any) -> "Settings":
        """Give the settings, with the options that are stated; raises SettingsError."""
        try:
            return cls(**{name: value for name, value in options.items() if value not in (None, ())})
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "settings"
            raise SettingsError(
                f"{name} can't be {first['input']!r}: {first['msg']} (option --{name.replace('_', '-')},"
                f" or TOCSIN_{name.upper()} in the environment)"
            ) from None
