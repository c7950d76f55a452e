"""What `--help` of each command says."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tocsin_dispatcher.main import commands


def every(command: click.Command, *names: str) -> Iterator[tuple[str, ...]]:
    """Yield the names of a command and of all below it."""
    yield names
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from every(each, *names, name)


def helped(*names: str) -> str:
    """Return the help of a command."""
    done = CliRunner().invoke(commands, [*names, "--help"], prog_name="tocsin-dispatcher")
    assert done.exit_code == 0, done.output
    return done.stdout


def examples_of(*names: str) -> list[list[str]]:
    """Return the examples of a command's help, each as its arguments."""
    return [shlex.split(line)[1:] for line in re.findall(r"^ +(tocsin-dispatcher .*)$", helped(*names), re.MULTILINE)]


@pytest.mark.parametrize("names", [*every(commands)], ids=" ".join)
def test_every_command_has_an_example_of_itself(names: tuple[str, ...]) -> None:
    assert any(tuple(each[: len(names)]) == names for each in examples_of(*names))


@pytest.mark.parametrize("names", [*every(commands)], ids=" ".join)
def test_every_example_is_a_command_that_exists_with_options_that_exist(
    names: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tocsin.jsonl").touch()  # the file that the example of `import` reads
    monkeypatch.chdir(tmp_path)
    for example in examples_of(*names):
        arguments = example
        command: click.Command = commands
        context = click.Context(commands)
        while isinstance(command, click.Group):
            name, found, arguments = command.resolve_command(context, arguments)
            assert found is not None, name
            command, context = found, click.Context(found, parent=context)
        command.parse_args(context, arguments)


@pytest.mark.parametrize("names", [(), ("token",), ("silence",)], ids=" ".join)
def test_no_line_of_a_list_of_commands_is_cut(names: tuple[str, ...]) -> None:
    assert "..." not in helped(*names).replace("[ARGS]...", "")
