"""A burst of messages to a receiver that takes so many a second, simulated: workers that share a pace, and no time."""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from math import ceil
from random import Random

from tests.dispatcher.delivery.receiver_limits import Limit

from tocsin_dispatcher.delivery.learnt_pace import Pace, answered, claimed, first_claims, next_at, room

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
GATHER = 0.02
"""Seconds for which a worker gathers answers before it records them."""


RetryAfter = Callable[[float], float | None]
RETRY_AFTER: dict[str, RetryAfter] = {
    "one second": lambda wait: 1.0,
    "rounded up": lambda wait: float(ceil(wait)),
    "none": lambda wait: None,
}


@dataclass(frozen=True)
class Burst:
    """What came of a burst."""

    requests: list[float]
    """When each arrived at the receiver."""
    deliveries: list[float]
    transactions: int
    pace: Pace

    @property
    def last(self) -> float:
        return self.deliveries[-1]


@dataclass
class _Worker:
    delivered: int = 0
    under_way: int = 0
    ended: list[tuple[bool, float | None]] = field(default_factory=list)
    woken: bool = False
    timer: float = -1.0


def simulate(
    limit: Limit,
    messages: int,
    *,
    retry_after: RetryAfter = RETRY_AFTER["one second"],
    latency: float = 0.05,
    workers: int = 1,
    seed: int = 1,
    until: float = 1e6,
    count_recent: bool = True,
    late: float = 0.1,
) -> Burst:
    """Send so many messages, all due at the start; ends when all are delivered, or at `until`."""
    random, order = Random(seed), count()
    events: list[tuple[float, int, Callable[[], None]]] = []
    everyone = [_Worker() for _ in range(workers)]
    requests: list[float] = []
    deliveries: list[float] = []
    recorded: deque[tuple[float, int]] = deque()
    waiting, pace, transactions, at = messages, Pace(), 0, 0.0

    def later(seconds: float, what: Callable[[], None]) -> None:
        heapq.heappush(events, (at + seconds, next(order), what))

    def send(worker: _Worker) -> None:
        trip = latency * random.uniform(0.6, 1.4)

        def arrive() -> None:
            requests.append(at)
            took = limit.takes(at)
            if took:
                deliveries.append(at)
            asked = None if took else retry_after(limit.wait(at))
            later(trip / 2, lambda: answer(took, asked))

        def answer(took: bool, asked: float | None) -> None:
            worker.ended.append((took, asked))
            wake(worker, GATHER)

        later(trip / 2, arrive)

    def wake(worker: _Worker, seconds: float) -> None:
        if not worker.woken:
            worker.woken = True
            later(seconds, lambda: transact(worker))

    def transact(worker: _Worker) -> None:
        nonlocal waiting, pace, transactions
        transactions += 1
        worker.woken = False
        now = START + timedelta(seconds=at)
        ended, worker.ended = worker.ended, []
        refusals = [None if asked is None else timedelta(seconds=asked) for took, asked in ended if not took]
        delivered = len(ended) - len(refusals)
        worker.under_way -= len(ended)
        worker.delivered += delivered
        waiting += len(refusals)
        recorded.append((at, delivered))
        while recorded and recorded[0][0] < at - 1:
            recorded.popleft()
        recent = sum(n for _, n in recorded) if pace.ceiling is None and count_recent else delivered
        pace = answered(pace, recent, refusals, now)
        allowed = room(pace, now)
        most = first_claims(worker.delivered) if allowed is None else 50
        claims = max(0, min(most - worker.under_way, waiting, 50 if allowed is None else allowed))
        waiting -= claims
        worker.under_way += claims
        pace = claimed(pace, claims, now)
        for _ in range(claims):
            send(worker)
        if waiting and (moment := next_at(pace, now)) is not None:
            for each in everyone:
                delay = 5 * late if random.random() < 0.02 else random.uniform(0, late)
                due = at + (moment - now).total_seconds() + delay
                if not at < each.timer <= due:
                    each.timer = due
                    later(due - at, partial(strike, each, due))

    def strike(worker: _Worker, due: float) -> None:
        if worker.timer == due:
            wake(worker, 0)

    for each in everyone:
        wake(each, random.uniform(0, late))
    while events and len(deliveries) < messages and at < until:
        at, _, what = heapq.heappop(events)
        what()
    return Burst(requests, deliveries, transactions, pace)
