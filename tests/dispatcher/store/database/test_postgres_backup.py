"""PostgreSQL's own tools back a dispatcher's database up and bring it back, as docs/operations.md says."""

import asyncio
import re
import shlex
import subprocess
from pathlib import Path

from sqlalchemy import func, select
from tests.dispatcher.fake_clock import START
from tests.postgres import Server

from tocsin_dispatcher.store.audit import write_audit
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.schema import prepare
from tocsin_dispatcher.store.database.tables import audit

DATABASES = ("postgresql",)
PAGE = Path(__file__).parents[4] / "docs" / "operations.md"


def command(tool: str, url: str, folder: Path) -> list[str]:
    """Return a command of the page, for this server and folder."""
    (line,) = re.findall(rf"^\$ {tool} ([^#\n]*?) *(?:#.*)?$", PAGE.read_text("utf-8"), re.MULTILINE)
    words = shlex.split(line.replace("$TOCSIN_DATABASE", url).replace("tocsin.dump", str(folder / "tocsin.dump")))
    return [str(Server.tools() / tool), *words]


async def test_a_dump_comes_back_as_it_was(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url)
    for number, tool in enumerate(("pg_dump", "pg_restore")):
        async with database.write() as connection:
            await write_audit(connection, START, "someone", f"deed {number}", {})
        told = await asyncio.to_thread(run, command(tool, database_url, tmp_path))
        assert told == (0, "")
    await database.close()
    restored = Database(database_url)
    await prepare(restored)
    async with restored.write() as connection:
        assert list(await connection.scalars(select(audit.c.action))) == ["deed 0"]
        await write_audit(connection, START, "someone", "a deed after it", {})
        assert await connection.scalar(select(func.count()).select_from(audit)) == 2
    await restored.close()


def run(words: list[str]) -> tuple[int, str]:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr
