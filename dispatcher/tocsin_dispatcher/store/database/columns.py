"""Column types that read the same on every database."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import BigInteger, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Number = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit number; on SQLite the row id."""


class Moment(TypeDecorator[datetime]):
    """A moment, kept as microseconds since 1970 UTC: exact, ordered, and without a time zone to get wrong."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Return the microseconds."""
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Return the moment, in UTC."""
        return None if value is None else EPOCH + value * MICROSECOND


class Json(TypeDecorator[Any]):
    """A JSON value, kept as ASCII text: holds every character, NUL too, which PostgreSQL refuses in text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the text."""
        return None if value is None else _ascii_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Return the value."""
        return None if value is None else json.loads(value)


class OwnJson(Json):
    """JSON of our own making, whose numbers are small: read by orjson, which would round those beyond 64 bits."""

    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Return the value."""
        if value is None:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:  # half a character
            return json.loads(value)


def _ascii_json(value: Any) -> str:
    """Return what `json.dumps` gives, which alone escapes what isn't ASCII and knows numbers beyond 64 bits."""
    with suppress(orjson.JSONEncodeError):
        text = orjson.dumps(value)
        if text.isascii():
            return text.decode("ascii")
    return json.dumps(value, separators=(",", ":"))
