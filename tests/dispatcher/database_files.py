"""Files of SQLite databases, as tests copy them and look at them."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

KILLED = """
import asyncio, os, sys
from sqlalchemy import text
from tocsin_dispatcher.store.database.database import Database
async def work():
    database = Database(sys.argv[1])
    with database.alone():
        await database.stamp()
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO kept VALUES (2)"))
        os._exit(9)
asyncio.run(work())
"""
"""A dispatcher that is killed once it has written something into its `-wal`."""


def url(file: Path) -> str:
    """Return the URL of a database file."""
    return f"sqlite:///{file}"


def beside(file: Path, suffix: str) -> Path:
    """Return the file beside a database that has its name and a suffix."""
    return file.with_name(file.name + suffix)


def copied(file: Path, to: str = "copy.db") -> Path:
    """Return a consistent copy of a database, as SQLite's own `.backup` makes it."""
    copy = file.with_name(to)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def numbers(file: Path) -> list[int]:
    """Return what stands in the table `kept`."""
    with closing(sqlite3.connect(file)) as connection:
        return [number for (number,) in connection.execute("SELECT number FROM kept ORDER BY number")]


def killed(file: Path) -> None:
    """Serve a file, and be killed: its `-wal` stays."""
    result = subprocess.run([sys.executable, "-c", KILLED, url(file)], check=False)
    assert result.returncode == 9
    assert beside(file, "-wal").stat().st_size > 32
