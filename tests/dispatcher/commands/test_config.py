"""The command's settings: from options, environment and a file, and shown with where each comes from."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tocsin_dispatcher.errors import SettingsError
from tocsin_dispatcher.main import commands


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a settings file that names a database."""
    written = tmp_path / "tocsin.toml"
    written.write_text(f'database = "sqlite:///{tmp_path}/of-the-file.db"\nport = 9001\n')
    return written


def test_every_setting_is_shown_with_its_value_and_where_it_comes_from(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_BOOTSTRAP_TOKEN", "very-secret")
    shown = run("config", "--config", str(file), "--host", "::1")
    lines = {line.split()[0]: line.split()[1:] for line in shown.stdout.splitlines()}
    assert lines["host"] == ['"::1"', "--host"]
    assert lines["port"] == ["9001", str(file)]
    assert lines["log_format"] == ['"json"', "default"]
    assert lines["bootstrap_token"] == ['"*****"', "TOCSIN_BOOTSTRAP_TOKEN"]
    assert "very-secret" not in shown.output


def test_settings_are_shown_as_json_too(file: Path) -> None:
    shown = json.loads(run("config", "--config", str(file), "--format", "json").stdout)
    assert shown["port"] == {"value": 9001, "from": str(file)}


def test_showing_the_settings_takes_all_that_serving_takes() -> None:
    of_serve = {option.name for option in commands.commands["serve"].params}
    assert of_serve <= {option.name for option in commands.commands["config"].params}


@pytest.mark.parametrize("by", ["option", "environment"])
def test_other_commands_take_their_database_from_the_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    if by == "environment":
        monkeypatch.setenv("TOCSIN_CONFIG", str(file))
    done = run("migrate", *(["--config", str(file)] if by == "option" else []))
    assert done.exit_code == 0, done.output
    assert (tmp_path / "of-the-file.db").exists()


def test_a_misspelt_setting_stops_every_command(file: Path) -> None:
    file.write_text("prot = 9001\n")
    for command in (["config"], ["serve"], ["token", "list"]):
        with pytest.raises(SettingsError, match="has `prot`, which is no setting: did you mean `port`"):
            CliRunner().invoke(commands, [*command, "--config", str(file)], catch_exceptions=False)


def test_a_misspelt_variable_is_told_of_but_stops_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_PROT", "9002")
    shown = run("config", "--config", str(file))
    assert shown.exit_code == 0
    assert "warning: TOCSIN_PROT in the environment is no setting: did you mean TOCSIN_PORT?" in shown.stderr
    assert "warning" not in shown.stdout
