"""Rules 207 to 210, and 214: what an integration of the right shape may still not say."""

from collections.abc import Iterator

from tocsin_schema.findings import Finding, Place, Related
from tocsin_schema.functions.user_defined import TOO_LARGE, regex_problem, regex_size
from tocsin_schema.models import Integration, RegexFunction, Source, Step
from tocsin_schema.rules.documents.expressions import regex_flaw
from tocsin_schema.rules.documents.paths import path_flaw, wide_steps
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject

MOST_INSTRUCTIONS = 500_000
"""Instructions that RE2 makes of all expressions of an integration, as of 55 that cut off at a thousand characters. Compiling them takes 2 s at the most."""

LARGEST = 40_000
"""What finding out counts for that an expression needs too many."""

MOST_WIDE = 2
"""Steps of a path that lead to all that lies below. Two end in time in 64 KiB as receivers send them, not so whatever they send."""


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
    finds="a regular expression that RE2 does not take, or takes too long to compile",
    why="The function could never run.",
    fix="Mend the expression where the finding points. RE2 has no lookaround and no backreferences: capture the part that is wanted in a group instead. In return no expression can hang the dispatcher.",
    of="integration",
    in_broken="always",
)
def bad_regex(subject: Subject) -> Iterator[Finding]:
    """A regex function's expression must be one that RE2 takes."""
    for integration in subject.definitions.integrations.values():
        left = MOST_INSTRUCTIONS
        for name, function in integration.functions.items():
            if not isinstance(function, RegexFunction):
                continue
            where = subject.place(integration).at("functions", name, "regex")
            if left <= 0:
                message = f"all expressions up to here come to more than {MOST_INSTRUCTIONS:,} instructions of RE2"
                yield finding("TOC209", message, where, help="repeat less in them: `.*` in place of `.{0,1000}`")
                break
            reason = regex_problem(function.regex)
            if reason is None:
                left -= regex_size(function.regex)
                continue
            left -= LARGEST if reason.startswith(TOO_LARGE) else len(function.regex)
            flaw = regex_flaw(function.regex, reason)
            message = f"the expression does not compile: {flaw.reason}"
            yield finding("TOC209", message, where.span(flaw.start, flaw.end), help=flaw.help)


@rule(
    "TOC210",
    "bad-path",
    "error",
    finds="a JSONPath or XPath that does not parse, calls a function that does not exist, or is beyond measure",
    why="The step could never succeed, or following its path would have no end.",
    fix="Mend the path. Conditions of an XPath stand at most 5 deep in one another; what `match` and `search` are given is an expression that RE2 takes. `json` takes a JSONPath (RFC 9535) such as `$.id`, `xml` an XPath 1.0 such as `//id`.",
    of="integration",
    in_broken="always",
)
def bad_path(subject: Subject) -> Iterator[Finding]:
    """A JSONPath or XPath must parse, call functions that exist, and keep to its measure."""
    for integration in subject.definitions.integrations.values():
        for where, source, path in _paths(integration, subject.place(integration)):
            flaw = path_flaw(source, path)
            if flaw is not None:
                name = "JSONPath" if source == "json" else "XPath"
                span = where.span(flaw.start, flaw.end)
                yield finding("TOC210", f"the {name} can't be followed: {flaw.reason}", span, help=flaw.help)


@rule(
    "TOC214",
    "costly-path",
    "warning",
    finds="a JSONPath or XPath with more than two steps of the kind of `..` or `//`",
    why="With each such step the work grows by as much as the answer holds. Judging an answer ends after 250 ms of processor time; the message has then arrived, and counts as failed.",
    fix="Write the names that lead there: `$.result.items[0].id` in place of `$..items..id`. Two such steps end in time in what receivers usually send.",
    of="integration",
)
def costly_path(subject: Subject) -> Iterator[Finding]:
    """A path should have at most two steps that lead to all that lies below."""
    for integration in subject.definitions.integrations.values():
        for where, source, path in _paths(integration, subject.place(integration)):
            if path_flaw(source, path) is None and (wide := wide_steps(source, path)) > MOST_WIDE:
                sign = "`..`" if source == "json" else "`//`"
                text = f"{wide} steps such as {sign} in one path: judging an answer may not end in time"
                yield finding("TOC214", text, where.span(0, len(path)), help="write the names that lead there")


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
