"""The soak in its short form: see `tests/soak`, and docs/operations.md for the long one."""

from pathlib import Path

from tests.postgres import Server
from tests.soak.soak import Report, soak

SEED = 7


def short(database: Path | str) -> Report:
    return soak(database, checks=600, seed=SEED, kills=1, stalls=[0.5], patience=60)


def assert_accounted_for(report: Report) -> None:
    assert report.complaints == [], "\n".join(report.lines())
    assert report.checks >= 600
    assert report.incidents > 50
    assert report.requests > report.messages > 200
    assert report.deeds == {"kills": 1, "stalls": 1}


def test_every_alert_is_accounted_for_though_the_dispatcher_is_killed_and_receivers_fail(database: Path) -> None:
    assert_accounted_for(short(database))


def test_the_same_holds_of_two_workers_that_share_a_database_whoever_is_killed(postgres: Server) -> None:
    with postgres.database() as url:
        assert_accounted_for(short(url))
