"""The messages of one integration that are sent otherwise than before, each told once."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tocsin.differences import ABSENT, FieldChange, Path
from tocsin.review.before_after import Sides
from tocsin.review.renderer import NOWHERE, Attached, Made, Rendering
from tocsin.review.step_changes import Parts, SentChange, SentStep, sent_changes
from tocsin.review.structural_diff import MOST_ALIGNED, alike, spelt
from tocsin_schema.models import Alert, Integration, MessageType, Monitor, Sample
from tocsin_schema.models.integration import MESSAGE_TYPES
from tocsin_schema.plan.changes import Identity

Action = Literal["added", "removed", "changed"]

WORD = re.compile(r"\w+|\W")

MOST_MONITORS = 5
"""Changed monitors whose alerts are rendered, for one level of an alert definition."""


MOST_COMPARED = 20_000
"""Messages of one integration that are rendered to be compared: of each type, for each attachment, with each sample."""

MonitorPair = tuple[Monitor | None, Monitor | None]
"""A monitor as it was and as it is."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """When a message is sent: its type, and the level that attaches the integration; None where none does."""

    type: MessageType
    alert: str | None
    level: int


@dataclass(frozen=True, slots=True)
class Values:
    """What a message is rendered with: a sample, None for made-up values, or a monitor other than the usual one."""

    sample: str | None = None
    monitor: str | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """Differences, and the values that show them. `always` is whether all values do that were tried."""

    values: tuple[Values, ...]
    changes: tuple[SentChange, ...]
    always: bool = False


@dataclass(frozen=True, slots=True)
class MessageReview:
    """Messages that are new, gone, or differ by the same edits. What is shown is that of the first occasion.

    `variants` has the differences of a changed one; `steps` the requests of one that is new or gone.
    """

    action: Action
    occasions: tuple[Occasion, ...]
    variants: tuple[Variant, ...] = ()
    steps: tuple[Parts, ...] = ()


class MessageReviews:
    """Compares the messages of integrations."""

    def __init__(self, sides: Sides) -> None:
        """Compare these two sides."""
        self._sides = sides
        before, now = sides.before.definitions, sides.now.definitions
        names = {old.name: new.name for old, new in sides.renamed.items() if old.kind == "alert"}
        self._before, self._now = Rendering(before, names), Rendering(now, {})
        self._tried: dict[tuple[str, str], Sequence[MonitorPair]] = {}
        self._samples: Sequence[Sample] = [now.samples[name] for name in sorted(now.samples)]
        self._left_out: list[str] = []

    def notes(self) -> Iterator[str]:
        """Yield what is to be known of integrations of which not every message was compared."""
        for name in self._left_out:
            yield f"not every message of the integration {name} was compared: there are more than {MOST_COMPARED:,}"

    def of(self, old: Integration | None, new: Integration | None) -> tuple[MessageReview, ...]:
        """Return what differs in the messages of an integration as it was and as it is."""
        before = self._before.attachments(old) if old is not None else {}
        now = self._now.attachments(new) if new is not None else {}
        if NOWHERE in before and NOWHERE not in now and now:
            before = {}
        elif NOWHERE in now and NOWHERE not in before and before:
            now = {}
        found = _Found()
        left_to_compare, differs = MOST_COMPARED, old != new
        for place in [*before, *(each for each in now if each not in before)]:
            for message_type in MESSAGE_TYPES:
                left = old if old is not None and place in before and old.message_set(message_type) else None
                right = new if new is not None and place in now and new.message_set(message_type) else None
                occasion = Occasion(message_type, place[0] or None, place[1])
                if left is not None and right is not None:
                    if left_to_compare < 0:
                        continue
                    pairs = self._pairs(left, right, message_type, before[place], now[place])
                    variants = tuple(_variants(pairs, self._samples))
                    found.changed(occasion, variants)
                    if variants or differs:  # else nothing was rendered
                        left_to_compare -= 2 * (1 + len(self._samples))
                elif right is not None:
                    self._one("added", self._now, right, occasion, now[place], found)
                elif left is not None:
                    self._one("removed", self._before, left, occasion, before[place], found)
        if left_to_compare < 0:
            self._left_out.append(new.name if new is not None else "")
        return tuple(found.reviews())

    def _one(
        self,
        action: Action,
        rendering: Rendering,
        integration: Integration,
        occasion: Occasion,
        attached: Attached,
        found: "_Found",
    ) -> None:
        number = next(n for n, each in enumerate(integration.messages) if occasion.type in each.types)
        if found.is_new(action, number):
            made = rendering.message(integration, occasion.type, attached, None)
            found.add(action, number, occasion, made.plain)
        else:
            found.add(action, number, occasion, ())

    def _pairs(
        self, old: Integration, new: Integration, message_type: MessageType, before: Attached, now: Attached
    ) -> Iterator[tuple[str | None, Made, Made]]:
        """Yield both messages, of the first monitor that both cover and of those that changed, by name."""
        for number, (left, right) in enumerate(self._monitors(before, now)):
            pair = (
                self._before.message(old, message_type, before, left),
                self._now.message(new, message_type, now, right),
            )
            yield right.name if number and right is not None else None, *pair

    def _monitors(self, before: Attached, now: Attached) -> Sequence[MonitorPair]:
        if before.alert is None or now.alert is None:
            return [(None, None)]
        key = (before.alert.name, now.alert.name)
        if key not in self._tried:
            self._tried[key] = self._monitors_of(before.alert, now.alert)
        return self._tried[key]

    def _monitors_of(self, before: Alert, now: Alert) -> Sequence[MonitorPair]:
        """Return the first monitor that both cover, else the first one now, and those that changed."""
        covered = {each.name for each in self._sides.before.definitions.monitors_of(before)}
        pairs = [self._pair(each) for each in self._sides.now.definitions.monitors_of(now)]
        both = [each for each in pairs if each[0].name in covered]
        usual = both[:1] or pairs[:1]
        changed = [each for each in both[1:] if each[0] != each[1]]
        return [*usual, *changed[:MOST_MONITORS]] or [(None, None)]

    def _pair(self, monitor: Monitor) -> tuple[Monitor, Monitor]:
        """Return a monitor as it was and as it is; a new one stands for both."""
        old = self._sides.old(Identity("monitor", monitor.name))
        return (self._sides.before.definitions.monitors[old.name] if old is not None else monitor), monitor


def _variants(pairs: Iterator[tuple[str | None, Made, Made]], samples: Sequence[Sample]) -> Iterator[Variant]:
    """Yield each difference with all the values that show it: those that show no other place are only named."""
    told: set[tuple[int, Path]] = set()
    variants: list[tuple[list[Values], tuple[SentChange, ...]]] = []
    tried = 0
    for monitor, before, after in pairs:
        shown_by = [Values(monitor=monitor), *(Values(each.name) for each in samples if monitor is None)]
        tried += len(shown_by)
        for values, left, right in [] if before.equals(after) else _rendered(shown_by, before, after, samples):
            changes = tuple(sent_changes(left, right))
            places = _places(changes)
            if places - told:
                told |= places
                variants.append(([values], changes))
            elif changes:
                next(known for known, other in variants if _places(other) & places).append(values)
    for known, changes in variants:
        yield Variant(tuple(known), changes, always=len(known) == tried)


def _places(changes: Sequence[SentChange]) -> set[tuple[int, Path]]:
    return {(each.step, each.field.path) for each in changes}


def _rendered(
    values: Sequence[Values], before: Made, after: Made, samples: Sequence[Sample]
) -> Iterator[tuple[Values, Sequence[SentStep], Sequence[SentStep]]]:
    yield values[0], before.plain, after.plain
    for each, sample in zip(values[1:], samples, strict=False):
        yield each, before.with_sample(sample), after.with_sample(sample)


class _Found:
    """Gathers occasions by what differs, so that each difference is told once."""

    def __init__(self) -> None:
        self._changed: dict[str, tuple[list[Occasion], tuple[Variant, ...]]] = {}
        self._whole: dict[tuple[Action, int], tuple[list[Occasion], Sequence[SentStep]]] = {}

    def changed(self, occasion: Occasion, variants: tuple[Variant, ...]) -> None:
        if variants:
            occasions, _ = self._changed.setdefault(_key(variants), ([], variants))
            occasions.append(occasion)

    def is_new(self, action: Action, number: int) -> bool:
        return (action, number) not in self._whole

    def add(self, action: Action, number: int, occasion: Occasion, steps: Sequence[SentStep]) -> None:
        occasions, _ = self._whole.setdefault((action, number), ([], steps))
        occasions.append(occasion)

    def reviews(self) -> Iterator[MessageReview]:
        for occasions, variants in self._changed.values():
            yield MessageReview("changed", tuple(occasions), variants)
        for (action, _), (occasions, steps) in self._whole.items():
            yield MessageReview(action, tuple(occasions), steps=tuple(each.shown for each in steps))


def _key(variants: Sequence[Variant]) -> str:
    """Equal texts are the same edits at the same places, shown by the same values; the words around them may differ."""
    return spelt(
        [
            [
                [[each.sample, each.monitor] for each in variant.values],
                [[each.step, list(each.field.path), _edit(each.field), each.note] for each in variant.changes],
            ]
            for variant in variants
        ]
    )


def _edit(field: FieldChange) -> list[str]:
    """Return what goes and what comes: of texts the words that differ, `up` and `back` of `X is up` and `X is back`."""
    before, after = ("absent" if each is ABSENT else spelt(each) for each in (field.before, field.after))
    if not isinstance(field.before, str) or not isinstance(field.after, str):
        return [before, after]
    head = alike(before, after)
    before, after = before[head:], after[head:]
    tail = alike(before[::-1], after[::-1])
    before, after = before[: len(before) - tail], after[: len(after) - tail]
    old, new = WORD.findall(before), WORD.findall(after)
    if max(len(old), len(new)) > MOST_ALIGNED:
        return [before, after]
    edits = []
    for tag, start, end, from_, to in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            edits += ["".join(old[start:end]), "".join(new[from_:to])]
    return edits
