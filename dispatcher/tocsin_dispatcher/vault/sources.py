"""Several places where secrets may be kept, asked one after the other."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, Protocol

from tocsin_schema.messages.evaluate import MissingSecretError
from tocsin_schema.models.vault import FIELDS


class Reference(NamedTuple):
    """What a template refers to in the vault."""

    item: str
    field: str


class Source(Protocol):
    """One place that may have a secret."""

    def get(self, item: str, field: str) -> str | None:
        """Return the secret (`field` is `Username` or `Password`), None where this place has none. Never raises."""
        ...

    def remedy(self, item: str, field: str) -> str:
        """Say what to do so that this place has it, as the end of a sentence, with what is wrong with the place."""
        ...

    async def load(self, items: Collection[str]) -> None:
        """Make ready what takes a while to fetch. Never raises: what can't be had is missing, and `remedy` says why."""
        ...


class UnsetSecretError(MissingSecretError):
    """A secret that no place has. The text says where it could come from."""

    def __init__(self, item: str, field: str, remedies: Sequence[str]) -> None:
        """Take what could be done about it."""
        super().__init__(item, field)
        self._remedies = remedies

    def __str__(self) -> str:
        """Say which secret is missing and where it would come from."""
        return f"the vault has no {self.field} for item {self.item}: {'; or '.join(self._remedies)}"


class Vault:
    """Gives secrets by item and field: the first of its sources that has one counts."""

    def __init__(self, sources: Sequence[Source]) -> None:
        """Take the sources in their order."""
        self._sources = sources

    def __call__(self, item: str, field: str) -> str:
        """Return a secret; raises UnsetSecretError where no source has it."""
        for source in self._sources:
            secret = source.get(item, field)
            if secret:
                return secret
        raise UnsetSecretError(item, field, [source.remedy(item, field) for source in self._sources])

    async def load(self, items: Collection[str]) -> None:
        """Make all fields of items ready to be given. Call it before rendering; raises nothing."""
        await self.load_references({Reference(item, field) for item in items for field in FIELDS})

    async def load_references(self, references: Collection[Reference]) -> None:
        """Make ready what is referred to; raises nothing.

        A source is asked for nothing that one before it has: one that hangs holds up only who needs it.
        """
        missing = set(references)
        for number, source in enumerate(self._sources, 1):
            if missing:
                await source.load({item for item, _ in missing})
            if number < len(self._sources):
                missing = {each for each in missing if not source.get(*each)}

    def known(self, items: Iterable[str]) -> frozenset[str]:
        """Return every secret that items have, to mask them."""
        found = (source.get(item, field) for source in self._sources for item in items for field in FIELDS)
        return frozenset(each for each in found if each)

    def missing(self, items: Iterable[str]) -> list[str]:
        """Return the items of which no source has any field, each with what could be done; never a value."""
        return [
            f"vault item {item}: {'; or '.join(source.remedy(item, ' or '.join(FIELDS)) for source in self._sources)}"
            for item in sorted(set(items))
            if not any(source.get(item, field) for source in self._sources for field in FIELDS)
        ]


REFERENCE = re.compile(r"@VaultItem\.([A-Za-z0-9._-]+)\.(Username|Password)")


def references_in(texts: Iterable[str]) -> frozenset[Reference]:
    """Return every reference in the texts; a few too many do no harm."""
    return frozenset(Reference(match[1], match[2]) for text in texts for match in REFERENCE.finditer(text))
