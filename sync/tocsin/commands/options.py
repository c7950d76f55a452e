"""Options that several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

MESSAGE_TYPES = ("error", "reminder", "ok")


def examples(*commands: str, exit_codes: str | None = None) -> str:
    """Give the end of a command's help: examples, each on its line, and what its exit codes mean."""
    text = "\b\n" + "\n".join(["Examples:" if len(commands) > 1 else "Example:", *(f"  {each}" for each in commands)])
    return text + (f"\n\nExit codes: {exit_codes}." if exit_codes else "")


def target_option(function: Function) -> Function:
    """Add `--target`."""
    return click.option("--target", metavar="NAME", help="Target in tocsin.yaml. Default: the only one there is.")(
        function
    )


def limit_options(function: Function) -> Function:
    """Add the options that allow more than the limits do."""
    allow_delete = click.option(
        "--allow-delete",
        multiple=True,
        metavar="N%|KIND/NAME",
        help="Allow this share of deletions (default 30%), or this one. Repeatable.",
    )
    allow_update = click.option(
        "--allow-update", metavar="N%", help="Allow this share of updates (default 50%, once there are more than 10)."
    )
    return allow_delete(allow_update(function))


def values_option(function: Function) -> Function:
    """Add `--set VARIABLE=VALUE`."""
    return click.option(
        "--set",
        "values",
        multiple=True,
        metavar="VARIABLE=VALUE",
        help="A value: '@monitor.notes=Call Jan' or 'Channel=#test', the integration's own. Repeatable.",
    )(function)
