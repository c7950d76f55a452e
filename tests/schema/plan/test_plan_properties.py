"""What holds of every plan: applied, it gives what is wanted, and touches nothing else."""

from hypothesis import given, settings
from tests.schema.shop import live, planned
from tests.schema.strategies import definitions

from tocsin_schema.models.canonical import canonical_json
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import Identity, Live, LiveEntry, Plan, desired_documents


def applied(made: Plan, there: Live) -> Live:
    """Apply a plan as a target does: by its changes alone."""
    entries = {entry.identity: entry for entry in there.entries}
    for change in made.changes:
        if change.after is None:
            del entries[change.identity]
        else:
            entries[change.identity] = LiveEntry(made.owner, change.after)
    return Live(there.revision + 1, tuple(entries.values()))


def documents(entries: Live, owner: str) -> dict[Identity, str]:
    return {identity: canonical_json(dict(each)) for identity, each in entries.owned_by(owner).items()}


@settings(max_examples=25)
@given(definitions(), definitions())
def test_applying_a_plan_gives_exactly_what_is_wanted(before: Definitions, after: Definitions) -> None:
    there = live(before)
    result = applied(planned(after, there), there)

    assert documents(result, "shop-alerting") == documents(live(after), "shop-alerting")
    assert planned(after, result).changes == ()


@settings(max_examples=25)
@given(definitions())
def test_a_plan_to_what_is_there_is_empty(there: Definitions) -> None:
    made = planned(there, live(there))

    assert (made.changes, made.refusals) == ((), ())


@settings(max_examples=25)
@given(definitions(), definitions(), definitions("billing", "billing-"))
def test_a_plan_never_touches_what_another_project_owns(
    before: Definitions, after: Definitions, others: Definitions
) -> None:
    there = live(before, *live(others).entries)
    made = planned(after, there)

    assert {change.identity for change in made.changes}.isdisjoint(there.owned_by("billing"))
    assert documents(applied(made, there), "billing") == documents(there, "billing")


@settings(max_examples=25)
@given(definitions(), definitions(), definitions("billing"))
def test_every_name_that_another_project_owns_is_refused(
    before: Definitions, after: Definitions, others: Definitions
) -> None:
    taken = live(others).owned_by("billing")
    ours = Live(1, tuple(entry for entry in live(before).entries if entry.identity not in taken))
    there = Live(1, (*ours.entries, *live(others).entries))
    clashes = {str(Identity.of(each)) for each in desired_documents(after)} & {str(each) for each in taken}
    reasons = [each.reason for each in planned(after, there).refusals if "belongs to the project" in each.reason]

    assert {reason.partition(" ")[0] for reason in reasons} == clashes
    assert all("`billing`" in reason for reason in reasons)


@settings(max_examples=25)
@given(definitions(), definitions())
def test_changes_come_sorted_and_each_definition_once(before: Definitions, after: Definitions) -> None:
    order = ["project", "monitor", "integration", "alert", "sample"]
    identities = [change.identity for change in planned(after, live(before)).changes]

    assert identities == sorted(set(identities), key=lambda each: (order.index(each.kind), each.name))


@settings(max_examples=25)
@given(definitions(), definitions())
def test_the_order_of_what_is_live_changes_nothing(before: Definitions, after: Definitions) -> None:
    there = live(before)
    backwards = Live(there.revision, there.entries[::-1])

    assert planned(after, backwards) == planned(after, there)
    assert planned(after, backwards).digest == planned(after, there).digest
