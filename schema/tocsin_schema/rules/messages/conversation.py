"""Rules of the fifth hundred on a receiver's messages taken together: what one opens, another has to close."""

from collections.abc import Iterator

from tocsin_schema.findings import Finding, Place, Related
from tocsin_schema.models import Integration, MessageSet, MessageType
from tocsin_schema.rules.analysis.sites import step_templates
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import CUSTOM_FIELD, VAULT_ITEM

INCIDENT_KEY = "@incident.key"


@rule(
    "TOC514",
    "no-incident-key",
    "warning",
    finds="error and ok messages that `@incident.key` does not tie together",
    why="A receiver that keeps state can't match an Ok to its Error: incidents stay open, or the wrong one is closed.",
    fix=(
        "Put `{{@incident.key}}` into both messages, or use in the `ok` what the error's response gave, "
        "captured with `keep: incident`."
    ),
    of="integration",
)
def no_incident_key(subject: Subject) -> Iterator[Finding]:
    """An Ok must say which Error it ends (`docs/domain.md#incident-key`).

    Nothing is missing where the Ok uses what the Error's response gave, and where both go to the same address of the
    monitor's own. A receiver that is sent reminders is read by people (`docs/domain.md#when-reminders-make-sense`), who
    need no key, as long as neither message bears one.
    """
    for integration in subject.definitions.integrations.values():
        error, ok = integration.message_set("error"), integration.message_set("ok")
        if error is None or ok is None:
            continue
        in_error, in_ok = _used(integration, error), _used(integration, ok)
        bearing = [INCIDENT_KEY in each for each in (in_error, in_ok)]
        if all(bearing) or _kept(error) & in_ok or _own_address(integration, error) & _own_address(integration, ok):
            continue
        if not any(bearing) and integration.message_set("reminder") is not None:
            continue
        yield _keyless(integration, subject.place(integration), *bearing)


@rule(
    "TOC515",
    "error-without-ok",
    "warning",
    finds="an integration that sends `error` and never `ok`",
    why="What the error opens at the receiver stays open for ever.",
    fix="Add a message for `ok`. Where nothing is left open, as in a chat, switch the rule off.",
    of="integration",
)
def error_without_ok(subject: Subject) -> Iterator[Finding]:
    """What an Error opens at the receiver, an Ok has to close (`docs/domain.md#incidents-and-alerts`)."""
    for integration in subject.definitions.integrations.values():
        if integration.message_set("error") is not None and integration.message_set("ok") is None:
            where = _type_place(integration, subject.place(integration), "error")
            message = f"`{integration.name}` is told of errors and never that they are over: it sends no `ok`"
            help = "add a message for `ok`, or switch the rule off where nothing is left open at the receiver"
            yield finding("TOC515", message, where, help=help)


def _keyless(integration: Integration, place: Place, in_error: bool, in_ok: bool) -> Finding:
    error, ok = (_type_place(integration, place, each) for each in ("error", "ok"))
    help = "put `{{@incident.key}}` into both messages, where the receiver looks for its own key"
    if in_error or in_ok:
        has, lacks = ("error", "ok") if in_error else ("ok", "error")
        message = f"`{has}` bears `@incident.key` and `{lacks}` does not: the receiver can't match the two"
        where, other = (ok, error) if in_error else (error, ok)
        return finding("TOC514", message, where, help=help, related=(Related(f"`{has}` is sent here", other),))
    message = "neither `error` nor `ok` bears `@incident.key`: the receiver can't match the two"
    related = () if error == ok else (Related("`error` is sent here", error),)
    return finding("TOC514", message, ok, help=help, related=related)


def _used(integration: Integration, message_set: MessageSet) -> set[str]:
    """Return the names of all that the requests of a set refer to, through variables too."""
    texts = [text for step in message_set.steps for _, text in step_templates(step, Place(None))]
    return _names(integration, texts)


def _own_address(integration: Integration, message_set: MessageSet) -> set[str]:
    """Return what in the URLs of a set tells one monitor from another."""
    names = _names(integration, [step.request.url for step in message_set.steps if step.request is not None])
    return {name for name in names if name == CUSTOM_FIELD or name.startswith("@monitor.")}


def _names(integration: Integration, texts: list[str]) -> set[str]:
    """Return every name that the texts refer to, variables followed."""
    found: set[str] = set()
    waiting = list(texts)
    while waiting:
        for reference in parse(waiting.pop()).references():
            name = reference.name
            if name in found or name.startswith(VAULT_ITEM):
                continue
            found.add(name)
            variable = integration.variables.get(name)
            if variable is not None and variable.value is not None:
                waiting.append(variable.value)
    return found


def _kept(error: MessageSet) -> set[str]:
    """Return the names of what the Error's responses give for the rest of the incident."""
    return {name for step in error.steps for name, capture in step.capture.items() if capture.keep == "incident"}


def _type_place(integration: Integration, place: Place, message_type: MessageType) -> Place:
    """Return the place where an integration says that it sends a message type."""
    for number, message_set in enumerate(integration.messages):
        if message_type in message_set.types:
            return place.at("messages", number, "types", message_set.types.index(message_type))
    return place
