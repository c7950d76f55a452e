"""Secrets in HashiCorp Vault, against a real HTTP server that answers as its KV engine does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from demo.receiver import Answer, Received, Receiver

from tocsin_dispatcher.errors import SettingsError
from tocsin_dispatcher.vault import UnsetSecret, Vault
from tocsin_dispatcher.vault.hashicorp import HashiCorpSettings, HashiCorpVault

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

    with pytest.raises(UnsetSecret) as caught:
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
def test_settings_that_cannot_work_are_refused_at_the_start(more: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        HashiCorpVault(HashiCorpSettings("http://127.0.0.1:1", **more))
