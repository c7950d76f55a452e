"""The command line: options, help and exit codes.

Exit codes (`README.md#exit-codes`): 0 nothing wrong or nothing to do, 1 findings or failed, 2 used wrongly,
3 changes pending, 4 refused, 5 partly applied, 70 a mistake in Tocsin.
"""

import errno
import gc
import io
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from tocsin import __version__
from tocsin.errors import TocsinError, UsageError

COMMANDS = {
    "validate": "Find every mistake in the definitions, each at its exact place.",
    "fmt": "Bring definitions into one layout, comments and all.",
    "render": "Show the requests that an integration would send.",
    "simulate": "Play an outage: who is told of it, and when.",
    "review": "Show what a change does to the messages that are sent.",
    "plan": "Show what a sync would change. Writes nothing.",
    "sync": "Make a target equal to the definitions, in one transaction.",
    "watch": "Keep a target equal to the definitions, run after run.",
    "pull": "Bring what runs on a target into the files, comments kept.",
    "history": "List what was synced, or show what one revision changed.",
    "rollback": "Bring back what ran at an earlier revision, as a new one.",
    "send": "Send a test message to the real receiver and show both sides.",
    "variables": "List the variables and functions that templates can use.",
    "rule": "Explain a rule: what it finds, why, and how to switch it off.",
    "schema": "Write the JSON Schemas that editors and other tools use.",
}

BUG = 70

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""What the system says where results are written to a disk that is full or broken."""


class Commands(click.Group):
    """A group that imports a command only when it is run: `tocsin --help` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command and return the command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"tocsin.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say which command a misspelt one may have meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f"did you mean `{near[0]}`?" if near else "`tocsin --help` lists the commands"
            raise UsageError(f"there is no command `{args[0]}`", hint)
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExamples:\n  tocsin validate\n  tocsin plan --target local\n\nExit codes: 0 nothing wrong or nothing to do, 1 findings or failed, 2 used wrongly, "
    "3 changes pending, 4 refused, 5 partly applied.",
)
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of tocsin.yaml. Default: the nearest tocsin.yaml or definitions/tocsin.yaml, here or above.",
)
@click.version_option(__version__, prog_name="tocsin")
@click.pass_context
def cli(context: click.Context, project: Path | None) -> None:
    """Alert integrations and alert definitions as code.

    Validate definitions before merge, see the exact message that each receiver will get, and sync
    them to a running dispatcher.
    """
    context.obj = project
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main() -> None:
    """Run the command line and exit with its code."""
    gc.set_threshold(100_000, 50, 100)  # a short life: looking for garbage while importing finds none
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for them takes a third of pydantic's start
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What the terminal's encoding can't say is shown as an escape; it is no reason to stop.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def _open_closed_streams() -> None:
    """Return what a shell closed with `>&-` somewhere to go: else the next file or connection would take its number."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code; only here do errors become exit codes."""
    try:
        outcome = cli.main(arguments, prog_name="tocsin", standalone_mode=False)
        sys.stdout.flush()
        return outcome if isinstance(outcome, int) else 0
    except TocsinError as error:
        _complain(error.message, error.hint)
        return error.exit_code
    except click.ClickException as error:
        return _misused(error)
    except (click.Abort, KeyboardInterrupt):
        _complain("stopped")
        return 1
    except BrokenPipeError:
        # The reader of the pipe has gone, as in `tocsin render | head`: no complaint, no second error at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            _complain(f"the output can't be written: {error.strerror}")
            return TocsinError.exit_code
        return _bug(error)


def _complain(message: str, hint: str | None = None) -> None:
    from tocsin.terminal.style import Style, harmless

    style = Style.of(sys.stderr)
    text = style("error: ", "red", bold=True) + harmless(message)
    if hint:
        text += "\n" + style("hint: ", "cyan", bold=True) + harmless(hint)
    click.echo(text, err=True, color=style.colour)


def _misused(error: click.ClickException) -> int:
    """Say what is wrong with the options, and where they are explained."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f"`{context.command_path} --help` shows how it is used" if context is not None else None
    if isinstance(error, click.NoSuchOption) and error.option_name == "--project" and context is not None:
        hint = f"it stands before the command: tocsin --project DIR {context.info_name}"
    _complain(error.format_message(), hint)
    return error.exit_code


def _bug(error: Exception) -> int:
    if os.environ.get("TOCSIN_DEBUG"):
        import traceback

        traceback.print_exc()
    _complain(
        f"this is a bug in Tocsin: {type(error).__name__}: {error}",
        "please report it; TOCSIN_DEBUG=1 shows where it happened",
    )
    return BUG
