"""What a plan brings about that its changes do not say themselves: nobody is told, nothing is watched.

Documents from a target are taken as they come: what has another shape than ours has no consequences.
"""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from tocsin_schema.plan.changes import Change, Document, Identity, guid_of

Documents = Mapping[Identity, Document]


def warnings(changes: Sequence[Change], before: Documents, after: Documents, owner: str) -> Iterator[str]:
    """Yield a sentence for each consequence that a person may not have meant, by kind and name."""
    yield from _unattached(before, after)
    yield from _unwatched(before, after)
    for change in changes:
        yield from _of_change(change, owner)


def _unattached(before: Documents, after: Documents) -> Iterator[str]:
    lost = _told(before) - _told(after)
    for name in sorted(lost):
        if Identity("integration", name) in after:
            yield f"integration/{name} will no longer be attached to anything: it will send nothing"


def _unwatched(before: Documents, after: Documents) -> Iterator[str]:
    for name in sorted(_watched(before) - _watched(after)):
        if Identity("monitor", name) in after:
            yield f"monitor/{name} will no longer be watched by any alert definition: its failures alert nobody"


def _of_change(change: Change, owner: str) -> Iterator[str]:
    identity, before, after = change.identity, change.before, change.after
    if change.adopted_from is not None:
        yield f"{identity} is taken from the project `{change.adopted_from}`, which can't sync it any more"
    if before is None:
        return
    if after is None:
        if identity.kind == "monitor":
            yield f"{identity} will be gone: its open incident ends, and its checks are refused"
        return
    fallback = before.get("fallback")
    if identity.kind == "integration" and fallback is not None and after.get("fallback") is None:
        yield f"{identity} loses its fallback `{fallback}`: nobody there will be told of what it can't deliver"
    for key, effect in (("active", "is switched off"), ("generate_alerts", "will generate no alerts")):
        if before.get(key) is not False and after.get(key) is False:
            yield f"{identity} {effect}"
    if before.get("protect") is True and after.get("protect") is not True:
        yield f"{identity} will no longer be protected from deletion"
    if guid_of(before, change.adopted_from or owner) != guid_of(after, owner):
        yield f"{identity} gets another guid: its open incident ends, and checks that name the old guid are refused"


def _told(documents: Documents) -> set[str]:
    """Return the integrations that a level of an active alert definition attaches, or that stand in for others."""
    standing_in = {
        document.get({"integration": "fallback", "project": "operators_integration"}.get(identity.kind, ""))
        for identity, document in documents.items()
    }
    return {str(name) for name in standing_in if isinstance(name, str)} | {
        str(attachment.get("use"))
        for alert in _active_alerts(documents)
        for level in _mappings(alert.get("levels"))
        for attachment in _mappings(level.get("integrations"))
    }


def _watched(documents: Documents) -> set[str]:
    """Return the monitors that an active alert definition covers, by name or by group."""
    names: set[str] = set()
    groups: set[str] = set()
    for alert in _active_alerts(documents):
        names.update(_texts(alert.get("monitors")))
        groups.update(_texts(alert.get("groups")))
    return {
        identity.name
        for identity, document in documents.items()
        if identity.kind == "monitor"
        and (identity.name in names or not groups.isdisjoint(_texts(document.get("groups"))))
    }


def _active_alerts(documents: Documents) -> Iterator[Document]:
    return (
        document
        for identity, document in documents.items()
        if identity.kind == "alert" and document.get("active") is not False
    )


def _mappings(value: JsonValue) -> Iterator[Mapping[str, JsonValue]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())


def _texts(value: JsonValue) -> Iterator[str]:
    return (each for each in value if isinstance(each, str)) if isinstance(value, list) else iter(())
