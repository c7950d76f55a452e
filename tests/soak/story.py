"""What happens in a soak: who reports which checks, and the messages that must come of it, by the pure state machine."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from tests.dispatcher.account import Document, alert, level, monitor

from tocsin_schema.escalation import AlertEvent, EscalationLevel, MonitorState, alert_guid, incident_key, observe
from tocsin_schema.models import Check
from tocsin_schema.models.integration import MessageType

PATHS = {1: ("/pager",), 2: ("/pager", "/chat", "/desk")}
"""Where messages of each level go."""
DESK, FALLBACK = "/desk", "/phone"
"""The receiver that says of some messages what nobody understands, and the one that is told so."""
NOT_UNDERSTOOD = 0.15
"""Share of these."""
LEVELS = (EscalationLevel("flapping", 1, 1, None), EscalationLevel("flapping", 2, 3, None))
REPORTERS = 4
MOST_IN_A_BATCH = 20
STANDING = 4
"""Monitors that fail throughout, for what falls due by itself."""
REMINDERS = 3


@dataclass(frozen=True, slots=True)
class Expected:
    """A message that must come, or may come where it is not `certain`."""

    path: str
    guid: str
    key: str
    type: MessageType
    certain: bool = True


@dataclass(frozen=True)
class Story:
    """Batches of checks by reporter, in the order in which each sends its own, and what must come of them."""

    monitors: Sequence[str]
    batches: Sequence[Sequence[Sequence[Check]]]
    expected: Sequence[Expected]
    """In order, as far as messages of one incident to one integration go."""
    incidents: int

    @property
    def checks(self) -> int:
        """How many are reported, repetitions included."""
        return sum(len(batch) for reporter in self.batches for batch in reporter)


def guid_of(name: str) -> str:
    """Return the guid of a monitor."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def is_understood(path: str, guid: str, seed: int) -> bool:
    """Tell whether a receiver's answer to a message is one that the dispatcher understands."""
    return path != DESK or Random(f"{seed} {guid}").random() >= NOT_UNDERSTOOD


