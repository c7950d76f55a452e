"""No integration's answers hold up another's, however long what follows their paths takes."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from tocsin_dispatcher.sending.judging.judging import PROCESSES, Judging
from tocsin_schema.messages.responses import Response, captures
from tocsin_schema.models import Step
from tocsin_schema.paths.found import Found, PathInto

LATE = "judging took longer than 250 ms of processor time"


class Double:
    """Stands for a process: ends when it is told to, or never."""

    def __init__(self, asked: "Asked") -> None:
        self._asked = asked
        self.closed = False

    async def follow(self, request: bytes, count: int) -> tuple[list[Found], str | None]:
        came = asyncio.get_running_loop().create_future()
        self._asked.requests.append((request, came))
        self._asked.news.set()
        found: tuple[list[Found], str | None] = await came
        return found

    async def close(self) -> None:
        self.closed = True


class Asked:
    """What was asked of the processes, each with what answers it."""

    def __init__(self) -> None:
        self.requests: list[tuple[bytes, asyncio.Future[tuple[list[Found], str | None]]]] = []
        self.doubles: list[Double] = []
        self.news = asyncio.Event()

    def process(self) -> Double:
        self.doubles.append(Double(self))
        return self.doubles[-1]

    async def until(self, wanted: Callable[["Asked"], bool]) -> None:
        async with asyncio.timeout(10):
            while not wanted(self):
                self.news.clear()
                await self.news.wait()

    @property
    def open(self) -> list[str]:
        """The bodies that are out."""
        return [body_of(request) for request, came in self.requests if not came.done()]

    def answer(self, body: str, found: list[Found], cut_off: str | None = None) -> None:
        (came,) = [came for request, came in self.requests if body_of(request) == body and not came.done()]
        came.set_result((found, cut_off))


def body_of(request: bytes) -> str:
    name = request[request.index(b'{"of"') :]
    return str(json.loads(name)["of"])


def step(*paths: str, **capture: Any) -> Step:
    captures = {f"V{number}": {"json": path} for number, path in enumerate(paths)} | capture
    return Step.model_validate({"request": {"url": "https://receiver.example.com"}, "capture": captures})


def answer(of: str) -> Response:
    return Response(200, "OK", (), json.dumps({"of": of}).encode(), 1, completed=True)


def judged(judging: Judging, integration: str, of: str, *paths: str) -> asyncio.Task[Response]:
    return asyncio.create_task(judging.followed(integration, step(*(paths or ("$..of",))), answer(of)))


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_plain_paths_are_followed_here() -> None:
    asked = Asked()
    response = await Judging(asked.process).followed("a", step("$.of", "$['of']", "$.none"), answer("x"))
    assert response.followed == {
        PathInto("json", "$.of"): Found(("x",)),
        PathInto("json", "$['of']"): Found(("x",)),
        PathInto("json", "$.none"): Found(),
    }
    assert asked.doubles == []


async def test_a_step_without_paths_costs_nothing() -> None:
    asked, came = Asked(), answer("x")
    assert await Judging(asked.process).followed("a", step(), came) is came


async def test_other_paths_are_followed_apart_and_each_once() -> None:
    asked = Asked()
    made = judged(Judging(asked.process), "a", "x", "$.of", "$..of", "$..of", "$..*")
    await asked.until(lambda each: each.open == ["x"])
    asked.answer("x", [Found(("x",)), Found()])
    response = await made
    assert response.cut_off is None
    assert response.followed == {
        PathInto("json", "$.of"): Found(("x",)),
        PathInto("json", "$..of"): Found(("x",)),
        PathInto("json", "$..*"): Found(),
    }


async def test_what_was_not_followed_says_so() -> None:
    asked = Asked()
    made = judged(Judging(asked.process), "a", "x", "$..one", "$..two", "$..three")
    await asked.until(lambda each: each.open == ["x"])
    asked.answer("x", [Found((1,))], LATE)
    response = await made
    assert response.cut_off == LATE
    assert [each.unreadable for each in response.followed.values()] == [None, LATE, "not followed: see the path before"]
    assert captures(step("$..one"), response) == {"V0": "1"}


async def test_one_answer_of_an_integration_is_out_at_a_time_and_they_go_in_turn() -> None:
    asked = Asked()
    judging = Judging(asked.process)
    made = [judged(judging, "a", f"a{number}") for number in range(3)]
    await settled()
    assert asked.open == ["a0"]
    other = judged(judging, "b", "b0")
    await settled()
    assert asked.open == ["a0", "b0"]
    asked.answer("b0", [Found(("b0",))])
    assert (await other).cut_off is None
    for number in range(3):
        await settled()
        assert asked.open == [f"a{number}"]
        asked.answer(f"a{number}", [Found()])
    await asyncio.gather(*made)
    assert len(asked.doubles) == PROCESSES


async def test_integrations_that_took_too_long_leave_a_process_to_the_others() -> None:
    asked = Asked()
    judging = Judging(asked.process)
    for name in ("slow1", "slow2", "slow3"):
        first = judged(judging, name, name)
        await asked.until(lambda each: bool(each.open))
        asked.answer(name, [], LATE)
        await first
    again = [judged(judging, name, name) for name in ("slow1", "slow2", "slow3")]
    await settled()
    assert asked.open == ["slow1"]
    well = judged(judging, "well", "well")
    await settled()
    assert asked.open == ["slow1", "well"]
    asked.answer("well", [Found()])
    await well
    for name in ("slow1", "slow2", "slow3"):
        await settled()
        assert asked.open == [name]
        asked.answer(name, [Found()])
    await asyncio.gather(*again)
    both = [judged(judging, name, name) for name in ("slow1", "slow2")]
    await settled()
    assert asked.open == ["slow1", "slow2"]  # they came in time
    for name in ("slow1", "slow2"):
        asked.answer(name, [Found()])
    await asyncio.gather(*both)


async def test_a_warm_process_goes_before_one_that_has_to_start_again() -> None:
    asked = Asked()
    judging = Judging(asked.process)
    for name, cut_off in (("a", None), ("b", LATE)):
        made = judged(judging, name, name)
        await settled()
        if name == "b":
            hold = judged(judging, "c", "c")
            await settled()
            asked.answer("c", [Found()])
            await hold
        asked.answer(name, [Found()] if cut_off is None else [], cut_off)
        await made
    assert len(asked.doubles) == 2
    assert len(judging._idle) == 2
    assert judging._idle[-1] is asked.doubles[1]  # the last one that was not cut off


async def test_a_message_that_is_broken_off_leaves_no_turn_behind() -> None:
    asked = Asked()
    judging = Judging(asked.process)
    out, waiting = judged(judging, "a", "a0"), judged(judging, "a", "a1")
    await settled()
    for each in (waiting, out):
        each.cancel()
    await asyncio.gather(out, waiting, return_exceptions=True)
    last = judged(judging, "a", "a2")
    await settled()
    assert asked.open == ["a2"]
    asked.answer("a2", [Found()])
    await last
    assert judging._turns == {}


async def test_at_the_end_every_process_ends_one_at_work_too() -> None:
    asked = Asked()
    judging = Judging(asked.process)
    done, out = judged(judging, "a", "a"), judged(judging, "b", "b")
    await settled()
    asked.answer("a", [Found()])
    await done
    await judging.close()
    assert [each.closed for each in asked.doubles] == [True, False]
    asked.answer("b", [Found()])
    await out
    assert [each.closed for each in asked.doubles] == [True, True]
