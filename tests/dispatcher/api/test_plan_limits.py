"""What a token that may only read can have judged."""

import asyncio
import json
import sys
from dataclasses import replace

import httpx
import pytest
from tests.dispatcher.account import monitor, project
from tests.dispatcher.conftest import BOOTSTRAP, RunningDispatcher

from tocsin_dispatcher.planning.limits import IN_LINE
from tocsin_dispatcher.planning.process import PlanProcess
from tocsin_dispatcher.server.app import create_app

DATABASES = ("sqlite",)
PLAN = "/api/v1/definitions/plan"
HEADERS = {"Content-Type": "application/json"}


async def test_more_than_8_mib_are_refused(running_dispatcher: RunningDispatcher) -> None:
    answer = await running_dispatcher.client.post(PLAN, content=b" " * (8 * 1024 * 1024 + 1), headers=HEADERS)
    assert (answer.status_code, answer.json()["message"]) == (
        413,
        "the body is larger than 8 MiB: send less at a time",
    )


@pytest.mark.parametrize("number", [20_001, 200_000])
async def test_more_than_20_000_documents_are_refused(running_dispatcher: RunningDispatcher, number: int) -> None:
    answer = await running_dispatcher.client.post(PLAN, json={"project": project(), "documents": [1] * number})
    assert (answer.status_code, answer.json()["error"]) == (422, "too_large")


async def test_a_thousand_findings_are_answered(running_dispatcher: RunningDispatcher) -> None:
    body = {"project": project(), "documents": [1] * 10_000}
    planned = await running_dispatcher.client.post(PLAN, json=body)
    pushed = await running_dispatcher.client.put("/api/v1/definitions", json=body, headers={"If-Match": '"0"'})
    for answer in (planned, pushed):
        assert answer.status_code == 422
        assert len(answer.json()["findings"]) == 1_000
        assert answer.json()["message"].endswith("the first 1,000 of 10,000 findings are told")


async def test_while_plans_are_judged_all_else_goes_on_and_few_wait(running_dispatcher: RunningDispatcher) -> None:
    hang = [sys.executable, "-c", "import signal; signal.pause()"]
    dispatcher = replace(running_dispatcher.dispatcher, plans=PlanProcess(hang, seconds=0.5))
    body = {"project": project(), "documents": [monitor()]}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(dispatcher)),
        base_url="http://x",
        headers={"Authorization": f"Bearer {BOOTSTRAP}"},
    ) as client:
        plans = [asyncio.create_task(client.post(PLAN, json=body)) for _ in range(IN_LINE + 1)]
        first, _ = await asyncio.wait(plans, return_when=asyncio.FIRST_COMPLETED)
        (refused,) = (each.result() for each in first)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        await running_dispatcher.push(monitor())
        assert (await running_dispatcher.check()).status_code == 202
        answers = [each for each in await asyncio.gather(*plans) if each is not refused]
    assert [(each.status_code, each.json()["error"]) for each in answers] == [(422, "too_costly")] * IN_LINE


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/x+json"])
async def test_json_is_taken_by_any_of_its_names(running_dispatcher: RunningDispatcher, kind: str) -> None:
    body = json.dumps({"project": project(), "documents": [monitor()]})
    answer = await running_dispatcher.client.post(PLAN, content=body, headers={"Content-Type": kind})
    assert answer.status_code == 200
