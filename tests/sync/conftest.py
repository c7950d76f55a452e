"""Running the command in this process, and small accounts to run it on."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from demo.receiver import Receiver
from structlog.testing import capture_logs
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from tests.sync.running import TOKEN, RunningDispatcher

from tocsin.main import run

PROJECT = """\
kind: project
format: 1
name: small
account: {id: "1"}
targets:
  local: {type: dispatcher, url: http://127.0.0.1:9, token: {env: TOCSIN_TOKEN}}
  uptrends: {type: uptrends, url: https://api.example.com/v4, username: {env: U}, password: {env: P}}
"""

CHAT = """\
kind: integration
name: chat
variables: {ApiUrl: https://chat.example.com/hook, Channel: {per_level: true}}
messages:
  - types: [error, reminder, ok]
    steps:
      - request:
          url: "{{ApiUrl}}"
          headers: {Content-Type: application/json}
          body: |
            {"channel": "{{Channel}}",
             "text": "{{@JsonEncode({{@alert.description}})}}"}
"""

ALERT = """\
kind: alert
name: home-down
monitors: [home]
levels:
  - when: {errors: 2}
    integrations: [{use: chat, variables: {Channel: "#ops"}}]
"""

MONITOR = """\
kind: monitor
name: home
type: Https
url: https://example.com
"""


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Tocsin = Callable[..., Outcome]


@pytest.fixture
def tocsin(capsys: pytest.CaptureFixture[str]) -> Tocsin:
    """Run the command in this process."""

    def call(*arguments: str, project: Path | None = None) -> Outcome:
        capsys.readouterr()
        code = run([*(["--project", str(project)] if project else []), *arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the command waited before it made requests again, in seconds: no test waits for that."""
    waited: list[float] = []
    monkeypatch.setattr("tocsin.http.retries.pause", waited.append)
    monkeypatch.setattr("tocsin.terminal.progress.QUIET_SECONDS", 3600.0)  # a slow machine is no part of the output
    return waited


@pytest.fixture
def account(tmp_path: Path) -> Path:
    """A small sound account: one integration, one alert definition, one monitor."""
    folder = tmp_path / "account"
    folder.mkdir()
    for name, text in (("tocsin", PROJECT), ("chat", CHAT), ("home-down", ALERT), ("home", MONITOR)):
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    return folder


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on this machine."""
    with Receiver() as receiver:
        yield receiver


class TextFile(SingleFileSnapshotExtension):
    """Keeps what a command prints in a text file of its own."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"

    def serialize(self, data: object, **_: object) -> str:
        """Return the text as it is."""
        return str(data)


@pytest.fixture
def text_snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """What a command printed when somebody last looked at it."""
    return snapshot.use_extension(TextFile)


@pytest.fixture
def running(
    account: Path, tmp_path: Path, empty_file: Path, no_fsync: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningDispatcher]:
    """A real dispatcher that the account's `local` leads to."""
    monkeypatch.setenv("TOCSIN_TOKEN", TOKEN)
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    with capture_logs(), RunningDispatcher(Path(shutil.copy(empty_file, tmp_path))) as running:
        running.point(account)
        yield running
