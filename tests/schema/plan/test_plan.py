"""What a sync would change, who owns what, and the digest of it all."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import JsonValue
from tests.schema.shop import SHOP, integration, live, monitor, planned

from tocsin_schema.models import Integration, Monitor, Project
from tocsin_schema.models.canonical import canonical
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import Allowed, Identity, Live, LiveEntry, Plan, definitions_digest

GUID = "849b2046-213d-43ad-9efc-5af1faaeb222"


def of_monitors(*monitors: Monitor) -> Definitions:
    return Definitions(SHOP, monitors={each.name: each for each in monitors})


def of_integrations(*integrations: Integration) -> Definitions:
    return Definitions(SHOP, integrations={each.name: each for each in integrations})


def test_the_first_plan_creates_everything_the_project_itself_first() -> None:
    definitions = Definitions(SHOP, {"chat": integration("chat")}, monitors={"b": monitor("b"), "a": monitor("a")})
    first = planned(definitions, Live(0))

    assert [(each.action, str(each.identity)) for each in first.changes] == [
        ("create", "project/shop"),
        ("create", "monitor/a"),
        ("create", "monitor/b"),
        ("create", "integration/chat"),
    ]
    assert first.counts == {"create": 4, "update": 0, "delete": 0}
    assert first.refusals == ()


def test_a_change_holds_what_was_there_and_what_will_be() -> None:
    there = live(of_monitors(monitor("a"), monitor("b"), monitor("c", notes="old")))
    changes = planned(of_monitors(monitor("a"), monitor("c", notes="new"), monitor("d")), there).changes

    assert [(each.action, each.identity.name) for each in changes] == [
        ("delete", "b"),
        ("update", "c"),
        ("create", "d"),
    ]
    assert [(each.before, each.after) for each in changes] == [
        (canonical(monitor("b")), None),
        (canonical(monitor("c", notes="old")), canonical(monitor("c", notes="new"))),
        (None, canonical(monitor("d"))),
    ]


def test_a_plan_names_target_owner_and_the_revision_it_was_made_against() -> None:
    made = planned(of_monitors(), Live(41))

    assert (made.target, made.owner, made.revision, made.tool_version) == ("local", "shop", 41, "1.0")


def test_nothing_to_do_is_an_empty_plan() -> None:
    definitions = of_monitors(monitor("a"))

    assert planned(definitions, live(definitions)).changes == ()


@pytest.mark.parametrize(("before", "after"), [(True, 1), (False, 0), (1, True), (1, 1.0), ([True], [1])])
def test_values_that_python_takes_for_equal_are_different_bodies(before: Any, after: Any) -> None:
    there = live(of_integrations(integration("chat", json={"on": before})))

    assert planned(of_integrations(integration("chat", json={"on": after})), there).counts["update"] == 1


def test_the_order_of_keys_is_no_change() -> None:
    there = live(of_integrations(integration("chat", json={"a": 1, "b": 2})))

    assert planned(of_integrations(integration("chat", json={"b": 2, "a": 1})), there).changes == ()


def test_a_changed_project_file_is_an_update_of_the_project() -> None:
    other = SHOP.model_copy(update={"vault": ("pagerduty",)})

    assert [str(each.identity) for each in planned(Definitions(other), live(Definitions(SHOP))).changes] == [
        "project/shop"
    ]


def test_a_target_of_the_project_is_no_change() -> None:
    target = {"type": "dispatcher", "url": "https://tocsin.example.com", "token": {"env": "TOCSIN_TOKEN"}}
    with_target = Project.model_validate({**canonical(SHOP), "targets": {"local": target}})

    assert planned(Definitions(with_target), live(Definitions(SHOP))).changes == ()


# Ownership


def test_what_another_project_owns_is_left_alone() -> None:
    foreign = LiveEntry("billing", canonical(monitor("invoices")))
    made = planned(of_monitors(monitor("a")), live(of_monitors(monitor("a")), foreign))

    assert (made.changes, made.refusals) == ((), ())


def test_a_name_that_another_project_owns_is_refused() -> None:
    foreign = LiveEntry("billing", canonical(monitor("a", notes="theirs")))
    (refusal,) = planned(of_monitors(monitor("a")), live(Definitions(SHOP), foreign)).refusals

    assert refusal.reason == (
        "monitor/a belongs to the project `billing`, not to `shop`: give it another name, or remove it there"
    )
    assert (refusal.allow, refusal.by) == ("--adopt monitor/a", "ownership")


def test_one_name_may_stand_for_things_of_different_kinds() -> None:
    foreign = LiveEntry("billing", canonical(integration("a")))

    assert planned(of_monitors(monitor("a")), live(Definitions(SHOP), foreign)).refusals == ()


def test_a_monitor_with_the_guid_of_another_projects_monitor_is_refused() -> None:
    foreign = LiveEntry("billing", canonical(monitor("invoices", guid=GUID.upper())))
    (refusal,) = planned(of_monitors(monitor("a", guid=GUID)), live(Definitions(SHOP), foreign)).refusals

    assert refusal.reason == (
        "monitor/a has the guid of monitor/invoices in the project `billing`: every monitor needs its own"
    )
    assert planned(of_monitors(monitor("a")), live(Definitions(SHOP), foreign)).refusals == ()


def test_a_monitor_that_is_taken_by_name_and_guid_is_refused_once() -> None:
    foreign = LiveEntry("billing", canonical(monitor("a", guid=GUID)))

    assert len(planned(of_monitors(monitor("a", guid=GUID)), live(Definitions(SHOP), foreign)).refusals) == 1


# The digest


def a_plan() -> Plan:
    return planned(of_monitors(monitor("a", notes="new"), monitor("c")), live(of_monitors(monitor("a"), monitor("b"))))


def test_the_same_plan_has_the_same_digest_at_any_revision() -> None:
    one = a_plan()

    assert one.digest == a_plan().digest
    assert one.digest == replace(one, revision=8).digest
    assert one.digest == replace(one, refusals=()).digest
    assert len(one.digest) == 64


@pytest.mark.parametrize("different", [{"target": "production"}, {"owner": "billing"}, {"tool_version": "1.1"}])
def test_the_digest_speaks_of_target_owner_and_version(different: dict[str, Any]) -> None:
    assert replace(a_plan(), **different).digest != a_plan().digest


def test_the_digest_speaks_of_every_before_and_after() -> None:
    one = a_plan()
    update = next(each for each in one.changes if each.action == "update")
    others = [
        one.changes[1:],
        (replace(update, before=canonical(monitor("a", url="x"))), *one.changes[1:]),
        (replace(update, after=canonical(monitor("a", url="x"))), *one.changes[1:]),
        (replace(update, identity=Identity("monitor", "z")), *one.changes[1:]),
        (replace(update, action="create"), *one.changes[1:]),
    ]
    digests = {one.digest, *(replace(one, changes=changes).digest for changes in others)}

    assert one.changes[0] is update
    assert len(digests) == 6


def test_an_identity_is_written_as_options_write_it() -> None:
    assert str(Identity("alert", "shop-down")) == "alert/shop-down"


# Adoption and protection


def taken(*documents: Monitor, owner: str = "billing", **more: Any) -> list[LiveEntry]:
    return [LiveEntry(owner, canonical(each), **more) for each in documents]


@pytest.mark.parametrize("named", ["monitor/a", "a"])
def test_an_adopted_definition_is_an_update_that_names_its_former_project(named: str) -> None:
    there = live(Definitions(SHOP), *taken(monitor("a", notes="theirs")))
    made = planned(of_monitors(monitor("a", notes="ours")), there, allowed=Allowed(adoptions=frozenset({named})))
    (change,) = made.changes

    assert (change.action, change.adopted_from, made.refusals) == ("update", "billing", ())
    assert change.before == canonical(monitor("a", notes="theirs"))
    assert made.adopted == (change,)
    assert made.warnings[0] == "monitor/a is taken from the project `billing`, which can't sync it any more"


def test_an_adoption_without_any_other_change_is_a_change() -> None:
    there = live(Definitions(SHOP), *taken(monitor("a", guid=GUID)))
    made = planned(of_monitors(monitor("a", guid=GUID)), there, allowed=Allowed(adoptions=frozenset({"a"})))

    assert made.counts["update"] == 1
    assert len(made.warnings) == 1


def test_the_former_owner_is_told_who_took_it_and_when_and_creates_nothing() -> None:
    there = live(Definitions(SHOP), *taken(monitor("a"), former_owner="shop", since=41))
    made = planned(of_monitors(monitor("a")), there)

    assert made.changes == ()
    assert [(each.reason, each.allow) for each in made.refusals] == [
        (
            "monitor/a is no longer of this project: the project `billing` adopted it in revision 41. "
            "Remove it from the files, or take it back",
            "--adopt monitor/a",
        )
    ]


def test_what_another_project_still_refers_to_is_not_adopted() -> None:
    alert: dict[str, JsonValue] = {
        "kind": "alert",
        "name": "down",
        "monitors": ["a"],
        "levels": [{"when": {"errors": 1}}],
    }
    theirs = [LiveEntry("billing", {**canonical(SHOP), "name": "billing"}), LiveEntry("billing", alert)]
    there = live(Definitions(SHOP), *theirs, *taken(monitor("a")))
    made = planned(of_monitors(monitor("a")), there, allowed=Allowed(adoptions=frozenset({"a"})))

    (refusal,) = made.refusals
    assert refusal.reason.startswith("without monitor/a the project `billing` has errors, first of all alert/down: ")
    assert (refusal.allow, refusal.by) == (None, "ownership")


def test_another_projects_file_is_never_adopted() -> None:
    foreign = LiveEntry("billing", canonical(SHOP))
    made = planned(Definitions(SHOP), Live(1, (foreign,)), allowed=Allowed(adoptions=frozenset({"project/shop"})))

    assert [(each.by, each.allow) for each in made.refusals] == [("ownership", None)]


@pytest.mark.parametrize("allowed", [Allowed(), Allowed(100, 100, frozenset({"monitor/a"}))])
def test_what_is_protected_is_not_deleted_whatever_is_allowed(allowed: Allowed) -> None:
    there = live(of_monitors(monitor("a", protect=True), monitor("b")))
    made = planned(of_monitors(monitor("b")), there, allowed=allowed)

    assert [(each.reason, each.allow, each.by) for each in made.refusals] == [
        ("monitor/a is protected: sync it with `protect: false` first, and delete it then", None, "protection")
    ]


def test_protection_is_given_up_by_a_sync_that_says_so() -> None:
    made = planned(of_monitors(monitor("a", protect=False)), live(of_monitors(monitor("a", protect=True))))

    assert (made.counts["update"], made.refusals) == (1, ())
    assert made.warnings == ("monitor/a will no longer be protected from deletion",)


# The digest of everything that a project owns


def test_the_digest_of_definitions_tells_every_difference_and_nothing_else() -> None:
    one = definitions_digest(of_monitors(monitor("a"), monitor("b")))

    assert one == definitions_digest(of_monitors(monitor("b"), monitor("a")))
    other_owner = Definitions(
        SHOP.model_copy(update={"name": "other"}), monitors={"a": monitor("a"), "b": monitor("b")}
    )
    others = [of_monitors(monitor("a")), of_monitors(monitor("a"), monitor("b", notes="x")), other_owner]
    assert len({one, *map(definitions_digest, others)}) == 4
