"""Secrets in HashiCorp Vault, against a real HTTP server that answers as its KV engine does."""

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from demo.receiver import Answer, Received, Receiver

from tocsin_dispatcher.errors import SettingsError
from tocsin_dispatcher.vault import EnvironmentVault, UnsetSecretError, Vault, hashicorp
from tocsin_dispatcher.vault.hashicorp import HashiCorpSettings, HashiCorpVault
from tocsin_dispatcher.vault.sources import references_in

TOKEN = "hvs.root-of-the-tests"


class Kv:
    """Secrets behind HTTP: `v1/secret/data/PATH` with a token, and the two ways to get one."""

    def __init__(self, receiver: Receiver) -> None:
        self.secrets: dict[str, dict[str, str]] = {"tocsin/chat": {"username": "bot", "password": "s3cret"}}
        self.tokens = {TOKEN}
        self.address = receiver.url
        self.receiver = receiver
        receiver.respond("/v1/", self.answer)

    def answer(self, request: Received) -> Answer:
        if request.path.startswith("/v1/auth/"):
            return self.signed_in(request)
        if request.header("X-Vault-Token") not in self.tokens:
            return Answer.of({"errors": ["permission denied"]}, 403)
        found = self.secrets.get(request.path.removeprefix("/v1/secret/data/"))
        if found is None:
            return Answer.of({"errors": []}, 404)
        return Answer.of({"data": {"data": found, "metadata": {"version": 1}}})

    def signed_in(self, request: Received) -> Answer:
        asked: Any = json.loads(request.body)
        known = {"role_id": "r", "secret_id": "s"}, {"role": "tocsin", "jwt": "of-the-pod"}
        if asked not in known:
            return Answer.of({"errors": ["invalid credentials"]}, 400)
        self.tokens = {f"hvs.{len(self.receiver.received)}"}
        return Answer.of({"auth": {"client_token": next(iter(self.tokens)), "lease_duration": 60}})


class Seconds:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as started:
        yield started


@pytest.fixture
def kv(receiver: Receiver) -> Kv:
    return Kv(receiver)


async def test_a_loaded_item_has_both_fields(kv: Kv) -> None:
    vault = Vault([HashiCorpVault(HashiCorpSettings(kv.address, token=TOKEN))])

    await vault.load(["chat"])

    assert (vault("chat", "Username"), vault("chat", "Password")) == ("bot", "s3cret")


async def test_a_value_is_read_once_until_it_is_no_longer_good(kv: Kv) -> None:
    seconds = Seconds()
    vault = Vault([HashiCorpVault(HashiCorpSettings(kv.address, token=TOKEN, keep=60), monotonic=seconds)])
    await vault.load(["chat"])
    kv.secrets["tocsin/chat"]["password"] = "rotated"

    seconds.now = 59
    await vault.load(["chat"])
    before = vault("chat", "Password"), len(kv.receiver.received)
    seconds.now = 60
    await vault.load(["chat"])

    assert before == ("s3cret", 1)
    assert (vault("chat", "Password"), len(kv.receiver.received)) == ("rotated", 2)


async def test_the_last_value_is_used_while_vault_fails(kv: Kv) -> None:
    seconds = Seconds()
    vault = Vault([HashiCorpVault(HashiCorpSettings(kv.address, token=TOKEN), monotonic=seconds)])
    await vault.load(["chat"])
    kv.receiver.respond("/v1/", lambda request: Answer.of({"errors": ["sealed"]}, 503))

    seconds.now = 61
    await vault.load(["chat"])

    assert vault("chat", "Password") == "s3cret"


async def test_a_secret_that_is_not_there_is_named_with_its_path(kv: Kv) -> None:
    vault = Vault([HashiCorpVault(HashiCorpSettings(kv.address, token=TOKEN, path="teams/{item}/alerts"))])
    await vault.load(["chat"])

    with pytest.raises(UnsetSecretError) as caught:
        vault("chat", "Password")

    assert "write password to secret/teams/chat/alerts in HashiCorp Vault (there is no such secret)" in str(
        caught.value
    )


