"""Logs: one JSON object a line on standard error, or readable lines for a terminal."""

import io
import json
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

import orjson
import structlog

from tocsin_dispatcher.settings import LogFormat
from tocsin_dispatcher.telemetry.stderr import LastingStderr
from tocsin_schema.text.visible import visible, visible_line

_TRACEBACKS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)  # locals hold secrets


def set_up_logs(log_format: LogFormat) -> LastingStderr:
    """Send everything that is logged, other libraries' lines included, to standard error, and return that.

    What it can't take, as when the disk behind it is full, is lost: who logs never fails.

    Lines of our own don't go through `logging`, which takes several times as long: there is one for every message.
    """
    stderr = LastingStderr(sys.stderr, _told_in_json if log_format == "json" else _told)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    shown: list[structlog.typing.Processor] = (
        [structlog.processors.ExceptionRenderer(_TRACEBACKS), structlog.processors.JSONRenderer(_json)]
        if log_format == "json"
        else [
            _visible,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_traceback),
        ]
    )
    structlog.configure(
        processors=[*shared, *shown],
        logger_factory=lambda name: _Lines(name, stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shown],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # `jobs` says in a line what it says in tracebacks
    return stderr


def _told(lost: int) -> str:
    return f"{lost} lines of the log could not be written and are lost"


def _told_in_json(lost: int) -> str:
    return _json({"event": _told(lost), "level": "error", "logger": __name__}, str)


def _visible(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Return what is logged with every character of a text visible: a terminal obeys some. JSON escapes them itself."""
    return {name: visible_line(value) if isinstance(value, str) else value for name, value in event.items()}


def _traceback(out: TextIO, failure: structlog.typing.ExcInfo) -> None:
    """Write a plain traceback whose every character is visible: errors quote what came from elsewhere."""
    plain = io.StringIO()
    structlog.dev.plain_traceback(plain, failure)
    out.write(visible(plain.getvalue()))


def _json(event: Any, default: Callable[[Any], Any]) -> str:
    """Return what `json.dumps` gives but for its spaces, sooner."""
    with suppress(TypeError):  # what orjson can't write, such as half a character
        text = orjson.dumps(event, default)
        if text.isascii():
            return text.decode("ascii")
    return json.dumps(event, default=default)


class _Lines:
    """Writes the lines of one logger to standard error."""

    def __init__(self, name: str, stderr: LastingStderr) -> None:
        self.name = name
        self._stderr = stderr

    def msg(self, line: str) -> None:
        self._stderr.write(line + "\n")

    debug = info = warning = error = critical = exception = msg
