"""Options and environment."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin_dispatcher.commands.serving import serve, worker
from tocsin_dispatcher.commands.settings_text import settings_json, settings_text
from tocsin_dispatcher.errors import SettingsError
from tocsin_dispatcher.settings import WITH_OPTION, Settings


def test_options_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_PORT", "9000")
    monkeypatch.setenv("TOCSIN_ALLOW_EGRESS", "10.0.0.0/8, chat.example.com")
    settings = Settings.with_options(port=None, host="0.0.0.0", allow_egress=())
    assert (settings.port, settings.host) == (9000, "0.0.0.0")
    assert settings.allow_egress == ("10.0.0.0/8", "chat.example.com")
    assert Settings.with_options(port=0, allow_egress=("::1",)).allow_egress == ("::1",)


def test_a_setting_that_makes_no_sense_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_PORT", "many")
    with pytest.raises(SettingsError, match=r"port can't be 'many': .* \(TOCSIN_PORT in the environment\)"):
        Settings.with_options()


def test_the_bootstrap_token_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_BOOTSTRAP_TOKEN", "very-secret")
    assert "very-secret" not in repr(Settings.with_options())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a settings file."""
    path = tmp_path / "tocsin.toml"
    path.write_text('port = 9001\nhost = "0.0.0.0"\nallow_egress = ["10.0.0.0/8"]\nhashicorp_keep = "5m"\n')
    return path


def test_a_file_comes_after_options_and_environment(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    monkeypatch.setenv("TOCSIN_PORT", "9002")
    settings = Settings.with_options(config=file, host="127.0.0.2")
    assert (settings.host, settings.port, settings.allow_egress) == ("127.0.0.2", 9002, ("10.0.0.0/8",))
    assert settings.hashicorp_keep == timedelta(minutes=5)


def test_the_environment_can_name_the_file(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    monkeypatch.setenv("TOCSIN_CONFIG", str(file))
    assert Settings.with_options().port == 9001


def test_every_setting_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    monkeypatch.setenv("TOCSIN_PORT", "9002")
    origins = Settings.stated(config=file, log_format="console").origins
    assert (origins["log_format"], origins["port"], origins["host"]) == ("--log-format", "TOCSIN_PORT", str(file))
    assert origins["database"] == "default"


def test_a_misspelt_setting_in_a_file_is_an_error(file: Path) -> None:
    file.write_text("prot = 9001\n")
    with pytest.raises(SettingsError, match=r"has `prot`, which is no setting: did you mean `port`\?"):
        Settings.with_options(config=file)


@pytest.mark.parametrize(
    ("text", "message"),
    [("port = ", "is not TOML"), ("port = 70000", r"port can't be 70000: .*\(in .*tocsin.toml\)")],
)
def test_a_file_that_cannot_be_used_is_named(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        Settings.with_options(config=file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read: No such file"):
        Settings.with_options(config=tmp_path / "none.toml")


def test_shown_settings_hide_every_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_BOOTSTRAP_TOKEN", "very-secret")
    monkeypatch.setenv("TOCSIN_HASHICORP_TOKEN", "very-secret")
    monkeypatch.setenv("TOCSIN_DATABASE", "postgresql://tocsin:very-secret@db/tocsin")
    stated = Settings.stated()
    for shown in (settings_text(stated), settings_json(stated)):
        assert "very-secret" not in shown
        assert "postgresql://tocsin:*****@db/tocsin" in shown
        assert "TOCSIN_BOOTSTRAP_TOKEN" in shown


def test_shown_settings_are_complete() -> None:
    assert json.loads(settings_json(Settings.stated())).keys() == Settings.model_fields.keys()


def test_only_options_that_there_are_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_HASHICORP_KEEP", "soon")
    with pytest.raises(SettingsError, match=r"\(TOCSIN_HASHICORP_KEEP in the environment\)"):
        Settings.with_options()
    taken = {each.name for command in (serve, worker) for each in command.params} - {"config"}
    assert taken == set(WITH_OPTION)


def test_a_variable_without_a_value_counts_for_nothing(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    for name in ("PORT", "HOST", "BOOTSTRAP_TOKEN", "KEEP"):
        monkeypatch.setenv(f"TOCSIN_{name}", "")
    stated = Settings.stated(config=file)
    assert (stated.settings.port, stated.settings.host) == (9001, "0.0.0.0")
    assert stated.settings.bootstrap_token is None
    assert (stated.origins["port"], stated.origins["keep"]) == (str(file), "default")


def test_the_address_of_a_kubernetes_service_is_not_the_port(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    monkeypatch.setenv("TOCSIN_PORT", "tcp://10.96.12.7:8737")
    assert Settings.with_options().port == 8737
    assert Settings.with_options(config=file).port == 9001
    assert Settings.stated(port=80).origins["port"] == "--port"


def test_a_misspelt_variable_is_warned_of_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOCSIN_PROT", "TOCSIN_ALOW_EGRESS"):
        monkeypatch.setenv(name, "9002")
    for name in ("TOCSIN_PRODUCTION_TOKEN", "TOCSIN_VAULT_HOST_PASSWORD", "TOCSIN_SERVICE_PORT", "TOCSIN_URL"):
        monkeypatch.setenv(name, "x")
    assert Settings.stated().misspelt == (
        "TOCSIN_ALOW_EGRESS in the environment is no setting: did you mean TOCSIN_ALLOW_EGRESS?",
        "TOCSIN_PROT in the environment is no setting: did you mean TOCSIN_PORT?",
    )


def test_a_refusal_says_in_which_place_the_value_stands(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    monkeypatch.setenv("TOCSIN_KEEP", "1h")
    in_environment = r"^keep can't be '1h': expected a day at least, as 90d \(TOCSIN_KEEP in the environment\)$"
    with pytest.raises(SettingsError, match=in_environment):
        Settings.with_options(config=file)
    with pytest.raises(SettingsError, match=r"^keep can't be '2h': .* \(option --keep\)$"):
        Settings.with_options(keep="2h")


def test_passwords_among_the_parameters_of_a_database_url_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://db/tocsin?password=very-secret&user=tocsin&sslpassword=very-secret-too&sslmode=require"
    monkeypatch.setenv("TOCSIN_DATABASE", url)
    shown = settings_text(Settings.stated()) + settings_json(Settings.stated())
    assert "very-secret" not in shown
    assert "?password=*****&user=tocsin&sslpassword=*****&sslmode=require" in shown


def test_a_line_break_at_the_end_of_a_variable_is_no_part_of_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"BOOTSTRAP_TOKEN": "first", "DATABASE": "postgresql://db/tocsin", "WORK": "false", "PORT": "80"}
    for name, value in values.items():
        monkeypatch.setenv(f"TOCSIN_{name}", f"{value}\n")
    settings = Settings.with_options()
    assert settings.bootstrap_token is not None
    assert settings.bootstrap_token.get_secret_value() == "first"
    assert (settings.database, settings.work, settings.port) == ("postgresql://db/tocsin", False, 80)
