"""Checks that come twice, late, and several requests at once: the alerts are those of the pure state machine."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, permutations

from demo.receiver import Receiver
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher
from tests.dispatcher.fake_clock import START

from tocsin_schema.escalation import AlertEvent, EscalationLevel, MonitorState, advance, observe
from tocsin_schema.models import Check

EXAMPLES = 20
LATEST = 240
"""Seconds: all checks are of the next minutes, so that the clock brings nothing before they are in."""
LEVELS = (
    EscalationLevel("shop-down", 1, errors=1, error_for=None, reminders=2, every=timedelta(seconds=40)),
    EscalationLevel("shop-down", 2, errors=3, error_for=None),
    EscalationLevel("shop-down", 3, errors=None, error_for=timedelta(seconds=60)),
)
DEFINED = (
    level("pager", reminders={"max": 2, "every": "40s"}),
    level("pager", when={"errors": 3}),
    level("pager", when={"error_for": "60s"}),
)

Batch = tuple[Check, ...]
Round = tuple[Batch, ...]
"""Requests that are under way at once."""


@dataclass(frozen=True, slots=True)
class Course:
    """One way that things may have gone."""

    state: MonitorState = field(default_factory=MonitorState)
    seen: frozenset[str] = frozenset()
    alerts: tuple[AlertEvent, ...] = ()

    def take(self, batch: Batch, guid: str) -> "Course":
        """Take a request in."""
        state, alerts = self.state, self.alerts
        fresh = {check.id: check for check in batch if check.id not in self.seen}
        for check in sorted(fresh.values(), key=lambda each: each.time):
            outcome = observe(state, check, LEVELS, guid)
            state, alerts = outcome.state, alerts + outcome.alerts
        return Course(state, self.seen | fresh.keys(), alerts)

    def end(self, guid: str) -> tuple[tuple[str, str], ...]:
        """Let an hour pass; returns type and guid of each alert, in order."""
        alerts = self.alerts + advance(self.state, START + timedelta(hours=1), LEVELS, guid).alerts
        return tuple((each.type, each.guid) for each in alerts)


def courses(rounds: Sequence[Round], guid: str) -> set[tuple[tuple[str, str], ...]]:
    """Return every outcome that requests in some order, one after the other, may have."""
    possible = [Course()]
    for together in rounds:
        possible = [_taken(course, order, guid) for course in possible for order in set(permutations(together))]
    return {course.end(guid) for course in possible}


def _taken(course: Course, batches: Sequence[Batch], guid: str) -> Course:
    for batch in batches:
        course = course.take(batch, guid)
    return course


@st.composite
def rounds_of_requests(draw: st.DrawFn) -> list[Round]:
    """Some checks, in requests that repeat and mix them: mostly in the order of their times, or nobody would alert."""
    checks = [
        Check(
            id=str(number),
            monitor="x",
            time=START + timedelta(seconds=min(LATEST, 20 * number + draw(st.integers(-25, 25)))),
            status=draw(st.sampled_from(["error", "error", "error", "ok"])),
            confirmed=draw(st.integers(0, 5)) > 0,
        )
        for number in range(1, draw(st.integers(2, 11)))
    ]
    rounds: list[Round] = []
    place = 0
    while place < len(checks):
        size = draw(st.integers(1, 4))
        part = checks[max(0, place - draw(st.integers(0, 2))) : place + size]
        batch = st.lists(st.sampled_from(part), min_size=1, max_size=6).map(tuple)
        rounds.append((tuple(part), *draw(st.lists(batch, max_size=2))))
        place += size
    return rounds


class Example:
    """One monitor's checks, told to a dispatcher that others have been told to before."""

    def __init__(self, running_dispatcher: RunningDispatcher, name: str) -> None:
        self.running_dispatcher = running_dispatcher
        self.name = name

    async def post(self, batch: Batch) -> Counter[str]:
        checks = [
            {
                **check.model_dump(mode="json", exclude_defaults=True),
                "id": f"{self.name}-{check.id}",
                "monitor": self.name,
            }
            for check in batch
        ]
        answer = await self.running_dispatcher.client.post("/api/v1/checks", json={"checks": checks})
        assert answer.status_code == 202, answer.text
        return Counter(answer.json())

    def named(self, rounds: Sequence[Round]) -> list[Round]:
        """Return the same requests with the ids that the dispatcher sees."""
        return [
            tuple(
                tuple(check.model_copy(update={"id": f"{self.name}-{check.id}"}) for check in batch) for batch in each
            )
            for each in rounds
        ]

    async def play(self, rounds: Sequence[Round]) -> tuple[tuple[str, str], ...]:
        """Send the requests, round by round, and let an hour pass; returns type and guid of each alert, in order."""
        total = Counter[str]()
        for together in rounds:
            total = sum(await asyncio.gather(*map(self.post, together)), total)
        ids = [check.id for together in rounds for batch in together for check in batch]
        assert total == Counter(accepted=len(set(ids)), duplicates=len(ids) - len(set(ids)))
        await self.running_dispatcher.dispatcher.wait_idle()
        self.running_dispatcher.clock.turn(timedelta(hours=1))
        await self.running_dispatcher.dispatcher.wait_idle()
        found = (await self.running_dispatcher.get("/alerts", monitor=self.name, limit=1000))["alerts"]
        self.running_dispatcher.clock.turn(timedelta(hours=-1))
        return tuple((each["type"], each["guid"]) for each in reversed(found))


