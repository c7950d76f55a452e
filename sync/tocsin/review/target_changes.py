"""What a change does to targets: whom the commands speak to, with which secret, and what is allowed there."""

from dataclasses import dataclass

from tocsin.differences import FieldChange
from tocsin.review.message_changes import Action
from tocsin.review.structural_diff import structural
from tocsin.targets.trust import same_target
from tocsin_schema.models import Project
from tocsin_schema.models.project import Target

ORDER: tuple[Action, ...] = ("changed", "added", "removed")
"""What a reviewer must see before anything else comes first."""


@dataclass(frozen=True, slots=True)
class TargetReview:
    """What is told of one target. `trusted` is whether it only has other values for variables: that needs no trust."""

    action: Action
    name: str
    fields: tuple[FieldChange, ...] = ()
    trusted: bool = False


def target_changes(before: Project | None, now: Project | None) -> tuple[TargetReview, ...]:
    """Return what differs in the targets of two project files: those that changed, those that are new, those that are gone."""
    old, new = before.targets if before is not None else {}, now.targets if now is not None else {}
    made = [_review(name, old.get(name), new.get(name)) for name in sorted({*old, *new})]
    told = [each for each in made if each.fields]
    return tuple(each for action in ORDER for each in _first_untrusted(told) if each.action == action)


def _first_untrusted(told: list[TargetReview]) -> list[TargetReview]:
    return sorted(told, key=lambda each: each.trusted)


def _review(name: str, before: Target | None, now: Target | None) -> TargetReview:
    action: Action = "added" if before is None else "removed" if now is None else "changed"
    trusted = action == "removed" or (before is not None and now is not None and same_target(before, now))
    return TargetReview(action, name, tuple(structural(_written(before), _written(now))), trusted)


def _written(target: Target | None) -> dict[str, object]:
    """Return a target as it is written, without what is left at its default."""
    return {} if target is None else target.model_dump(mode="json", by_alias=True, exclude_defaults=True)
