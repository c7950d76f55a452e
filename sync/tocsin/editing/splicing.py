"""Edits put into texts, and the proof that they change what they should and nothing else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tocsin.project.findings import LocatedEdit
from tocsin.project.reading import Reading, SourceDocument
from tocsin.yaml.nodes import JsonValue, Scalar, find, to_plain
from tocsin.yaml.parser import parse
from tocsin_schema.findings import Edit


def spliced(reading: Reading, edits: Iterable[LocatedEdit]) -> dict[str, str]:
    """Return the texts of the files that the edits are about, edits put in. They must not overlap."""
    texts: dict[str, str] = {}
    for each in sorted(edits, key=lambda each: (each.start, each.end), reverse=True):
        text = texts.get(each.file, reading.texts[each.file].text)
        texts[each.file] = text[: each.start] + each.text + text[each.end :]
    return texts


def overlap(one: LocatedEdit, other: LocatedEdit) -> bool:
    """Whether two edits can't both be made: they share a character, or a place to put something."""
    if one.file != other.file:
        return False
    if one.start == other.start:
        return True
    return one.start < other.end and other.start < one.end


def says_what_was_meant(reading: Reading, edits: Sequence[LocatedEdit], texts: Mapping[str, str]) -> bool:
    """Whether the new texts hold the old values with the edits made to them, and no others.

    A file with an edit that no rule made (the YAML itself was wrong) must be readable no worse than before.
    """
    edited: dict[str, list[LocatedEdit]] = defaultdict(list)
    for each in edits:
        edited[each.file].append(each)
    for file, its_edits in edited.items():
        parsed = parse(texts[file])
        sources = [each.source for each in its_edits if each.source is not None]
        if len(sources) < len(its_edits):
            if parsed.broken and not parse(reading.texts[file].text).broken:
                return False
            continue
        if [to_plain(node) for node in parsed.documents] != _expected(reading, reading.by_file[file], sources):
            return False
    return True


def _expected(reading: Reading, documents: Sequence[SourceDocument], edits: Sequence[Edit]) -> list[JsonValue]:
    """Return the values of documents with edits made in their trees; the trees stay as they were."""
    scalars: dict[int, tuple[Scalar, list[Edit]]] = {}
    for edit in edits:
        document = reading.project if edit.where.document is None else reading.documents[edit.where.document]
        assert document is not None  # noqa: S101  # the edit was located in it
        key, value = find(document.node, edit.where.path)[0][-1]
        scalar = key if edit.where.key else value
        assert isinstance(scalar, Scalar)  # noqa: S101  # as above
        scalars.setdefault(id(scalar), (scalar, []))[1].append(edit)
    before = [(scalar, scalar.value, scalar.style) for scalar, _ in scalars.values()]
    try:
        for each, its_edits in scalars.values():
            _edit(each, its_edits)
        return [to_plain(each.node) for each in documents]
    finally:
        for each, text, style in before:
            each.value, each.style = text, style


def _edit(scalar: Scalar, edits: Sequence[Edit]) -> None:
    for edit in sorted(set(edits), key=lambda edit: edit.where.start or 0, reverse=True):
        if not isinstance(edit.text, str):
            scalar.value, scalar.style = str(edit.text).lower(), ""
            return
        start = (edit.where.start or 0) if not edit.where.key else 0
        end = edit.where.end if edit.where.end is not None and not edit.where.key else len(scalar.value)
        scalar.value, scalar.style = scalar.value[:start] + edit.text + scalar.value[end:], '"'
