"""A review as sections of lines, one for each definition: the terminal and a pull request show the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.messages.request_text import MARGIN
from tocsin.project.findings import LocatedFinding
from tocsin.reports.summary import NAMES
from tocsin.review.diff_lines import MOST_LINES, Line, Sign, clipped, cut_to, field_lines, lines_of, word_lines
from tocsin.review.message_changes import Action, MessageReview, Occasion, Values, Variant
from tocsin.review.review import DefinitionReview, Review
from tocsin.review.step_changes import Parts
from tocsin_schema.findings import SEVERITIES, Severity
from tocsin_schema.models import MessageType

SIGNS: dict[Action, str] = {"added": "+", "removed": "-", "changed": "~"}
SHORT = 40
"""Lines of a new request: what is new is shown whole, but short."""

LINE = 400
"""Characters of a finding on its line."""

NOT_YET = "in a pull request no command uses it until it is merged"
"""What is said of a target whose address, secret or limits differ."""

VERBS: dict[Action, tuple[str, str]] = {
    "changed": ("differs", "differ"),
    "added": ("is new", "are new"),
    "removed": ("is gone", "are gone"),
}


TARGETS: dict[Action, str] = {"changed": "changed", "added": "added"}


@dataclass(frozen=True, slots=True)
class Section:
    """What is told of one definition: `head` names it, `aside` says more of it, `counted` how much differs."""

    action: Action
    head: str
    aside: str
    counted: str
    lines: tuple[Line, ...]


def target_sections(review: Review) -> list[Section]:
    """Return a section for each target that differs; it is shown first of all."""
    return [
        Section(
            each.action,
            clipped(f"target/{each.name}"),
            "" if each.trusted else NOT_YET,
            "",
            tuple(line for field in each.fields for line in field_lines(field)),
        )
        for each in review.targets
    ]


def sections(review: Review) -> list[Section]:
    """Return a section for each definition of which there is something to tell."""
    return [_section(each) for each in review.told]


def _section(told: DefinitionReview) -> Section:
    title = clipped(told.title) if told.title is not None else ""
    was = clipped(f"was {told.was}") if told.was is not None else ""
    return Section(
        told.action,
        clipped(f"{told.kind}/{told.name}"),
        " · ".join(filter(None, [title, was])),
        counted_messages({action: told.occasions(action) for action in VERBS}),
        tuple(_lines(told)),
    )


def _lines(told: DefinitionReview) -> Iterator[Line]:
    yield from word_lines(*told.words)
    for field in told.fields:
        yield from field_lines(field)
    for message in told.messages:
        yield Line("@", _occasions(message.occasions))
        if message.action == "changed":
            for variant in message.variants:
                yield from _variant(variant)
        else:
            yield from _whole(message)


def _variant(variant: Variant) -> Iterator[Line]:
    if not variant.always:
        yield Line(":", _shown_by(variant.values))
    steps = {each.step for each in variant.changes}
    for change in variant.changes:
        prefix = f"step {change.step}" if steps != {1} or not change.field.path else ""
        yield from field_lines(change.field, prefix, change.note)


def _whole(message: MessageReview) -> Iterator[Line]:
    """Show the requests of a message that is new; of one that is gone, where it went."""
    sign: Sign = "+" if message.action == "added" else "-"
    for number, step in enumerate(message.steps, start=1):
        if len(message.steps) > 1:
            yield Line(":", f"step {number}")
        if "url" not in step:
            yield from (Line(sign, clipped(f"{name} {value}")) for name, value in step.items())
            continue
        yield Line(sign, clipped(f"{step['method']} {step['url']}"))
        if message.action == "added":
            yield from cut_to([Line(sign, clipped(each)) for each in _told(step)], SHORT)


def _told(step: Parts) -> Iterator[str]:
    """Yield the lines below the first one of a request."""
    yield from (f"{name}: {value}" for name, value in step.get("headers", {}).items())
    if "auth" in step:
        source = f" at {step['auth']['token_url']}" if "token_url" in step["auth"] else ""
        yield f"{step['auth']['scheme']} authentication as {step['auth']['username']}{source}"
    if "sign" in step:
        yield f"signed with {step['sign']}"
    if "body" in step:
        yield from _body(step["body"])
    yield from (f"expects {each}" for each in step["expects"])
    yield from (f"captures {name} from {source}" for name, source in step.get("captures", {}).items())
    yield from (f"takes {step[f'{kind}_at']} for {kind}" for kind in ("busy", "refused") if f"{kind}_at" in step)
    if "redirects" in step:
        yield "follows redirects"
    if "timeout" in step:
        yield f"waits up to {step['timeout']} for the answer"
    if "retry" in step:
        yield f"tries {step['retry']}"
    if "on_failure" in step:
        yield "goes on also if it fails"


def _body(body: Any) -> Iterator[str]:
    """Yield the lines of a body below its headers; none of them can pass for a line of ours."""
    if not isinstance(body, str):
        yield from lines_of(body)
    elif body:
        yield from (f"{MARGIN}{line}".rstrip() for line in body.replace("\r\n", "\n").removesuffix("\n").split("\n"))


def _occasions(occasions: Sequence[Occasion]) -> str:
    """Name messages: `error, reminder for shop-down level 1; ok for shop-down level 2`."""
    by_level: dict[str, list[MessageType]] = {}
    for each in occasions:
        level = f"{each.alert} level {each.level}" if each.alert is not None else "no level attaches it"
        by_level.setdefault(level, []).append(each.type)
    by_types: dict[str, list[str]] = {}
    for level, types in by_level.items():
        by_types.setdefault(", ".join(dict.fromkeys(types)), []).append(level)
    parts = [f"{types} for {_some(levels)}" for types, levels in by_types.items()]
    return clipped("; ".join(parts))


def _some(names: Sequence[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _shown_by(values: Sequence[Values]) -> str:
    names = [
        f"sample {each.sample}"
        if each.sample is not None
        else f"monitor {each.monitor}"
        if each.monitor is not None
        else "made-up values"
        for each in values
    ]
    return clipped(f"with {_some(names)}:")


def counted_messages(counts: dict[Action, int]) -> str:
    """Return how many messages differ, are new and are gone; nothing where none is."""
    parts: list[str] = []
    for action, count in counts.items():
        if count:
            noun = "" if parts else ("message " if count == 1 else "messages ")
            parts.append(f"{count:,} {noun}{VERBS[action][count != 1]}")
    return ", ".join(parts)


def summary(review: Review) -> str:
    """Return the sentence that a reviewer reads first, such as `12 files changed, no message differs`."""
    if not review.files:
        return "No file changed."
    return f"{_targets(review)}{_changes(review)}"


def _targets(review: Review) -> str:
    """Name the targets that differ in more than values for variables; nothing where none does."""
    parts = []
    for action, verb in TARGETS.items():
        names = [f"`{each.name}`" for each in review.targets if each.action == action and not each.trusted]
        if names:
            parts.append(f"{'Target' if len(names) == 1 else 'Targets'} {verb}: {_some(names)}.")
    return "".join(f"{clipped(each)} " for each in parts)


def _changes(review: Review) -> str:
    files = "1 file" if review.files == 1 else f"{review.files:,} files"
    messages = counted_messages({action: review.messages(action) for action in VERBS}) or "no message differs"
    rest = [each for each in (_definitions(review), _findings(review)) if each]
    return f"{files} changed, {messages}" + "".join(f"; {each}" for each in rest) + "."


def _definitions(review: Review) -> str:
    parts = ["the project file"] if review.targets or any(each.kind == "project" for each in review.told) else []
    for kind, name in (("alert", "alert definition"), ("monitor", "monitor")):
        count = sum(each.kind == kind for each in review.told)
        if count:
            parts.append(f"{count:,} {name}" + ("" if count == 1 else "s"))
    return ", ".join(parts) + (" changed" if parts else "")


def _findings(review: Review) -> str:
    parts = [f"{_counted(review.new, each)}" for each in SEVERITIES if _counted(review.new, each)]
    fixed = f"{len(review.fixed):,} {'finding' if len(review.fixed) == 1 else 'findings'} fixed" if review.fixed else ""
    return ", ".join(filter(None, [*parts, fixed]))


def _counted(findings: Sequence[LocatedFinding], severity: Severity) -> str:
    count = sum(each.severity == severity for each in findings)
    return f"{count:,} new {NAMES[severity][count != 1]}" if count else ""


def finding_line(finding: LocatedFinding) -> str:
    """Return a finding on a line: place, code, message, what to do."""
    start = finding.span.start
    help = f" ({finding.help})" if finding.help else ""
    return clipped(f"{finding.file}:{start.line}:{start.column}: {finding.code} {finding.message}{help}", longest=LINE)


def silent_line(review: Review) -> str:
    """Name what changed without a difference in what is sent; nothing where nothing did."""
    names = [clipped(f"{each.kind}/{each.name}") for each in review.silent]
    return f"Changed, with no difference in what is sent: {_some(names, MOST_LINES)}." if names else ""
