"""How much one sync may delete and update, and how to allow more."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schema.shop import SHOP, integration, live, monitor, planned

from tocsin_schema.models import Limits, Sample
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import Allowed, Live, LiveEntry, Plan


def definitions(
    monitors: Iterable[int], integrations: Iterable[int] = (), notes: dict[int, str] | None = None
) -> Definitions:
    texts = notes or {}
    return Definitions(
        SHOP,
        {f"i{number}": integration(f"i{number}") for number in integrations},
        monitors={f"m{number}": monitor(f"m{number}", notes=texts.get(number, "")) for number in monitors},
    )


def allowed_by(refused: Plan, start: Allowed | None = None) -> Allowed:
    """Return what the command would allow with every option that the refusals suggest."""
    start = start or Allowed()
    delete, update, deletions = start.delete_percent, start.update_percent, set(start.deletions)
    words = " ".join(each.allow or "" for each in refused.refusals).split()
    for option, value in zip(words[::2], words[1::2], strict=True):
        if option == "--allow-update":
            update = int(value.removesuffix("%"))
        elif value.endswith("%"):
            delete = int(value.removesuffix("%"))
        else:
            deletions.add(value)
    return Allowed(delete, update, frozenset(deletions))


def refusals(after: Definitions, before: Definitions, allowed: Allowed | None = None) -> list[tuple[str, str | None]]:
    return [(each.reason, each.allow) for each in planned(after, live(before), allowed=allowed).refusals]


# Deletions


@pytest.mark.parametrize("owned", [2, 3, 5])
def test_one_deletion_is_always_fine_however_large_a_share(owned: int) -> None:
    assert refusals(definitions(range(owned - 1)), definitions(range(owned))) == []


def test_deletions_of_30_percent_are_fine_and_of_more_are_refused() -> None:
    before = definitions(range(10))

    assert refusals(definitions(range(7)), before) == []
    assert refusals(definitions(range(6)), before) == [
        ("it deletes 4 of the 10 definitions that the project owns there, more than 30%", "--allow-delete 40%")
    ]


def test_a_share_of_what_is_owned_does_not_count_the_project_file() -> None:
    assert refusals(definitions(range(7)), definitions(range(9))) == []
    assert refusals(definitions(range(6)), definitions(range(9)))[0][1] == "--allow-delete 34%"


def test_what_others_own_does_not_make_the_share_smaller() -> None:
    foreign = [LiveEntry("billing", {"kind": "monitor", "name": f"x{number}"}) for number in range(100)]

    assert planned(definitions(range(6)), live(definitions(range(10)), *foreign)).refusals != ()


def test_a_share_that_is_allowed_passes() -> None:
    before = definitions(range(10))

    assert refusals(definitions(range(6)), before, Allowed(delete_percent=40)) == []
    assert refusals(definitions(range(5)), before, Allowed(delete_percent=40)) != []


def test_deletions_that_are_allowed_by_name_do_not_count() -> None:
    by_name = Allowed(deletions=frozenset({"monitor/m9", "monitor/m8"}))

    assert refusals(definitions(range(5)), definitions(range(10)), by_name) == []
    assert refusals(definitions(range(4)), definitions(range(10)), by_name)[0][1] == "--allow-delete 40%"


def test_a_name_of_another_kind_allows_nothing() -> None:
    by_name = Allowed(deletions=frozenset({"integration/m9", "m9"}))

    assert refusals(definitions(range(6)), definitions(range(10)), by_name) != []


def test_emptying_a_kind_is_refused_even_where_it_has_one_alone() -> None:
    assert refusals(definitions(range(9)), definitions(range(9), [0])) == [
        ("it deletes every integration that the project owns there", "--allow-delete integration/i0")
    ]


def test_emptying_a_kind_of_nine_is_refused_and_every_name_is_needed() -> None:
    before, after = definitions(range(9), range(30)), definitions([], range(30))
    (_, allow), *others = refusals(after, before)

    assert others == []
    assert allow == " ".join(f"--allow-delete monitor/m{number}" for number in range(9))
    names = [f"monitor/m{number}" for number in range(9)]
    assert refusals(after, before, Allowed(deletions=frozenset(names))) == []
    assert refusals(after, before, Allowed(deletions=frozenset(names[:8]))) == [
        ("it deletes every monitor that the project owns there", "--allow-delete monitor/m8")
    ]


def test_no_percentage_allows_emptying_a_kind() -> None:
    reasons = [reason for reason, _ in refusals(definitions([]), definitions(range(3)), Allowed(delete_percent=100))]

    assert reasons == ["it deletes every monitor that the project owns there"]


def test_renaming_the_last_of_a_kind_does_not_empty_it() -> None:
    assert refusals(definitions(range(9), [1]), definitions(range(9), [0])) == []


def test_samples_count_as_any_other_kind() -> None:
    sample = Sample(kind="sample", name="quotes")
    before = Definitions(SHOP, samples={"quotes": sample}, monitors={"a": monitor("a")})

    assert refusals(definitions([]), before) == [
        ("it deletes 2 of the 2 definitions that the project owns there, more than 30%", "--allow-delete 100%"),
        ("it deletes every monitor that the project owns there", "--allow-delete monitor/a"),
        ("it deletes every sample that the project owns there", "--allow-delete sample/quotes"),
    ]


# Updates


def updated(count: int) -> dict[int, str]:
    return dict.fromkeys(range(count), "new")


def test_updates_of_any_share_are_fine_while_ten_are_owned() -> None:
    assert refusals(definitions(range(10), notes=updated(10)), definitions(range(10))) == []


def test_updates_of_more_than_half_of_eleven_are_refused() -> None:
    before = definitions(range(11))

    assert refusals(definitions(range(11), notes=updated(5)), before) == []
    assert refusals(definitions(range(11), notes=updated(6)), before) == [
        ("it updates 6 of the 11 definitions that the project owns there, more than 50%", "--allow-update 55%")
    ]
    assert refusals(definitions(range(11), notes=updated(6)), before, Allowed(update_percent=55)) == []


def test_creating_is_never_refused() -> None:
    assert planned(definitions(range(500)), Live(0)).refusals == ()
    assert refusals(definitions(range(500)), definitions([1])) == []


# What the target and the options say


def test_the_limits_of_a_target_take_the_place_of_ours() -> None:
    assert Allowed.by(None) == Allowed(30, 50)
    assert Allowed.by(Limits()) == Allowed(30, 50)
    assert Allowed.by(Limits(delete="20%")) == Allowed(20, 50)
    assert Allowed.by(Limits(delete="0%", update="100%")) == Allowed(0, 100)


def test_a_target_that_allows_nothing_does_not_allow_a_single_one_either() -> None:
    none, hardly_any = Allowed.by(Limits(delete="0%", update="0%")), Allowed.by(Limits(delete="1%", update="1%"))

    assert refusals(definitions(range(9)), definitions(range(10)), hardly_any) == []
    assert refusals(definitions(range(9)), definitions(range(10)), none) != []
    assert refusals(definitions(range(10), notes={1: "new"}), definitions(range(10)), hardly_any) == []
    assert refusals(definitions(range(10), notes={1: "new"}), definitions(range(10)), none) != []


@given(
    before=st.tuples(st.sets(st.integers(0, 20)), st.sets(st.integers(0, 5))),
    after=st.tuples(st.sets(st.integers(0, 20)), st.sets(st.integers(0, 5))),
    changed=st.sets(st.integers(0, 20)),
    start=st.builds(Allowed, st.integers(0, 100), st.integers(0, 100)),
)
def test_what_the_refusals_suggest_really_suffices(
    before: tuple[set[int], set[int]], after: tuple[set[int], set[int]], changed: set[int], start: Allowed
) -> None:
    wanted, there = definitions(*after, notes=dict.fromkeys(changed, "new")), live(definitions(*before))
    refused = planned(wanted, there, allowed=start)

    assert planned(wanted, there, allowed=allowed_by(refused, start)).refusals == ()


@given(st.integers(2, 150), st.data())
def test_one_percent_less_than_suggested_does_not_suffice(owned: int, data: st.DataObject) -> None:
    left = data.draw(st.integers(1, owned - 1))
    refused = planned(definitions(range(left)), live(definitions(range(owned))), allowed=Allowed(delete_percent=0))
    if owned - left > 1:
        less = allowed_by(refused).delete_percent - 1

        assert planned(definitions(range(left)), live(definitions(range(owned))), allowed=Allowed(less)).refusals != ()
    else:
        assert planned(definitions(range(left)), live(definitions(range(owned))), allowed=Allowed(1)).refusals == ()
