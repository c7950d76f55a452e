"""The command, as a process of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

import httpx
import pytest
from demo.receiver import Answer, Receiver
from tests.dispatcher.account import VAULT, alert, level, monitor, pager, project

from tocsin_dispatcher.store.database.schema import SCHEMA

COMMAND = [sys.executable, "-m", "tocsin_dispatcher.main"]
ENVIRONMENT = {**os.environ, **VAULT, "TOCSIN_BOOTSTRAP_TOKEN": "first"}
READY = re.compile(r"tocsin-dispatcher listening on (http://\S+:\d+)\n")


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=30, check=False
    )


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield a running dispatcher and its URL; it is killed at the end if it still runs."""
    command = [*COMMAND, "serve", "--port", "0", "--allow-egress", "127.0.0.1", *options]
    with subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            ready = next((match for line in process.stderr if (match := READY.fullmatch(line))), None)
            assert ready is not None, f"it ended with {process.wait()}"
            yield process, ready[1]
        finally:
            process.kill()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop_and_ends_well(tmp_path: Path, stop: signal.Signals) -> None:
    with serving(tmp_path) as (process, url):
        assert httpx.get(f"{url}/healthz", trust_env=False).json()["ok"] is True
        process.send_signal(stop)
        assert process.wait(timeout=20) == 0


def test_a_message_in_flight_survives_that_its_process_is_killed(tmp_path: Path) -> None:
    with Receiver() as receiver, httpx.Client(trust_env=False) as client:
        dead = Event()
        receiver.respond("/pager", lambda request: Answer(status=200 if dead.wait(20) else 500))
        with serving(tmp_path) as (process, url):
            push_and_fail(client, url, receiver)
            receiver.wait_for(1)
            process.kill()
        dead.set()
        with serving(tmp_path):
            first, second = receiver.wait_for(2, timeout=20)
        assert first.header("Tocsin-Delivery-Id") == second.header("Tocsin-Delivery-Id")
        assert first.body == second.body


def test_a_second_dispatcher_on_the_same_database_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path):
        second = run("serve", "--port", "0", folder=tmp_path)
    assert second.returncode == 2
    assert second.stderr == (
        "tocsin-dispatcher: another tocsin-dispatcher serves this database: stop it first, or choose another file\n"
    )


def test_it_is_refused_too_where_the_database_has_another_name(tmp_path: Path) -> None:
    (tmp_path / "alias.db").symlink_to(tmp_path / "tocsin.db")
    with serving(tmp_path):
        second = run("serve", "--port", "0", "--database", "sqlite:///alias.db", folder=tmp_path)
    assert second.returncode == 2
    assert "another tocsin-dispatcher serves this database" in second.stderr


def test_a_signal_while_it_starts_ends_it(tmp_path: Path) -> None:
    command = [*COMMAND, "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True) as process:
        try:
            while process.poll() is None and not (tmp_path / "tocsin.db.marker").exists():
                os.sched_yield()
            process.terminate()
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()


def test_it_stops_soon_though_a_client_keeps_its_connection_and_a_receiver_hangs(tmp_path: Path) -> None:
    freed = Event()
    with Receiver() as receiver, httpx.Client(trust_env=False) as client:
        receiver.respond("/pager", lambda request: Answer(status=200 if freed.wait(20) else 500))
        with serving(tmp_path) as (process, url):
            push_and_fail(client, url, receiver)
            receiver.wait_for(1)
            began = monotonic()
            process.terminate()
            assert process.wait(timeout=20) == 0
            assert monotonic() - began < 9
        freed.set()
        with serving(tmp_path):
            receiver.wait_for(2, timeout=20)


def push_and_fail(client: httpx.Client, url: str, receiver: Receiver) -> None:
    """Put definitions in force and report a failing check."""
    headers = {"Authorization": "Bearer first", "If-Match": '"0"'}
    body = {"project": project(), "documents": [monitor(), alert(level("pager")), pager(receiver.url)]}
    assert client.put(f"{url}/api/v1/definitions", json=body, headers=headers).status_code == 200
    check = {"id": "1", "monitor": "shop-home", "time": "2026-03-02T12:00:00Z", "status": "error"}
    assert client.post(f"{url}/api/v1/checks", json=check, headers=headers).status_code == 202


@pytest.mark.parametrize(
    ("command", "option"),
    [(["serve"], "--port"), (["worker", "--database", "postgresql://me@127.0.0.1:1/y"], "--health-port")],
)
def test_a_taken_port_is_one_line(tmp_path: Path, command: list[str], option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = run(*command, option, port, folder=tmp_path)
    assert result.returncode == 2
    assert f"choose another one with {option}, or 0" in result.stderr
    assert result.stderr.startswith(f"tocsin-dispatcher: can't listen on 127.0.0.1 port {port}: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serve", "--database", "sqlite:////no/such/x.db"], "the folder /no/such of the database doesn't exist"),
        (["serve", "--database", "sqlite:///folder"], "the database {folder}/folder can't be used: "),
        (["serve", "--database", "sqlite:///junk.db"], "the database {folder}/junk.db can't be used: file is not a"),
        (["serve", "--database", "sqlite://junk.db"], "'sqlite://junk.db' names no file: expected sqlite:///FILE"),
        *(
            ([*command, "--database", "sqlite:///misspelt.db"], "there is no database {folder}/misspelt.db: is ")
            for command in (
                ["serve", "--no-create"],
                ["token", "list"],
                ["token", "revoke", "ci"],
                ["export", "x"],
                ["purge", "--before", "1d"],
            )
        ),
        (["serve", "--allow-egress", "http://x/"], "--allow-egress: `http://x/` is "),
        (["migrate", "--database", "mysql://x/y"], "mysql databases are not supported"),
        (["migrate", "--database", "postgresql://me@127.0.0.1:1/y"], "the database can't be used: connection failed: "),
        (["worker"], "a worker needs PostgreSQL"),
        (["serve", "--no-work"], "--no-work needs PostgreSQL"),
        (["import", "junk.db"], "the file is cut off or damaged"),
        (["export", "folder/none/x"], "folder/none/x can't be written: No such file or directory"),
        (["token", "create", "--name", "x", "--scope", "read", "--expires", "soon"], "--expires soon: expected a"),
        (["token", "create", "--name", "x", "--scope", "read", "--expires", "0s"], "--expires 0s: expected a"),
        (["token", "create", "--name", "x\ty", "--scope", "read"], "--name must have 1 to 100 printable"),
        (["serve", "--host", "a" * 80], f"can't listen on {'a' * 80} port 8737: that is no host name"),
        (["serve", "--database", "sqlite:///x.db?mode=ro"], "'sqlite:///x.db?mode=ro' has options after `?`"),
        (["token", "revoke", "nobody"], "there is no token 'nobody' in use"),
    ],
)
def test_what_cannot_be_is_one_line_that_says_so(tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "junk.db").write_text("this is no database, whatever its name says" * 100)
    (tmp_path / "tocsin.db").touch()
    result = run(*arguments, folder=tmp_path)
    assert result.returncode == 2
    assert result.stderr.startswith(f"tocsin-dispatcher: {message.format(folder=tmp_path)}")
    assert not (tmp_path / "misspelt.db").exists()
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr


