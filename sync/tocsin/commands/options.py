"""Options that several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

MESSAGE_TYPES = ("error", "reminder", "ok")


def examples(*commands: str, exit_codes: str | None = None) -> str:
    """Return the end of a command's help: examples, each on its line, and what its exit codes mean."""
    text = "\b\n" + "\n".join(["Examples:" if len(commands) > 1 else "Example:", *(f"  {each}" for each in commands)])
    return text + (f"\n\nExit codes: {exit_codes}." if exit_codes else "")


def target_option(function: Function) -> Function:
    """Add `--target`, and whose targets are trusted."""
    target = click.option("--target", metavar="NAME", help="Target in tocsin.yaml. Default: the only one there is.")
    return target(trust_option(function))


def trust_option(function: Function) -> Function:
    """Add `--trust-targets-from`."""
    return click.option(
        "--trust-targets-from",
        "trust_from",
        envvar="TOCSIN_TRUST_TARGETS_FROM",
        metavar="REV|FILE",
        help="Use a target only as tocsin.yaml of this revision, or this file, has it. Default: in CI for a pull request "
        "what that is to be merged into, else the files here.",
    )(function)


def limit_options(function: Function) -> Function:
    """Add the options that allow more than the limits do, and adoptions."""
    allow_delete = click.option(
        "--allow-delete",
        multiple=True,
        metavar="N%|KIND/NAME",
        help="Allow this share of deletions (default 30%), or this one. Repeatable.",
    )
    allow_update = click.option(
        "--allow-update", metavar="N%", help="Allow this share of updates (default 50%, once there are more than 10)."
    )
    adopt = click.option(
        "--adopt",
        multiple=True,
        metavar="KIND/NAME|NAME",
        help="Take this definition from the project that owns it there. Repeatable.",
    )
    return allow_delete(allow_update(adopt(function)))


def timeout_option(function: Function) -> Function:
    """Add `--timeout`."""
    return click.option(
        "--timeout",
        type=click.FloatRange(min=1, max=86400),
        default=120,
        show_default=True,
        metavar="SECONDS",
        help="How long a request may take, with its repetitions.",
    )(function)


def values_option(function: Function) -> Function:
    """Add `--set VARIABLE=VALUE`."""
    return click.option(
        "--set",
        "values",
        multiple=True,
        metavar="VARIABLE=VALUE",
        help="A value: '@monitor.notes=Call Jan' or 'Channel=#test', the integration's own. Repeatable.",
    )(function)
