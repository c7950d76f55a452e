"""Files that Tocsin wrote and reads again, in whatever state they come back: saved plans, baselines, exports."""

import asyncio
import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from tests.fuzz.target import Target

from tocsin.deployment.plan_json import SavedPlanJson
from tocsin.deployment.saved_plan import read_plan, write_plan
from tocsin.errors import TocsinError
from tocsin.validation.baseline import parse_baseline
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.schema import migrate
from tocsin_dispatcher.store.moved_rows import MovingError
from tocsin_dispatcher.store.tokens import create_token
from tocsin_dispatcher.store.transfer import export_to, import_from
from tocsin_schema.models.canonical import digest
from tocsin_schema.plan.plan import Allowed, Plan

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


_FOLDER = tempfile.TemporaryDirectory(prefix="tocsin-fuzz-")
"""A folder of this process, which goes with it."""


def _folder() -> Path:
    return Path(_FOLDER.name)


def _plan(data: bytes) -> None:
    """Read a plan as it is, and with a checksum that fits."""
    file = _folder() / "saved.plan"
    for content in (data, _with_checksum(data)):
        file.write_bytes(content)
        try:
            saved = read_plan(file)
        except TocsinError as error:
            _require_one_line(error.message)
            continue
        saved.allowed.value()
        assert SavedPlanJson.model_validate(saved.model_dump()) == saved


def _with_checksum(data: bytes) -> bytes:
    try:
        value = json.loads(data)
        value.pop("checksum", None)
        return json.dumps({**value, "checksum": digest(value)}).encode("utf-8", "replace")
    except (ValueError, RecursionError, AttributeError, TypeError):
        return data


def _require_one_line(text: str) -> None:
    """Raise AssertionError where a refusal is more than a line."""
    assert text.isprintable(), text


def _baseline(data: bytes) -> None:
    """Read a baseline."""
    try:
        entries = parse_baseline(data.decode("utf-8", "surrogateescape"), "baseline.json")
    except TocsinError as error:
        _require_one_line(error.message)
        return
    assert all(isinstance(each.fingerprint, str) for each in entries)


def _export(data: bytes) -> None:
    """Import an export as it is, and with a last line that fits."""
    for content in (data, _with_trailer(data)):
        shutil.copy(_empty_database(), _folder() / "import.db")
        asyncio.run(_imported(content.decode("utf-8", "replace")))


async def _imported(text: str) -> None:
    database = Database(f"sqlite:///{_folder() / 'import.db'}")
    try:
        await import_from(io.StringIO(text, newline="\n"), database, NOW)
    except MovingError as error:
        _require_one_line(str(error))
    finally:
        await database.close()


def _with_trailer(data: bytes) -> bytes:
    lines = [each + b"\n" for each in data.split(b"\n") if each][:-1]
    text = b"".join(lines).decode("utf-8", "replace").encode()
    trailer = {"rows": len(lines) - 1, "sha256": hashlib.sha256(text).hexdigest()}
    return text + json.dumps(trailer).encode() + b"\n"


@cache
def _empty_database() -> Path:
    file = _folder() / "empty.db"

    async def made() -> None:
        database = Database(f"sqlite:///{file}")
        await migrate(database)
        await database.close()

    asyncio.run(made())
    return file


def _exports() -> Iterator[bytes]:
    """Yield the export of a database with a token, and of one without."""

    async def exported(with_token: bool) -> str:
        database = Database(f"sqlite:///{file}")
        try:
            if with_token:
                async with database.write() as connection:
                    await create_token(connection, "ci", ("read",), NOW, None)
            text = io.StringIO()
            await export_to(text, database, NOW)
            return text.getvalue()
        finally:
            await database.close()

    for with_token in (True, False):
        file = shutil.copy(_empty_database(), _folder() / "export.db")
        yield asyncio.run(exported(with_token)).encode()


def _plans() -> Iterator[bytes]:
    file = _folder() / "seed.plan"
    write_plan(file, Plan("production", "shop", 41, "0.1.0", ()), Allowed(), "https://tocsin.example.com")
    yield file.read_bytes()


WORDS = (
    b'"', b"null", b"true", b"1e999", b"NaN", b"-1", b"9" * 20, b"\\ud800", b"[", b"]", b"{", b"}", b", ", b": ", b"\n", b"\r", b"\x00",
    b'{"table": "token", "row": {}}\n', b'"table": ', b'"row": ', b'"2026-03-02T12:00:00+00:00"', b'"2026-03-02"', b"\xff",
    b'"changes": [', b'"allowed": ', b'"action": "create"', b'"fingerprint": ', b'"version": 1',
)  # fmt: skip

BASELINES = (
    b'{"version": 1, "findings": [{"fingerprint": "0a1b", "code": "TOC401", "file": "a.yaml", "message": "x"}]}\n',
    b'{"version": 1, "findings": []}',
)

TARGETS = (
    Target("saved-plans", _plan, lambda: tuple(_plans()), WORDS),
    Target("baselines", _baseline, lambda: BASELINES, WORDS),
    Target("import-files", _export, lambda: tuple(_exports()), WORDS),
)