def test_tokens_are_made_listed_and_revoked(tmp_path: Path) -> None:
    made = run("token", "create", "--name", "ci", "--scope", "sync", "--scope", "read", folder=tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    assert re.fullmatch(r"tocsin_[\w-]{43}\n", made.stdout)
    assert made.stdout.strip().encode() not in (tmp_path / "tocsin.db").read_bytes()
    listed = run("token", "list", folder=tmp_path).stdout
    identity = listed.split("\t")[0]
    assert listed == f"{identity}\tci\tread,sync\tvalid\tnever used\n"
    with serving(tmp_path) as (_, url):
        headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
        assert httpx.get(f"{url}/api/v1/incidents", headers=headers, trust_env=False).status_code == 200
        assert run("token", "revoke", identity, folder=tmp_path).stdout == "revoked ci\n"
        assert httpx.get(f"{url}/api/v1/incidents", headers=headers, trust_env=False).status_code == 401
    assert re.search(
        r"\tci\tread,sync\trevoked on \S+\tused \S+ \S+ UTC\n", run("token", "list", folder=tmp_path).stdout
    )


def test_what_a_dispatcher_remembers_is_exported_and_imported_once_none_runs(tmp_path: Path) -> None:
    with serving(tmp_path):
        running = run("export", "all.jsonl", folder=tmp_path)
    assert running.returncode == 2
    assert "another tocsin-dispatcher serves this database" in running.stderr
    assert not list(tmp_path.glob("all.jsonl*"))
    run("token", "create", "--name", "ci", "--scope", "read", folder=tmp_path)
    exported = run("export", "all.jsonl", folder=tmp_path)
    assert (exported.returncode, exported.stdout) == (0, "exported 5 rows to all.jsonl\n")
    assert (tmp_path / "all.jsonl").stat().st_mode & 0o777 == 0o600
    imported = run("import", "all.jsonl", "--database", "sqlite:///new.db", folder=tmp_path)
    assert (imported.returncode, imported.stdout) == (0, "imported 5 rows from all.jsonl\n")
    assert "\tci\tread\tvalid\t" in run("token", "list", "--database", "sqlite:///new.db", folder=tmp_path).stdout


def test_migrate_says_which_schema_the_database_has(tmp_path: Path) -> None:
    result = run("migrate", folder=tmp_path)
    assert (result.returncode, result.stdout) == (0, f"the database has schema {SCHEMA}\n")


def test_a_first_start_without_any_token_says_how_to_make_one(tmp_path: Path) -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "TOCSIN_BOOTSTRAP_TOKEN"}
    command = [*COMMAND, "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.kill()
    assert "no token exists yet" in first
    assert "tocsin-dispatcher token create" in first


def test_purge_needs_a_stopped_dispatcher_and_says_what_is_gone(tmp_path: Path) -> None:
    with Receiver() as receiver, httpx.Client(trust_env=False) as client, serving(tmp_path) as (_, url):
        push_and_fail(client, url, receiver)
        receiver.wait_for(1)
        check = {"id": "2", "monitor": "shop-home", "time": "2026-03-02T12:01:00Z", "status": "ok"}
        client.post(f"{url}/api/v1/checks", json=check, headers={"Authorization": "Bearer first"})
        receiver.wait_for(2)
        refused = run("purge", "--before", "1d", folder=tmp_path)
    assert refused.returncode == 2
    assert "serves this database" in refused.stderr
    odd = run("purge", "--before", "yesterday", folder=tmp_path)
    assert odd.returncode == 2
    assert "expected a moment, as 2027-01-31" in odd.stderr
    assert run("purge", "--before", "1d", folder=tmp_path).stdout == "purged 0 incidents, 0 messages and 0 attempts\n"
    much = run("purge", "--before", "9999-01-01", folder=tmp_path)
    assert (much.returncode, much.stdout) == (4, "")
    assert "1 incident that ended within" in much.stderr
    assert "more than a day's worth more than usual; if that is meant, say --yes" in much.stderr
    gone = run("purge", "--before", "9999-01-01", "--yes", folder=tmp_path)
    assert gone.stdout == "purged 1 incidents, 2 messages and 2 attempts\n"
