"""`make fuzz`: look for inputs that break a law, for minutes or hours; `make test` has the short form.

    python -m tests.fuzz                              all targets, 5 minutes
    python -m tests.fuzz --hours 8                    a night
    python -m tests.fuzz definitions --minutes 10     one target
    python -m tests.fuzz definitions --input FILE     what was found, again

Exit code 1: something was found; it lies in `.fuzz/found`.
"""

from pathlib import Path

import click
from tests.fuzz.engines import KEPT, Outcome, by_atheris, by_hypothesis, by_schemathesis, has_atheris
from tests.fuzz.targets import TARGETS

API = "api"


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([*sorted(TARGETS), API]))
@click.option("--minutes", type=float, default=5.0, show_default=True, help="For all targets together.")
@click.option("--hours", type=float, default=0.0, help="In place of minutes.")
@click.option("--input", "file", type=click.Path(path_type=Path, exists=True), help="Try this one, and nothing else.")
def main(names: tuple[str, ...], minutes: float, hours: float, file: Path | None) -> None:
    """Look for inputs that break a law."""
    if file is not None:
        for name in names:
            TARGETS[name].judge(file.read_bytes())
        click.echo("it breaks no law")
        return
    chosen = names or (*sorted(TARGETS), API)
    share = (hours * 3600 or minutes * 60) / len(chosen)
    if not has_atheris():
        click.echo("atheris is not installed (pip install 'tocsin[fuzz]'): hypothesis alone looks")
    found = [outcome for name in chosen for outcome in _looked(name, share) if outcome.found is not None]
    if found:
        click.echo(f"{len(found)} found, in {KEPT / 'found'} and the logs beside it")
        raise SystemExit(1)
    click.echo("nothing found")


def _looked(name: str, seconds: float) -> list[Outcome]:
    """Look by every engine that there is, each for its part of the time, and tell what came of it."""
    if name == API:
        return [_told(name, "schemathesis", by_schemathesis(seconds))]
    engines = [("hypothesis", by_hypothesis)] + ([("atheris", by_atheris)] if has_atheris() else [])
    return [_told(name, engine, look(TARGETS[name], seconds / len(engines))) for engine, look in engines]


def _told(name: str, engine: str, outcome: Outcome) -> Outcome:
    what = f"{outcome.found}: {outcome.why}" if outcome.found is not None else "nothing found"
    click.echo(f"{name:16} {engine:12} {outcome.inputs:>9,} inputs  {what}")
    return outcome


if __name__ == "__main__":
    main()
