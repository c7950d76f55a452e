"""Plans, one after the other, each judged in a process that can be ended."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog

from tocsin_dispatcher.errors import RefusedError
from tocsin_dispatcher.planning.judgement import Judged
from tocsin_dispatcher.planning.limits import IN_LINE, MEMORY, PROCESSOR_SECONDS, SECONDS
from tocsin_schema.limited_process import OUT_OF_MEMORY, command_of, environment_of

log = structlog.get_logger(__name__)


class TooCostlyError(RefusedError):
    """Definitions whose judging takes more than it may."""

    code = "too_costly"


class PlansBusyError(RefusedError):
    """As many plans are under way as may be."""

    status = 503
    code = "unavailable"
    retry_after = 5


@dataclass
class PlanProcess:
    """Judges plans, one at a time; others wait in a short line."""

    command: Sequence[str] = field(default_factory=lambda: command_of("tocsin_dispatcher.planning.child"))
    seconds: float = SECONDS
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _in_line: int = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place in the line, from before the request's body is read; raises PlansBusyError."""
        if self._in_line >= IN_LINE:
            raise PlansBusyError(f"{IN_LINE} plans are under way, and one is judged at a time: try again")
        self._in_line += 1
        try:
            yield
        finally:
            self._in_line -= 1

    async def judge(self, body: bytes, running: bytes) -> Judged:
        """Judge a request's body against what is running; raises TooCostlyError."""
        async with self._turn:
            return await self._judge(body, running)

    async def _judge(self, body: bytes, running: bytes) -> Judged:
        process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment_of(os.environ),
        )
        try:
            async with asyncio.timeout(self.seconds):
                out, err = await process.communicate(b"%d\n%b%b" % (len(body), body, running))
        except TimeoutError:
            out, err = b"", b""
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode == 0:
            head, _, answer = out.partition(b"\n")
            return Judged(body=answer.decode(), **json.loads(head))
        if process.returncode is None or process.returncode < 0 or process.returncode == OUT_OF_MEMORY:
            log.warning("the judging of a plan took too much", bytes=len(body), ended_with=process.returncode)
            raise TooCostlyError(
                f"judging these definitions takes more than {PROCESSOR_SECONDS} s or {MEMORY // 1024**2} MiB: "
                "plan fewer at a time, or with `tocsin plan`, which judges them where they are"
            )
        raise RuntimeError(f"the process that judges plans ended with {process.returncode}: {err[-2000:].decode()}")
