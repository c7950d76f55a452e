"""The tables of the settings file: proxies and TLS, misspelt keys, and no secret in any error."""

import json
from pathlib import Path

import pytest

from tocsin_dispatcher.commands.settings_text import settings_json, settings_text
from tocsin_dispatcher.errors import SettingsError
from tocsin_dispatcher.settings import Settings

CORP = '[proxies.corp]\nurl = "http://proxy.example.com:3128"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tocsin.toml"


def read(file: Path, text: str) -> Settings:
    file.write_text(text)
    return Settings.with_options(config=file)


def test_proxies_and_tls_are_tables_by_name(file: Path) -> None:
    settings = read(
        file,
        'proxy = "corp"\nno_proxy = [".internal", "10.0.0.0/8"]\nca_file = "/etc/ca.pem"\n'
        + CORP
        + 'username = "tocsin"\npassword_item = "corp-proxy"\n'
        + '[tls.mutual]\nca_file = "/a"\ncertificate_file = "/b"\nkey_file = "/c"\n',
    )
    assert settings.proxy == "corp"
    assert settings.no_proxy == (".internal", "10.0.0.0/8")
    assert settings.ca_file == Path("/etc/ca.pem")
    assert settings.proxies["corp"].model_dump() == {
        "url": "http://proxy.example.com:3128",
        "username": "tocsin",
        "password_item": "corp-proxy",
    }
    mutual = settings.tls["mutual"]
    assert (mutual.ca_file, mutual.certificate_file, mutual.key_file) == (Path("/a"), Path("/b"), Path("/c"))


def test_the_environment_holds_tables_as_json(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    monkeypatch.setenv("TOCSIN_PROXIES", '{"dmz": {"url": "https://dmz.example.com:443"}}')
    monkeypatch.setenv("TOCSIN_TLS", '{"mutual": {"ca_file": "/a"}}')
    monkeypatch.setenv("TOCSIN_PROXY", "dmz")
    monkeypatch.setenv("TOCSIN_NO_PROXY", "localhost, .internal")
    settings = read(file, CORP)
    assert list(settings.proxies) == ["dmz"]
    assert list(settings.tls) == ["mutual"]
    assert (settings.proxy, settings.no_proxy) == ("dmz", ("localhost", ".internal"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CORP + 'usrname = "x"', "[proxies.corp] has `usrname`, which is no key of it: did you mean `username`?"),
        (CORP + 'password = "hunter2"', "[proxies.corp] has `password`, which is no key of it: did you mean `password_item`?"),
        (CORP + 'zzz = "hunter2"', "[proxies.corp] has `zzz`, which is no key of it: it takes `url`, `username` and `password_item`"),
        ('[tls.a]\ncafile = "a"', "[tls.a] has `cafile`, which is no key of it: did you mean `ca_file`?"),
        ("[proxies.corp]", "[proxies.corp] lacks `url`"),
        ('[proxies]\ncorp = "http://jan:hunter2@p:1"', "proxies.corp can't be used: expected a table"),
        ('proxies = "http://jan:hunter2@p:1"', "proxies can't be used: expected JSON, as "),
        ("proxies = 3", "proxies can't be used: expected a table"),
        ("[proxies.corp]\nurl = 3", "proxies.corp.url can't be used: "),
        ('[proxies.corp]\nurl = "http://jan:hunter2@p:1"', "a URL is no place for credentials: state `username` and `password_item` beside it"),
        ('[proxies.corp]\nurl = "http://jan:hunter2"', "it is no URL: expected one such as http://proxy.example.com:3128"),
        ('[proxies.corp]\nurl = "socks5://p:1080"', "expected a URL that begins with http:// or https://"),
        ('[proxies.corp]\nurl = "proxy.example.com:3128"', "expected a URL that begins with http:// or https://"),
        ('[proxies.corp]\nurl = "http://proxy.example.com"', "state the proxy's port, as http://proxy.example.com:3128"),
        ('[proxies.corp]\nurl = "http://p:3128/x?y"', "nothing may follow the proxy's port"),
        (CORP + 'username = "jan"', "`username` needs `password_item`"),
        (CORP + 'username = "a:b"\npassword_item = "x"', "`username` can't hold a colon"),
        ('[proxies.none]\nurl = "http://p:1"', "`none` can't be a proxy's name: `proxy: none` says that none is used"),
        ('[proxies.Corp]\nurl = "http://p:1"', "`Corp` is no name: lower-case letters"),
        ('[tls."a b"]\nca_file = "a"', "`a b` is no name: lower-case letters"),
        ('[tls.a]\nkey_file = "a"', "`key_file` needs `certificate_file`"),
        ("[tls.a]", "expected `ca_file`, `certificate_file` or both"),
        ('proxy = "crop"\n' + CORP, "proxy names `crop`, and there is no table [proxies.NAME] of that name: did you mean `corp`?"),
        ('proxy = "other"\n' + CORP, "there is no table [proxies.NAME] of that name: there are `corp`"),
        ('proxy = "corp"', "there is no table [proxies.NAME] of that name: there are no such tables"),
        ('proxy = "http://jan:hunter2@p:1"', "proxy is the name of a table [proxies.NAME], not a URL"),
        ('proxy = "corp"\nproxy_from_environment = true\n' + CORP, "proxy and proxy_from_environment both say which proxy is usual"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_meant_is_named_without_its_values(file: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read(file, text)
    assert said in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_an_error_says_in_which_place_the_table_stands(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    with pytest.raises(SettingsError, match=r"lacks `url` \(in .*tocsin\.toml\)$"):
        read(file, "[proxies.corp]")
    monkeypatch.setenv("TOCSIN_PROXIES", '{"corp": {"url": "http://jan:hunter2@p"')
    with pytest.raises(SettingsError, match=r"expected JSON, .* \(TOCSIN_PROXIES in the environment\)$") as raised:
        Settings.with_options()
    assert "hunter2" not in str(raised.value)


def test_tables_are_shown_a_line_for_each_key(file: Path) -> None:
    file.write_text(CORP + 'username = "tocsin"\npassword_item = "corp-proxy"\n[tls.mutual]\nca_file = "/a"\n')
    stated = Settings.stated(config=file)
    lines = {line.split()[0]: line.split()[1:] for line in settings_text(stated).splitlines()}
    assert lines["proxies.corp.url"] == ['"http://proxy.example.com:3128"', str(file)]
    assert lines["proxies.corp.password_item"] == ['"corp-proxy"', str(file)]
    assert lines["tls.mutual.ca_file"] == ['"/a"', str(file)]
    assert "proxies" not in lines
    shown = json.loads(settings_json(stated))
    assert shown["proxies"]["value"]["corp"]["username"] == "tocsin"
    assert shown["tls"] == {"value": {"mutual": {"ca_file": "/a"}}, "from": str(file)}


def test_without_tables_a_line_says_that_there_are_none() -> None:
    lines = {line.split()[0]: line.split()[1:] for line in settings_text(Settings.stated()).splitlines()}
    assert (lines["proxies"], lines["tls"]) == (["default"], ["default"])
    assert lines["proxy_from_environment"] == ["false", "default"]
