"""The rule of the fourth hundred on times that are made once, where a receiver judges how fresh they are."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tocsin_schema.findings import Edit, Finding, Fix, Place, Related
from tocsin_schema.models import HashFunction, Integration, Request
from tocsin_schema.rules.analysis.urls import Sending
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.parser import MAX_DEPTH, parse
from tocsin_schema.template.syntax import Node, Reference, TextNode

TIME = "@DateTime"
MOST_REFERENCES = 2000
"""References of one header or URL, those of its variables included, that are followed."""
MOST_IN_ALL = 200_000
"""References of one integration that are followed, with all sets of values."""


@rule(
    "TOC419",
    "stale-time",
    "warning",
    finds="a time, or a signature over one, that is made once for a message and sent in a header or a query",
    why="A message is rendered once and may be sent hours later, or again: a receiver that wants the time fresh refuses every repetition, although it is well.",
    fix="Put it into a variable that is made for each attempt, `Stamp: {value: ..., made: attempt}`, and refer to that. Where the moment of the alert is meant, use `@alert.timestampUtc`.",
    of="integration",
)
def stale_time(subject: Subject) -> Iterator[Finding]:
    """Receivers judge the times in headers and queries (`docs/operations.md#when-values-are-made`).

    DingTalk refuses a timestamp that is more than an hour old
    (https://open.dingtalk.com/document/orgapp/customize-robot-security-settings). In a body, and in the path of a URL,
    a time is data.
    """
    told: set[Place] = set()
    for integration, time in subject.once(_sent_times).times:
        if time.where not in told:
            told.add(time.where)
            yield _finding(integration, time)


def left_out(subject: Subject) -> Mapping[str, tuple[str, Place]]:
    """Return by integration why not every header and URL is followed, in words, with the first that is not."""
    return subject.once(_sent_times).left_out


@dataclass(frozen=True, slots=True)
class _SentTime:
    """A time that is made once: where it is written, in which variable, and where it is sent."""

    where: Place
    variable: str | None
    """None where it stands in the request itself."""
    sent: Place
    part: str
    signed: bool
    """Whether it is hashed on its way."""


def _finding(integration: Integration, time: _SentTime) -> Finding:
    what = f"a signature over this time is sent in {time.part}" if time.signed else f"this time is sent in {time.part}"
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    if time.variable is None:
        help = "put it into a variable, `Stamp: {value: ..., made: attempt}`, and refer to that"
    else:
        related = (Related("it is sent here", time.sent),)
        variable = integration.variables[time.variable]
        given = "per_level: true" if variable.per_level else "value: ..."
        help = f"write `{time.variable}: {{{given}, made: attempt}}`"
        if "made" in variable.model_fields_set and time.where.path[0] == "variables":
            made = Place(time.where.document, (*time.where.path[:-1], "made"))
            fix = Fix("unsafe", (Edit(made, "attempt"),), "write `made: attempt`")
    message = f"{what}, and made once: a repetition hours later sends it again"
    return finding("TOC419", message, time.where, related=related, help=help, fix=fix)


@dataclass
class _SentTimes:
    """The times of every request with every set of values, and what was not followed to find them."""

    times: list[tuple[Integration, _SentTime]] = field(default_factory=list)
    left_out: dict[str, tuple[str, Place]] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)


def _sent_times(subject: Subject) -> _SentTimes:
    found = _SentTimes()
    for sending in subject.sendings:
        found.times.extend((sending.integration, each) for each in _of_sending(sending, found))
    return found


def _of_sending(sending: Sending, found: _SentTimes) -> Iterator[_SentTime]:
    name = sending.integration.name
    for number, message_set in enumerate(sending.integration.messages):
        for position, step in enumerate(message_set.steps):
            if step.request is None:
                continue
            place = sending.place.at("messages", number, "steps", position, "request")
            if found.taken[name] < MOST_IN_ALL:
                yield from _times_of(sending, step.request, place, found)
            else:
                reason = f"with all its values its headers and URLs come to more than {MOST_IN_ALL:,} references"
                found.left_out.setdefault(name, (reason, place))


def _times_of(sending: Sending, request: Request, place: Place, found: _SentTimes) -> Iterator[_SentTime]:
    url = place.at("url")
    walks = [(_Walk(sending, url, "the query", counts=False), request.url)]
    for name, value in request.headers.items():
        walks.append((_Walk(sending, place.at("headers", name), f"the header `{name}`", counts=True), value))
    for walk, text in walks:
        yield from walk.times(parse(text).nodes, walk.sent)
        found.taken[sending.integration.name] += walk.taken
        if walk.taken > MOST_REFERENCES:
            reason = f"this text comes to more than {MOST_REFERENCES:,} references"
            found.left_out.setdefault(sending.integration.name, (reason, walk.sent))


@dataclass
class _Walk:
    """A way through one template, its variables and functions followed."""

    sending: Sending
    sent: Place
    part: str
    counts: bool
    """Whether what comes is sent in a header or a query; in a URL not before its question mark."""
    taken: int = 0

    def times(
        self,
        nodes: Iterable[Node],
        where: Place,
        variables: tuple[str, ...] = (),
        *,
        signed: bool = False,
        argument: bool = False,
    ) -> Iterator[_SentTime]:
        """Yield the times among nodes that stand at `where`, in the value of the last of `variables`."""
        for node in nodes:
            self.taken += 1
            if self.taken > MOST_REFERENCES:
                return
            if isinstance(node, TextNode):
                self.counts = self.counts or (not argument and "?" in node.text)
            elif node.name == TIME:
                if self.counts and not self._is_fresh(variables):
                    variable = variables[-1] if variables else None
                    yield _SentTime(where.span(node.start, node.end), variable, self.sent, self.part, signed)
            else:
                yield from self._behind(node, where, variables, signed=signed, argument=argument)

    def _behind(
        self, node: Reference, where: Place, variables: tuple[str, ...], *, signed: bool, argument: bool
    ) -> Iterator[_SentTime]:
        if node.argument is not None:
            hashed = signed or isinstance(self.sending.integration.functions.get(node.name), HashFunction)
            yield from self.times(node.argument, where, variables, signed=hashed, argument=True)
            return
        value = self.sending.values.get(node.name)
        if value is not None and node.name not in variables and len(variables) < MAX_DEPTH:
            inner = parse(value.text).nodes
            yield from self.times(inner, value.where, (*variables, node.name), signed=signed, argument=argument)

    def _is_fresh(self, variables: tuple[str, ...]) -> bool:
        return bool(variables) and self.sending.integration.variables[variables[-1]].made == "attempt"
