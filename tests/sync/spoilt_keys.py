"""A document with one key too few, too many or misnamed: what the schema of a closed form refuses."""

import copy
from collections.abc import Collection, Iterator
from typing import Any


def spoilt(document: Any, *, free: Collection[str] = (), partial: Collection[str] = ()) -> Iterator[tuple[str, Any]]:
    """Yield what was done, and the document with it done, for every key of every object.

    What stands under a key in `free` may have any keys, and the objects under one in `partial` may lack some.
    """
    for path, lacking in _objects(document, (), free, partial, lacking=False):
        shown = "/".join(map(str, path))
        for key in () if lacking else _at(document, path):
            removed = copy.deepcopy(document)
            value = _at(removed, path).pop(key)
            yield f"{shown} without {key}", removed
            renamed = copy.deepcopy(removed)
            _at(renamed, path)[f"{key}_"] = value
            yield f"{shown} with {key} misnamed", renamed
        added = copy.deepcopy(document)
        _at(added, path)["more"] = None
        yield f"{shown} with more", added


def _objects(
    value: Any, path: tuple[Any, ...], free: Collection[str], partial: Collection[str], *, lacking: bool
) -> Iterator[tuple[tuple[Any, ...], bool]]:
    """Yield the paths of the objects that have keys of their own, and whether one may lack some of them."""
    if isinstance(value, dict):
        yield path, lacking
        for key, inner in value.items():
            if key not in free:
                yield from _objects(inner, (*path, key), free, partial, lacking=key in partial)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _objects(inner, (*path, number), free, partial, lacking=lacking)


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        value = value[part]
    return value
