"""The ways that settings and environment give: which proxy for which host, whose credentials, and what is warned of."""

from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tocsin_dispatcher.errors import SettingsError
from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.route import Credentials, Place
from tocsin_dispatcher.sending.routing import Routing
from tocsin_dispatcher.service.routing import routing_of, tls_of, warn_of
from tocsin_dispatcher.settings import Settings
from tocsin_dispatcher.vault import EnvironmentVault, UnsetSecretError, Vault

HTTP, HTTPS = Place(False, "chat.example.com", 80), Place(True, "chat.example.com", 443)
CORP = {"url": "http://proxy.example.com:3128"}
SECRETS = {"TOCSIN_VAULT_CORP_USERNAME": "of-the-item", "TOCSIN_VAULT_CORP_PASSWORD": "pä:ss"}


def routing(environment: dict[str, str] | None = None, **settings: Any) -> Routing:
    return routing_of(Settings(**settings), environment or {}, Vault([EnvironmentVault(SECRETS)]))


def way(found: Routing, place: Place, proxy: str | None = None) -> str | None:
    """Return which proxy a request takes."""
    chosen = found.route(place, proxy, None).proxy
    return None if chosen is None else str(chosen)


def test_without_any_setting_requests_go_directly_whatever_the_environment_says() -> None:
    found = routing({"HTTPS_PROXY": "http://p:1", "http_proxy": "http://p:1"})
    assert (way(found, HTTP), way(found, HTTPS)) == (None, None)


def test_the_usual_proxy_serves_both_schemes_but_for_what_is_listed() -> None:
    found = routing(proxies={"corp": CORP}, proxy="corp", no_proxy=(".internal", "10.0.0.0/8", "fd00::/8"))
    assert way(found, HTTP) == way(found, HTTPS) == "the proxy `corp` (proxy.example.com:3128)"
    for host in ("chat.internal", "10.1.2.3", "fd00::1"):
        assert way(found, Place(True, host, 443)) is None
    assert way(found, Place(True, "chat.internal", 443), "corp") is not None


def test_an_integration_that_says_none_goes_directly() -> None:
    assert way(routing(proxies={"corp": CORP}, proxy="corp"), HTTPS, "none") is None


@pytest.mark.parametrize(
    ("environment", "http", "https"),
    [
        ({"HTTP_PROXY": "http://p:1"}, "the proxy of HTTP_PROXY (p:1)", None),
        ({"http_proxy": "http://p:1"}, "the proxy of http_proxy (p:1)", None),
        ({"HTTPS_PROXY": "http://p:1"}, None, "the proxy of HTTPS_PROXY (p:1)"),
        ({"https_proxy": "https://p:1"}, None, "the proxy of https_proxy (p:1)"),
        ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"}, None, "the proxy of https_proxy (a:1)"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://b:1"}, None, "the proxy of HTTPS_PROXY (b:1)"),
        ({"https_proxy": "p:1"}, None, "the proxy of https_proxy (p:1)"),
        ({"https_proxy": "p"}, None, "the proxy of https_proxy (p:1080)"),
        ({"https_proxy": "https://p"}, None, "the proxy of https_proxy (p:443)"),
        ({"https_proxy": "http://p:1/"}, None, "the proxy of https_proxy (p:1)"),
        ({"ALL_PROXY": "http://p:1"}, None, None),
        ({"https_proxy": "http://p:1", "no_proxy": "example.com", "NO_PROXY": "y"}, None, None),
        ({"https_proxy": "http://p:1", "no_proxy": "", "NO_PROXY": "example.com"}, None, None),
        ({"https_proxy": "http://p:1", "no_proxy": "y", "NO_PROXY": "example.com"}, None, "the proxy of https_proxy (p:1)"),
        ({"https_proxy": "http://[fd00::1]:1"}, None, "the proxy of https_proxy ([fd00::1]:1)"),
    ],
)  # fmt: skip
def test_the_environment_counts_as_with_curl_where_the_settings_say_so(
    environment: dict[str, str], http: str | None, https: str | None
) -> None:
    """As curl 7.88.1 does, which takes 1080 for the port of a proxy that states none, with one exception.

    That is HTTP_PROXY in capitals: curl passes over it, since CGI makes it of a request's header; we are no CGI.
    """
    found = routing(environment, proxy_from_environment=True)
    assert (way(found, HTTP), way(found, HTTPS)) == (http, https)


def test_the_settings_list_adds_to_that_of_the_environment() -> None:
    environment = {"https_proxy": "http://p:1", "NO_PROXY": ".internal x.test:80"}
    found = routing(environment, proxy_from_environment=True, no_proxy=("example.com",))
    assert [way(found, Place(True, host, 443)) is None for host in ("example.com", "a.internal", "x.test")] == [
        True,
        True,
        False,
    ]


