"""A dispatcher as a process of its own, with proxies and TLS files from its settings file or its environment."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import trustme
from demo.receiver import Receiver
from tests.dispatcher.account import VAULT, Document, alert, level, monitor, pager, project
from tests.dispatcher.sending.connections.test_tls_files import Pki
from tests.dispatcher.sending.proxy import RunningProxy, running_proxy

COMMAND = [sys.executable, "-m", "tocsin_dispatcher.main", "serve", "--port", "0", "--allow-egress", "127.0.0.1"]
READY = re.compile(r"tocsin-dispatcher listening on (http://\S+:\d+)\n")
PLAIN = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
ENVIRONMENT = {**PLAIN, **VAULT, "TOCSIN_BOOTSTRAP_TOKEN": "first", "TOCSIN_VAULT_CORP_PASSWORD": "pä:ss"}


@asynccontextmanager
async def started(
    folder: Path, settings: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[str | None, list[str]]]:
    """Start a dispatcher; yields its URL, None where it ended, and the lines that it had said by then."""
    file = folder / "tocsin.toml"
    file.write_text(settings)
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        "--config",
        str(file),
        cwd=folder,
        env={**ENVIRONMENT, **(environment or {})},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    said: list[str] = []
    url = None
    while url is None and (line := (await process.stderr.readline()).decode()):
        said.append(line)
        url = ready[1] if (ready := READY.fullmatch(line)) else None
    try:
        yield url, said
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def message_through(url: str, receiver: Receiver, through: RunningProxy, **named: Any) -> list[str]:
    """Have a message sent, and return what the proxy was asked by the time it has come."""
    await fail(url, pager(f"http://chat.internal:{receiver.port}", **named))
    await asyncio.to_thread(receiver.wait_for, 1)
    return through.asked


async def fail(url: str, integration: Document) -> None:
    """Push an integration, and report a failure of which it tells."""
    async with httpx.AsyncClient(
        base_url=f"{url}/api/v1", headers={"Authorization": "Bearer first"}, trust_env=False
    ) as client:
        body = {"project": project(), "documents": [monitor(), alert(level("pager")), integration]}
        (await client.put("/definitions", json=body, headers={"If-Match": '"0"'})).raise_for_status()
        check = {"id": "1", "monitor": "shop-home", "time": "2026-01-01T00:00:00Z", "status": "error"}
        (await client.post("/checks", json=check)).raise_for_status()


async def test_a_table_of_the_settings_file_is_used_with_its_password_from_the_vault(
    tmp_path: Path, receiver: Receiver
) -> None:
    async with running_proxy(credentials="jän:pä:ss", hosts={"chat.internal": receiver.port}) as proxy:
        table = f'[proxies.corp]\nurl = "{proxy.url}"\nusername = "jän"\npassword_item = "corp"\n'
        async with started(tmp_path, table) as (url, _):
            assert url is not None
            asked = await message_through(url, receiver, proxy, proxy="corp")
    assert asked == [f"POST http://chat.internal:{receiver.port}/pager"]


async def test_a_proxy_of_the_environment_is_used_where_the_settings_say_so(tmp_path: Path, receiver: Receiver) -> None:
    async with running_proxy(credentials="jan:s3cret-word", hosts={"chat.internal": receiver.port}) as proxy:
        environment = {"HTTP_PROXY": f"jan:s3cret-word@127.0.0.1:{proxy.port}", "NO_PROXY": "other.internal"}
        async with started(tmp_path, "proxy_from_environment = true", environment) as (url, said):
            assert url is not None
            asked = await message_through(url, receiver, proxy)
    assert asked == [f"POST http://chat.internal:{receiver.port}/pager"]
    assert "s3cret-word" not in "".join(said)


async def test_a_proxy_of_the_environment_that_nothing_uses_is_told_at_the_start(tmp_path: Path) -> None:
    async with started(tmp_path, "", {"https_proxy": "http://jan:s3cret-word@127.0.0.1:1"}) as (url, said):
        assert url is not None
    (line,) = [each for each in said if "proxy" in each]
    assert "the environment names a proxy that is not used: set proxy_from_environment, to true or to false" in line
    assert "https_proxy" in line
    assert "s3cret-word" not in line


async def test_a_receiver_that_demands_a_certificate_gets_the_message(tmp_path: Path) -> None:
    pki = Pki(tmp_path)
    pki.files()
    table = '[tls.mutual]\nca_file = "ca.pem"\ncertificate_file = "client.pem"\nkey_file = "client.key"\n'
    async with pki.receiver() as (port, came), started(tmp_path, table) as (url, _):
        assert url is not None
        await fail(url, pager(f"https://127.0.0.1:{port}", tls="mutual"))
        await asyncio.wait_for(pki.arrived.wait(), 20)
    assert came == ["client@example.com"]


async def test_a_key_that_is_not_the_certificates_ends_the_start(tmp_path: Path) -> None:
    leaf = trustme.CA().issue_cert("client@example.com")
    leaf.cert_chain_pems[0].write_to_path(tmp_path / "client.pem")
    trustme.CA().issue_cert("x@example.com").private_key_pem.write_to_path(tmp_path / "other.key")
    table = '[tls.mutual]\ncertificate_file = "client.pem"\nkey_file = "other.key"\n'
    async with started(tmp_path, table) as (url, said):
        assert url is None
    assert said == [
        "tocsin-dispatcher: [tls.mutual]: the key in other.key is not that of the certificate in client.pem\n"
    ]


async def test_a_file_that_is_not_there_ends_the_start(tmp_path: Path) -> None:
    async with started(tmp_path, 'ca_file = "gone.pem"') as (url, said):
        assert url is None
    assert said == ["tocsin-dispatcher: ca_file: gone.pem can't be read: No such file or directory\n"]
