"""`tocsin simulate`."""

import shutil
import sys
from pathlib import Path

import click

from tocsin.commands.options import examples
from tocsin.errors import TocsinError, UsageError

NARROWEST, WIDEST = 60, 120
"""Columns of the picture."""


@click.command(
    epilog=examples(
        "tocsin simulate shop-down --fail-for 45m",
        "tocsin simulate shop-down --checks checks.yaml --monitor shop-home",
        "tocsin simulate shop-down --fail-for 3h --format svg > shop-down.svg",
        'tocsin simulate shop-down --fail-for 1h --answer "pagerduty=503 for 10m"',
        'tocsin simulate shop-down --fail-for 1h --answer "slack=429 Retry-After=9"',
        "tocsin simulate shop-down --fail-for 1h --answer pagerduty=timeout",
    )
)
@click.argument("alert")
@click.option("--fail-for", metavar="DURATION", help="Let the monitors fail for so long: 45m, 2d.")
@click.option(
    "--checks",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Play these checks: a list in YAML or JSON, or JSON lines; `-` is the standard input.",
)
@click.option("--monitor", "monitors", multiple=True, metavar="NAME", help="Only this monitor. Repeatable.")
@click.option("--check-interval", metavar="DURATION", help="With --fail-for: in place of what the monitors state.")
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="INTEGRATION=ANSWER",
    help="What a receiver answers, and what becomes of its messages: 503, '429 Retry-After=30', timeout, each with "
    "'for 10m'. Repeatable: those of one integration follow one another, and then it takes all.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "mermaid", "svg"]),
    default="text",
    show_default=True,
    help="text: picture and table; json: everything; mermaid: for Markdown; svg: a picture.",
)
@click.pass_context
def command(
    context: click.Context,
    alert: str,
    fail_for: str | None,
    checks: Path | None,
    monitors: tuple[str, ...],
    check_interval: str | None,
    answers: tuple[str, ...],
    form: str,
) -> None:
    """Show when the levels of an alert definition fire, remind and recover, and who is told.

    Plays an outage, or checks from a file, through the state machine that the dispatcher runs. Works offline; sends
    nothing.

    A check of a file is {at: 10m, status: error}, or has what `POST /api/v1/checks` takes: `time`, `confirmed`,
    `monitor` and so on.

    With --answer it shows when each message of that integration is tried, held, delivered or given up, as the dispatcher
    would: its receiver is down, busy or refuses. Times count from the first check.
    """
    from tocsin.commands.durations import duration_of
    from tocsin.simulation.checks_file import read_checks
    from tocsin.simulation.scenario import simulated_checks, simulated_outage
    from tocsin.terminal.style import Style
    from tocsin.workspace import open_workspace

    if (fail_for is None) == (checks is None):
        raise UsageError("say what to play: either --fail-for or --checks", hint="such as --fail-for 45m")
    if checks is not None and check_interval is not None:
        raise UsageError("--check-interval goes with --fail-for: the checks of a file have their own times")
    lasts, interval = duration_of("--fail-for", fail_for), duration_of("--check-interval", check_interval)
    definitions = open_workspace(context.obj).require_definitions()
    if lasts is not None:
        simulation = simulated_outage(definitions, alert, monitors, lasts, interval, answers)
    else:
        assert checks is not None  # noqa: S101  # judged above
        simulation = simulated_checks(definitions, alert, monitors, read_checks(*_name_and_content(checks)), answers)
    style = Style.of_stdout()
    match form:
        case "json":
            from tocsin.simulation.output.json import simulation_json

            text = simulation_json(simulation)
        case "mermaid":
            from tocsin.simulation.output.mermaid import simulation_mermaid

            text = simulation_mermaid(simulation)
        case "svg":
            from tocsin.simulation.output.svg import simulation_svg

            text = simulation_svg(simulation)
        case _:
            from tocsin.simulation.output.text import simulation_text

            text = simulation_text(simulation, style, width=_width(), ascii_only=not _draws())
    click.echo(text, nl=False, color=style.colour)


def _name_and_content(file: Path) -> tuple[str, bytes]:
    """Return what a file is called and what it holds; `-` is the standard input."""
    if str(file) == "-":
        return "standard input", sys.stdin.buffer.read()
    try:
        return str(file), file.read_bytes()
    except OSError as error:
        raise TocsinError(f"{file} can't be read: {error.strerror}") from error


def _width() -> int:
    """Return the columns of the terminal, within limits; 80 where there is none."""
    return min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST) if sys.stdout.isatty() else 80


def _draws() -> bool:
    """Whether the output can say the characters of the picture."""
    try:
        "━─✗✓▲·".encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