def assert_told(receiver: Receiver) -> None:
    """Every message came once; an incident's Error of a level before its Ok."""
    told: dict[str, list[str]] = defaultdict(list)
    for each in receiver.received:
        told[each.json()["key"]].append(each.json()["type"])
    ids = [each.header("Tocsin-Delivery-Id") for each in receiver.received]
    assert len(ids) == len(set(ids))
    for types in told.values():
        spoken = [each for each in types if each != "Reminder"]
        assert spoken == sorted(spoken), "an Error after an Ok"
        assert spoken.count("Ok") in {0, spoken.count("Alert")}


def test_the_alerts_are_those_of_the_state_machine_in_some_order_of_the_requests(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    names = (f"m-{number}" for number in count())
    every = [monitor(f"m-{number}") for number in range(2 * EXAMPLES)]
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        running_dispatcher = runner.run(stack.enter_async_context(dispatchers.open()))
        runner.run(running_dispatcher.push(*every, alert(*DEFINED), pager(receiver.url)))
        guids = {name: each.guid for name, each in runner.run(running_dispatcher.dispatcher.running()).monitors.items()}

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            phases=[Phase.generate],  # each example takes a monitor of its own
            suppress_health_check=list(HealthCheck),
        )
        @given(rounds_of_requests())
        def same_alerts(rounds: list[Round]) -> None:
            example = Example(running_dispatcher, next(names))
            came = runner.run(example.play(rounds))
            assert came in courses(example.named(rounds), guids[example.name])

        try:
            same_alerts()
        finally:
            runner.run(stack.aclose())
    assert_told(receiver)
    assert len(receiver.received) > EXAMPLES


async def test_however_often_the_same_checks_come_at_once_the_alerts_are_those_of_one_request(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor("m-0"), alert(*DEFINED), pager(receiver.url))
    statuses = ["error", "error", "error", "error", "ok", "error", "ok"]
    checks = tuple(
        Check(id=str(number), monitor="x", time=START + timedelta(seconds=30 * number), status=status)
        for number, status in enumerate(statuses)
    )
    guid = (await running_dispatcher.dispatcher.running()).monitors["m-0"].guid
    example = Example(running_dispatcher, "m-0")
    rounds: list[Round] = [(checks, checks[::-1], checks[3:] + checks[:3], checks * 2, checks)]
    came = await example.play(rounds)
    assert {came} == courses(example.named([(checks,)]), guid)
    assert [kind for kind, _ in came].count("ok") == 4
    assert_told(receiver)


async def test_of_two_pushes_at_once_one_wins_and_is_what_runs(running_dispatcher: RunningDispatcher) -> None:
    bodies = [{"documents": [monitor(name)]} for name in ("shop-home", "shop-cart")]
    first, second = await asyncio.gather(*(running_dispatcher.push(*each["documents"]) for each in bodies))
    assert sorted([first.status_code, second.status_code]) == [200, 409]
    winner, loser = ("shop-home", "shop-cart") if first.status_code == 200 else ("shop-cart", "shop-home")
    assert (await running_dispatcher.get("/definitions"))["revision"] == 1
    assert (await running_dispatcher.check("ok", monitor=winner)).status_code == 202
    assert (await running_dispatcher.check("ok", monitor=loser)).status_code == 422
