"""Options that several commands share, and the settings that they lead to."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from tocsin_dispatcher.settings import Settings, Stated

Command = TypeVar("Command", bound=Callable[..., Any])

DATABASE_HELP = (
    "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME. Default: sqlite:///tocsin.db, or TOCSIN_DATABASE."
)

CONFIG = "tocsin_dispatcher.config"
"""Where a command's context keeps the path that `--config` gives."""


def examples(*lines: str, notes: str = "") -> str:
    """Return the end of a help text: commands to copy, and notes."""
    shown = "\b\n" + "\n".join(["Examples:" if len(lines) > 1 else "Example:", *(f"  {line}" for line in lines)])
    return f"{shown}\n\n{notes}" if notes else shown


def database_option(command: Command) -> Command:
    """Add `--database`, and `--config` for what is not stated."""
    with_file = click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path),
        expose_value=False,
        callback=lambda context, _, file: context.meta.update({CONFIG: file}),
        help="Settings file in TOML. Options and TOCSIN_... variables come first. Default: TOCSIN_CONFIG.",
    )(command)
    return click.option("--database", metavar="URL", help=DATABASE_HELP)(with_file)


def stated(**options: Any) -> "Stated":
    """Return the settings of the command that runs: its options, `--config` included, environment and file.

    Variables that are misspelt are warned of on stderr. Raises SettingsError.
    """
    from tocsin_dispatcher.settings import Settings

    found = Settings.stated(config=click.get_current_context().meta.get(CONFIG), **options)
    for sentence in found.misspelt:
        click.echo(f"tocsin-dispatcher: warning: {sentence}", err=True)
    return found


def settings_of(**options: Any) -> "Settings":
    """Return the settings of the command that runs; raises SettingsError."""
    return stated(**options).settings


def egress_option(command: Command) -> Command:
    """Add `--allow-egress`."""
    return click.option(
        "--allow-egress",
        multiple=True,
        metavar="CIDR|HOST",
        help="Let messages go to this private network or host. Repeatable.",
    )(command)


def log_option(command: Command) -> Command:
    """Add `--log-format`."""
    return click.option("--log-format", type=click.Choice(["json", "console"]), help="Default: json.")(command)


def keep_option(command: Command) -> Command:
    """Add `--keep`."""
    return click.option(
        "--keep", metavar="DURATION", help="How long incidents are kept once they are over. Default: 90d."
    )(command)
