"""What can't be interrupted and may hang, in threads of its own.

asyncio's own threads are few and shared: who hangs in them holds up all others, and the end of the process waits for them. How
many there are at once is for the caller to bound.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


async def in_daemon_thread(function: Callable[[], Result], name: str) -> Result:
    """Return what a function returns, or raise what it raises; nobody waits for a thread whose caller has given up.

    Raises OSError where there is no thread to be had.
    """
    loop = asyncio.get_running_loop()
    over: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: Exception | None) -> None:
        if over.done():  # nobody waits any more
            return
        if error is not None:
            over.set_exception(error)
        else:
            over.set_result(result)  # type: ignore[arg-type]  # there is one where there is no error

    def run() -> None:
        result: Result | None = None
        error: Exception | None = None
        try:
            result = function()
        except Exception as raised:  # to be raised where it is waited for
            error = raised
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, result, error)

    try:
        threading.Thread(target=run, name=name, daemon=True).start()
    except RuntimeError as error:
        raise OSError(f"no thread: {error}") from None
    return await over
