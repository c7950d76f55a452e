"""An alert definition in words, a line for each thing it says: a reviewer compares lines, not keys."""

import json
from collections.abc import Iterator, Mapping

from tocsin_schema.models import Alert, Level
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.models.duration import format_duration
from tocsin_schema.plan.changes import Identity


def alert_words(
    definitions: Definitions, alert: Alert, renamed: Mapping[Identity, Identity] | None = None
) -> Iterator[str]:
    """Yield what an alert definition says and covers; each line can be read by itself.

    `renamed` gives new names of what it speaks of: a reference that only follows a new name says the same.
    """
    names = renamed or {}
    if alert.title is not None:
        yield f"is called {_quoted(alert.title)}"
    if alert.guid is not None:
        yield f"has the guid {alert.guid}"
    if not alert.active:
        yield "is not active: it tells nobody"
    yield from _covered(definitions, alert, names)
    for number, level in enumerate(alert.levels, start=1):
        for words in _level(level, names):
            yield f"level {number} {words}"


def _covered(definitions: Definitions, alert: Alert, renamed: Mapping[Identity, Identity]) -> Iterator[str]:
    covered = [each.name for each in definitions.monitors_of(alert)]
    for group in alert.groups:
        yield f"covers every monitor of the group {group}"
    for name in covered:
        yield f"covers the monitor {_named('monitor', name, renamed)}"
    for name in alert.monitors:
        if name not in covered:
            yield f"covers the monitor {name}, which is not defined"


def _level(level: Level, renamed: Mapping[Identity, Identity]) -> Iterator[str]:
    if level.when.errors is not None:
        yield "fires at 1 error" if level.when.errors == 1 else f"fires at {level.when.errors} errors in a row"
    elif level.when.error_for is not None:
        yield f"fires once errors have lasted {format_duration(level.when.error_for)}"
    if not level.active:
        yield "is not active: it stays silent"
    if level.message:
        yield f"says {_quoted(level.message)}"
    yield _reminders(level)
    for attachment in level.integrations:
        values = [f"{name} {_quoted(value)}" for name, value in attachment.variables.items()]
        yield f"tells {_named('integration', attachment.use, renamed)}" + (
            f" with {', '.join(values)}" if values else ""
        )
    yield from (f"tells the operator {_quoted(each)}" for each in level.operators)
    yield from (f"tells the operator group {_quoted(each)}" for each in level.operator_groups)
    if level.trace_route:
        yield "makes a trace route"


def _reminders(level: Level) -> str:
    reminders = level.reminders
    if reminders is None or not reminders.max:
        return "reminds nobody"
    times = "once" if reminders.max == 1 else f"at most {reminders.max} times"
    return f"reminds {times}, every {format_duration(reminders.every)}"


def _named(kind: str, name: str, renamed: Mapping[Identity, Identity]) -> str:
    own = Identity(kind, name)
    return renamed.get(own, own).name


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
