"""Whether a file that holds one document is named after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tocsin.reading.findings import LocatedFinding
from tocsin.reading.nodes import Scalar, find, target
from tocsin_schema.rules.catalogue import RULES
from tocsin_schema.suggest import cut

if TYPE_CHECKING:
    from tocsin.reading.files import SourceDocument
    from tocsin.reading.span import Lines

CODE = "TOC801"


def misnamed(
    documents: Iterable[SourceDocument], texts: Mapping[str, Lines], project_file: str
) -> Iterator[LocatedFinding]:
    """Find files that hold one document and bear another name. Files of several documents may be called anything."""
    in_file: dict[str, list[SourceDocument]] = defaultdict(list)
    for document in documents:
        if document.value is not None and document.file != project_file:
            in_file[document.file].append(document)
    for file, several in in_file.items():
        value = several[0].value
        kind, name = (value.get("kind"), value.get("name")) if isinstance(value, dict) else (None, None)
        if len(several) > 1 or not isinstance(kind, str) or not isinstance(name, str) or _is_after(file, kind, name):
            continue
        steps, found = find(several[0].node, ("name",))
        node = target(steps[-1][1])
        if found and isinstance(node, Scalar):
            path = PurePosixPath(file)
            yield LocatedFinding(
                CODE,
                RULES[CODE].severity,
                f"`{cut(path.name)}` holds `{cut(name)}` alone, and is not named after it",
                file,
                texts[file].span(node.start, node.end),
                help=f"rename the file to `{cut(name)}{path.suffix}`",
                subject=f"{kind}/{name}/name",
            )


def _is_after(file: str, kind: str, name: str) -> bool:
    """Whether a file is named after a document: `slack.yaml`, `slack.integration.yaml`, `slack/integration.yaml`."""
    path = PurePosixPath(file)
    stem, name = _plain(path.stem), _plain(name)
    if stem == kind:
        return _plain(path.parent.name) == name
    return stem in (name, f"{kind}-{name}", f"{name}-{kind}")


def _plain(name: str) -> str:
    return name.casefold().replace("_", "-").replace(".", "-").replace(" ", "-")
