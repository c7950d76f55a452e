"""`tocsin render --format curl`: pasted into a shell, the commands make the very requests that are rendered."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, unquote

import pytest
from demo.receiver import Answer, Received, Receiver
from tests.sync.conftest import Tocsin

from tocsin_schema.functions.encoding import xml_encode

STAND_IN = Path(__file__).parent / "curl_stand_in.py"
CURLS = ["stand-in", *(["curl"] if shutil.which("curl") else [])]
"""A machine need not have curl to run the tests; .ci/run sees to it that there is one."""

SHELLS = [name for name in ("sh", "bash") if shutil.which(name)]

SECRETS = {
    "TOCSIN_VAULT_DESK_USERNAME": "jan",
    "TOCSIN_VAULT_DESK_PASSWORD": "p\"w\\ $HOME `id` 'x' %s é\t&<>!",
    "TOCSIN_VAULT_HOOK_PASSWORD": "T0/B1/abc-_~.x",
}
HOSTILE = 'it\'s "quoted" $HOME `id` $(id) \\n %s %d !! é 日本 🙂\nsecond line\n'
TERMINAL = "\x1b[2J\x07\ttab \u202egnp.exe \x85 \x00 end !x"

DESK = r"""
kind: integration
name: desk
variables: {ApiUrl: https://desk.example.com}
functions: {sign: {hash: HMAC-SHA256, key: "{{@VaultItem.desk.Password}}"}, cut: {regex: "^.{4}"}}
messages:
  - types: [error]
    steps:
      - request:
          url: "{{ApiUrl}}/hooks/{{@VaultItem.hook.Password}}?q={{@UrlEncode({{@alert.description}})}}&a[]=1"
          headers: {X-Text: "{{@alert.description}}", X-Empty: "{{@monitor.notes}}", X-Key: "Key {{@VaultItem.desk.Password}}"}
          json: {secret: "{{@VaultItem.desk.Password}}", text: "{{@alert.description}}"}
      - delay: 0s
      - request:
          method: PUT
          url: "{{ApiUrl}}/form"
          headers: {Content-Type: application/x-www-form-urlencoded}
          body: "token={{@VaultItem.desk.Password}}&text={{@alert.description}}"
      - request:
          url: "{{ApiUrl}}/xml"
          headers:
            Content-Type: application/xml
            Authorization: "Basic {{@Base64Encode({{@VaultItem.desk.Username}}:{{@VaultItem.desk.Password}})}}"
          body: '<a key="{{@XmlEncode({{@VaultItem.desk.Password}})}}">{{@XmlEncode({{@alert.description}})}}</a>'
      - request:
          url: "{{ApiUrl}}/text"
          auth: {basic: {username: "{{@VaultItem.desk.Username}}", password: "{{@VaultItem.desk.Password}}"}}
          body: "@{{@alert.description}}"
      - request: {url: "{{ApiUrl}}/none"}
      - request: {method: HEAD, url: "{{ApiUrl}}/head"}
      - request: {method: GET, url: "{{ApiUrl}}/a/../b"}
  - types: [ok]
    steps:
      - request:
          method: DELETE
          url: "{{ApiUrl}}/digest"
          auth: {digest: {username: "the desk", password: "{{@VaultItem.desk.Password}}"}}
"""

Paste = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def desk(account: Path, receiver: Receiver) -> Path:
    """The account with an integration that is hard to quote."""
    (account / "desk.yaml").write_text(DESK.replace("https://desk.example.com", receiver.url), "utf-8")
    alert, project = account / "home-down.yaml", account / "tocsin.yaml"
    alert.write_text(alert.read_text("utf-8").replace("}}]", "}}, {use: desk}]"), "utf-8")
    project.write_text(project.read_text("utf-8") + "vault: [desk, hook]\n", "utf-8")
    return account


@pytest.fixture(params=CURLS)
def paste(request: pytest.FixtureRequest, tmp_path: Path) -> Paste:
    """Run commands in a shell, with a curl on its path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    if request.param == "stand-in":
        (folder / "curl").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n', "utf-8")
        (folder / "curl").chmod(0o755)

    def run(commands: str, *, shell: str = "sh", **variables: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path), **variables}
        return subprocess.run(
            [shell], input=commands, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False
        )

    return run


def commands(tocsin: Tocsin, project: Path, *options: str) -> str:
    outcome = tocsin("render", "desk", "--format", "curl", *options, project=project)
    assert (outcome.code, outcome.err) == (0, "")
    return outcome.out


