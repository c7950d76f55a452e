"""Structured bodies: JSON whose every text is rendered first and encoded after, so no value can break it."""

import json
from collections.abc import Callable
from json.encoder import encode_basestring

from pydantic import JsonValue

from tocsin_schema.template.masked_text import MaskedText, Piece


def json_body(value: JsonValue, render: Callable[[str], MaskedText]) -> MaskedText:
    """Return the JSON text of `value` with every text in it rendered. Keys stay as they are."""
    writer = _Writer(render)
    writer.value(value)
    return writer.written()


class _Writer:
    """Writes JSON as few runs of text: a new one begins only where a secret begins or ends."""

    def __init__(self, render: Callable[[str], MaskedText]) -> None:
        self._render = render
        self._pieces: list[Piece] = []
        self._open: list[str] = []

    def written(self) -> MaskedText:
        self._close()
        return MaskedText(tuple(self._pieces))

    def value(self, value: JsonValue) -> None:
        if isinstance(value, str):
            self._text(self._render(value))
        elif isinstance(value, dict):
            self._open.append("{")
            for number, (key, item) in enumerate(value.items()):
                self._open.append(f"{', ' if number else ''}{_quoted(key)}: ")
                self.value(item)
            self._open.append("}")
        elif isinstance(value, list):
            self._open.append("[")
            for number, item in enumerate(value):
                self._open.append(", " if number else "")
                self.value(item)
            self._open.append("]")
        else:
            self._open.append(json.dumps(value))

    def _text(self, text: MaskedText) -> None:
        self._open.append('"')
        for piece in text.pieces:
            encoded = _quoted(piece.text)[1:-1]
            if piece.secret:
                self._close()
                self._pieces.append(Piece(encoded, secret=True))
            else:
                self._open.append(encoded)
        self._open.append('"')

    def _close(self) -> None:
        if self._open:
            self._pieces.append(Piece("".join(self._open)))
            self._open.clear()


def _quoted(text: str) -> str:
    return encode_basestring(text)
