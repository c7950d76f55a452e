"""Why a plan may not be applied: ownership, protection, limits. Each refusal names the option that would allow it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import JsonValue

from tocsin_schema.check import check
from tocsin_schema.plan.changes import (
    KIND_ORDER,
    UPDATE_FLOOR,
    Allowed,
    Change,
    Document,
    Identity,
    LimitUse,
    Live,
    LiveEntry,
    Refusal,
    guid_of,
)


def ownership(desired: Mapping[Identity, Document], live: Live, owner: str, allowed: Allowed) -> Iterator[Refusal]:
    """Refuse names and monitor guids of other projects, unless they are adopted."""
    foreign = [entry for entry in live.entries if entry.owner != owner]
    names = {entry.identity: entry for entry in foreign}
    guids = {entry.guid: entry for entry in foreign if entry.guid is not None}
    for identity, document in sorted(desired.items(), key=lambda item: item[0].sort_key):
        taken = names.get(identity)
        if taken is not None and not allowed.adopts(identity):
            yield Refusal(
                _owned(taken, owner), f"--adopt {identity}" if identity.kind != "project" else None, "ownership"
            )
        other = guids.get(guid_of(document, owner) or "")
        if other is not None and other is not taken:
            yield Refusal(
                f"{identity} has the guid of {other.identity} in the project `{other.owner}`: "
                "every monitor needs its own",
                by="ownership",
            )


def _owned(taken: LiveEntry, owner: str) -> str:
    if taken.former_owner == owner:
        when = f" in revision {taken.since}" if taken.since is not None else ""
        return (
            f"{taken.identity} is no longer of this project: the project `{taken.owner}` adopted it{when}. "
            "Remove it from the files, or take it back"
        )
    return (
        f"{taken.identity} belongs to the project `{taken.owner}`, not to `{owner}`: "
        "give it another name, or remove it there"
    )


def left_behind(changes: Iterable[Change], live: Live) -> Iterator[Refusal]:
    """Refuse adoptions without which the other project's definitions have errors: something there refers to them."""
    adopted = [change for change in changes if change.adopted_from is not None]
    for former in sorted({str(change.adopted_from) for change in adopted}):
        taken = {change.identity for change in adopted}
        staying = {identity: each for identity, each in live.owned_by(former).items() if identity not in taken}
        projects = [dict(each) for identity, each in staying.items() if identity.kind == "project"]
        documents: list[JsonValue] = [dict(each) for identity, each in staying.items() if identity.kind != "project"]
        errors = check(projects[0], documents).errors if projects else ()
        if errors:
            number = errors[0].where.document
            where = f"{Identity.of(_document(documents, number))}: " if number is not None else ""
            yield Refusal(
                f"without {', '.join(sorted(str(each.identity) for each in adopted if each.adopted_from == former))} "
                f"the project `{former}` has errors, first of all {where}{errors[0].message}",
                by="ownership",
            )


def _document(documents: Sequence[JsonValue], number: int) -> Document:
    document = documents[number]
    return document if isinstance(document, dict) else {}


def protection(changes: Iterable[Change]) -> Iterator[Refusal]:
    """Refuse to delete what says `protect: true` where it is live."""
    for change in changes:
        if change.action == "delete" and change.before is not None and change.before.get("protect") is True:
            yield Refusal(
                f"{change.identity} is protected: sync it with `protect: false` first, and delete it then",
                by="protection",
            )


def limit_uses(changes: Sequence[Change], owned: Mapping[Identity, Document], allowed: Allowed) -> tuple[LimitUse, ...]:
    """Return how much a plan deletes and updates of what the project owns; the project file does not count."""
    count = sum(identity.kind != "project" for identity in owned)
    deleted = [each for each in _identities(changes, "delete") if str(each) not in allowed.deletions]
    updated = [each for each in _identities(changes, "update") if each in owned]
    limited = count > UPDATE_FLOOR or allowed.update_percent == 0  # who writes 0 means none at all
    uses = (
        LimitUse("delete", len(deleted), count, allowed.delete_percent),
        LimitUse("update", len(updated), count, allowed.update_percent if limited else None),
    )
    return tuple(use for use in uses if use.count)


def limits(
    changes: Sequence[Change], owned: Mapping[Identity, Document], uses: Iterable[LimitUse], allowed: Allowed
) -> Iterator[Refusal]:
    """Refuse what goes beyond a limit, and what leaves none of a kind."""
    over = {use.action: use for use in uses if use.limit is not None and use.count * 100 > use.owned * use.limit}
    if "delete" in over and (over["delete"].count > 1 or over["delete"].limit == 0):
        yield _beyond(over["delete"])
    unallowed = [each for each in _identities(changes, "delete") if str(each) not in allowed.deletions]
    yield from _emptied_kinds(changes, unallowed, owned)
    if "update" in over:
        yield _beyond(over["update"])


def idle(changes: Iterable[Change], allowed: Allowed) -> Iterator[str]:
    """Warn of deletions that are allowed by name and are none: the name is misspelt, or the option was left behind."""
    deleted = {str(identity) for identity in _identities(changes, "delete")}
    for name in sorted(allowed.deletions - deleted):
        yield f"--allow-delete {name} allows nothing: the plan does not delete it"


def _beyond(use: LimitUse) -> Refusal:
    return Refusal(
        f"it {use.action}s {use.count} of the {use.owned} definitions that the project owns there, "
        f"more than {use.limit}%",
        f"--allow-{use.action} {use.percent}%",
    )


def _emptied_kinds(
    changes: Sequence[Change], unallowed: Iterable[Identity], owned: Mapping[Identity, Document]
) -> Iterator[Refusal]:
    """Refuse what leaves none of a kind, until each of its deletions is allowed by name."""
    unallowed = list(unallowed)
    staying = {each.kind for each in set(owned) - set(_identities(changes, "delete"))}
    staying |= {change.identity.kind for change in changes if change.after is not None}
    for kind in KIND_ORDER:
        going = [identity for identity in unallowed if identity.kind == kind]
        if going and kind not in staying:
            yield Refusal(
                f"it deletes every {kind} that the project owns there",
                " ".join(f"--allow-delete {identity}" for identity in going),
            )


def _identities(changes: Iterable[Change], action: str) -> list[Identity]:
    return [each.identity for each in changes if each.action == action and each.identity.kind != "project"]
