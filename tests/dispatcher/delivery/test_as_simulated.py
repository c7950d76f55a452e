"""A dispatcher does with messages what `tocsin simulate --answer` says that it would do."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import RunningDispatcher

from tocsin.simulation.answers import read_answers
from tocsin.simulation.receiver import Delivery
from tocsin.simulation.receiver import Receiver as SimulatedReceiver
from tocsin_schema.models import Integration

DATABASES = ("sqlite",)
OVER = timedelta(seconds=130)
END = timedelta(seconds=330)
STATES = {"delivered": "delivered", "given_up": "failed", "skipped": "skipped", "waiting": "pending"}


def simulated(document: dict[str, Any], answers: list[str], now: datetime) -> list[Delivery]:
    integration = Integration.model_validate(document)
    steps = integration.messages[0].steps
    messages = [Delivery(timedelta(0), "error", "key", 1, steps), Delivery(OVER, "ok", "key", 1, steps)]
    read = read_answers([f"pager={each}" for each in answers], ["pager"])["pager"]
    SimulatedReceiver(integration, read, messages, now, {"key": OVER}).play()
    return messages


@pytest.mark.parametrize(
    ("answers", "more", "step"),
    [
        (["200"], {}, {}),
        (["503 for 70s"], {}, {}),
        (["503 for 3m"], {"probe_every": "1m"}, {}),
        (["401 for 20s"], {}, {}),
        (["503 for 7s", "429 Retry-After=30 for 20s", "500 for 20s"], {}, {}),
        (["429 for 70s"], {}, {}),
        (["429 Retry-After=7 for 30s"], {}, {}),
        (["403 X-RateLimit-Remaining=0 X-RateLimit-Reset-After=40 for 20s"], {}, {}),
        (["400"], {}, {}),
        (["400 for 30s"], {}, {}),
        (["404 for 100s"], {}, {}),
        (["302"], {}, {}),
        (["302 for 100s"], {}, {}),
        (["200 RateLimit-Remaining=0 RateLimit-Reset=300"], {}, {}),
        (["503 for 140s"], {"if_over": "skip"}, {}),
        (["409"], {}, {"expect": {"delivered": ["2xx", 409]}}),
        (["500"], {}, {"expect": {"refused": ["5xx"]}}),
        (["409"], {}, {"assert": [{"status": {"one_of": [204, 409]}}]}),
        (["500"], {}, {"on_failure": "continue"}),
        (["500 for 20s"], {}, {"retry": {"attempts": 3, "wait": "2s"}}),
        (["404"], {}, {"retry": {"attempts": 2, "wait": "3s"}}),
    ],
    ids=str,
)
async def test_attempts_are_made_when_a_simulation_says(
    running_dispatcher: RunningDispatcher,
    receiver: Receiver,
    answers: list[str],
    more: dict[str, Any],
    step: dict[str, Any],
) -> None:
    document = pager(receiver.url, step=step, **more)
    begun = running_dispatcher.clock.now()
    read = read_answers([f"pager={each}" for each in answers], ["pager"])["pager"]

    def answer(_: Received) -> Answer:
        found = read.at(running_dispatcher.clock.now() - begun)
        return Answer(200) if found is None else Answer(found.status, list(found.headers))

    receiver.respond("/pager", answer)
    pushed = await running_dispatcher.push(monitor(), alert(level("pager")), document)
    assert pushed.status_code == 200, pushed.text
    await running_dispatcher.check("error")
    while (at := running_dispatcher.clock.now() - begun) < END:
        if at == OVER:
            await running_dispatcher.check("ok")
        await running_dispatcher.pass_time(seconds=1)

    made: dict[str, list[tuple[float, str]]] = {"error": [], "ok": []}
    for each in (await running_dispatcher.get("/attempts", limit=200))["attempts"]:
        made[each["type"]].insert(0, (_seconds(each["at"], begun), each["outcome"]))
    expected = simulated(document, answers, begun)
    for one in expected:
        told = [(each.at.total_seconds(), each.outcome) for each in one.told.attempts if each.at <= END]
        assert made[one.type] == told, one.type
    states = [state for _, _, state in await running_dispatcher.states()]
    ends = [one.told.state if one.told.at is None or one.told.at <= END else "waiting" for one in expected]
    assert states == [STATES[end] for end in ends]


@pytest.mark.parametrize("answer", ["503 for 3m", "429 for 3m", "401 for 3m"])
async def test_somebody_is_told_when_a_simulation_says(
    running_dispatcher: RunningDispatcher, receiver: Receiver, answer: str
) -> None:
    document = pager(receiver.url, tell_after="1m", fallback="mail")
    clock, begun = running_dispatcher.clock, running_dispatcher.clock.now()
    read, told = read_answers([f"pager={answer}"], ["pager"])["pager"], list[timedelta]()

    def pager_answer(_: Received) -> Answer:
        found = read.at(clock.now() - begun)
        return Answer(200) if found is None else Answer(found.status, list(found.headers))

    def mail_answer(_: Received) -> Answer:
        told.append(clock.now() - begun)
        return Answer(200)

    receiver.respond("/pager", pager_answer)
    receiver.respond("/mail", mail_answer)
    documents = [monitor(), alert(level("pager")), document, pager(receiver.url, "mail")]
    pushed = await running_dispatcher.push(*documents)
    assert pushed.status_code == 200, pushed.text
    await running_dispatcher.check("error")
    while clock.now() - begun < END:
        await running_dispatcher.pass_time(seconds=1)

    integration = Integration.model_validate(document)
    messages = [Delivery(timedelta(0), "error", "key", 1, integration.messages[0].steps)]
    simulation = SimulatedReceiver(integration, read, messages, begun, {}, ("mail",))
    simulation.play()
    expected = [each.at for each in simulation.changes if "`mail` is told" in each.what]
    assert len(expected) == len(told) == 2
    assert told[0] == expected[0]
    assert timedelta(0) <= told[1] - expected[1] <= timedelta(seconds=10)  # that is looked for every 10 s


def _seconds(at: str, begun: datetime) -> float:
    return round((datetime.fromisoformat(at) - begun).total_seconds(), 3)
