"""The same work for many items, on several processor cores."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 8
"""More processes than this hold memory and save little: some of the work stays with one."""


def cores() -> int:
    """Return how many processes may work at the same time: 1 where more can't be had for next to nothing.

    A forked process begins with all that this one knows. It is safe on Linux, and where there are no other threads.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return min(len(os.sched_getaffinity(0)), MOST)


def spread(function: Callable[[Item], Result], items: Sequence[Item], /) -> Sequence[Result]:
    """Apply a function to every item, on all cores; return the results in the items' order. Raises what it raises.

    Results must be such as can be pickled. Whatever another process fails to do, because it dies or because the
    function raises, is done again in this one.
    """
    count = max(min(cores(), len(items)), 1)
    own, *others = (items[number::count] for number in range(count))
    with _working(function, others) as connections:
        done = [[function(item) for item in own]]
        for share, connection in zip(others, connections, strict=True):
            received = _received(connection)
            done.append([function(item) for item in share] if received is None else received)
    return [done[number % count][number // count] for number in range(len(items))]


@contextmanager
def _working(function: Callable[[Any], Any], shares: Sequence[Sequence[Any]]) -> Iterator[Sequence["Connection"]]:
    """Have a process work on each share; yield where its results come from. At the end none is left."""
    if not shares:
        yield ()
        return
    from multiprocessing import get_context  # noqa: PLC0415  # slow to load, and seldom needed

    context = get_context("fork")
    processes, connections = [], []
    try:
        for share in shares:
            connection, end = context.Pipe(duplex=False)
            connections.append(connection)
            process = context.Process(target=_work, args=(function, share, connection, end))
            with end, suppress(OSError):  # where no process can be had, nothing will come
                process.start()
                processes.append(process)
        yield connections
    finally:
        for process in processes:
            process.kill()
            process.join()
        for connection in connections:
            connection.close()


def _received(connection: "Connection") -> list[Any] | None:
    """Wait for the results of a process, None where it ends without any."""
    try:
        results: list[Any] = connection.recv()
    except (EOFError, OSError):
        return None
    return results


def _work(function: Callable[[Any], Any], share: Sequence[Any], unused: "Connection", end: "Connection") -> None:
    """Do a share in a process of its own, and say nothing: what fails is done again where it can be reported."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that waits is interrupted too, and ends this one
    unused.close()  # else this process would not notice that nobody waits any more
    try:
        end.send([function(item) for item in share])
    except Exception:
        os._exit(1)
