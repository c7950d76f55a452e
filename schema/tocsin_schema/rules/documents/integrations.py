"""Rules 207 to 210: what an integration of the right shape may still not say."""

from collections.abc import Iterator

from tocsin_schema.findings import Finding, Place, Related
from tocsin_schema.functions.user_defined import regex_problem
from tocsin_schema.models import Integration, RegexFunction, Source, Step
from tocsin_schema.rules.documents.expressions import regex_flaw
from tocsin_schema.rules.documents.paths import path_flaw
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject


@rule(
    "TOC207",
    "type-in-two-sets",
    "error",
    finds="a message type in two sets of one integration",
    why="A type may appear in one set only; otherwise it is open which steps are taken.",
    fix="Name each message type once: in the set whose steps shall be taken for it.",
    of="integration",
    in_broken="always",
)
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


@rule(
    "TOC208",
    "no-error-message",
    "error",
    finds="an integration without a message for `error`",
    why="It would tell nobody that anything is wrong.",
    fix="Add `error` to the `types` of one set.",
    of="integration",
)
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


@rule(
    "TOC209",
    "bad-regex",
    "error",
    finds="a regular expression that RE2 does not take",
    why="The function could never run.",
    fix="Mend the expression where the finding points. RE2 has no lookaround and no backreferences: capture the part that is wanted in a group instead. In return no expression can hang the dispatcher.",
    of="integration",
    in_broken="always",
)
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


@rule(
    "TOC210",
    "bad-path",
    "error",
    finds="a JSONPath or XPath that does not parse, or calls a function that does not exist",
    why="The step could never succeed.",
    fix="Mend the path. `json` takes a JSONPath (RFC 9535) such as `$.id`, `xml` an XPath 1.0 such as `//id`.",
    of="integration",
    in_broken="always",
)
def bad_path(subject: Subject) -> Iterator[Finding]:
    """A JSONPath or XPath must parse, and call functions that exist."""
    for integration in subject.definitions.integrations.values():
        for where, source, path in _paths(integration, subject.place(integration)):
            flaw = path_flaw(source, path)
            if flaw is not None:
                name = "JSONPath" if source == "json" else "XPath"
                span = where.span(flaw.start, flaw.end)
                yield finding("TOC210", f"the {name} can't be followed: {flaw.reason}", span, help=flaw.help)


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