def make_story(count: int, seed: int) -> Story:
    """Make up a story of so many checks."""
    chance = Random(seed)
    names = [f"flapping-{number}" for number in range(max(REPORTERS, min(400, count // 25)))]
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
    batches, alerts = [], []
    for reporter in range(REPORTERS):
        own = names[reporter::REPORTERS]
        checks = _perturbed(_checks(own, count // REPORTERS, start, chance), chance)
        batches.append(_batches(checks, chance))
        alerts += _alerts(batches[-1])
    expected = [
        Expected(path, event.guid, event.incident_key, event.type, is_understood(path, event.guid, seed))
        for event in alerts
        for path in PATHS[event.level]
    ]
    expected += _told_instead(expected)
    return Story(names, batches, expected, len({event.incident_key for event in alerts}))


def documents(story: Story, url: str) -> list[Document]:
    """Return the definitions that the story plays under, with the receiver at `url`."""
    flapping = [monitor(name, guid=guid_of(name), groups=["flapping"]) for name in story.monitors]
    standing = [monitor(name, guid=guid_of(name), groups=["standing"]) for name in standing_names()]
    waiting = level("pager", when={"error_for": "1s"}, reminders={"max": REMINDERS, "every": "1s"})
    return [
        *flapping,
        *standing,
        alert(
            level("pager"),
            level("pager", "chat", "desk", when={"errors": 3}),
            name="flapping",
            groups=["flapping"],
        ),
        alert(waiting, name="standing", groups=["standing"]),
        *(_integration(url, path.removeprefix("/")) for path in (*PATHS[2], FALLBACK)),
    ]


def standing_names() -> list[str]:
    """Return the monitors that fail throughout."""
    return [f"standing-{number}" for number in range(STANDING)]


def standing_check(name: str, status: str) -> Check:
    """Return the one error, or the one OK, of such a monitor."""
    return Check.model_validate(
        {"id": f"{name}-{status}", "monitor": name, "time": datetime.now(UTC), "status": status}
    )


def standing_messages(name: str) -> list[Expected]:
    """Return what must come of it. Reminders that are missed together, as during a restart, are one: the latest."""
    key = incident_key(guid_of(name), f"{name}-error")

    def message(kind: MessageType, reminder: int = 0) -> Expected:
        guid = alert_guid(key, "standing", 1, kind, reminder)
        return Expected("/pager", guid, key, kind, certain=reminder in {0, REMINDERS})

    return [message("error"), *(message("reminder", number + 1) for number in range(REMINDERS)), message("ok")]


def _told_instead(expected: Sequence[Expected]) -> list[Expected]:
    """Return what the fallback is told: each message that wasn't understood, and the Ok of each such Error."""
    unclear = [each for each in expected if each.path == DESK and not each.certain]
    errors = {each.key for each in unclear if each.type == "error"}
    oks = [each for each in expected if each.path == DESK and each.type == "ok" and each.key in errors]
    return [Expected(FALLBACK, each.guid, each.key, each.type) for each in dict.fromkeys([*unclear, *oks])]


def _integration(url: str, name: str) -> Document:
    body = {
        "key": "{{@incident.key}}",
        "guid": "{{@alert.alertGuid}}",
        "type": "{{@alert.type}}",
        "at": "{{@DateTime(Iso)}}",
    }
    step: Document = {"request": {"method": "POST", "url": f"{url}/{name}", "json": body}}
    integration = {"kind": "integration", "name": name}
    if f"/{name}" == DESK:
        step["assert"] = [{"json": {"path": "$.taken", "equal": True}}]
        integration["fallback"] = FALLBACK.removeprefix("/")
    else:
        step["retry"] = {"attempts": 8, "wait": "200ms"}
    return {**integration, "messages": [{"types": ["error", "reminder", "ok"], "steps": [step]}]}


def _checks(names: Sequence[str], count: int, start: datetime, chance: Random) -> list[Check]:
    """Return checks in the order of their times; monitors fail for a while, and recover."""
    failing = dict.fromkeys(names, False)
    checks = []
    for number in range(count):
        name = chance.choice(names)
        failing[name] = chance.random() < (0.7 if failing[name] else 0.3)
        checks.append(
            Check.model_validate(
                {
                    "id": f"{name}-{number}",
                    "monitor": name,
                    "time": start + timedelta(seconds=number),
                    "status": "error" if failing[name] else "ok",
                    "confirmed": chance.random() < 0.9,
                }
            )
        )
    return checks


def _perturbed(checks: Sequence[Check], chance: Random) -> list[Check]:
    """Let some come twice, and some late."""
    late = [(place + chance.uniform(1, 60) * (chance.random() < 0.05), check) for place, check in enumerate(checks)]
    twice = [(place + chance.uniform(0, 100), check) for place, check in enumerate(checks) if chance.random() < 0.05]
    return [check for _, check in sorted(late + twice, key=lambda each: each[0])]


def _batches(checks: Sequence[Check], chance: Random) -> list[list[Check]]:
    batches, place = [], 0
    while place < len(checks):
        size = chance.randint(1, MOST_IN_A_BATCH)
        batches.append(list(checks[place : place + size]))
        place += size
    return batches


def _alerts(batches: Iterable[Sequence[Check]]) -> list[AlertEvent]:
    """Return the alerts of batches that come one after the other."""
    states: dict[str, MonitorState] = {}
    seen: set[str] = set()
    alerts: list[AlertEvent] = []
    for batch in batches:
        fresh = {check.id: check for check in batch if check.id not in seen}
        seen |= fresh.keys()
        for check in sorted(fresh.values(), key=lambda each: each.time):
            outcome = observe(states.get(check.monitor, MonitorState()), check, LEVELS, guid_of(check.monitor))
            states[check.monitor] = outcome.state
            alerts += outcome.alerts
    return alerts
