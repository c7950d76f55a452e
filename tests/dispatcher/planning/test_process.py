"""The process that judges plans ends where it takes too much, and nothing else does."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from tests.dispatcher.account import monitor, project
from tests.dispatcher.planning.test_judgement import NOTHING

from tocsin_dispatcher.planning.limits import IN_LINE
from tocsin_dispatcher.planning.process import PlanProcess, PlansBusyError, TooCostlyError

BODY = json.dumps({"project": project(), "documents": [monitor()]}).encode()
HANG = (
    "import os, signal, sys\n"
    "with open(sys.argv[1], 'w') as file: file.write(str(os.getpid()))\n"
    "sys.stdin.buffer.read()\n"
    "signal.pause()\n"
)


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def is_running(pid: Path) -> bool:
    """Whether the process whose id a file holds is still there; False where it never came so far."""
    if not pid.exists():
        return False
    try:
        os.kill(int(pid.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


def limited(changed: str = "", **limits: int) -> list[str]:
    """Return the real process with other limits, and something else changed in it."""
    stated = "".join(f"limits.{name} = {value}; " for name, value in limits.items())
    code = f"import sys, tocsin_dispatcher.planning.limits as limits; {stated}"
    return python(code + f"from tocsin_dispatcher.planning import child; {changed}sys.exit(child.main())")


async def test_a_plan_is_judged() -> None:
    answer = await PlanProcess().judge(BODY, NOTHING)
    assert (answer.status, json.loads(answer.body)["revision"], answer.complaint) == (200, 0, None)


async def test_it_knows_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOCSIN_BOOTSTRAP_TOKEN", "secret")
    told = tmp_path / "told"
    code = "import os, sys; open(sys.argv[1], 'w').write(repr(dict(os.environ))); sys.exit(7)"
    with pytest.raises(RuntimeError, match="ended with 7"):
        await PlanProcess(python(code, str(told))).judge(BODY, NOTHING)
    assert "secret" not in told.read_text()
    assert "TOCSIN" not in told.read_text()


async def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with pytest.raises(TooCostlyError, match=r"takes more than 20 s or 384 MiB: .* `tocsin plan`"):
        await PlanProcess(python(HANG, str(pid)), seconds=1.0).judge(BODY, NOTHING)
    assert not is_running(pid)


async def test_one_whose_request_is_given_up_is_ended(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    process = PlanProcess(python(HANG, str(pid)))
    judging = asyncio.create_task(process.judge(BODY, NOTHING))
    while not pid.exists() or not pid.read_text():  # noqa: ASYNC110  # another process makes it
        await asyncio.sleep(0.01)
    judging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await judging
    assert not is_running(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="the system has no such limit")
async def test_one_that_takes_too_much_memory_is_ended() -> None:
    body = json.dumps({"project": project(), "documents": [list(range(1_000_000))]}).encode()
    with pytest.raises(TooCostlyError):
        await PlanProcess(limited(MEMORY=40 * 1024 * 1024)).judge(body, NOTHING)
    assert (await PlanProcess().judge(BODY, NOTHING)).status == 200


@pytest.mark.skipif(sys.platform != "linux", reason="the system has no such limit")
async def test_one_that_takes_too_much_processor_time_is_ended() -> None:
    endless = limited("child.judge = lambda body, running: any(iter(int, 1)); ", PROCESSOR_SECONDS=1)
    with pytest.raises(TooCostlyError):
        await PlanProcess(endless).judge(BODY, NOTHING)


async def test_one_is_judged_at_a_time(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "os.mkdir(sys.argv[1])\n"  # fails where another is there
        "sys.stdin.buffer.read()\n"
        "os.rmdir(sys.argv[1])\n"
        "sys.stdout.write('{\"status\": 200}\\n{}')\n"
    )
    process = PlanProcess(python(code, str(tmp_path / "here")))
    answers = await asyncio.gather(*(process.judge(BODY, NOTHING) for _ in range(4)))
    assert [each.status for each in answers] == [200] * 4


async def test_few_wait_in_line() -> None:
    process = PlanProcess()
    places = [process.place() for _ in range(IN_LINE + 1)]
    for each in places[:-1]:
        await each.__aenter__()
    with pytest.raises(PlansBusyError, match="4 plans are under way, and one is judged at a time: try again"):
        await places[-1].__aenter__()
    await places[0].__aexit__(None, None, None)
    async with process.place():
        pass


async def test_a_bug_of_ours_is_told_as_one() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)ended with 1: .*ValueError: bug"):
        await PlanProcess(python("raise ValueError('bug')")).judge(BODY, NOTHING)
