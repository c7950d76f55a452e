"""Options and environment."""

import pytest

from tocsin_dispatcher.errors import SettingsError
from tocsin_dispatcher.settings import Settings


def test_options_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_PORT", "9000")
    monkeypatch.setenv("TOCSIN_ALLOW_EGRESS", "10.0.0.0/8, chat.example.com")
    settings = Settings.with_options(port=None, host="0.0.0.0", allow_egress=())
    assert (settings.port, settings.host) == (9000, "0.0.0.0")
    assert settings.allow_egress == ("10.0.0.0/8", "chat.example.com")
    assert Settings.with_options(port=0, allow_egress=("::1",)).allow_egress == ("::1",)


def test_a_setting_that_makes_no_sense_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_PORT", "many")
    with pytest.raises(SettingsError, match=r"port can't be 'many': .* TOCSIN_PORT in the environment"):
        Settings.with_options()


def test_the_bootstrap_token_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_BOOTSTRAP_TOKEN", "very-secret")
    assert "very-secret" not in repr(Settings.with_options())