async def test_credentials_come_from_the_vault_or_from_the_variable() -> None:
    tables = {
        "item": {**CORP, "password_item": "corp"},
        "named": {**CORP, "password_item": "corp", "username": "tocsin"},
        "nobody": CORP,
        "lacking": {**CORP, "password_item": "other"},
    }
    found = routing(
        {"HTTPS_PROXY": "http://j%C3%A4n:p%3A%25@p:1", "http_proxy": "http://jan@p:1"},
        proxies=tables,
        proxy_from_environment=True,
    )
    assert await found.proxies["item"].credentials() == Credentials("of-the-item", "pä:ss")
    assert await found.proxies["named"].credentials() == Credentials("tocsin", "pä:ss")
    assert await found.proxies["nobody"].credentials() is None
    with pytest.raises(UnsetSecretError, match="TOCSIN_VAULT_OTHER_USERNAME"):
        await found.proxies["lacking"].credentials()
    assert found.usual.https is not None
    assert found.usual.http is not None
    assert await found.usual.https.credentials() == Credentials("jän", "p:%")
    assert await found.usual.http.credentials() == Credentials("jan", "")
    assert found.vault_items == {"corp", "other"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("socks5://jan:hunter2@p:1", "HTTPS_PROXY in the environment must begin with http:// or https:// and name a host"),
        ("http://jan:hunter2", "HTTPS_PROXY in the environment is no URL of a proxy"),
        ("http://", "must begin with http:// or https:// and name a host"),
    ],
)  # fmt: skip
def test_a_variable_that_cannot_be_used_is_named_without_its_value(value: str, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        routing({"HTTPS_PROXY": value}, proxy_from_environment=True)
    assert said in str(raised.value)
    assert "hunter2" not in str(raised.value)
    assert routing({"HTTPS_PROXY": value}).usual.https is None  # where it doesn't count it may be as it likes


@pytest.mark.parametrize("entry", ["x.test:80", "http://x.test", "*.x.test", "10.0.0.0/33"])
def test_an_entry_of_the_list_that_covers_nothing_is_an_error(entry: str) -> None:
    with pytest.raises(SettingsError, match=r"^no_proxy: `"):
        routing(no_proxy=("example.com", entry))


def test_everything_may_stand_alone_in_the_list() -> None:
    found = routing(proxies={"corp": CORP}, proxy="corp", no_proxy=("*",))
    assert way(found, HTTPS) is None
    with pytest.raises(SettingsError, match="counts where it stands alone"):
        routing(no_proxy=("*", "example.com"))


@pytest.mark.parametrize(
    ("environment", "settings", "named"),
    [
        ({"HTTPS_PROXY": "http://jan:hunter2@p:1", "http_proxy": "http://p:1"}, {}, ["HTTPS_PROXY", "http_proxy"]),
        ({"NO_PROXY": "*", "ALL_PROXY": "http://p:1", "HTTPS_PROXY": ""}, {}, None),
        ({"HTTPS_PROXY": "http://p:1"}, {"proxy_from_environment": True}, None),
        ({"HTTPS_PROXY": "http://p:1"}, {"proxy_from_environment": False}, None),
        ({"HTTPS_PROXY": "http://p:1"}, {"proxies": {"corp": CORP}}, ["HTTPS_PROXY"]),
        ({"HTTPS_PROXY": "http://p:1"}, {"proxies": {"corp": CORP}, "proxy": "corp"}, None),
    ],
)
def test_a_proxy_of_the_environment_that_nothing_uses_is_warned_of(
    environment: dict[str, str], settings: dict[str, Any], named: list[str] | None
) -> None:
    with capture_logs() as logs:
        warn_of(routing(environment, **settings), EgressPolicy())
    assert [each["variables"] for each in logs] == ([named] if named else [])
    assert "hunter2" not in str(logs)


def test_a_proxy_whose_address_may_not_be_dialled_is_warned_of() -> None:
    found = routing(proxies={"corp": {"url": "http://10.0.0.9:3128"}, "name": CORP}, proxy="corp")
    with capture_logs() as logs:
        warn_of(found, EgressPolicy())
    (said,) = logs
    assert (said["event"], said["proxy"]) == ("a proxy can't be used", "the proxy `corp`")
    assert "start the dispatcher with --allow-egress 10.0.0.0/8" in said["reason"]
    with capture_logs() as logs:
        warn_of(found, EgressPolicy(["10.0.0.9"]))
    assert logs == []


def test_files_that_are_not_there_are_errors_at_the_start(tmp_path: Path) -> None:
    gone = tmp_path / "gone.pem"
    with pytest.raises(SettingsError, match=r"^\[tls\.mutual\]: .*gone\.pem can't be read: No such file or directory$"):
        tls_of(Settings(tls={"mutual": {"ca_file": gone}}))
    with pytest.raises(SettingsError, match=r"^ca_file: .*gone\.pem can't be read"):
        tls_of(Settings(ca_file=gone))
