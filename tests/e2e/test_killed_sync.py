"""Kill -9 of either side at any moment of a sync leaves the old or the new definitions, never a mixture."""

import subprocess
import sys
from pathlib import Path
from threading import Timer
from typing import Any

import httpx
from demo.dispatcher import RunningDispatcher, environment
from tests.dispatcher.account import monitor, project
from tests.e2e.conftest import api_of
from tests.sync.fault_proxy import FaultProxy

COUNT = 300


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
    before: tuple[int, set[str]] = (0, set())
    answers: list[bool] = []
    for number, moment in enumerate((0.1, 0.3, None)):
        with RunningDispatcher(database) as dispatcher, api_of(dispatcher) as api:
            if number:
                pushed = (before[0] + 1, whole(f"r{number - 1}"))
                assert names(api) in ([pushed] if answers[-1] else [before, pushed])
                again = put(api, f"r{number - 1}", before[0])
                assert (again.status_code, again.json()["revision"]) == (200, pushed[0])
                assert names(api) == pushed
                before = pushed
            if moment is None:
                return
            kill = Timer(moment, dispatcher.kill)
            kill.start()
            try:
                answers.append(put(api, f"r{number}", before[0]).status_code == 200)
            except httpx.TransportError:
                answers.append(False)
            kill.join()


def test_a_command_that_is_killed_leaves_the_old_or_the_new_definitions(
    dispatcher: RunningDispatcher, api: httpx.Client, tmp_path: Path
) -> None:
    before: tuple[int, set[str]] = (0, set())
    for number, stage in enumerate(("asked", "passed", "answered"), start=1):
        stages: list[str] = []
        command: list[subprocess.Popen[bytes]] = []

        def watch(seen: str, stage: str = stage, stages: Any = stages, command: Any = command) -> None:
            stages.append(seen)
            if stages.count("asked") == 2 and seen == stage:  # the second request is the push
                command[0].kill()

        with FaultProxy(int(dispatcher.url.rpartition(":")[2]), watch=watch) as proxy:
            account(tmp_path, proxy.url, f"m{number}")
            command.append(start(tmp_path))
            assert command[0].wait(60) == -9
        new = (number, {"shop", f"m{number}"})
        assert names(api) in (before, new)
        account(tmp_path, dispatcher.url, f"m{number}")
        assert start(tmp_path).wait(60) == 0
        assert names(api) == new
        before = new


def account(folder: Path, url: str, monitor: str) -> None:
    target = f"targets: {{live: {{type: dispatcher, url: '{url}', token: {{env: TOCSIN_TOKEN}}}}}}\n"
    text = f"kind: project\nformat: 1\nname: shop\naccount: {{id: '1'}}\n{target}"
    (folder / "tocsin.yaml").write_text(text, "utf-8")
    (folder / "m.yaml").write_text(f"kind: monitor\nname: {monitor}\ntype: Https\nurl: https://example.com\n", "utf-8")


def start(folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tocsin",
            "--project",
            str(folder),
            "sync",
            "--yes",
            *("--allow-delete", "monitor/m1", "--allow-delete", "monitor/m2"),
        ],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
