"""Canonical JSON: one text for one meaning, so that definitions compare and hash the same everywhere."""

import hashlib
import json
from typing import Any

from pydantic import BaseModel, JsonValue

from tocsin_schema.models import Project

LOCAL_TO_THE_REPOSITORY = {"targets"}
"""Keys of the project file that say where to sync to: they are not part of what is synced."""


def canonical(model: BaseModel) -> dict[str, JsonValue]:
    """Return a document as JSON values, aliases as written in files, defaults left out, durations normalised."""
    left_out = LOCAL_TO_THE_REPOSITORY if isinstance(model, Project) else None
    document: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=left_out)
    return document


def canonical_json(value: JsonValue) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces, no escapes but the needed ones."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: JsonValue) -> str:
    """Return the SHA-256 of the canonical JSON, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()
