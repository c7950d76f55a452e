"""Secrets in values that are compared: told apart, and never shown."""

import hashlib
import re
from typing import Any

from tocsin_schema.template.masked_text import MASK, MaskedText

OPEN, CLOSE = "\ufdd0", "\ufdd1"
"""Characters that stand in no text: Unicode keeps them for use inside programs."""

TOKEN = re.compile(f"{OPEN}[0-9a-f]{{12}}{CLOSE}")


def comparable(text: MaskedText) -> str:
    """Return the text with a token for each secret: equal tokens are equal secrets. `shown` makes them asterisks."""
    return "".join(_token(piece.text) if piece.secret else piece.text for piece in text.pieces)


def shown(value: Any) -> Any:
    """Return a JSON value with every secret as asterisks."""
    if isinstance(value, str):
        return TOKEN.sub(MASK, value) if OPEN in value else value
    if isinstance(value, dict):
        return {shown(key): shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shown(item) for item in value]
    return value


def _token(secret: str) -> str:
    return OPEN + hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:12] + CLOSE