@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_pasted_is_what_is_rendered(
    tocsin: Tocsin, desk: Path, receiver: Receiver, paste: Paste, shell: str
) -> None:
    text = commands(tocsin, desk, "--type", "error", "--set", f"alert.description={HOSTILE}", "--set", "monitor.notes=")
    done = paste(text, shell=shell, **SECRETS)
    assert done.returncode == 0, done.stderr
    hook, form, xml, plain, none, head, get = receiver.received
    secret = SECRETS["TOCSIN_VAULT_DESK_PASSWORD"]
    assert hook.path.startswith("/hooks/T0/B1/abc-_~.x?q=it%27s+%22quoted%22+%24HOME+")
    assert hook.path.endswith("&a[]=1")
    assert utf_8(hook.header("X-Text")).rstrip() == HOSTILE.replace("\n", " ").rstrip()
    assert hook.header("X-Empty") == ""
    assert utf_8(hook.header("X-Key")) == f"Key {secret}"
    assert hook.json() == {"secret": secret, "text": HOSTILE}
    assert hook.header("Content-Type") == "application/json"
    assert (form.method, parse_qs(form.body.decode())) == ("PUT", {"token": [secret], "text": [HOSTILE]})
    escaped = "p&quot;w\\ $HOME `id` &apos;x&apos; %s é\t&amp;&lt;&gt;!"
    assert xml.body.decode() == f'<a key="{escaped}">{xml_encode(HOSTILE)}</a>'
    assert xml.header("Authorization") == f"Basic {base64.b64encode(f'jan:{secret}'.encode()).decode()}"
    assert plain.header("Authorization") == xml.header("Authorization")
    assert plain.body.decode() == f"@{HOSTILE}"
    assert plain.header("Content-Type") is None
    assert (none.method, none.body, none.header("Content-Length")) == ("POST", b"", "0")
    assert (head.method, head.path) == ("HEAD", "/head")
    assert (get.method, get.path) == ("GET", "/a/../b")


def test_digest_authentication_is_answered(tocsin: Tocsin, desk: Path, receiver: Receiver, paste: Paste) -> None:
    def challenge(request: Received) -> Answer:
        if request.header("Authorization") is None:
            return Answer(401, [("WWW-Authenticate", 'Digest realm="desk", nonce="n1", algorithm=MD5')])
        return Answer(204)

    receiver.respond("/digest", challenge)
    assert paste(commands(tocsin, desk, "--type", "ok"), **SECRETS).returncode == 0
    answered = receiver.received[-1].header("Authorization") or ""
    whole = md5(f"the desk:desk:{SECRETS['TOCSIN_VAULT_DESK_PASSWORD']}") + ":n1:" + md5("DELETE:/digest")
    assert f'response="{md5(whole)}"' in answered


def test_characters_that_would_harm_a_terminal_are_escaped_and_still_sent(
    tocsin: Tocsin, desk: Path, receiver: Receiver, paste: Paste
) -> None:
    text = commands(tocsin, desk, "--type", "error", "--set", f"alert.description={TERMINAL}")
    assert not set(text) & set(TERMINAL) - set(" 2Jabcdefghijklmnopqrstuvwxyz.[")
    assert paste(text, **SECRETS).returncode == 0
    hook, form, _, plain, *_ = receiver.received
    assert hook.json()["text"] == TERMINAL
    assert utf_8(hook.header("X-Text")) == re.sub(r"[\x00-\x1f]+", " ", TERMINAL).strip()
    assert parse_qs(form.body.decode())["text"] == [TERMINAL]
    assert plain.body.decode() == f"@{TERMINAL}"


def test_a_body_of_a_megabyte_is_sent_whole(tocsin: Tocsin, desk: Path, receiver: Receiver, paste: Paste) -> None:
    text = "-é'\\%" * 200_000
    (desk / "desk.yaml").write_text(
        (desk / "desk.yaml")
        .read_text("utf-8")
        .split("      - delay")[0]
        .replace("?q={{@UrlEncode({{@alert.description}})}}", "?")
        .replace('X-Text: "{{@alert.description}}", ', ""),
        "utf-8",
    )
    pasted = commands(tocsin, desk, "--type", "error", "--set", f"alert.description={text}")
    assert paste(pasted, **SECRETS).returncode == 0
    assert receiver.received[0].json() == {"secret": SECRETS["TOCSIN_VAULT_DESK_PASSWORD"], "text": text}


