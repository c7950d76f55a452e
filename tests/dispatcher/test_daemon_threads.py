"""What hangs in a thread of its own holds up nobody."""

import asyncio
import threading

import pytest

from tocsin_dispatcher.daemon_threads import in_daemon_thread


async def test_what_a_function_returns_comes_from_a_thread_with_a_name() -> None:
    assert await in_daemon_thread(lambda: threading.current_thread().name, "a look-up") == "a look-up"


async def test_what_a_function_raises_is_raised_where_it_is_waited_for() -> None:
    with pytest.raises(ZeroDivisionError):
        await in_daemon_thread(lambda: 1 // 0, "a look-up")


def test_a_loop_ends_though_a_thread_hangs() -> None:
    freed, ended = threading.Event(), threading.Event()

    def hangs() -> None:
        freed.wait(30)
        ended.set()

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await in_daemon_thread(hangs, "a look-up")

    asyncio.run(give_up())
    assert not ended.is_set()
    freed.set()
    assert ended.wait(10)


async def test_what_comes_once_nobody_waits_is_dropped() -> None:
    freed = threading.Event()
    task = asyncio.create_task(in_daemon_thread(freed.wait, "a look-up"))
    await asyncio.sleep(0)
    task.cancel()
    freed.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await in_daemon_thread(lambda: 1, "another") == 1


async def test_no_thread_to_be_had_is_an_error_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(OSError, match="can't start new thread"):
        await in_daemon_thread(lambda: 1, "a look-up")
