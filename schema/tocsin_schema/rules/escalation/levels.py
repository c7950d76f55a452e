"""Rules of the sixth hundred on levels: their order, and the texts that they bear (`docs/domain.md#who-is-told`)."""

from collections.abc import Iterator

from tocsin_schema.findings import Finding, Place, Related
from tocsin_schema.models import Level, When
from tocsin_schema.models.duration import format_duration
from tocsin_schema.rules.analysis.sites import integration_templates, target_values
from tocsin_schema.rules.escalation.firing import active_levels_of, condition_place, levels_by_number, too_early
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.parser import parse
from tocsin_schema.text.suggest import listed

MESSAGE = "@escalationLevel.message"


@rule(
    "TOC609",
    "level-too-early",
    "warning",
    finds="a level that can't fire later than the level before it",
    why="Escalation goes from one level to the next: the later level would come at once, or first.",
    fix="Let the later level wait longer, or make one level of the two. Conditions of different kinds are compared by the check intervals of the monitors.",
    of="alert",
)
def level_too_early(subject: Subject) -> Iterator[Finding]:
    """A later level must be able to fire later than an earlier one."""
    coverage = subject.definitions.coverage
    for alert in subject.definitions.alerts.values():
        monitors = coverage.alerting(alert) if "monitor" not in subject.unread else []
        active = active_levels_of(alert)
        for position, (number, level) in enumerate(active):
            before = [each for each in active[:position] if too_early(each[1].when, level.when, monitors)]
            if before:
                other_number, other = before[-1]
                levels = subject.place(alert).at("levels")
                related = [
                    Related(
                        f"level {other_number} fires here", condition_place(levels.at(other_number - 1), other.when)
                    )
                ]
                if not too_early(other.when, level.when, []):  # without a check interval it could not be told
                    interval = subject.place(monitors[0]).at("check_interval")
                    related.append(Related("checks come this often", interval))
                yield finding(
                    "TOC609",
                    f"level {number} fires {_words(level.when)}, not later than level {other_number},"
                    f" which fires {_words(other.when)}",
                    condition_place(levels.at(number - 1), level.when),
                    related=tuple(related),
                    help=f"let level {number} wait longer than level {other_number}, or make the two one level",
                )


@rule(
    "TOC616",
    "message-not-used",
    "warning",
    finds="a level's `message` that none of its integrations sends",
    why="What was written for the person on call never reaches them.",
    fix="Put `{{@escalationLevel.message}}` into a message of an integration of the level, or remove the text.",
    of="alert",
)
def message_not_used(subject: Subject) -> Iterator[Finding]:
    """A level's message is sent as `@escalationLevel.message` alone (`docs/domain.md#system-variables`)."""
    known = subject.definitions.integrations
    given = {key.rpartition(".")[0] for _, key, text in target_values(subject.definitions.project) if _says_it(text)}
    using: dict[str, bool] = {}
    for _, level, number, place in levels_by_number(subject):
        used = list(dict.fromkeys(each.use for each in level.integrations))
        if not level.message.strip() or not used or level.operators or level.operator_groups:
            continue
        for name in used:
            if name in known and name not in using:
                templates = integration_templates(known[name], Place(None))
                using[name] = name in given or any(_says_it(text) for _, text in templates)
        if not any(using.get(name, True) for name in used) and not _given_on(level):
            yield finding(
                "TOC616",
                f"this text of level {number} reaches nobody: {listed(used)} {'does' if len(used) == 1 else 'do'} not send it",
                place.at("message"),
                help=f"put `{{{{{MESSAGE}}}}}` into a message of the integration, or remove the text here",
            )


def _words(when: When) -> str:
    if when.error_for is not None:
        return f"after {format_duration(when.error_for)} of errors"
    return "at the first error" if when.errors == 1 else f"at {when.errors} errors in a row"


def _given_on(level: Level) -> bool:
    """Whether the level gives its message on as the value of a variable."""
    return any(_says_it(value) for each in level.integrations for value in each.variables.values())


def _says_it(text: str) -> bool:
    """Whether a template prints the level's message."""
    return MESSAGE in text and any(reference.name == MESSAGE for reference in parse(text).references())