def test_a_user_name_that_curl_would_cut_is_pointed_out(tocsin: Tocsin, desk: Path) -> None:
    file = desk / "desk.yaml"
    file.write_text(file.read_text("utf-8").replace('"the desk"', '"the:desk"'), "utf-8")
    assert "# this user name holds a colon" in commands(tocsin, desk, "--type", "ok").replace("'", "")


def test_nothing_is_sent_without_the_secrets(tocsin: Tocsin, desk: Path, receiver: Receiver, paste: Paste) -> None:
    done = paste(commands(tocsin, desk, "--type", "ok"))
    assert done.returncode != 0
    assert "TOCSIN_VAULT_DESK_PASSWORD" in done.stderr
    assert receiver.received == []


def test_secrets_of_the_environment_never_get_into_the_commands(
    tocsin: Tocsin, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_VAULT_DESK_PASSWORD", "hunter2")
    assert "hunter2" not in commands(tocsin, desk)


def test_comments_hold_nothing_that_a_shell_could_execute(tocsin: Tocsin, desk: Path) -> None:
    """An interactive zsh takes `#` for a command."""
    file = desk / "desk.yaml"
    file.write_text(
        file.read_text("utf-8").replace(
            '      - request: {url: "{{ApiUrl}}/none"}',
            '      - request: {url: "{{ApiUrl}}/none"}\n        assert: [{body: {contains: "$(touch x); `id` \'"}}]',
        ),
        "utf-8",
    )
    text = commands(tocsin, desk, "--type", "error")
    assert """# 'expects body to contain "$(touch x); `id` '"'"'"'""" in text.splitlines()


def test_a_value_that_a_function_makes_of_a_secret_is_left_to_the_user(tocsin: Tocsin, desk: Path) -> None:
    file = desk / "desk.yaml"
    file.write_text(
        file.read_text("utf-8").replace("{{ApiUrl}}/none", "{{ApiUrl}}/none?k={{cut({{@VaultItem.desk.Password}})}}"),
        "utf-8",
    )
    text = commands(tocsin, desk, "--type", "error")
    assert "# 'set TOCSIN_COMPUTED_1 to what a function makes of a secret; it can" in text
    assert ': "${TOCSIN_COMPUTED_1:?}" &&' in text
    assert '/none?k=\'"$TOCSIN_COMPUTED_1"' in text


def test_a_signature_with_a_made_up_key_is_called_one(tocsin: Tocsin, desk: Path) -> None:
    assert "made-up key" not in commands(tocsin, desk)
    file = desk / "desk.yaml"
    file.write_text(
        file.read_text("utf-8").replace("{{ApiUrl}}/none", "{{ApiUrl}}/none?k={{sign({{@alert.description}})}}"),
        "utf-8",
    )
    assert "# the signature here is made with a made-up key" in commands(tocsin, desk)


def utf_8(header: str | None) -> str:
    """Headers are read as Latin-1, as http.client has it."""
    return (header or "").encode("latin-1").decode("utf-8")


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


SESSIONS = """\
kind: integration
name: desk
messages:
  - types: [error]
    steps:
      - request: {url: URL/sign-in}
        capture: {Session-Id: {json: $.session}, Id: {json: $.id}}
      - request:
          url: "URL/tickets/{{Id}}?s={{@UrlEncode({{Session-Id}})}}"
          headers: {X-Session: "{{Session-Id}}"}
          json: {session: "{{Session-Id}}"}
"""


def test_a_captured_secret_that_is_given_is_a_variable_of_the_environment(
    tocsin: Tocsin, desk: Path, receiver: Receiver, paste: Paste
) -> None:
    (desk / "desk.yaml").write_text(SESSIONS.replace("URL", receiver.url), "utf-8")
    text = commands(tocsin, desk, "--set", "Session-Id=s3ss10n", "--set", "Id=7")
    assert "s3ss10n" not in text
    assert ': "${TOCSIN_CAPTURED_SESSION_ID:?}"' in text
    done = paste(text, TOCSIN_CAPTURED_SESSION_ID="re a/l")
    assert done.returncode == 0, done.stderr
    request = receiver.received[1]
    assert (unquote(request.path), request.header("X-Session"), request.json()) == (
        "/tickets/7?s=re a/l",
        "re a/l",
        {"session": "re a/l"},
    )


def test_one_that_is_not_given_stands_as_its_name(tocsin: Tocsin, desk: Path) -> None:
    (desk / "desk.yaml").write_text(SESSIONS.replace("URL", "https://desk.example.com"), "utf-8")
    text = commands(tocsin, desk)
    assert "captured-Session-Id stands for what is captured as Session-Id" in text
    assert "TOCSIN_CAPTURED" not in text
