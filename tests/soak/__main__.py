"""`python -m tests.soak`: the long form of the soak, on a file of its own or on a PostgreSQL database."""

import asyncio
import sys
import tempfile
from pathlib import Path
from random import Random

import click
from tests.soak.book import TROUBLES
from tests.soak.soak import soak
from tests.soak.stand import Deeds, Trouble
from tests.soak.story import FALLBACK, PATHS

from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.schema import migrate


@click.command()
@click.option("--checks", default=50_000, show_default=True)
@click.option("--seed", type=int, help="That of an earlier run, to see it again.  [default: a new one]")
@click.option("--kills", default=20, show_default=True, help="How often a process is killed.")
@click.option("--stalls", default=6, show_default=True, help="How often the database is held up, for 0.5 to 12 s.")
@click.option("--troubles", default=20, show_default=True, help="How often a receiver is down, busy or locked out.")
@click.option("--patience", default=300.0, show_default=True, help="Seconds that the last message may take.")
@click.option("--database", help="postgresql://..., an empty one: two workers.  [default: a file, one process]")
def main(
    checks: int, seed: int | None, kills: int, stalls: int, troubles: int, patience: float, database: str | None
) -> None:
    """Report checks while processes are killed, receivers fail and the database stalls; account for every alert."""
    seed = Random().randrange(1_000_000) if seed is None else seed
    click.echo(f"seed {seed}")
    held = [Random(seed + number).choice([0.5, 2.0, 12.0]) for number in range(stalls)]
    chance = Random(seed)
    paths = sorted({path for paths in PATHS.values() for path in (*paths, FALLBACK)})
    troubled = [
        Trouble(chance.choice(paths), TROUBLES[number % len(TROUBLES)], chance.uniform(1, 20))
        for number in range(troubles)
    ]
    with tempfile.TemporaryDirectory(prefix="tocsin-soak-") as folder:
        if database is not None:
            asyncio.run(_prepare(database))
        place = database if database is not None else Path(folder) / "tocsin.db"
        report = soak(place, checks=checks, seed=seed, deeds=Deeds(kills, held, troubled), patience=patience)
    click.echo("\n".join(report.lines()))
    sys.exit(1 if report.complaints else 0)


async def _prepare(url: str) -> None:
    database = Database(url)
    await migrate(database)
    await database.close()


if __name__ == "__main__":
    main()
