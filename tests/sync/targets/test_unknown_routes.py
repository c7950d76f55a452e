"""A sync that names a proxy which the target lacks says which it has, and changes nothing."""

from pathlib import Path

import pytest
from tests.dispatcher.on_a_port import ServedDispatcher
from tests.sync.conftest import Tocsin

from tocsin_dispatcher.sending.route import Place, Proxy
from tocsin_dispatcher.sending.routing import Routing

SYNC = ("sync", "--target", "local", "--yes")


def test_a_sync_is_refused_with_the_names_that_the_target_has(
    tocsin: Tocsin, account: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", ServedDispatcher.token)
    routing = Routing({"corp": Proxy("the proxy `corp`", Place(False, "proxy.internal.example.com", 3128))})
    chat = account / "chat.yaml"
    text = chat.read_text("utf-8")
    with ServedDispatcher(tmp_path / "tocsin.db", routing) as served:
        file = account / "tocsin.yaml"
        file.write_text(file.read_text("utf-8").replace("http://127.0.0.1:9", served.url), "utf-8")
        chat.write_text(text.replace("name: chat\n", "name: chat\nproxy: crop\ntls: mutual\n"), "utf-8")
        refused = tocsin(*SYNC, project=account)
        chat.write_text(text.replace("name: chat\n", "name: chat\nproxy: corp\n"), "utf-8")
        taken = tocsin(*SYNC, project=account)
    assert refused.code == 1
    assert "`local` refused the definitions; what it runs has not changed" in refused.err
    assert "unknown-proxy this dispatcher has no proxy `crop`: it has `corp`" in refused.err
    assert "unknown-tls this dispatcher has no TLS settings `mutual`: it has none" in refused.err
    assert "name one that it has, or have the dispatcher's operator set it up" in refused.err
    assert "proxy.internal" not in refused.err
    assert taken.code == 0, taken
