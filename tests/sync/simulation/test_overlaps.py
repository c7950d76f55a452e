"""Reminders beside a later level, found incident by incident: hundreds of thousands of them take no time."""

import time
from datetime import UTC, datetime, timedelta

from tocsin.simulation.player import _overlaps
from tocsin.simulation.result import Fired, Overlap, Recipient
from tocsin_schema.models import MessageType

TOLD = (Recipient("chat", 1),)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def fired(minute: int, level: int, type: MessageType, incident: str = "i", told: tuple[Recipient, ...] = TOLD) -> Fired:
    at = timedelta(minutes=minute)
    return Fired(at, BEGAN + at, level, type, 0, 1, incident, told)


def incident(name: str) -> list[Fired]:
    return [
        fired(1, 1, "error", name),
        fired(2, 1, "reminder", name),
        fired(3, 2, "error", name),
        fired(4, 1, "reminder", name),
        fired(5, 1, "reminder", name),
        fired(6, 1, "ok", name),
    ]


def minutes(*each: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=number) for number in each)


def test_reminders_after_a_later_level_has_started_overlap() -> None:
    since, _, until = minutes(3, 4, 5)

    assert list(_overlaps(incident("i"))) == [Overlap(1, 2, since, until, minutes(4, 5))]


def test_another_incident_and_an_earlier_level_do_not() -> None:
    assert list(_overlaps([*incident("i")[:2], fired(1, 2, "error", "j"), fired(4, 2, "reminder", "j")])) == []
    assert list(_overlaps([fired(1, 1, "error"), fired(2, 2, "error"), fired(3, 2, "reminder")])) == []


def test_who_is_not_told_overlaps_with_nobody() -> None:
    silent = (Recipient("chat", 0, "is inactive"),)

    assert (
        list(_overlaps([each for each in incident("i") if each.level == 1] + [fired(3, 2, "error", told=silent)])) == []
    )


def test_as_many_incidents_as_checks_can_make_are_looked_through_once() -> None:
    """100,000 checks make 50,000 incidents at the most (`tocsin.simulation.checks.MOST`)."""
    several = [each for number in range(50_000) for each in incident(str(number))]
    began = time.process_time()
    found = sum(1 for _ in _overlaps(several))

    assert found == 50_000
    assert time.process_time() - began < 30
