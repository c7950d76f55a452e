"""Kill -9 of either side at any moment of a sync leaves the old or the new definitions, never a mixture."""

import subprocess
import sys
from pathlib import Path
from threading import Timer

import httpx
import pytest
from demo.dispatcher import RunningDispatcher, environment
from tests.dispatcher.account import monitor, project
from tests.e2e.conftest import api_of
from tests.sync.fault_proxy import FaultProxy

COUNT = 400


def names(api: httpx.Client) -> tuple[int, set[str]]:
    answer = api.get("/definitions").json()
    return answer["revision"], {each["document"]["name"] for each in answer["entries"]}


def put(api: httpx.Client, prefix: str, revision: int) -> httpx.Response:
    documents = [monitor(f"{prefix}-{number}") for number in range(COUNT)]
    headers = {"If-Match": f'"{revision}"', "Idempotency-Key": prefix}
    return api.put("/definitions", json={"project": project(), "documents": documents}, headers=headers, timeout=60)


def whole(prefix: str) -> set[str]:
    return {"shop-alerting", *(f"{prefix}-{number}" for number in range(COUNT))}


def test_a_dispatcher_that_is_killed_during_pushes_has_run_each_whole_or_not_at_all(database: Path) -> None:
    state: tuple[int, set[str]] = (0, set())
    for round_number, moment in enumerate((0.02, 0.15, 0.3, 0.5)):
        with RunningDispatcher(database) as dispatcher, api_of(dispatcher) as api:
            assert names(api) == state
            prefix = f"r{round_number}"
            kill = Timer(moment, dispatcher.kill)
            kill.start()
            answer: httpx.Response | None = None
            try:
                answer = put(api, prefix, state[0])
            except httpx.TransportError:
                assert moment > 0
            kill.join()
        with RunningDispatcher(database) as dispatcher, api_of(dispatcher) as api:
            after = names(api)
            new = (state[0] + 1, whole(prefix))
            assert after == new if answer is not None else after in (state, new)
            again = put(api, prefix, state[0])
            assert (again.status_code, again.json()["revision"]) == (200, new[0])
            assert names(api) == new
            state = new


@pytest.mark.parametrize("stage", ["asked", "passed", "answered"])
def test_a_command_that_is_killed_leaves_the_old_or_the_new_definitions(
    dispatcher: RunningDispatcher, api: httpx.Client, tmp_path: Path, stage: str
) -> None:
    stages: list[str] = []
    command: list[subprocess.Popen[bytes]] = []

    def watch(seen: str) -> None:
        stages.append(seen)
        if stages.count("asked") == 2 and seen == stage:  # the second request is the push
            command[0].kill()

    with FaultProxy(int(dispatcher.url.rpartition(":")[2]), watch=watch) as proxy:
        account(tmp_path, proxy.url)
        command.append(start(tmp_path))
        assert command[0].wait(60) == -9
    assert names(api) in ((0, set()), (1, {"shop", "m"}))
    again = start(tmp_path, dispatcher.url)
    again.communicate(timeout=60)
    assert again.returncode == 0
    assert names(api) == (1, {"shop", "m"})


def account(folder: Path, url: str) -> None:
    target = f"targets: {{live: {{type: dispatcher, url: '{url}', token: {{env: TOCSIN_TOKEN}}}}}}\n"
    text = f"kind: project\nformat: 1\nname: shop\naccount: {{id: '1'}}\n{target}"
    (folder / "tocsin.yaml").write_text(text, "utf-8")
    (folder / "m.yaml").write_text("kind: monitor\nname: m\ntype: Https\nurl: https://example.com\n", "utf-8")


def start(folder: Path, url: str | None = None) -> "subprocess.Popen[bytes]":
    if url is not None:
        account(folder, url)
    return subprocess.Popen(
        [sys.executable, "-m", "tocsin", "--project", str(folder), "sync", "--yes"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
