"""Showing a plan, refusing it, asking, applying it: how every command ends that changes a target."""

import sys
from dataclasses import dataclass

import click

from tocsin.deployment.deployment import Deployment
from tocsin.errors import RefusedError, TocsinError, UsageError
from tocsin.git.source import why_untold
from tocsin.targets.client import DispatcherUnreachableError
from tocsin.terminal.progress import progress
from tocsin.terminal.style import Style
from tocsin_schema.api.definitions import PushAnswer
from tocsin_schema.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Words:
    """What a command says of what it does to a target."""

    plan: str
    """What is refused: `plan`."""
    question: str
    doing: str
    """Shown while it takes long: `syncing`."""
    done: str
    """`synced`."""


def check_can_ask(yes: bool, what: str) -> None:
    """Raise UsageError where a yes is needed and there is nobody to ask; `what` is what --yes would do unasked."""
    if not yes and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on", hint=f"say --yes to {what} without being asked")


def carry_out(deployment: Deployment, planned: Plan, shown: str, words: Words, *, yes: bool) -> None:
    """Show the text of a plan, ask unless `yes`, and apply it.

    Raises RefusedError where the plan is refused, TocsinError where the answer is no; nothing was changed then.
    """
    style = Style.of_stdout()
    click.echo(shown, nl=False, color=style.colour)
    if planned.refusals:
        raise RefusedError(f"the {words.plan} is refused; nothing was changed")
    if not planned.changes:
        return
    if not yes and not agreed(words.question):
        raise TocsinError(f"not {words.done}; nothing was changed")
    if (untold := why_untold(deployment.folder)) is not None:
        click.echo(f"note: {untold}", err=True)
    applied = _applied(deployment, planned, words)
    done = style(f"{words.done.capitalize()}.", "green", bold=True)
    click.echo(
        f"{done} {planned.target} is at revision {applied.revision}: {applied.created} created, "
        f"{applied.updated} updated, {applied.deleted} deleted.",
        color=style.colour,
    )


def _applied(deployment: Deployment, planned: Plan, words: Words) -> PushAnswer:
    unknown = f"it may have {words.done} all, or nothing"
    look = f"`tocsin plan --target {planned.target}` shows which"
    try:
        with progress(words.doing):
            return deployment.apply(planned)
    except KeyboardInterrupt as error:
        raise TocsinError(f"stopped while {planned.target} was at work: {unknown}", hint=look) from error
    except DispatcherUnreachableError as error:
        raise TocsinError(f"{error.message}; {unknown}", hint=look) from error


def agreed(question: str) -> bool:
    """Whether the answer is yes; Ctrl-C and the end of the input are a no."""
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        click.echo(err=True)
        return False
