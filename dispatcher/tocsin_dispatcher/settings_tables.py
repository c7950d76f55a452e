"""The tables of the settings file: proxies, and what TLS is spoken with. Each is named by whoever writes it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from tocsin_schema.models.document import NAME_PATTERN
from tocsin_schema.models.integration import DIRECTLY
from tocsin_schema.text.suggest import cut


class Table(BaseModel):
    """A table; a key that it doesn't know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProxyTable(Table):
    """`[proxies.NAME]`: a proxy, and who asks it."""

    url: str
    """Where it is, with its port, as http://proxy.example.com:3128."""
    username: str | None = None
    """Who asks, by Basic authentication."""
    password_item: str | None = None
    """The vault item with the password, and with the username where none is stated."""

    @field_validator("url")
    @classmethod
    def _of_a_proxy(cls, url: str) -> str:
        """Refuse what is no address of a proxy; the text never shows the URL, which may hold a password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("it is no URL: expected one such as http://proxy.example.com:3128") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("expected a URL that begins with http:// or https://, as http://proxy.example.com:3128")
        if parts.username is not None:
            raise ValueError("a URL is no place for credentials: state `username` and `password_item` beside it")
        if not port:
            raise ValueError(f"state the proxy's port, as {parts.scheme}://{parts.hostname}:3128")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError("nothing may follow the proxy's port")
        return url

    @model_validator(mode="after")
    def _password_for_username(self) -> Self:
        if self.username is not None and ":" in self.username:
            raise ValueError("`username` can't hold a colon: what follows it would be password")
        if self.username is not None and self.password_item is None:
            raise ValueError("`username` needs `password_item`, the vault item with the password")
        return self


class TlsTable(Table):
    """`[tls.NAME]`: files in PEM that TLS is spoken with."""

    ca_file: Path | None = None
    """The authorities that may sign the receiver's certificate, in place of those that are usual."""
    certificate_file: Path | None = None
    """The certificate that is shown to the receiver, with those that lead to its authority."""
    key_file: Path | None = None
    """The certificate's key, without a passphrase; else it is in `certificate_file` too."""

    @model_validator(mode="after")
    def _of_some_use(self) -> Self:
        if self.key_file is not None and self.certificate_file is None:
            raise ValueError("`key_file` needs `certificate_file`, the certificate of the key")
        if self.ca_file is None and self.certificate_file is None:
            raise ValueError("expected `ca_file`, `certificate_file` or both")
        return self


def tables_in(value: Any) -> Any:
    """Return what an environment's variable holds, where tables are JSON; raises ValueError."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError('expected JSON, as {"corp": {"url": "http://proxy.example.com:3128"}}') from None


Tables = TypeVar("Tables", bound=Mapping[str, Table])


def named(tables: Tables) -> Tables:
    """Return the tables; raises ValueError where definitions couldn't name one of them."""
    for name in tables:
        if re.fullmatch(NAME_PATTERN, name) is None:
            raise ValueError(
                f"`{cut(name)}` is no name: lower-case letters, digits, `-` and `.`, at most 63 characters"
            )
    return tables


def named_proxies(tables: Tables) -> Tables:
    """Return tables of proxies; raises as `named`, and where one bears the name that stands for none."""
    if DIRECTLY in tables:
        raise ValueError(f"`{DIRECTLY}` can't be a proxy's name: `proxy: {DIRECTLY}` says that none is used")
    return named(tables)