async def test_a_wrong_token_is_said_and_not_shown(kv: Kv) -> None:
    settings = HashiCorpSettings(kv.address, token="hvs.wrong")
    vault = Vault([HashiCorpVault(settings)])
    await vault.load(["chat"])

    assert "Vault forbids it" in vault.missing(["chat"])[0]
    assert "hvs.wrong" not in repr(settings)


async def test_a_vault_that_cannot_be_reached_is_said() -> None:
    vault = Vault([HashiCorpVault(HashiCorpSettings("http://127.0.0.1:1", token=TOKEN))])
    await vault.load(["chat"])

    assert "Vault can't be asked" in vault.missing(["chat"])[0]


async def test_app_role_signs_in_and_again_when_its_token_has_run_out(kv: Kv) -> None:
    seconds = Seconds()
    settings = HashiCorpSettings(kv.address, role_id="r", secret_id="s")
    vault = Vault([HashiCorpVault(settings, monotonic=seconds)])
    await vault.load(["chat"])
    kv.tokens = set()
    kv.secrets["tocsin/chat"]["password"] = "rotated"

    seconds.now = 61
    await vault.load(["chat"])

    assert vault("chat", "Password") == "rotated"


async def test_kubernetes_signs_in_with_the_pods_token(kv: Kv, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("of-the-pod\n")
    settings = HashiCorpSettings(kv.address, kubernetes_role="tocsin", kubernetes_token=tmp_path / "token")
    vault = Vault([HashiCorpVault(settings)])
    await vault.load(["chat"])

    assert vault("chat", "Username") == "bot"


@pytest.mark.parametrize("more", [{}, {"role_id": "r"}, {"token": TOKEN, "path": "tocsin"}])
def test_settings_that_cannot_work_are_refused_at_the_start(more: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        HashiCorpVault(HashiCorpSettings("http://127.0.0.1:1", **more))


@pytest.mark.parametrize("address", ["vault.example.com:8200", "ftp://vault.example.com"])
def test_an_address_that_is_no_url_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(SettingsError, match="must begin with https://"):
        HashiCorpVault(HashiCorpSettings(address, token=TOKEN))


async def test_nothing_of_the_environment_comes_between_the_dispatcher_and_vault(
    kv: Kv, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("VAULT_TOKEN", "of-somebody-else")
    vault = Vault([HashiCorpVault(HashiCorpSettings(kv.address, role_id="r", secret_id="s"))])

    await vault.load(["chat"])

    assert vault("chat", "Password") == "s3cret"
    assert [each.header("X-Vault-Token") for each in kv.receiver.received] == [None, "hvs.1"]


ODD = {
    "a web page": Answer(200, [("Content-Type", "text/html")], b"<html>sign in</html>"),
    "null": Answer.of({"data": None}),
    "a list": Answer.of([1]),
    "version 1 of the engine": Answer.of({"data": {"password": "s3cret"}}),
    "500": Answer.of({"errors": ["oh no"]}, 500),
    "429": Answer.of({"errors": []}, 429),
}


@pytest.mark.parametrize("answer", ODD)
@pytest.mark.parametrize("path", ["/v1/secret/", "/v1/auth/"])
async def test_whatever_vault_answers_a_secret_is_missing_and_nothing_is_raised(kv: Kv, answer: str, path: str) -> None:
    kv.receiver.respond(path, lambda request: ODD[answer])
    vault = Vault([HashiCorpVault(HashiCorpSettings(kv.address, role_id="r", secret_id="s"))])

    await vault.load(["chat"])

    assert "Vault can't be asked: it" in vault.missing(["chat"])[0]


async def test_what_is_neither_text_nor_number_is_no_secret(kv: Kv) -> None:
    odd: Any = {"username": None, "password": 12345, "Password2": ["x"]}
    kv.secrets["tocsin/chat"] = odd
    vault = Vault([HashiCorpVault(HashiCorpSettings(kv.address, token=TOKEN))])

    await vault.load(["chat"])

    assert vault("chat", "Password") == "12345"
    with pytest.raises(UnsetSecretError):
        vault("chat", "Username")


async def test_a_vault_that_fails_is_left_alone_for_a_while_whatever_is_wanted(kv: Kv) -> None:
    seconds = Seconds()
    vault = Vault([HashiCorpVault(HashiCorpSettings(kv.address, token=TOKEN), monotonic=seconds)])
    kv.receiver.respond("/v1/", lambda request: Answer.of({"errors": ["sealed"]}, 503))
    items = ["chat", "desk", "pager"]

    await vault.load(items)
    seconds.now = 9
    await vault.load(items)
    asked = len(kv.receiver.received)
    missing = vault.missing(items)
    kv.receiver.respond("/v1/", kv.answer)
    seconds.now = 10
    await vault.load(items)

    assert asked == 1
    assert [each for each in missing if "Vault can't be asked: it is sealed" not in each] == []
    assert vault("chat", "Password") == "s3cret"


async def test_one_who_wants_much_lets_others_ask_in_between(kv: Kv) -> None:
    vault = HashiCorpVault(HashiCorpSettings(kv.address, token=TOKEN))
    many = [f"item-{number}" for number in range(20)]
    much = asyncio.create_task(vault.load(many))
    await asyncio.sleep(0)
    await vault.load(["chat"])
    before = len(kv.receiver.received)
    assert vault.get("chat", "Password") == "s3cret"
    await much
    assert (before <= 3, len(kv.receiver.received)) == (True, 21)


async def test_what_another_source_has_is_not_asked_for(kv: Kv) -> None:
    environment = EnvironmentVault({"TOCSIN_VAULT_CHAT_PASSWORD": "of the environment"})
    vault = Vault([environment, HashiCorpVault(HashiCorpSettings(kv.address, token=TOKEN))])

    await vault.load_references(references_in(["Bearer {{@VaultItem.chat.Password}}"]))
    assert (kv.receiver.received, vault("chat", "Password")) == ([], "of the environment")

    await vault.load_references(references_in(["{{@VaultItem.chat.Username}}:{{@VaultItem.chat.Password}}"]))
    assert (vault("chat", "Username"), vault("chat", "Password")) == ("bot", "of the environment")


async def test_a_vault_whose_answer_drips_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashicorp, "TIMEOUT", 0.05)
    freed = threading.Event()

    def dripping(vault: HashiCorpVault, item: str) -> Any:
        freed.wait(30)
        raise OSError("too late")

    monkeypatch.setattr(HashiCorpVault, "_fetch", dripping)
    vault = Vault([HashiCorpVault(HashiCorpSettings("http://127.0.0.1:1", token=TOKEN))])
    await vault.load(["chat", "desk"])
    freed.set()
    assert [
        each for each in vault.missing(["chat", "desk"]) if "it gives no whole answer within 0.1 s" not in each
    ] == []


async def test_a_secret_that_is_written_now_is_there_for_the_second_attempt(kv: Kv) -> None:
    seconds = Seconds()
    vault = Vault([HashiCorpVault(HashiCorpSettings(kv.address, token=TOKEN), monotonic=seconds)])
    await vault.load(["desk"])
    assert "there is no such secret" in vault.missing(["desk"])[0]

    kv.secrets["tocsin/desk"] = {"password": "new"}
    seconds.now = 4  # the soonest that a message is tried again
    await vault.load(["desk"])

    assert vault("desk", "Password") == "new"


async def test_vault_may_have_a_certificate_of_an_authority_that_the_operator_names(tmp_path: Path) -> None:
    authority, file, asked = trustme.CA(), tmp_path / "ca.pem", []
    authority.cert_pem.write_to_path(file)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(serving)
    body = json.dumps({"data": {"data": {"password": "s3cret"}}}).encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=serving) as server:
        address = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        trusting = Vault([HashiCorpVault(HashiCorpSettings(address, token=TOKEN, authorities=file))])
        wary = Vault([HashiCorpVault(HashiCorpSettings(address, token=TOKEN))])
        await trusting.load(["chat"])
        await wary.load(["chat"])

    assert trusting("chat", "Password") == "s3cret"
    assert "its TLS certificate isn't trusted" in wary.missing(["chat"])[0]
    assert len(asked) == 1


def test_authorities_that_cannot_be_read_are_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for file in ("empty.pem", "nothing.pem"):
        with pytest.raises(SettingsError, match=f"{file}, the authorities of HashiCorp Vault, can't be read"):
            HashiCorpVault(HashiCorpSettings("https://127.0.0.1:1", token=TOKEN, authorities=tmp_path / file))
