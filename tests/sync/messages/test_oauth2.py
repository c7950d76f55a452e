"""Tokens of OAuth 2.0, as `tocsin render` shows how they would be got, and as `tocsin send` gets them."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, unquote_plus

import pytest
from demo.receiver import Answer, Received, Receiver
from tests.sync.conftest import Tocsin

CHAT = """\
kind: integration
name: bot
messages:
  - types: [error]
    steps:
      - request:
          url: URL/messages
          auth:
            oauth2:
              token_url: URL/token
              client_id: "{{@VaultItem.bot.Username}}"
              client_secret: "{{@VaultItem.bot.Password}}"
              scope: alerts.write
              audience: https://api.example.com
              style: STYLE
          json: {text: "{{@alert.description}}"}
      - request:
          url: URL/messages/2
          auth: {oauth2: {token_url: URL/token, client_id: "{{@VaultItem.bot.Username}}", client_secret: "{{@VaultItem.bot.Password}}", scope: alerts.write, audience: https://api.example.com, style: STYLE}}
          json: {text: again}
"""

SECRETS = {"TOCSIN_VAULT_BOT_USERNAME": "to csin", "TOCSIN_VAULT_BOT_PASSWORD": "s3cr3t/+é&'x"}


def write(account: Path, url: str, style: str) -> None:
    (account / "bot.yaml").write_text(CHAT.replace("URL", url).replace("STYLE", style), "utf-8")
    project = account / "tocsin.yaml"
    project.write_text(project.read_text("utf-8") + "vault: [bot]\n", "utf-8")


@pytest.fixture
def bot(account: Path) -> Path:
    """The account with an integration that needs a token."""
    write(account, "https://chat.example.com", "basic")
    return account


@pytest.fixture(params=["basic", "body"])
def served(account: Path, receiver: Receiver, request: pytest.FixtureRequest) -> Path:
    """The same at the receiver, in both styles; it gives a token."""
    write(account, receiver.url, request.param)
    receiver.respond("/token", lambda _: Answer.of({"access_token": "t0k3n", "token_type": "Bearer", "expires_in": 60}))
    return account


def test_text_says_how_a_token_would_be_got(tocsin: Tocsin, bot: Path) -> None:
    out = tocsin("render", "bot", project=bot).out
    assert "Authorization: Bearer *****" in out
    assert (
        "gets a token from https://chat.example.com/token by client credentials, as *****, for the scope alerts.write, "
        "for the audience https://api.example.com, its secret in the header\n"
    ) in out


def test_json_says_how_a_token_would_be_got(tocsin: Tocsin, bot: Path) -> None:
    step = json.loads(tocsin("render", "bot", "--format", "json", project=bot).out)["messages"][0]["steps"][0]
    assert step["auth"] == {
        "scheme": "oauth2",
        "username": "*****",
        "token_url": "https://chat.example.com/token",
        "scope": "alerts.write",
        "audience": "https://api.example.com",
        "style": "basic",
    }
    assert step["outcome"][0].startswith("gets a token from https://chat.example.com/token")


def test_http_shows_the_request_for_it_first(tocsin: Tocsin, bot: Path) -> None:
    lines = tocsin("render", "bot", "--format", "http", project=bot).out.splitlines()
    token = lines.index("POST https://chat.example.com/token HTTP/1.1")
    request = lines.index("POST https://chat.example.com/messages HTTP/1.1")
    assert token < request
    assert (
        "grant_type=client_credentials&scope=alerts.write&audience=https%3A%2F%2Fapi.example.com"
        in lines[token:request]
    )
    assert "Authorization: Basic *****" in lines[token:request]
    assert any(line.startswith("### ") and line.endswith("with the token") for line in lines[token:request])
    assert "Authorization: Bearer *****" in lines[request:]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_gets_one(tocsin: Tocsin, served: Path, receiver: Receiver) -> None:
    commands = tocsin("render", "bot", "--format", "curl", project=served)
    assert (commands.code, commands.err) == (0, "")
    assert not any(secret in commands.out for secret in SECRETS.values())
    done = subprocess.run(
        ["sh"],
        input=commands.out,
        env={"PATH": os.environ["PATH"], **SECRETS},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    paths = [each.path for each in receiver.received]
    assert paths == ["/token", "/messages", "/token", "/messages/2"]
    token, request = receiver.received[:2]
    assert is_asked_for_as_it_should(token)
    assert request.header("Authorization") == "Bearer t0k3n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_goes_no_further_without_one(tocsin: Tocsin, served: Path, receiver: Receiver) -> None:
    receiver.respond("/token", lambda _: Answer.of({"error": "invalid_client"}, 400))
    commands = tocsin("render", "bot", "--format", "curl", project=served).out
    environment = {"PATH": os.environ["PATH"], **SECRETS}
    subprocess.run(
        ["sh"], input=commands, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert {each.path for each in receiver.received} == {"/token"}


def is_asked_for_as_it_should(token: Received) -> bool:
    """Tell whether a request for a token says who the client is, in a header or in its body (RFC 6749, 2.3.1)."""
    fields = {name: values[0] for name, values in parse_qs(token.body.decode(), strict_parsing=True).items()}
    header = token.header("Authorization")
    if header is not None:
        pair = base64.b64decode(header.removeprefix("Basic ")).decode().split(":")
        fields["client_id"], fields["client_secret"] = map(unquote_plus, pair)
    return token.header("Content-Type") == "application/x-www-form-urlencoded" and fields == {
        "grant_type": "client_credentials",
        "client_id": SECRETS["TOCSIN_VAULT_BOT_USERNAME"],
        "client_secret": SECRETS["TOCSIN_VAULT_BOT_PASSWORD"],
        "scope": "alerts.write",
        "audience": "https://api.example.com",
    }


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secrets, where `tocsin send` looks for them."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("vault")
def test_a_test_message_gets_one_for_all_its_steps(tocsin: Tocsin, served: Path, receiver: Receiver) -> None:
    receiver.respond("/messages", lambda request: Answer.of({"echo": request.header("Authorization")}))
    outcome = tocsin("send", "bot", project=served)
    assert outcome.code == 0, outcome.out
    assert [each.path for each in receiver.received] == ["/token", "/messages", "/messages/2"]
    assert is_asked_for_as_it_should(receiver.received[0])
    assert [each.header("Authorization") for each in receiver.received[1:]] == ["Bearer t0k3n"] * 2
    assert f"> POST {receiver.url}/token" in outcome.out
    assert '"access_token": "*****"' in outcome.out
    assert "> Authorization: Bearer *****" in outcome.out
    for secret in ("t0k3n", "s3cr3t", "to csin"):
        assert secret not in outcome.out


@pytest.mark.usefixtures("vault")
def test_a_token_that_is_not_taken_is_got_anew_once(tocsin: Tocsin, served: Path, receiver: Receiver) -> None:
    receiver.answer("/messages", 401)
    outcome = tocsin("send", "bot", project=served)
    assert outcome.code == 0, outcome.out
    assert [each.path for each in receiver.received] == ["/token", "/messages", "/token", "/messages", "/messages/2"]
    receiver.clear()
    receiver.respond("/token", lambda _: Answer.of({"access_token": "t0k3n"}))
    receiver.respond("/messages", lambda _: Answer(status=401))
    outcome = tocsin("send", "bot", project=served)
    assert outcome.code == 1
    assert [each.path for each in receiver.received] == ["/token", "/messages", "/token", "/messages"]
    assert outcome.out.endswith("Not delivered.\n")


@pytest.mark.usefixtures("vault")
def test_a_token_endpoint_that_refuses_is_told_as_what_it_is(tocsin: Tocsin, served: Path, receiver: Receiver) -> None:
    described = f"no client {SECRETS['TOCSIN_VAULT_BOT_PASSWORD']}"
    receiver.respond("/token", lambda _: Answer.of({"error": "invalid_client", "error_description": described}, 401))
    outcome = tocsin("send", "bot", project=served)
    assert outcome.code == 1
    assert "! the token endpoint answered 401 Unauthorized, `invalid_client`: no client *****" in outcome.out
    assert [each.path for each in receiver.received] == ["/token"]
    assert "s3cr3t" not in outcome.out


@pytest.mark.usefixtures("vault")
def test_a_token_endpoint_that_is_not_there_is_told(tocsin: Tocsin, served: Path) -> None:
    with Receiver() as gone:
        url = gone.url
    text = (served / "bot.yaml").read_text("utf-8")
    (served / "bot.yaml").write_text(text.replace(text.split("token_url: ")[1].split("/token")[0], url), "utf-8")
    outcome = tocsin("send", "bot", project=served)
    assert outcome.code == 1
    assert "! no token: can't reach the receiver" in outcome.out
