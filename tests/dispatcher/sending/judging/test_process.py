"""The process that follows paths: kept, killed where it takes too long, and started anew."""

import asyncio
import os
import signal

import pytest
import uvloop

from tocsin_dispatcher.sending.judging.process import PathProcess
from tocsin_schema.paths.found import Found, PathInto
from tocsin_schema.paths.process import request_of

ID = PathInto("json", "$..id")
SLOW = PathInto("xml", "//b[count(//a[count(//b[count(//a) > 0]) > 0]) > 9999]")
MANY = b"<r>" + b"<a><b/></a>" * 400 + b"</r>"
QUICK = request_of([ID], '{"id": 7}', b"")


def pid_of(process: PathProcess) -> int:
    assert process._process is not None
    return process._process.pid


async def test_it_is_kept_from_one_answer_to_the_next() -> None:
    process = PathProcess()
    assert await process.follow(QUICK, 1) == ([Found((7,))], None)
    first = pid_of(process)
    assert await process.follow(QUICK, 1) == ([Found((7,))], None)
    assert pid_of(process) == first
    await process.close()
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


async def test_it_ends_at_the_deadline_and_the_next_answer_gets_another() -> None:
    process = PathProcess()
    both = request_of([PathInto("xml", "string(//none)"), SLOW], "", MANY)
    said = "judging took longer than 250 ms of processor time"
    assert await process.follow(both, 2) == ([Found(("",))], said)
    assert process._process is None
    assert await process.follow(QUICK, 1) == ([Found((7,))], None)
    await process.close()


async def test_it_ends_by_the_clock_where_it_does_not_by_itself() -> None:
    process = PathProcess(patience=0.01)
    assert await process.follow(request_of([SLOW], "", MANY), 1) == ([], "judging took longer than 0.01 s")
    await process.close()


async def test_one_that_died_idle_is_started_again_unnoticed() -> None:
    process = PathProcess()
    await process.follow(QUICK, 1)
    os.kill(pid_of(process), signal.SIGKILL)
    assert await process.follow(QUICK, 1) == ([Found((7,))], None)
    await process.close()


async def test_it_stays_when_a_terminal_or_a_supervisor_ends_everything() -> None:
    process = PathProcess()
    await process.follow(QUICK, 1)
    for each in (signal.SIGINT, signal.SIGTERM):
        os.kill(pid_of(process), each)
    first = pid_of(process)
    assert await process.follow(QUICK, 1) == ([Found((7,))], None)
    assert pid_of(process) == first
    await process.close()


async def test_it_has_nothing_open_of_this_process_and_none_of_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_VAULT_SNOW_PASSWORD", "s3cret")
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    process = PathProcess()
    await process.follow(QUICK, 1)
    try:
        if os.path.isdir("/proc/self"):  # noqa: ASYNC240, PTH112
            open_files = os.listdir(f"/proc/{pid_of(process)}/fd")  # noqa: PTH208
            assert sorted(open_files) == ["0", "1", "2"]
            with open(f"/proc/{pid_of(process)}/environ", "rb") as environ:  # noqa: ASYNC230, PTH123
                assert b"s3cret" not in environ.read()
    finally:
        await process.close()
        os.close(reading)
        os.close(writing)


async def test_what_is_broken_off_ends_it() -> None:
    process = PathProcess()
    await process.follow(QUICK, 1)
    first = pid_of(process)
    under_way = asyncio.create_task(process.follow(request_of([SLOW], "", MANY), 1))
    await asyncio.sleep(0)
    under_way.cancel()
    with pytest.raises(asyncio.CancelledError):
        await under_way
    assert process._process is None
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert await process.follow(QUICK, 1) == ([Found((7,))], None)
    await process.close()


async def test_without_a_process_it_is_said_that_nothing_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin_dispatcher.sending.judging.process.command", lambda: ["/nonexistent/python"])
    said = "it could not be judged: no process could be started for it (No such file or directory)"
    assert await PathProcess().follow(QUICK, 1) == ([], said)


async def test_one_that_does_not_start_in_time_is_no_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin_dispatcher.sending.judging.process.command", lambda: ["/bin/sh", "-c", "exec sleep 60"])
    process = PathProcess(start=0.05)
    said = "it could not be judged: no process could be started for it (none was there within 0.05 s)"
    assert await process.follow(QUICK, 1) == ([], said)
    assert process._process is None


async def test_one_that_ends_in_another_way_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin_dispatcher.sending.judging.process.command", lambda: ["/bin/sh", "-c", "exit 3"])
    found, said = await PathProcess().follow(QUICK, 1)
    assert found == []
    assert said == "judging broke off: what follows its paths ended with status 3, as for want of memory"


def test_the_end_by_the_deadline_is_seen_at_once_on_uvloop_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin_dispatcher.sending.judging.process.ENDING", 600.0)

    async def judged() -> tuple[list[Found], str | None]:
        process = PathProcess(patience=60)
        async with asyncio.timeout(60):
            return await process.follow(request_of([SLOW], "", MANY), 1)

    assert uvloop.run(judged()) == ([], "judging took longer than 250 ms of processor time")
