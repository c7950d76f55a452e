"""Rules 207 to 212: what a document of the right shape may still not say."""

from collections.abc import Iterator

from tocsin_schema.findings import Finding, Place, Related
from tocsin_schema.functions.dates import known_culture, known_time_zone
from tocsin_schema.functions.user_defined import regex_problem
from tocsin_schema.models import Integration, RegexFunction, Source, Step
from tocsin_schema.rules.catalogue.table import RULES
from tocsin_schema.rules.documents.expressions import regex_flaw
from tocsin_schema.rules.documents.paths import path_flaw
from tocsin_schema.rules.finding import finding, rewritten
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.text.suggest import cut

ALWAYS_ON = tuple(code for code, each in RULES.items() if each.fixed)
"""Rules whose findings leave nothing to work with: they can't be switched off."""


@rule("TOC207", of="integration")
def type_in_two_sets(subject: Subject) -> Iterator[Finding]:
    """A message type may appear in one set only (`docs/domain.md#messages-and-their-types`)."""
    for integration in subject.definitions.integrations.values():
        first: dict[str, Place] = {}
        for number, message_set in enumerate(integration.messages):
            for position, message_type in enumerate(message_set.types):
                where = subject.place(integration).at("messages", number, "types", position)
                if message_type in first:
                    yield finding(
                        "TOC207",
                        f"`{message_type}` is named a second time",
                        where,
                        related=(Related("it is named here first", first[message_type]),),
                        help="name each message type once",
                    )
                else:
                    first[message_type] = where


@rule("TOC208", of="integration")
def no_error_message(subject: Subject) -> Iterator[Finding]:
    """Error must appear in a set (`docs/domain.md#messages-and-their-types`)."""
    for integration in subject.definitions.integrations.values():
        if integration.message_set("error") is None:
            yield finding(
                "TOC208",
                f"`{integration.name}` has no message for `error`",
                subject.place(integration).at("messages", key=True),
                help="add `error` to the types of one set",
            )


@rule("TOC209", of="integration")
def bad_regex(subject: Subject) -> Iterator[Finding]:
    """A regex function's expression must be one that RE2 takes."""
    for integration in subject.definitions.integrations.values():
        for name, function in integration.functions.items():
            if isinstance(function, RegexFunction):
                reason = regex_problem(function.regex)
                if reason is not None:
                    flaw = regex_flaw(function.regex, reason)
                    where = subject.place(integration).at("functions", name, "regex").span(flaw.start, flaw.end)
                    yield finding("TOC209", f"the expression does not compile: {flaw.reason}", where, help=flaw.help)


@rule("TOC210", of="integration")
def bad_path(subject: Subject) -> Iterator[Finding]:
    """A JSONPath or XPath must parse, and call functions that exist."""
    for integration in subject.definitions.integrations.values():
        for where, source, path in _paths(integration, subject.place(integration)):
            flaw = path_flaw(source, path)
            if flaw is not None:
                name = "JSONPath" if source == "json" else "XPath"
                span = where.span(flaw.start, flaw.end)
                yield finding("TOC210", f"the {name} can't be followed: {flaw.reason}", span, help=flaw.help)


@rule("TOC211")
def unknown_zone_or_culture(subject: Subject) -> Iterator[Finding]:
    """The account's time zone is an IANA name, its culture one that Babel knows."""
    account = subject.definitions.project.account
    where = Place(None).at("account")
    if not known_time_zone(account.time_zone):
        help = "use an IANA name such as America/Chicago"
        yield finding("TOC211", f"there is no time zone `{account.time_zone}`", where.at("time_zone"), help=help)
    if not known_culture(account.culture):
        help = "use a culture such as en-US"
        yield finding("TOC211", f"there is no culture `{account.culture}`", where.at("culture"), help=help)


@rule("TOC212")
def unknown_rule(subject: Subject) -> Iterator[Finding]:
    """The project file can set the severity of rules that exist."""
    for code in subject.definitions.project.rules:
        where = Place(None).at("rules", code, key=True)
        if code not in RULES:
            known = code.upper() in RULES
            help = f"did you mean `{code.upper()}`?" if known else "`tocsin rule` lists them"
            fix = rewritten(where, code.upper()) if known else None
            yield finding("TOC212", f"there is no rule `{cut(code)}`", where, help=help, fix=fix)
        elif code.startswith(ALWAYS_ON):
            yield finding(
                "TOC212",
                f"{code} is always an error: nothing can be done with such definitions",
                where,
                help="remove it here",
            )


def _paths(integration: Integration, place: Place) -> Iterator[tuple[Place, Source, str]]:
    for number, message_set in enumerate(integration.messages):
        for position, step in enumerate(message_set.steps):
            yield from _step_paths(step, place.at("messages", number, "steps", position))


def _step_paths(step: Step, place: Place) -> Iterator[tuple[Place, Source, str]]:
    for number, assertion in enumerate(step.assert_):
        if assertion.source in ("json", "xml") and assertion.selector is not None:
            yield place.at("assert", number, assertion.source, "path"), assertion.source, assertion.selector
    for name, capture in step.capture.items():
        if capture.source in ("json", "xml") and capture.selector is not None:
            yield place.at("capture", name, capture.source), capture.source, capture.selector
