"""From what a rule would change in a document to the characters of its file."""

import json
from collections.abc import Callable
from dataclasses import replace

from tocsin.project.findings import LocatedEdit, LocatedFix
from tocsin.yaml.core_schema import plain
from tocsin.yaml.nodes import Alias, Mapping, Merged, Node, Scalar, Sequence, find
from tocsin.yaml.positions import Lines
from tocsin.yaml.writing import replacement
from tocsin_schema.findings import Edit, Fix, Place


def located_fix(fix: Fix | None, source: Callable[[Place], tuple[str, Node, Lines] | None]) -> LocatedFix | None:
    """Return a fix in terms of its file; `source` tells file, tree and text of the document of a place.

    None where some edit can't be written: what stands behind an alias stands in other places too, and what
    a tag or a folded scalar holds may have no other way to be written.
    """
    if fix is None:
        return None
    edits = []
    for edit in fix.edits:
        place = source(edit.where)
        located = _located(edit, *place) if place is not None else None
        if located is None:
            return None
        edits.append(located)
    return LocatedFix(fix.safety, tuple(edits), fix.title)


def _located(edit: Edit, file: str, document: Node, lines: Lines) -> LocatedEdit | None:
    where = edit.where
    steps, found = find(document, where.path)
    if found < len(where.path):
        return None
    key, value = steps[-1]
    on_the_way = [node for _, node in (steps[:-1] if where.key else steps)]
    if any(isinstance(node, Alias) for node in on_the_way) or isinstance(value, Merged):
        return None
    scalar = key if where.key else value
    if not isinstance(scalar, Scalar):
        return None
    flow = any(isinstance(node, Mapping | Sequence) and node.flow for node in on_the_way)
    start, end = (where.start or 0, where.end) if not where.key else (0, None)
    if isinstance(edit.text, str) and not scalar.style and _is_that_value(scalar, edit.text):
        edit = replace(edit, text=scalar.value)  # 0x1F is to become "0x1F", not "31"
    written = replacement(lines.text, scalar, edit.text, start, end, flow=flow, key=where.key)
    if written is None:
        return None
    first, last, text = written
    return LocatedEdit(file, first, last, lines.span(first, last), text, edit)


def _is_that_value(scalar: Scalar, text: str) -> bool:
    """Whether a plain scalar is a number, true or false, and `text` the same as JSON writes it."""
    value = plain(scalar.value)
    return isinstance(value, bool | int | float) and json.dumps(value) == text
