"""A process that follows paths: started when there is something to follow, kept warm, killed where it takes too long.

It has no part in what this one has open: no sockets, no database, none of the environment's secrets.
"""

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress

from tocsin_schema.limited_process import environment_of
from tocsin_schema.paths.found import Found
from tocsin_schema.paths.process import BEGIN, LENGTH, LONGEST_VALUE, command, found_of, why_it_ended

START = 30.0
"""Seconds that the process has to start and to load its libraries, on a machine with other things to do."""
PATIENCE = 2.0
"""Seconds by the clock that following may take, of which DEADLINE are processor time: where a machine is that busy, or the
system knows no such limit."""

ENDING = 1.0
"""Seconds that a process has to end by itself."""

NOT_JUDGED = "it could not be judged: no process could be started for it"


class PathProcess:
    """One process, for one answer at a time."""

    def __init__(self, start: float = START, patience: float = PATIENCE) -> None:
        """Take both figures in seconds."""
        self._start = start
        self._patience = patience
        self._process: Process | None = None

    async def follow(self, request: bytes, count: int) -> tuple[list[Found], str | None]:
        """Return what the first paths of a request find, and why not all `count` of them were followed; None: they were.

        Raises nothing that can be helped. Where it is broken off the process ends.
        """
        found: list[Found] = []
        begun = False
        try:
            await self._ask(request)
            begun = True
            async with asyncio.timeout(self._patience):
                while len(found) < count:
                    found.append(await self._next())
        except asyncio.IncompleteReadError:
            return found, why_it_ended(await self._ended())
        except TimeoutError:
            await self._end()
            if not begun:
                return found, f"{NOT_JUDGED} (none was there within {self._start:g} s)"
            return found, f"judging took longer than {self._patience:g} s"
        except OSError as error:
            if self._process is None:
                return found, f"{NOT_JUDGED} ({error.strerror or error})"
            return found, why_it_ended(await self._ended())
        except BaseException:
            await asyncio.shield(self._end())
            raise
        return found, None

    async def close(self) -> None:
        """End it."""
        await self._end()

    async def _ask(self, request: bytes) -> None:
        """Send a request, and wait until it is begun; a process that has died meanwhile, idle, is no reason to give up."""
        async with asyncio.timeout(self._start):
            if self._process is not None:
                try:
                    await self._sent(self._process, request)
                    return
                except (asyncio.IncompleteReadError, OSError):
                    await self._ended()
            self._process = await asyncio.create_subprocess_exec(
                *command(),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=environment_of(os.environ),
                start_new_session=True,
            )
            await self._sent(self._process, request)

    async def _sent(self, process: Process, request: bytes) -> None:
        assert process.stdin is not None  # noqa: S101  # both are pipes
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(request)
        await process.stdin.drain()
        await process.stdout.readexactly(len(BEGIN))

    async def _next(self) -> Found:
        assert self._process is not None  # noqa: S101  # it was asked
        assert self._process.stdout is not None  # noqa: S101
        answers = self._process.stdout
        (length,) = LENGTH.unpack(await answers.readexactly(LENGTH.size))
        if length > LONGEST_VALUE:
            raise asyncio.IncompleteReadError(b"", length)
        return found_of(await answers.readexactly(length))

    async def _ended(self) -> int | None:
        """Return the exit status of a process that ends by itself, as it has closed what it says."""
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()  # uvloop waits for the end of this too
            with suppress(TimeoutError):
                async with asyncio.timeout(ENDING):
                    await self._process.wait()  # to kill it now would lose its status, where asyncio watches by threads
        return await self._end()

    async def _end(self) -> int | None:
        """End the process, and return its exit status; negative: the signal that has ended it."""
        process, self._process = self._process, None
        if process is None:
            return None
        if process.stdin is not None:
            process.stdin.close()
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        return await process.wait()
