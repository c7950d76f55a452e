"""What judging an answer costs, by where its paths are followed: `python -m benchmarks.judging`.

Processor time of this process and of those that it has started, in microseconds an answer.
"""

import json
import resource
from typing import Any

import uvloop

from tocsin_dispatcher.sending.judging.judging import Judging
from tocsin_schema.messages.responses import Response, captures, failures
from tocsin_schema.models import Step

ANSWERS = 2000
SMALL = json.dumps({"status": "ok", "result": {"id": "a-1", "items": [{"name": "a", "id": 1}, {"name": "b", "id": 2}]}})
LARGE = json.dumps([{"name": "n", "id": number} for number in range(2700)])
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "a status": ({}, SMALL),
    "a plain JSONPath": ({"capture": {"Id": {"json": "$.result.id"}}}, SMALL),
    "a plain JSONPath, body of 60 KiB": ({"capture": {"Id": {"json": "$[3].id"}}}, LARGE),
    "a JSONPath with a condition": ({"capture": {"Id": {"json": "$.result.items[?@.name=='b'].id"}}}, SMALL),
    "an XPath": ({"capture": {"Id": {"xml": "/r/id"}}}, "<r><id>a-1</id></r>"),
}


async def main() -> None:
    """Print a line for each case."""
    for name, (says, body) in CASES.items():
        step = Step.model_validate({"request": {"url": "https://receiver.example.com"}, **says})
        start, all_of_it = await spent(step, body, 1), await spent(step, body, 1 + ANSWERS)
        here, apart = ((after - before) / ANSWERS * 1e6 for after, before in zip(all_of_it, start, strict=True))
        print(
            f"{name:36} {here:6.0f} µs here {apart:6.0f} µs in the process apart, {start[1] * 1000:4.0f} ms its start"
        )


async def spent(step: Step, body: str, answers: int) -> tuple[float, float]:
    """Return the seconds of processor time that answers take here, and in the processes started for them."""
    judging = Judging()
    await judge(judging, step, body)  # whatever has to be loaded is
    here, apart = taken(resource.RUSAGE_SELF), taken(resource.RUSAGE_CHILDREN)
    for _ in range(answers - 1):
        await judge(judging, step, body)
    here = taken(resource.RUSAGE_SELF) - here
    await judging.close()
    return here, taken(resource.RUSAGE_CHILDREN) - apart


def taken(whose: int) -> float:
    """Return processor time in seconds, the system's included; of children those that have ended."""
    usage = resource.getrusage(whose)
    return usage.ru_utime + usage.ru_stime


async def judge(judging: Judging, step: Step, body: str) -> None:
    """Judge one answer."""
    response = Response(200, "OK", (("Content-Type", "text/plain"),), body.encode(), 5, completed=True)
    response = await judging.followed("chat", step, response)
    assert not failures(step, response, str)
    captures(step, response)


if __name__ == "__main__":
    uvloop.run(main())
