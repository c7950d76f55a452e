"""Marked secrets go through every command and format, and nothing that is written anywhere holds them."""

import sys
from pathlib import Path

import pytest
from demo.answers import real_answer
from demo.dispatcher import RunningDispatcher
from demo.receiver import Receiver
from tests.sync.conftest import ALERT, CHAT, MONITOR
from tests.sync.git_repository import git

from tocsin.main import COMMANDS, run

MARK = "mArKeD"
VAULT = {"TOCSIN_VAULT_CHAT_PASSWORD": f"{MARK}-vault"}
BOOTSTRAP = f"{MARK}-token"
REMOTE = f"https://user:{MARK}-remote@git.example.com/shop.git"
DEAD_REMOTE = f"https://user:{MARK}-remote@127.0.0.1:9/shop.git"
JOB = f"https://user:{MARK}-job@ci.example.com/1?token={MARK}-query"
TARGETS = {
    "env": "{env: TOCSIN_TOKEN_IN_ENVIRONMENT}",
    "file": "{file: ../secret/token}",
    "cmd": f"{{cmd: ['{sys.executable}', -c, 'print(open(\"../secret/token\").read())']}}",
    "wrong": "{env: TOCSIN_WRONG_TOKEN}",
    "failing": f"{{cmd: ['{sys.executable}', -c, 'import sys; sys.exit(open(\"../secret/token\").read())']}}",
}
FORMS = {
    "validate": [["--format", form] for form in ("full", "concise", "json", "sarif", "github", "gitlab", "junit")],
    "fmt": [["--check"]],
    "render": [["chat"], ["chat", "--format", "json"]],
    "plan": [
        *(["--target", target] for target in TARGETS),
        *(["--target", "env", "--format", form] for form in ("text", "json", "markdown")),
        ["--target", "env", "--out", "../env.plan"],
        ["--target", "none"],
    ],
    "sync": [
        ["--yes", "--plan", "../env.plan"],
        *(["--yes", "--target", target] for target in TARGETS),
    ],
    "history": [["--target", "env"], ["1", "--target", "env", "--format", "json"]],
    "rollback": [["--to", "1", "--yes", "--target", "env"]],
    "watch": [
        *(["--once", "--target", target] for target in ("env", "cmd", "wrong", "failing")),
        ["--once", "--target", "env", "--git-remote", "dead", "--log-format", "json"],
    ],
    "pull": [["--target", "env", "--diff"]],
    "simulate": [["home-down", "--fail-for", "1h"], ["home-down", "--fail-for", "1h", "--format", "json"]],
    "review": [["HEAD"]],
    "send": [["chat", "--alert", "home-down"], ["chat", "--alert", "home-down", "--target", "env"]],
    "variables": [[], ["--format", "json"]],
    "rule": [["TOC401"]],
    "schema": [["project"]],
}


@pytest.fixture
def account(tmp_path: Path) -> Path:
    """The place of the account; the secret file lies beside it."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "token").write_text(f"{BOOTSTRAP}\n", "utf-8")
    (tmp_path / "account").mkdir()
    git(tmp_path / "account", "init", "--quiet")
    return tmp_path / "account"


def write(account: Path, url: str, receiver: str) -> None:
    """Write definitions whose message holds a secret, and a target for each way to a token."""
    lines = [f"  {name}: {{type: dispatcher, url: '{url}', token: {token}}}" for name, token in TARGETS.items()]
    lines.append("  none: {type: dispatcher, url: 'http://127.0.0.1:9', token: {env: TOCSIN_TOKEN_IN_ENVIRONMENT}}")
    project = "kind: project\nformat: 1\nname: small\naccount: {id: '1'}\nvault: [chat]\ntargets:\n" + "\n".join(lines)
    chat = CHAT.replace("https://chat.example.com", receiver).replace(
        "headers: {", 'headers: {X-Key: "{{@VaultItem.chat.Password}}", '
    )
    for name, text in (("tocsin", project), ("chat", chat), ("home-down", ALERT), ("home", MONITOR)):
        (account / f"{name}.yaml").write_text(text + "\n", "utf-8")


def test_no_secret_is_written_anywhere(
    account: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import subprocess

    subprocess.run(["git", "init", "--quiet", account], check=True)
    subprocess.run(["git", "-C", account, "remote", "add", "origin", REMOTE], check=True)
    subprocess.run(["git", "-C", account, "remote", "add", "dead", DEAD_REMOTE], check=True)
    for name, value in {
        **VAULT,
        "TOCSIN_TOKEN_IN_ENVIRONMENT": BOOTSTRAP,
        "TOCSIN_WRONG_TOKEN": f"{MARK}-wrong",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BUILD_URL", JOB)
    monkeypatch.setenv("TOCSIN_DEBUG", "1")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("tocsin.http.retries.pause", lambda seconds: None)
    monkeypatch.chdir(account)
    vault = {**VAULT, "TOCSIN_BOOTSTRAP_TOKEN": BOOTSTRAP}
    with Receiver() as receiver, RunningDispatcher(tmp_path / "tocsin.db", vault=vault) as dispatcher:
        receiver.respond("/", real_answer)
        write(account, dispatcher.url, receiver.url)
        codes = {
            (name, *options): run([name, *options])
            for name in COMMANDS
            for options in FORMS.get(name, [[], ["--target", "env"]])
        }
        assert any(MARK in (each.header("X-Key") or "") for each in receiver.received)
        dispatcher.stop()
        log = "".join(dispatcher.log)
    assert_the_commands_did_what_they_are_for(codes)
    written = {"the command": "".join(capfd.readouterr()), "the log": log}
    for file in tmp_path.rglob("*"):
        if file.is_file() and not file.is_relative_to(tmp_path / "secret") and file.name != "config":
            written[str(file)] = file.read_bytes().decode("utf-8", "replace")
    assert str(tmp_path / "env.plan") in written
    assert [name for name, text in written.items() if MARK in text] == []
    assert "git.example.com/shop.git" in written[str(tmp_path / "tocsin.db")]
    assert "ci.example.com/1" in written[str(tmp_path / "tocsin.db")]


def assert_the_commands_did_what_they_are_for(codes: dict[tuple[str, ...], int]) -> None:
    """A command that stops at once would write no secret either."""
    for way in ("env", "file", "cmd"):
        assert codes["plan", "--target", way] == 3
        assert codes["sync", "--yes", "--target", way] == 0
    assert codes["sync", "--yes", "--plan", "../env.plan"] == 0
    assert codes["plan", "--target", "wrong"] == codes["plan", "--target", "none"] == 1
    assert codes["plan", "--target", "failing"] == 2
    assert codes["watch", "--once", "--target", "env"] == 0
    assert codes["watch", "--once", "--target", "wrong"] == 1
    assert {code for (name, *_), code in codes.items() if name in ("render", "send", "validate")} == {0}
