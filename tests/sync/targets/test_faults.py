"""What lies between the command and the dispatcher fails: a sync is done once, or not at all, and says which."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.dispatcher.on_a_port import ServedDispatcher
from tests.sync.conftest import Tocsin
from tests.sync.fault_proxy import FAULTS, Fault, FaultProxy

from tocsin.http.retries import ATTEMPTS

PLAN = ("plan", "--target", "local")
SYNC = ("sync", "--target", "local", "--yes")


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServedDispatcher]:
    """A real dispatcher on a port."""
    monkeypatch.setenv("TOCSIN_TOKEN", ServedDispatcher.token)
    with ServedDispatcher(tmp_path / "tocsin.db") as dispatcher:
        yield dispatcher


@pytest.fixture
def proxy(served: ServedDispatcher, account: Path) -> Iterator[FaultProxy]:
    """A proxy in front of it, which the account's target leads to."""
    with FaultProxy(int(served.url.rpartition(":")[2])) as proxy:
        file = account / "tocsin.yaml"
        file.write_text(file.read_text("utf-8").replace("http://127.0.0.1:9", proxy.url), "utf-8")
        yield proxy


def definitions(served: ServedDispatcher) -> Any:
    headers = {"Authorization": f"Bearer {served.token}"}
    return httpx.get(f"{served.url}/api/v1/definitions", headers=headers, trust_env=False).json()


def note(account: Path, text: str) -> None:
    (account / "home.yaml").write_text(
        f"kind: monitor\nname: home\ntype: Https\nurl: https://example.com\nnotes: {text}\n", "utf-8"
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_a_plan_and_a_sync_survive_each_fault(
    tocsin: Tocsin, account: Path, served: ServedDispatcher, proxy: FaultProxy, fault: Fault
) -> None:
    proxy.faults = [fault]
    assert tocsin(*PLAN, project=account).code == 3
    proxy.faults = ["none", fault]
    outcome = tocsin(*SYNC, project=account)
    assert outcome.code == 0, outcome
    assert outcome.out.endswith("Synced. local is at revision 1: 4 created, 0 updated, 0 deleted.\n")
    assert proxy.faults == []
    assert definitions(served)["revision"] == 1
    proxy.faults = [fault]
    assert "Nothing to do" in tocsin(*PLAN, project=account).out


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(FAULTS), max_size=6), st.integers(0))
def test_whatever_happens_a_sync_is_done_once_or_not_at_all(
    tocsin: Tocsin, account: Path, served: ServedDispatcher, proxy: FaultProxy, faults: list[Fault], number: int
) -> None:
    proxy.faults = []
    note(account, f'"before {number}"')
    assert tocsin(*SYNC, project=account).code == 0
    before = definitions(served)
    note(account, f'"after {number}"')
    proxy.faults = list(faults)
    outcome = tocsin(*SYNC, project=account)
    after = definitions(served)
    if outcome.code == 0:
        assert after["revision"] == before["revision"] + 1
    else:
        assert (outcome.code, len(faults)) >= (1, ATTEMPTS)
        assert after["revision"] in (before["revision"], before["revision"] + 1)
    changed = f"after {number}" in str(after)
    assert changed == (after["revision"] == before["revision"] + 1)


def test_each_repetition_is_told_with_its_reason_and_a_target_is_waited_for_as_it_asks(
    tocsin: Tocsin, account: Path, proxy: FaultProxy, pauses: list[float]
) -> None:
    proxy.faults = ["503", "429", "drop request"]
    outcome = tocsin(*PLAN, project=account)
    assert outcome.code == 3
    assert outcome.err == (
        "`local`: it answered 503; trying again in 3.0 s\n"
        "`local`: it answered 429; trying again in 3.0 s\n"
        "`local`: it closed the connection, or does not speak HTTP; trying again in 2.0 s\n"
    )
    assert pauses == [3.0, 3.0, 2.0]


def test_what_goes_on_failing_fails_with_the_last_reason(
    tocsin: Tocsin, account: Path, proxy: FaultProxy, pauses: list[float]
) -> None:
    proxy.faults = ["drop request"] * ATTEMPTS
    outcome = tocsin(*PLAN, project=account)
    assert (outcome.code, proxy.faults) == (1, [])
    assert "error: can't reach `local`" in outcome.err
    assert pauses == [0.5, 1.0, 2.0, 4.0]


def test_a_sync_whose_answer_never_comes_says_that_it_may_have_been_done(
    tocsin: Tocsin, account: Path, served: ServedDispatcher, proxy: FaultProxy
) -> None:
    lost: list[Fault] = ["lose answer"] * ATTEMPTS
    proxy.faults = ["none", *lost]
    outcome = tocsin(*SYNC, project=account)
    assert (outcome.code, proxy.faults) == (1, [])
    assert outcome.err.endswith(
        "it closed the connection, or does not speak HTTP; it may have synced all, or nothing\n"
        "hint: `tocsin plan --target local` shows which\n"
    )
    assert definitions(served)["revision"] == 1
    assert "Nothing to do" in tocsin(*PLAN, project=account).out


def test_a_target_that_asks_for_more_time_than_there_is_is_not_waited_for(
    tocsin: Tocsin, account: Path, proxy: FaultProxy, pauses: list[float]
) -> None:
    proxy.faults = ["503"] * ATTEMPTS
    outcome = tocsin(*PLAN, "--timeout", "4", project=account)
    assert outcome.code == 1
    assert "status 503" in outcome.err
    assert pauses == [3.0]


def test_a_target_that_never_answers_is_given_up_in_time(
    tocsin: Tocsin, account: Path, served: ServedDispatcher, pauses: list[float]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        file = account / "tocsin.yaml"
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        file.write_text(file.read_text("utf-8").replace("http://127.0.0.1:9", url), "utf-8")
        outcome = tocsin(*PLAN, "--timeout", "1", project=account)
    assert outcome.code == 1
    assert "error: `local` did not answer in time" in outcome.err


def test_a_target_that_answers_drop_by_drop_is_given_up_in_time(
    tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "t")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip, args=(listening,), daemon=True)
        dripping.start()
        file = account / "tocsin.yaml"
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        file.write_text(file.read_text("utf-8").replace("http://127.0.0.1:9", url), "utf-8")
        outcome = tocsin(*PLAN, "--timeout", "1", project=account)
        dripping.join(20)
    assert outcome.code == 1
    assert "error: `local` did not answer in time" in outcome.err
    assert not dripping.is_alive()


def drip(listening: socket.socket) -> None:
    """Answer with a body that does not end, until the other side goes away."""
    connection, _ = listening.accept()
    gone = threading.Event()
    with connection, contextlib.suppress(OSError):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not gone.wait(0.05):
            connection.sendall(b" ")
