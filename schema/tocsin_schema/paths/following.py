"""Following paths into one body, one after the other: each form of it is read once."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tocsin_schema.paths.found import Found, PathInto, UnreadableError
from tocsin_schema.paths.json_paths import first_in_json, is_plain, json_of
from tocsin_schema.paths.xml_paths import first_in_xml, xml_of

if TYPE_CHECKING:
    from lxml import etree
    from pydantic import JsonValue


def costs_little(path: PathInto) -> bool:
    """Tell whether following a path costs no more than reading the body does, whatever the body holds."""
    return path.source == "json" and is_plain(path.path)


def follow(paths: Iterable[PathInto], text: str, body: bytes) -> Iterator[Found]:
    """Yield what each path finds in a body, of which `text` is the text. Raises nothing that either can bring about."""
    read: dict[str, JsonValue | etree._Element | UnreadableError] = {}
    for source, path in paths:
        if source not in read:
            read[source] = _read(source, text, body)
        yield _found(read[source], source, path)


def _read(source: str, text: str, body: bytes) -> "JsonValue | etree._Element | UnreadableError":
    if not body.strip():
        return UnreadableError("the body is empty")
    try:
        return json_of(text) if source == "json" else xml_of(body)
    except UnreadableError as error:
        return error


def _found(content: Any, source: str, path: str) -> Found:
    if isinstance(content, UnreadableError):
        return Found(unreadable=str(content))
    try:
        return Found(first_in_json(content, path) if source == "json" else first_in_xml(content, path))
    except UnreadableError as error:
        return Found(unreadable=str(error))
