"""How long a watch waits."""

from random import Random
from typing import cast

from tests.sync.watch.fake_time import Middle

from tocsin.watch.watch import Pace


def test_pauses_after_failures_double_up_to_five_minutes() -> None:
    pace = Pace(60, cast("Random", Middle()))
    assert [pace.after(failures) for failures in (0, 1, 2, 3, 7, 8, 5000)] == [60, 5, 10, 20, 300, 300, 300]


def test_no_two_watches_come_in_step() -> None:
    pace = Pace(60, Random(1))
    pauses = [pace.after(0) for _ in range(200)]
    assert 54 <= min(pauses) < 56
    assert 64 < max(pauses) <= 66
    retries = [pace.after(1) for _ in range(200)]
    assert 4 <= min(retries) < 4.2
    assert 5.8 < max(retries) <= 6
