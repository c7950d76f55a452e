"""What rows of a file that is imported must hold: what the dispatcher would stumble over later is refused with its place."""

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Literal, get_args

from pydantic import JsonValue, TypeAdapter, ValidationError
from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table

from tocsin_dispatcher.errors import DispatcherError, OperatorError
from tocsin_dispatcher.scopes import Scope
from tocsin_dispatcher.store.database.columns import Json, Moment
from tocsin_dispatcher.store.database.tables import metadata, part_version, process
from tocsin_dispatcher.store.integrations import Limits
from tocsin_schema.api.alerts import AlertType, Values
from tocsin_schema.api.audit import DeedOutcome
from tocsin_schema.api.deliveries import AboutShown, DeliveryState
from tocsin_schema.api.exchanges import StoredRequest, StoredResponse
from tocsin_schema.api.incidents import IncidentState
from tocsin_schema.api.problems import ProblemKind
from tocsin_schema.escalation import MonitorState
from tocsin_schema.messages.outcomes import OutcomeKind
from tocsin_schema.models.document import KINDS

MOVED = tuple(table for table in metadata.sorted_tables if table not in (process, part_version))
"""Tables that hold memory; the others speak of one database alone."""
LARGEST = {Integer: 2**31 - 1, BigInteger: 2**63 - 1}

Texts = dict[str, str]


class About(AboutShown):
    """`store.problems.about.About` as a model."""

    values: Texts = {}
    ends: bool = False


class MovingError(OperatorError):
    """What was to be moved can't be."""


def moved_row(name: JsonValue, written: JsonValue) -> tuple[Table, Mapping[str, Any]]:
    """Return the table that a row of a file is of, and its values; raises MovingError, which says what is wrong with it."""
    table = _TABLES.get(name) if isinstance(name, str) else None
    if table is None:
        raise MovingError(f"the file speaks of a table {str(name)[:60]!r} that doesn't exist")
    if not isinstance(written, dict) or written.keys() != set(table.columns.keys()):
        raise MovingError(f"the file has a row of `{table.name}` that isn't one: was it edited?")
    try:
        return table, {name: read(written[name]) for name, read in _readers(table).items()}
    except _OddValueError as error:
        column, said = error.args
        raise MovingError(
            f"the file has a row of `{table.name}` whose `{column}` isn't one: expected {said}; was it edited?"
        ) from None


class _OddValueError(DispatcherError):
    """A value that no column of this name has: the column, and what was expected."""


@cache
def _readers(table: Table) -> Mapping[str, Callable[[Any], Any]]:
    return {column.name: _reader(table, column) for column in table.columns}


def _reader(table: Table, column: Column[Any]) -> Callable[[Any], Any]:
    """Return what reads a column's values; raises _OddValueError."""
    expected, parse = _parser(table, column)

    def read(value: Any) -> Any:
        if value is None and column.nullable:
            return None
        try:
            return parse(value)
        except (TypeError, ValueError, OverflowError, RecursionError, ValidationError):
            raise _OddValueError(column.name, expected) from None

    return read


def _parser(table: Table, column: Column[Any]) -> tuple[str, Callable[[Any], Any]]:
    shape = _SHAPES.get(f"{table.name}.{column.name}")
    if isinstance(column.type, Moment):
        return "a moment with its offset", _moment
    if isinstance(column.type, Json):
        adapter: TypeAdapter[Any] = TypeAdapter(shape if shape is not None else JsonValue)

        def as_written(value: Any) -> Any:
            adapter.validate_python(value)
            return value

        return "what this version writes there", as_written
    if isinstance(column.type, Boolean):
        return "true or false", _boolean
    if isinstance(column.type, Integer):
        largest = LARGEST[BigInteger if isinstance(column.type, BigInteger) else Integer]
        return "a whole number", lambda value: _number(value, largest)
    if isinstance(column.type, String):
        words, longest = _words(shape), column.type.length
        if words:
            return f"one of {', '.join(words)}", lambda value: _one_of(value, words)
        if column.name in ("id", "delivery_id") and table.name in ("delivery", "attempt", "problem"):
            return "a UUID", lambda value: str(uuid.UUID(_text(value, longest)))
        return f"text of at most {longest} characters" if longest else "text", lambda value: _text(value, longest)
    raise TypeError(column.type)  # a column of a kind that no table had so far


def _words(shape: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in get_args(shape))


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return moment


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _number(value: Any, largest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > largest:
        raise TypeError
    return value


def _one_of(value: Any, words: tuple[str, ...]) -> str:
    if value not in words:
        raise ValueError
    return str(value)


def _text(value: Any, longest: int | None) -> str:
    if not isinstance(value, str) or (longest is not None and len(value) > longest) or UNSTORABLE.search(value):
        raise TypeError
    return value


UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""What no text of PostgreSQL can have: NUL, and halves of characters."""


_SHAPES: Mapping[str, Any] = {
    "revision.source": dict[str, JsonValue],
    "revision.adopted": list[list[str]],
    "document.content": dict[str, JsonValue],
    "definition.kind": Literal["project", *KINDS],
    "monitor_state.state": MonitorState,
    "incident.state": IncidentState,
    "incident.details": dict[str, JsonValue],
    "alert.type": AlertType,
    "alert.values": Values,
    "delivery.type": AlertType,
    "delivery.state": DeliveryState,
    "delivery.outcome": OutcomeKind,
    "delivery.variables": Texts,
    "delivery.captured": Texts,
    "delivery.remarks": list[str],
    "delivery.last_failure": list[str],
    "delivery.about": About,
    "integration_state.limits": Limits,
    "integration_state.sent": list[tuple[int, int]],
    "integration_state.last_failure": list[str],
    "integration_state.pace": dict[str, JsonValue],
    "integration_state.trouble": Literal["down", "locked_out"],
    "attempt.outcome": OutcomeKind,
    "attempt.purpose": Literal["token", "redirect"],
    "attempt.request": StoredRequest,
    "attempt.response": StoredResponse,
    "attempt.failures": list[str],
    "attempt.timings": dict[str, JsonValue],
    "kept_capture.value": str,
    "token.scopes": list[Scope],
    "audit.details": dict[str, JsonValue],
    "audit.outcome": DeedOutcome,
    "audit.result": dict[str, JsonValue],
    "problem.kind": ProblemKind,
    "problem.told": list[str],
}
"""What this version writes into columns whose type says less."""
_TABLES = {table.name: table for table in MOVED}
