"""Moving to another database, in the middle of things."""

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from demo.receiver import Receiver
from tests.dispatcher.account import alert, desk, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory
from tests.dispatcher.undelivered import problems, sync
from tests.postgres import Server

from tocsin_dispatcher.incidents.memory_check import check_memory
from tocsin_dispatcher.main import commands
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.schema import migrate
from tocsin_dispatcher.store.moved_rows import MovingError
from tocsin_dispatcher.store.transfer import export_to, import_from


@pytest.fixture
def other(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of the other kind."""
    if database_url.startswith("postgresql"):
        yield f"sqlite:///{tmp_path}/other.db"
        return
    server: Server = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


async def exported(dispatchers: DispatcherFactory) -> str:
    database, file = Database(dispatchers.url), io.StringIO()
    try:
        await export_to(file, database, dispatchers.clock.now())
    finally:
        await database.close()
    return file.getvalue()


async def imported(dispatchers: DispatcherFactory, text: str) -> int:
    database = Database(dispatchers.url)
    try:
        await migrate(database)
        return await import_from(io.StringIO(text), database, dispatchers.clock.now(), check_memory)
    finally:
        await database.close()


async def in_trouble(dispatchers: DispatcherFactory, receiver: Receiver) -> None:
    """Leave an open incident whose first message waits for its retry, a reminder to come and a kept capture."""
    receiver.answer("/pager", 500)
    receiver.answer("/tickets", 201, body='{"result": {"sys_id": "T-1"}}')
    async with dispatchers.open() as running_dispatcher:
        attached = level("pager", "desk", reminders={"max": 1, "every": "10m"})
        pushed = await running_dispatcher.push(monitor(), alert(attached), pager(receiver.url), desk(receiver.url))
        assert pushed.status_code == 200, pushed.text
        assert (await running_dispatcher.check("error")).status_code == 202


async def test_an_incident_goes_on_in_the_other_database(
    dispatchers: DispatcherFactory, other: str, receiver: Receiver
) -> None:
    await in_trouble(dispatchers, receiver)
    text = await exported(dispatchers)
    dispatchers.url = other
    assert await imported(dispatchers, text) == len(text.splitlines()) - 2
    dispatchers.clock.advance(seconds=5)
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.pass_time(minutes=10)
        await running_dispatcher.check("ok")
        states = await running_dispatcher.states()
    assert [each for each in states if each[0] == "pager"] == [
        ("pager", "error", "delivered"),
        ("pager", "reminder", "delivered"),
        ("pager", "ok", "delivered"),
    ]
    pages = [each.json() for each in receiver.received if each.path == "/pager"]
    assert [each["type"] for each in pages] == ["Alert", "Alert", "Reminder", "Ok"]
    assert len({each["key"] for each in pages}) == 1
    assert pages[0] == pages[1]
    assert [each.path for each in receiver.received if each.path != "/pager"] == [
        "/tickets",
        "/tickets/T-1/notes",
        "/tickets/T-1",
    ]


async def test_what_is_exported_twice_is_the_same(
    dispatchers: DispatcherFactory, other: str, receiver: Receiver
) -> None:
    await in_trouble(dispatchers, receiver)
    text = await exported(dispatchers)
    dispatchers.url = other
    await imported(dispatchers, text)
    assert await exported(dispatchers) == text


async def test_a_file_that_is_not_whole_is_refused_and_leaves_nothing(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    await in_trouble(dispatchers, receiver)
    lines = (await exported(dispatchers)).splitlines(keepends=True)
    dispatchers.url += "2" if dispatchers.url.startswith("sqlite") else ""
    if not dispatchers.url.startswith("sqlite"):
        await dispatchers.run(
            "TRUNCATE revision, document, check_seen, monitor_state, incident, audit, kept_capture, integration_state CASCADE"
        )
    broken = {
        "".join(lines[:-1]): "cut off",
        "".join(lines)[:-20]: "cut off or damaged",
        "".join(lines[:5] + lines[6:]): "damaged",
        "".join([*lines, lines[1]]): "damaged",
        "".join([lines[0], *lines]): "line 2 is no row",
        "".join([*lines[:-1], '{"table": "nothing", "row": {}}\n']): "a table 'nothing' that doesn't exist",
        "".join([lines[0], '{"table": "alert", "row": {"guid": 1}}\n']): "a row of `alert` that isn't one",
        "": "cut off or damaged",
        "[1]\n": "no JSON object",
        '{"a": 1}\n': "no file that `tocsin-dispatcher export` wrote",
        lines[0].replace('"schema":"', '"schema":"9'): "export and import with the same version",
    }
    for text, why in broken.items():
        with pytest.raises(MovingError, match=why):
            await imported(dispatchers, text)
    assert await imported(dispatchers, "".join(lines)) == len(lines) - 2


async def test_an_import_needs_an_empty_database(dispatchers: DispatcherFactory, receiver: Receiver) -> None:
    await in_trouble(dispatchers, receiver)
    with pytest.raises(MovingError, match="the database is not empty"):
        await imported(dispatchers, await exported(dispatchers))


async def test_what_is_in_use_is_not_moved(dispatchers: DispatcherFactory, database_url: str) -> None:
    if database_url.startswith("sqlite"):
        with Database(database_url).alone(), pytest.raises(Exception, match="another tocsin-dispatcher serves"):
            Database(database_url).alone().__enter__()
        return
    async with dispatchers.open():
        with pytest.raises(MovingError, match=r"the database is in use by .*: stop these processes first"):
            await exported(dispatchers)


async def test_who_was_told_goes_along_and_is_told_no_second_time(
    dispatchers: DispatcherFactory, other: str, receiver: Receiver
) -> None:
    async with dispatchers.open() as running_dispatcher:
        receiving = await sync(running_dispatcher, receiver)
        receiving.status["pager"] = 503
        await running_dispatcher.check("error")
        await running_dispatcher.pass_time(minutes=11)
        before = await problems(running_dispatcher)
    text = await exported(dispatchers)
    dispatchers.url = other
    await imported(dispatchers, text)
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.pass_time(minutes=10)
        assert await problems(running_dispatcher) == before
        assert len(receiving.told) == 2
        receiving.status["pager"] = 200
        await running_dispatcher.pass_time(hours=1)
        await running_dispatcher.pass_time(seconds=10)
        assert await problems(running_dispatcher) == []
    assert [each[0] for each in receiving.of("chat")] == ["Alert", "Ok"]


def with_digest(lines: list[str]) -> str:
    """Return a file of these lines as `export` would end it: only its contents are odd."""
    trailer = {"rows": len(lines) - 1, "sha256": hashlib.sha256("".join(lines).encode()).hexdigest()}
    return "".join([*lines, json.dumps(trailer, separators=(",", ":")) + "\n"])


def changed(lines: list[str], table: str, column: str, value: Any) -> str | None:
    """Return the file with another value in a row of a table; None: it has no such row."""
    for number, line in enumerate(lines):
        read = json.loads(line)
        if read.get("table") == table:
            read["row"][column] = value
            return with_digest([*lines[:number], json.dumps(read) + "\n", *lines[number + 1 :]])
    return None


ODD_VALUES = [
    ("alert", "level", "one"),
    ("alert", "level", True),
    ("alert", "level", 2**40),
    ("alert", "level", 1.5),
    ("alert", "number", 2**70),
    ("alert", "number", None),
    ("alert", "type", "error!"),
    ("alert", "type", []),
    ("alert", "at", "2026-03-02T12:00:00"),
    ("alert", "at", 5),
    ("alert", "at", "yesterday"),
    ("alert", "monitor", "x" * 64),
    ("alert", "monitor", "\0"),
    ("alert", "monitor", "\ud800"),
    ("alert", "monitor", {"name": "x"}),
    ("alert", "values", []),
    ("alert", "values", {"system": {"a": 1}, "custom_fields": {}}),
    ("delivery", "id", "../x"),
    ("delivery", "id", None),
    ("delivery", "state", "sent"),
    ("delivery", "step", "0"),
    ("delivery", "variables", {"a": []}),
    ("delivery", "captured", None),
    ("delivery", "renewed", 1),
    ("delivery", "last_failure", "text"),
    ("delivery", "about", {"problem": 1}),
    ("monitor_state", "state", {"last_time": "x"}),
    ("monitor_state", "state", "x"),
    ("attempt", "request", {"method": 1}),
    ("attempt", "failures", {}),
    ("integration_state", "limits", {"rate_limit": "fast"}),
    ("integration_state", "sent", [[1]]),
    ("audit", "details", []),
    ("audit", "outcome", "perhaps"),
    ("kept_capture", "value", 5),
    ("revision", "source", []),
    ("incident", "state", "half"),
]


async def test_a_file_whose_values_are_none_of_ours_is_refused_with_its_table_and_column(
    dispatchers: DispatcherFactory, receiver: Receiver, other: str
) -> None:
    await in_trouble(dispatchers, receiver)
    lines = (await exported(dispatchers)).splitlines(keepends=True)[:-1]
    dispatchers.url = other
    tried = 0
    for table, column, value in ODD_VALUES:
        text = changed(lines, table, column, value)
        if text is None:
            continue
        tried += 1
        with pytest.raises(MovingError, match=f"a row of `{table}` whose `{column}` isn't one: expected "):
            await imported(dispatchers, text)
    assert tried > 25
    assert await imported(dispatchers, with_digest(lines)) == len(lines) - 1


async def test_a_file_whose_definitions_no_dispatcher_could_start_with_is_refused(
    dispatchers: DispatcherFactory, receiver: Receiver, other: str
) -> None:
    await in_trouble(dispatchers, receiver)
    lines = (await exported(dispatchers)).splitlines(keepends=True)[:-1]
    dispatchers.url = other
    for content in ({}, {"kind": "monitor"}, {"kind": "project", "name": 5}):
        text = changed(lines, "document", "content", content)
        assert text is not None
        with pytest.raises(MovingError, match="can't be read; export again"):
            await imported(dispatchers, text)


async def test_rows_that_refer_to_nothing_or_come_twice_are_refused(
    dispatchers: DispatcherFactory, receiver: Receiver, other: str
) -> None:
    await in_trouble(dispatchers, receiver)
    lines = (await exported(dispatchers)).splitlines(keepends=True)[:-1]
    dispatchers.url = other
    documents = [each for each in lines if '"table":"document"' in each]
    for odd in ([each for each in lines if each not in documents], [*lines, lines[-1]]):
        with pytest.raises(MovingError, match="a row of it doesn't go with the others"):
            await imported(dispatchers, with_digest(odd))


FOREIGN = {
    "nothing": b"",
    "zeros": bytes(1000),
    "an archive": b"PK\x03\x04" + bytes(range(256)),
    "gzip": b"\x1f\x8b\x08\x00" + bytes(range(256)),
    "a database": b"SQLite format 3\0" + bytes(200),
    "UTF-16": '{"tocsin": "export"}\n'.encode("utf-16"),
    "half a line": b'{"tocsin":"exp',
    "another's JSON": b'{"hello": "world"}\n',
    "deep": b"[" * 100_000,
    "a large number": b'{"tocsin": "export", "format": ' + b"9" * 10_000 + b"}\n",
    "a schema with an escape": b'{"tocsin": "export", "format": 1, "schema": "\\u001b[2J\\u202e"}\n',
    "a schema that is long": b'{"tocsin": "export", "format": 1, "schema": "' + b"9" * 10_000 + b'"}\n',
    "a schema that is none": b'{"tocsin": "export", "format": 1, "schema": [[], {}]}\n',
}


@pytest.mark.parametrize("name", FOREIGN)
def test_the_command_says_in_a_line_what_is_wrong_with_a_foreign_file(
    sqlite_url: str, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(FOREIGN[name])
    done = CliRunner().invoke(commands, ["import", str(file), "--database", sqlite_url])
    assert done.exit_code != 0
    assert isinstance(done.exception, MovingError | SystemExit)
    assert len(str(done.exception)) < 300
    assert str(done.exception).isprintable()
