"""The receiver's side of a soak: it fails as receivers do, writes down what comes, and judges it at the end."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from random import Random
from threading import Condition

from demo.receiver import Answer, Received
from tests.dispatcher.delivery.receiver_limits import FixedWindows
from tests.soak.story import DESK, Expected, is_understood

FIRST_FAULTY = 2
"""Only so many requests of a message may be answered badly: what is tested is that it arrives in the end."""
SLOW_SECONDS = 0.3
CHAT, CHAT_A_SECOND = "/chat", 100
"""A receiver that takes only so many a second, and says so with 429 alone."""
TROUBLES = ("down", "locked out", "busy", "busy for a second")
"""What a whole receiver may be for a while."""
TAKEN = b'{"taken": true}'
Place = tuple[str, str]
"""Path and guid of the alert: what makes a message."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request as it came."""

    place: Place
    delivery_id: str | None
    body: bytes
    key: str


@dataclass
class Book:
    """What came in so far, and how it was answered."""

    seed: int
    arrivals: list[Arrival] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    accepted: Counter[Place] = field(default_factory=Counter)
    unclear: set[Place] = field(default_factory=set)
    """What was taken, with an answer that isn't understood."""
    _troubled: dict[str, tuple[str, float]] = field(default_factory=dict)
    """What a path's receiver is, and until which moment of the monotonic clock."""
    _limit: FixedWindows = field(default_factory=lambda: FixedWindows(CHAT_A_SECOND))
    _times: Counter[Place] = field(default_factory=Counter)
    _changed: Condition = field(default_factory=Condition)

    def trouble(self, path: str, what: str, seconds: float) -> None:
        """Let the receiver at a path be one of TROUBLES for so long."""
        with self._changed:
            self._troubled[path] = (what, time.monotonic() + seconds)

    def answer(self, request: Received) -> Answer:
        """Answer a request: mostly well. The same message meets the same faults in every run of a seed."""
        said = request.json()
        place = (request.path, said["guid"])
        with self._changed:
            self.arrivals.append(Arrival(place, request.header("Tocsin-Delivery-Id"), request.body, said["key"]))
            fault = self._trouble(request.path) or self._fault(place)
            self.faults[fault or "none"] += 1
        if fault == "slow":
            time.sleep(SLOW_SECONDS)
        answer = _answer(fault)
        if answer.status == 200 and not is_understood(*place, self.seed):
            answer = Answer(body=b'{"taken": "perhaps"}')
        with self._changed:
            if answer.body == TAKEN:
                self.accepted[place] += 1
            elif answer.status == 200:
                self.unclear.add(place)
            self._changed.notify_all()
        return answer

    def _trouble(self, path: str) -> str | None:
        now = time.monotonic()
        what, until = self._troubled.get(path, ("", 0.0))
        if now < until:
            return what
        return "busy" if path == CHAT and not self._limit.takes(now) else None

    def _fault(self, place: Place) -> str | None:
        number = self._times[place]
        self._times[place] += 1
        if (
            number >= FIRST_FAULTY or place[0] == DESK
        ):  # whose messages are tried again by the dispatcher alone, after 5 s
            return None
        return _fault(Random(f"{self.seed} {place} {number}").random())

    def wait_for(self, messages: Sequence[Expected], seconds: float) -> bool:
        """Wait until all of these were accepted; returns whether they were in time."""
        places = [(each.path, each.guid) for each in messages]
        with self._changed:
            return self._changed.wait_for(lambda: all(place in self.accepted for place in places), seconds)

    def complaints(self, expected: Sequence[Expected], breaks: int) -> Iterator[str]:
        """Say all that is wrong with what came. A break of the dispatcher may repeat a message once."""
        known = {(each.path, each.guid): each for each in expected}
        ids: dict[Place, set[str | None]] = defaultdict(set)
        bodies: dict[Place, set[bytes]] = defaultdict(set)
        for arrival in self.arrivals:
            ids[arrival.place].add(arrival.delivery_id)
            bodies[arrival.place].add(arrival.body)
        for place in ids.keys() - known.keys():
            yield f"nothing calls for the message {place}, yet it came"
        for place, each in known.items():
            times = self.accepted[place]
            if each.certain and not times:
                yield f"the {each.type} message {place} of {each.key} never arrived"
            if times > 1 + breaks:
                yield f"the {each.type} message {place} was delivered {times} times, with {breaks} breaks"
            if len(ids[place]) > 1 or len(bodies[place]) > 1:
                yield f"the {each.type} message {place} came as {len(ids[place])} deliveries, {len(bodies[place])} texts"
        yield from self._disorder(expected)

    def _disorder(self, expected: Sequence[Expected]) -> Iterator[str]:
        """Say where messages of one incident came to an integration in another order than they arose."""
        wanted: dict[tuple[str, str], list[str]] = defaultdict(list)
        came: dict[tuple[str, str], list[str]] = defaultdict(list)
        for each in expected:
            wanted[each.path, each.key].append(each.guid)
        for arrival in self.arrivals:
            path, guid = arrival.place
            came[path, arrival.key].append(guid)
        for thread, guids in came.items():
            once = [guid for guid, _ in groupby(guid for guid in guids if guid in wanted[thread])]
            if once != [guid for guid in wanted[thread] if guid in set(once)]:
                yield f"the messages of {thread} came out of order"


def _fault(chance: float) -> str | None:
    for name, share in (("503", 0.05), ("429", 0.01), ("hung up", 0.02), ("slow", 0.01), ("500 of 100 kB", 0.01)):
        if chance < share:
            return name
        chance -= share
    return None


def _answer(fault: str | None) -> Answer:
    match fault:
        case "503":
            return Answer(status=503)
        case "429":
            return Answer(status=429, headers=(("Retry-After", "1"),))
        case "hung up" | "down":
            raise ConnectionAbortedError
        case "locked out":
            return Answer(status=401)
        case "busy":
            return Answer(status=429)
        case "busy for a second":
            return Answer(status=429, headers=(("Retry-After", "1"),))
        case "500 of 100 kB":
            return Answer(status=500, body=b"x" * 100_000)
    return Answer(body=TAKEN)
