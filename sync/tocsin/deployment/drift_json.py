"""Drift as JSON: a part of a plan's."""

from typing import Self

from tocsin.deployment.change_json import ChangedDefinitionJson, changed_definition
from tocsin.deployment.drift import Drift, DriftedDefinition, Here
from tocsin.deployment.history_json import RevisionJson
from tocsin_schema.models.document import Strict


class DriftedJson(ChangedDefinitionJson):
    """A definition that changed on the target since the base."""

    here: Here
    """What the repository did to it since."""
    revision: RevisionJson
    """The revision that touched it last."""

    @classmethod
    def of(cls, drifted: DriftedDefinition) -> Self:
        """Return a drifted definition as JSON has it."""
        later = drifted.later
        return cls(**changed_definition(later.change), here=drifted.here, revision=RevisionJson.of(later.revision))


class DriftJson(Strict):
    """What changed on the target itself since the last sync from this repository."""

    base: RevisionJson | None
    """The revision of that sync; null where there is none, or where it is unknown."""
    unknown: str | None
    """Why the base is unknown, in words."""
    changes: tuple[DriftedJson, ...]
    """How what the project runs differs from what it ran at the base."""

    @classmethod
    def of(cls, drift: Drift) -> Self:
        """Return drift as JSON has it."""
        base = RevisionJson.of(drift.base) if drift.base is not None else None
        return cls(base=base, unknown=drift.unknown, changes=tuple(map(DriftedJson.of, drift.drifted)))
