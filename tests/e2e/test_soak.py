"""The soak in its short form: see `tests/soak`, and docs/operations.md for the long one."""

from pathlib import Path

import pytest
from tests.postgres import Server
from tests.soak.book import Arrival, Book
from tests.soak.soak import Report, soak
from tests.soak.stand import Deeds, Trouble
from tests.soak.story import Expected, make_story

SEED = 7
TROUBLED = [Trouble("/pager", "busy", 1), Trouble("/chat", "down", 1.5), Trouble("/desk", "locked out", 1)]


def short(database: Path | str) -> Report:
    return soak(database, checks=400, seed=SEED, deeds=Deeds(1, [0.5], TROUBLED), patience=60)


def assert_accounted_for(report: Report) -> None:
    assert report.complaints == [], "\n".join(report.lines())
    assert report.checks >= 400
    assert report.incidents > 50
    assert report.requests > report.messages > 150
    assert report.deeds == {"kills": 1, "stalls": 1, "troubles": 3}
    assert {"busy", "down", "locked out", "503"} <= report.faults.keys()
    assert report.told_instead > 5


def test_every_alert_is_accounted_for_though_the_dispatcher_is_killed_and_receivers_fail(database: Path) -> None:
    assert_accounted_for(short(database))


def test_the_same_holds_of_two_workers_that_share_a_database_whoever_is_killed(postgres: Server) -> None:
    with postgres.database() as url:
        assert_accounted_for(short(url))


EXPECTED = (Expected("/pager", "1", "key", "error"), Expected("/pager", "2", "key", "ok"))


def came(*arrivals: tuple[str, str, bytes]) -> list[str]:
    """Return the complaints where these came: guid, delivery id and body."""
    book = Book(seed=SEED)
    for guid, name, body in arrivals:
        book.arrivals.append(Arrival(("/pager", guid), name, body, "key"))
        book.accepted["/pager", guid] += 1
    return list(book.complaints(EXPECTED, breaks=1))


@pytest.mark.parametrize(
    ("arrivals", "complaint"),
    [
        ([("1", "a", b"")], "the ok message ('/pager', '2') of key never arrived"),
        ([("2", "b", b""), ("1", "a", b"")], "the messages of ('/pager', 'key') came out of order"),
        ([("1", "a", b""), ("1", "a", b"!"), ("2", "b", b"")], "came as 1 deliveries, 2 texts"),
        ([("1", "a", b""), ("1", "c", b""), ("2", "b", b"")], "came as 2 deliveries, 1 texts"),
        ([("1", "a", b"")] * 3 + [("2", "b", b"")], "was delivered 3 times, with 1 breaks"),
        (
            [("1", "a", b""), ("2", "b", b""), ("3", "c", b"")],
            "nothing calls for the message ('/pager', '3'), yet it came",
        ),
    ],
)
def test_the_soak_complains_of_whatever_is_wrong(arrivals: list[tuple[str, str, bytes]], complaint: str) -> None:
    (complained,) = came(*arrivals)
    assert complaint in complained


def test_the_soak_takes_a_repetition_for_each_break() -> None:
    assert came(("1", "a", b""), ("1", "a", b""), ("2", "b", b"")) == []


def test_a_seed_gives_the_same_story_again() -> None:
    assert make_story(500, SEED).expected == make_story(500, SEED).expected != make_story(500, SEED + 1).expected
