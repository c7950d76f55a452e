"""Whether a file that holds one document is named after it."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from tocsin.project.discovery import PROJECT_FILE
from tocsin.yaml.nodes import JsonValue, Node, Scalar, find, target
from tocsin.yaml.problems import YamlProblem
from tocsin_schema.text.suggest import cut


def misnamed(file: str, documents: Sequence[Node], values: Sequence[JsonValue]) -> Iterator[YamlProblem]:
    """Find that a file holds one document and bears another name. Files of several may be called anything."""
    several = [(node, value) for node, value in zip(documents, values, strict=True) if value is not None]
    if file == PROJECT_FILE or len(several) != 1:
        return
    node, value = several[0]
    kind, name = (value.get("kind"), value.get("name")) if isinstance(value, dict) else (None, None)
    if not isinstance(kind, str) or not isinstance(name, str) or _is_after(file, kind, name):
        return
    steps, found = find(node, ("name",))
    at = target(steps[-1][1])
    if found and isinstance(at, Scalar):
        path = PurePosixPath(file)
        message = f"`{cut(path.name)}` holds `{cut(name)}` alone, and is not named after it"
        help = f"rename the file to `{cut(name)}{path.suffix}`"
        yield YamlProblem("TOC801", message, at.start, at.end, help, subject=f"{kind}/{name}/name")


def _is_after(file: str, kind: str, name: str) -> bool:
    """Whether a file is named after a document: `slack.yaml`, `slack.integration.yaml`, `slack/integration.yaml`."""
    path = PurePosixPath(file)
    stem, name = _plain(path.stem), _plain(name)
    if stem == kind:
        return _plain(path.parent.name) == name
    return stem in (name, f"{kind}-{name}", f"{name}-{kind}")


def _plain(name: str) -> str:
    return name.casefold().replace("_", "-").replace(".", "-").replace(" ", "-")
