"""What alert definitions cover: the same as looking at each monitor, without looking at each."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schema.shop import monitor

from tocsin_schema.models import Alert, Monitor
from tocsin_schema.models.coverage import MOST_INTERVALS, WIDE, Coverage
from tocsin_schema.models.definitions import covers

NAMES = st.sampled_from("abcdefgh")
GROUPS = st.lists(st.sampled_from(["eu", "us", "shop", "none"]), max_size=3)


def alert(**more: Any) -> Alert:
    return Alert.model_validate({"kind": "alert", "name": "down", "levels": [{"when": {"errors": 1}}], **more})


def coverage(*monitors: Monitor) -> Coverage:
    return Coverage({each.name: each for each in monitors})


def names(monitors: list[Monitor]) -> list[str]:
    return [each.name for each in monitors]


MONITORS = st.dictionaries(
    NAMES,
    st.fixed_dictionaries(
        {
            "groups": GROUPS,
            "generate_alerts": st.booleans(),
            "check_interval": st.sampled_from(["1m", "5m", "10m", None]),
            "custom_fields": st.dictionaries(st.sampled_from("xy"), st.just("1")),
        }
    ),
)


@given(MONITORS, st.lists(NAMES, max_size=3), GROUPS)
def test_it_is_as_if_each_monitor_were_asked(given: dict[str, Any], named: list[str], groups: list[str]) -> None:
    known = coverage(*(monitor(name, **each) for name, each in given.items()))
    definition = alert(monitors=named, groups=groups)
    covered = [known.monitors[name] for name in sorted(known.monitors) if covers(definition, known.monitors[name])]
    generating = [each for each in covered if each.generate_alerts]
    by_interval: dict[timedelta | None, Monitor] = {}
    for each in generating:
        by_interval.setdefault(each.check_interval or None, each)
    sets = known.by_name
    bits = sets.covered(definition)

    assert known.of(definition) == covered
    assert known.first(definition, 3) == covered[:3]
    assert known.is_silent(definition) == (bool(covered) and not generating)
    assert known.alerting(definition) == list(by_interval.values())
    assert sets.first(bits, 100) == covered
    assert sets.first(bits & sets.alerting, 100) == generating
    assert bits.bit_count() == len(covered)
    assert sets.first(sets.with_field("x"), 100) == [each for each in sets.monitors if "x" in each.custom_fields]
    assert sets.of_type("Transaction").bit_count() == sum(each.type == "Transaction" for each in sets.monitors)


def test_of_very_many_intervals_the_shortest_and_the_longest_are_told_apart() -> None:
    every = range(1, MOST_INTERVALS * 10 + 1)
    known = coverage(*(monitor(f"m{each:03}", check_interval=f"{each}m", groups=["g"]) for each in every))
    found = [each.check_interval for each in known.alerting(alert(groups=["g"]))]
    shortest = [timedelta(minutes=each) for each in range(1, MOST_INTERVALS)]

    assert found == [*shortest, timedelta(minutes=MOST_INTERVALS * 10)]


@pytest.mark.parametrize("most", [MOST_INTERVALS - 1, MOST_INTERVALS])
def test_as_many_intervals_as_that_are_all_told_apart(most: int) -> None:
    known = coverage(*(monitor(f"m{each:03}", check_interval=f"{each}m", groups=["g"]) for each in range(1, most + 1)))

    assert len(known.alerting(alert(groups=["g"]))) == most


def test_a_group_of_few_among_very_many_monitors_is_found() -> None:
    many = [monitor(f"m{each:04}", groups=["few"] if each in (7, 900) else ["many"]) for each in range(WIDE * 3)]
    known = coverage(*many)

    assert names(known.by_name.first(known.by_name.covered(alert(groups=["few"])), 5)) == ["m0007", "m0900"]
    assert known.by_name.covered(alert(groups=["few", "many"])).bit_count() == WIDE * 3
    assert names(known.first(alert(groups=["few", "many"], monitors=["m0001", "gone"]), 2)) == ["m0000", "m0001"]


def test_a_group_that_a_monitor_names_twice_has_it_once() -> None:
    known = coverage(monitor("a", groups=["g", "g"]))

    assert known.groups == {"g": ["a"]}
    assert known.by_name.covered(alert(groups=["g", "g"])).bit_count() == 1
