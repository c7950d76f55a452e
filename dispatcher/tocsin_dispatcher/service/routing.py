"""The ways that requests take, as the settings and, where they say so, the environment describe them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import structlog

from tocsin_dispatcher.errors import SettingsError
from tocsin_dispatcher.sending.connections.tls_files import TlsContext, TlsContexts, TlsFiles, TlsFilesError
from tocsin_dispatcher.sending.egress import EgressPolicy, EgressRefusedError
from tocsin_dispatcher.sending.no_proxy import NoProxy, entries_of, problem
from tocsin_dispatcher.sending.route import Credentials, Place, Proxy
from tocsin_dispatcher.sending.routing import Routing, Unused, Usual
from tocsin_dispatcher.settings import Settings
from tocsin_dispatcher.settings_tables import ProxyTable, TlsTable
from tocsin_dispatcher.vault import Vault

DEFAULT_PORTS = {"http": 1080, "https": 443}
"""The ports of a proxy whose variable states none, as with curl."""

log = structlog.get_logger(__name__)


def routing_of(settings: Settings, environment: Mapping[str, str], vault: Vault) -> Routing:
    """Return the ways that there are; raises SettingsError where a proxy can't be meant so."""
    proxies = {name: _proxy(name, table, vault) for name, table in settings.proxies.items()}
    items = {table.password_item for table in settings.proxies.values() if table.password_item is not None}
    there = Routing(proxies, frozenset(settings.tls), vault_items=frozenset(items))
    http, https = _variable(environment, "http_proxy"), _variable(environment, "https_proxy")
    without = _checked(settings.no_proxy)
    if settings.proxy is not None:
        usual = proxies[settings.proxy]
        return replace(there, usual=Usual(usual, usual, NoProxy(without)))
    if settings.proxy_from_environment:
        stated = _variable(environment, "no_proxy")
        excepted = [*without, *(entries_of(environment[stated]) if stated is not None else ())]
        of_both = [None if each is None else _proxy_in(each, environment[each]) for each in (http, https)]
        return replace(there, usual=Usual(of_both[0], of_both[1], NoProxy(excepted)))
    if "proxy_from_environment" in settings.model_fields_set:  # whoever says false means it
        return there
    return replace(there, unused=Unused(http, https))


def tls_of(settings: Settings) -> TlsContexts:
    """Return what TLS is spoken with; raises SettingsError where a file can't be used."""
    try:
        usual = TlsContext(TlsFiles("ca_file", more_authorities=settings.ca_file))
        named = {name: TlsContext(_files(name, table, settings)) for name, table in settings.tls.items()}
    except TlsFilesError as error:
        raise SettingsError(str(error)) from None
    return TlsContexts(usual, named)


def warn_of(routing: Routing, policy: EgressPolicy) -> None:
    """Say in the log what will be missed: proxies of the environment that nothing uses, and those that may not be dialled."""
    if routing.unused.names:
        log.warning(
            "the environment names a proxy that is not used: set proxy_from_environment, to true or to false",
            variables=list(routing.unused.names),
        )
    usual = (routing.usual.http, routing.usual.https)
    for proxy in dict.fromkeys((*routing.proxies.values(), *(each for each in usual if each is not None))):
        try:
            policy.check_literal(proxy.place.host)
        except EgressRefusedError as error:
            log.warning("a proxy can't be used", proxy=proxy.label, reason=str(error))


def _proxy(name: str, table: ProxyTable, vault: Vault) -> Proxy:
    parts = urlsplit(table.url)
    place = Place(parts.scheme == "https", str(parts.hostname), parts.port or DEFAULT_PORTS[parts.scheme])
    remedy = f"state `password_item`, and `username` where the item has none, in [proxies.{name}]"
    if table.password_item is None:
        return Proxy(f"the proxy `{name}`", place, remedy=remedy)
    return Proxy(f"the proxy `{name}`", place, _from_vault(table.username, table.password_item, vault), remedy)


def _from_vault(username: str | None, item: str, vault: Vault) -> Callable[[], Awaitable[Credentials]]:
    async def credentials() -> Credentials:
        await vault.load([item])
        return Credentials(vault(item, "Username") if username is None else username, vault(item, "Password"))

    return credentials


def _variable(environment: Mapping[str, str], name: str) -> str | None:
    """Return the spelling that counts of a variable: the lower-case one comes first, an empty one counts for nothing."""
    return next((each for each in (name, name.upper()) if environment.get(each, "").strip()), None)


def _proxy_in(variable: str, value: str) -> Proxy:
    """Read a variable's value; raises SettingsError, without the value, which may hold a password."""
    text = value.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError:
        raise SettingsError(f"{variable} in the environment is no URL of a proxy") from None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise SettingsError(f"{variable} in the environment must begin with http:// or https:// and name a host")
    place = Place(parts.scheme == "https", parts.hostname, port or DEFAULT_PORTS[parts.scheme])
    label, remedy = f"the proxy of {variable}", f"put them in front of the host in {variable}"
    if parts.username is None:
        return Proxy(label, place, remedy=remedy)
    stated = Credentials(unquote(parts.username), unquote(parts.password or ""))

    async def credentials() -> Credentials:
        return stated

    return Proxy(label, place, credentials, remedy)


def _checked(entries: tuple[str, ...]) -> tuple[str, ...]:
    for entry in entries:
        wrong = problem(entry, alone=len(entries) == 1)
        if wrong is not None:
            raise SettingsError(f"no_proxy: {wrong}")
    return entries


def _files(name: str, table: TlsTable, settings: Settings) -> TlsFiles:
    return TlsFiles(f"[tls.{name}]", table.ca_file, settings.ca_file, table.certificate_file, table.key_file)
