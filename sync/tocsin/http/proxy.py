"""Which proxy a request goes through: what the environment names, as httpx heeds it, in words for people."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from tocsin_schema.text.credentials import without_credentials

VARIABLES = frozenset({"http_proxy", "https_proxy", "all_proxy"})
"""Variables that name proxies; in capitals too (curl(1), "ENVIRONMENT")."""


@dataclass(frozen=True, slots=True)
class NamedProxy:
    """A proxy's address, without credentials, and who names it: a variable, or the settings of the system."""

    url: str
    named_by: str
    host: str
    """The host that it is used for, as NO_PROXY would name it."""

    def __str__(self) -> str:
        """Return it as a message names it."""
        return f"through the proxy `{self.url}` that {self.named_by} names"


def proxy_for(url: str, environment: Mapping[str, str] = os.environ) -> NamedProxy | None:
    """Return the proxy that requests to a URL go through, None where there is none.

    The variables and the order are those of `urllib.request.getproxies`, which httpx asks too.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    named = getproxies()
    scheme = next((each for each in (parts.scheme, "all") if named.get(each)), None)
    if scheme is None or proxy_bypass(host):
        return None
    variables = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    named_by = next((each for each in variables if environment.get(each)), "the system's configuration")
    address = named[scheme] if "://" in named[scheme] else f"http://{named[scheme]}"
    return NamedProxy(without_credentials(address), named_by, host)


def proxy_variables(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the names of the variables that name proxies."""
    return sorted(name for name, value in environment.items() if name.lower() in VARIABLES and value)
