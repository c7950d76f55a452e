"""Which vault items a text speaks of."""

import re
from collections.abc import Iterable

ITEM = re.compile(r"@VaultItem\.([A-Za-z0-9._-]+)\.(?:Username|Password)")


def items_in(texts: Iterable[str]) -> frozenset[str]:
    """Give the items of every reference in the texts; a few too many do no harm."""
    return frozenset(match[1] for text in texts for match in ITEM.finditer(text))
